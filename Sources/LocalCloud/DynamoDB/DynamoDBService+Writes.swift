import AWSClients
import CacheSupport

extension DynamoDBService {
  /// PutItem, UpdateItem and DeleteItem: one conditional write in one transaction.
  func write(_ kind: ItemWrite.Kind, _ input: inout Input) throws(ServiceError) -> JSON {
    let head = try ItemWrite.Head(kind, &input)
    let returns =
      try input.string(
        "ReturnValues", values: ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]) ?? "NONE"
    let capacity = try CapacityRequest(&input)
    try input.check()
    try input.refuse("Expected", "ConditionalOperator", "AttributeUpdates")
    let write = try ItemWrite(head, input)
    if kind != .update, !["NONE", "ALL_OLD"].contains(returns) {
      throw .validation("Return values set to invalid value")
    }
    let (old, new) = try storing {
      try storage.database.with { connection in
        try connection.transaction { () -> (Item?, Item?) in
          guard let table = try find(write.table, connection) else { throw ServiceError.noResource }
          try write.check(table.description)
          let key = try write.key(table.description)
          let old = try stored(table, key.hash, key.range, connection)
          let new = try write.result(of: old)
          try apply(new, table, key, connection)
          return (old, new)
        }
      }
    }
    var answer: JSONObject = [:]
    if let returned = Self.returned(returns, old, new, write.update?.paths ?? []) {
      answer["Attributes"] = JSON(item: returned)
    }
    answer["ConsumedCapacity"] = capacity.json(
      write.tableAsNamed, CapacityRequest.writeUnits(max(old?.size ?? 0, new?.size ?? 0)))
    return .object(answer)
  }

  /// The places that an update names are looked up by the same paths before and after it, as DynamoDB does: an element that was
  /// appended past the end is not at its index, and where one was removed the next one is.
  private static func returned(
    _ returns: String, _ old: Item?, _ new: Item?, _ paths: [DocumentPath]
  ) -> Item? {
    switch returns {
    case "ALL_OLD": return old
    case "ALL_NEW": return new
    case "UPDATED_OLD", "UPDATED_NEW":
      guard let item = returns == "UPDATED_OLD" ? old : new, !paths.isEmpty else { return nil }
      let found = project(item, paths)
      return found.isEmpty ? nil : found
    default: return nil
    }
  }
}
