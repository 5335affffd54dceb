import CacheSupport
import SQLiteStore

/// DescribeAccountSettings and UpdateAccountSettings: kept, told, and without effect on this machine.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_UpdateAccountSettings.html>.
struct AccountSettings: Sendable {
  private static let name = "timestream_account_settings"
  private static let defaultMaximum: Int64 = 200
  /// Units come in fours.
  private static let units: ClosedRange<Int64> = 4...1000

  func describe(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    .reading { connection throws(ServiceError) in try Self.described(connection) }
  }

  private static func described(_ connection: Connection) throws(ServiceError) -> Answer {
    let row = try storing { try connection.row("SELECT value FROM local_state WHERE name = ?", .text(name)) }
    return Answer([
      "MaxQueryTCU": .integer(row?[0].text.flatMap { Int64($0) } ?? defaultMaximum),
      "QueryPricingModel": "COMPUTE_UNITS", "QueryCompute": ["ComputeMode": "ON_DEMAND"],
    ])
  }

  func update(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let maximum = try input.integer("MaxQueryTCU")
    let model = try input.string("QueryPricingModel", values: ["BYTES_SCANNED", "COMPUTE_UNITS"])
    var compute = Input(try input.object("QueryCompute") ?? [:], path: "queryCompute")
    let mode = try compute.string("ComputeMode", values: ["ON_DEMAND", "PROVISIONED"])
    input.absorb(compute)
    try input.check()
    try compute.refuse("ProvisionedCapacity")
    guard model != "BYTES_SCANNED" else {
      throw .timestream(
        "ValidationException", "An account cannot go back from the pricing model COMPUTE_UNITS to BYTES_SCANNED.")
    }
    guard mode != "PROVISIONED" else {
      throw .timestream("ValidationException", "The compute mode PROVISIONED is not available in this region.")
    }
    if let maximum, !Self.units.contains(maximum) || maximum % 4 != 0 {
      throw .timestream("ValidationException", "MaxQueryTCU must be a multiple of 4 from 4 to 1000, not \(maximum).")
    }
    return .writing { connection throws(ServiceError) in
      if let maximum {
        try storing {
          try connection.run(
            "INSERT OR REPLACE INTO local_state VALUES (?, ?)", .text(Self.name), .text(String(maximum)))
        }
      }
      return try Self.described(connection)
    }
  }
}
