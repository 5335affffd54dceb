import AWSClients
import CacheSupport

/// One write of one item, by itself or in a transaction: what it is about, what must hold, and what it makes.
struct ItemWrite {
  enum Kind: String, CaseIterable {
    case put = "Put"
    case update = "Update"
    case delete = "Delete"
    /// Makes nothing, and is part of a transaction alone.
    case check = "ConditionCheck"
  }

  let kind: Kind
  /// The table's name.
  let table: String
  /// The table's name or ARN, as the request has it.
  let tableAsNamed: String
  /// The item to be put; else its key.
  let item: Item
  let update: UpdateExpression?
  let condition: Condition?
  /// True where the error of a condition that is not met carries the item.
  let showsItem: Bool

  /// What of a write the service's model describes: read and checked before anything else is looked at.
  struct Head {
    fileprivate let kind: Kind
    fileprivate let table: String
    fileprivate let showsItem: Bool

    /// - Parameter isPart: true for a part of a transaction, which must say what it does.
    init(_ kind: Kind, _ input: inout Input, isPart: Bool = false) throws(ServiceError) {
      self.kind = kind
      table = try TableDescription.name(&input)
      _ = try input.object(kind == .put ? "Item" : "Key", required: true)
      _ = try input.string("UpdateExpression", required: isPart && kind == .update)
      _ = try input.string("ConditionExpression", required: kind == .check)
      showsItem =
        try input.string("ReturnValuesOnConditionCheckFailure", values: ["ALL_OLD", "NONE"]) == "ALL_OLD"
    }
  }

  /// Reads the values and the expressions of a write that its model's constraints have let pass.
  init(_ head: Head, _ input: Input) throws(ServiceError) {
    (kind, table, showsItem) = (head.kind, head.table, head.showsItem)
    let object = input.object
    tableAsNamed = object["TableName"]?.string ?? table
    item = try Item.checking(object[kind == .put ? "Item" : "Key"], kind == .put ? "Item" : "Key")
    var bindings = try ExpressionParser.Bindings(object)
    let expression = kind == .update ? object["UpdateExpression"]?.string : nil
    update = try expression.map { text throws(ServiceError) in try ExpressionParser.update(text, &bindings) }
    condition = try object["ConditionExpression"]?.string.map { text throws(ServiceError) in
      try ExpressionParser.condition("Condition", text, &bindings)
    }
    try bindings.checkUsed(hasExpressions: condition != nil || update != nil)
  }

  func key(_ table: TableDescription) throws(ServiceError) -> (hash: [UInt8], range: [UInt8]) {
    try table.key(of: item, exact: kind != .put)
  }

  /// - Throws: what DynamoDB says of an item that is too large or too deep, and of an update that would change the key.
  func check(_ table: TableDescription) throws(ServiceError) {
    if kind == .put { try Self.check(item, "Item size has exceeded") }
    for path in update?.paths ?? [] where table.keys.contains(where: { $0.name == path.head }) {
      throw .validation(
        "One or more parameter values were invalid: Cannot update attribute \(path.head). This attribute is part of the key"
      )
    }
  }

  /// - Parameter old: what is there; nil for nothing.
  /// - Returns: what is to be there; nil for nothing.
  /// - Throws: `ConditionalCheckFailedException` where the condition is not met, with the item where it was asked for.
  func result(of old: Item?) throws(ServiceError) -> Item? {
    if let condition, !condition.holds(for: old ?? [:]) {
      let members: JSONObject = showsItem && old != nil ? ["Item": JSON(item: old ?? [:])] : [:]
      throw .dynamoDB("ConditionalCheckFailedException", "The conditional request failed", members: members)
    }
    switch kind {
    case .put: return item
    case .delete: return nil
    case .check: return old
    case .update:
      guard let update else { return old ?? item }
      // An update that only takes away leaves an absent item absent.
      if old == nil, update.onlyRemoves { return nil }
      let new = try update.applied(to: old ?? item)
      try Self.check(new, "Item size to update has exceeded")
      return new
    }
  }

  private static func check(_ item: Item, _ words: String) throws(ServiceError) {
    guard item.size <= DynamoDBService.itemLimit else { throw .validation("\(words) the maximum allowed size") }
    guard item.values.allSatisfy({ $0.depth <= ExpressionParser.maximumSteps }) else {
      throw .validation(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
      )
    }
  }
}
