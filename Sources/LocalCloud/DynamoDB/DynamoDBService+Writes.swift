import AWSClients
import CacheSupport

extension DynamoDBService {
  /// What one write makes of an item.
  private enum Write {
    case put(Item)
    case delete(key: Item)
    case update(key: Item)

    func key(_ table: TableDescription) throws(ServiceError) -> (hash: [UInt8], range: [UInt8]) {
      switch self {
      case .put(let item): try table.key(of: item, exact: false)
      case .delete(let key), .update(let key): try table.key(of: key, exact: true)
      }
    }
  }

  func putItem(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    _ = try input.object("Item", required: true)
    return try write(.put(try Self.item("Item", input)), to: name, &input)
  }

  func deleteItem(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    _ = try input.object("Key", required: true)
    return try write(.delete(key: try Self.item("Key", input)), to: name, &input)
  }

  func updateItem(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    _ = try input.object("Key", required: true)
    try input.refuse("AttributeUpdates")
    return try write(.update(key: try Self.item("Key", input)), to: name, &input)
  }

  /// The member; empty where it is absent, which the input's check tells of.
  private static func item(_ member: String, _ input: Input) throws(ServiceError) -> Item {
    try input.object[member].map { json throws(ServiceError) in try Item.checking(json, member) } ?? [:]
  }

  /// One conditional write in one transaction.
  private func write(_ write: Write, to name: String, _ input: inout Input) throws(ServiceError) -> JSON {
    let returns =
      try input.string(
        "ReturnValues", values: ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]) ?? "NONE"
    let onFailure = try input.string("ReturnValuesOnConditionCheckFailure", values: ["ALL_OLD", "NONE"]) ?? "NONE"
    try input.check()
    try input.refuse("Expected", "ConditionalOperator")
    var bindings = try ExpressionParser.Bindings(input.object)
    var update: UpdateExpression?
    if case .update = write {
      update = try input.string("UpdateExpression").map { text throws(ServiceError) in
        try ExpressionParser.update(text, &bindings)
      }
    } else if !["NONE", "ALL_OLD"].contains(returns) {
      throw .validation("Return values set to invalid value")
    }
    let condition = try input.string("ConditionExpression").map { text throws(ServiceError) in
      try ExpressionParser.condition("Condition", text, &bindings)
    }
    try bindings.checkUsed(hasExpressions: condition != nil || update != nil)
    let (old, new) = try storing {
      try storage.database.with { connection in
        try connection.transaction { () -> (Item?, Item?) in
          guard let table = try find(name, connection) else { throw ServiceError.noResource }
          if case .put(let item) = write { try Self.check(item, "Item size has exceeded") }
          let key = try write.key(table.description)
          for path in update?.paths ?? [] where table.description.keys.contains(where: { $0.name == path.head }) {
            throw ServiceError.validation(
              "One or more parameter values were invalid: Cannot update attribute \(path.head). This attribute is part of the key"
            )
          }
          let old = try stored(table, key.hash, key.range, connection)
          if let condition, !condition.holds(for: old ?? [:]) {
            let members: JSONObject = onFailure == "ALL_OLD" && old != nil ? ["Item": JSON(item: old ?? [:])] : [:]
            throw ServiceError.dynamoDB(
              "ConditionalCheckFailedException", "The conditional request failed", members: members)
          }
          let new = try Self.result(of: write, update, old)
          try apply(new, table, key, connection)
          return (old, new)
        }
      }
    }
    var answer: JSONObject = [:]
    if let returned = Self.returned(returns, old, new, update?.paths ?? []) {
      answer["Attributes"] = JSON(item: returned)
    }
    try capacity(input.object, name, Self.writeUnits(max(old?.size ?? 0, new?.size ?? 0)), to: &answer)
    return .object(answer)
  }

  /// What is to be stored; nil for nothing.
  private static func result(of write: Write, _ update: UpdateExpression?, _ old: Item?) throws(ServiceError) -> Item? {
    switch write {
    case .put(let item): return item
    case .delete: return nil
    case .update(let key):
      guard let update else { return old ?? key }
      // An update that only takes away leaves an absent item absent.
      if old == nil, update.onlyRemoves { return nil }
      let new = try update.applied(to: old ?? key)
      try check(new, "Item size to update has exceeded")
      return new
    }
  }

  private static func check(_ item: Item, _ words: String) throws(ServiceError) {
    guard item.size <= itemLimit else { throw .validation("\(words) the maximum allowed size") }
    guard item.values.allSatisfy({ $0.depth <= ExpressionParser.maximumSteps }) else {
      throw .validation(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
      )
    }
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
