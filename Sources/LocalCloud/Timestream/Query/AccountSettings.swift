import CacheSupport
import SQLiteStore

/// DescribeAccountSettings and UpdateAccountSettings: kept, told, and without effect on this machine.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_UpdateAccountSettings.html>.
struct AccountSettings: Sendable {
  let storage: Storage

  private static let name = "timestream_account_settings"
  private static let defaultMaximum: Int64 = 200
  /// Units come in fours.
  private static let units: ClosedRange<Int64> = 4...1000

  func describe() throws(ServiceError) -> JSON {
    let row = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.row("SELECT value FROM local_state WHERE name = ?", .text(Self.name))
      }
    }
    return [
      "MaxQueryTCU": .integer(row?[0].text.flatMap { Int64($0) } ?? Self.defaultMaximum),
      "QueryPricingModel": "COMPUTE_UNITS", "QueryCompute": ["ComputeMode": "ON_DEMAND"],
    ]
  }

  func update(_ input: inout Input) throws(ServiceError) -> JSON {
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
    if let maximum {
      guard Self.units.contains(maximum), maximum % 4 == 0 else {
        throw .timestream(
          "ValidationException", "MaxQueryTCU must be a multiple of 4 from 4 to 1000, not \(maximum).")
      }
      try storing {
        try storage.database.with { connection throws(DatabaseError) in
          try connection.run(
            "INSERT OR REPLACE INTO local_state VALUES (?, ?)", .text(Self.name), .text(String(maximum)))
        }
      }
    }
    return try describe()
  }
}
