import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var timeToLiveOperations: [Operation] {
    [Operation("UpdateTimeToLive", updateTimeToLive), Operation("DescribeTimeToLive", describeTimeToLive)]
  }

  /// The items that are there are looked through by the sweep, in pieces; those that come are known at once.
  private func updateTimeToLive(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try TableDescription.name(&input)
    _ = try input.object("TimeToLiveSpecification", required: true)
    var attribute = ""
    var enables = false
    if var specification = try input.structure("TimeToLiveSpecification") {
      attribute = try specification.string("AttributeName", required: true, length: 1...255) ?? ""
      if !specification.has("Enabled") { specification.violate("Enabled", nil, "not be null") }
      enables = try specification.bool("Enabled") ?? false
      input.absorb(specification)
    }
    try input.check()
    let specification: JSON = ["AttributeName": .string(attribute), "Enabled": .bool(enables)]
    return .writing { [attribute, enables] connection throws(ServiceError) in
      let table = try namedTable(name, connection)
      if let current = table.timeToLive {
        if !current.hasSameBytes(as: attribute) {
          throw .validation(
            "TimeToLive is active on a different AttributeName: current AttributeName is \(current)")
        }
        if enables { throw .validation("TimeToLive is already enabled") }
      } else if !enables {
        throw .validation("TimeToLive is already disabled")
      }
      do throws(DatabaseError) {
        // A part of -1 stands before all items.
        try connection.run(
          "UPDATE dynamodb_tables SET ttl_attribute = ?, ttl_part = ?, ttl_hash = x'', ttl_range = x'' WHERE id = ?",
          enables ? .text(attribute) : .null, enables ? .integer(-1) : .null, .integer(table.id))
      } catch { throw .internal(error) }
      return Answer(["TimeToLiveSpecification": specification])
    }
  }

  private func describeTimeToLive(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try TableDescription.name(&input)
    return .reading { connection throws(ServiceError) in
      guard let attribute = try namedTable(name, connection).timeToLive else {
        return Answer(["TimeToLiveDescription": ["TimeToLiveStatus": "DISABLED"]])
      }
      return Answer([
        "TimeToLiveDescription": ["TimeToLiveStatus": "ENABLED", "AttributeName": .string(attribute)]
      ])
    }
  }
}
