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
  let item: EncodedItem
  let update: UpdateExpression?
  let condition: Condition?
  /// The bytes of the item or key, and of the values, as a transaction counts them.
  let payload: Int
  /// True where the error of a condition that is not met carries the item.
  let showsItem: Bool

  /// What of a write the service's model describes: read and checked before anything else is looked at.
  struct Head {
    fileprivate let kind: Kind
    fileprivate let table: String
    fileprivate let update: String?
    fileprivate let condition: String?
    fileprivate let olderUpdates: [OlderUpdate]?
    fileprivate let expected: [OlderCondition]?
    fileprivate let conditionalOperator: String?
    fileprivate let showsItem: Bool
    fileprivate let isPart: Bool

    /// - Parameter isPart: true for a part of a transaction, which must say what it does.
    init(_ kind: Kind, _ input: inout Input, isPart: Bool = false) throws(ServiceError) {
      (self.kind, self.isPart) = (kind, isPart)
      table = try TableDescription.name(&input)
      _ = try input.object(kind == .put ? "Item" : "Key", required: true)
      update = kind == .update ? try input.string("UpdateExpression", required: isPart) : nil
      condition = try input.string("ConditionExpression", required: kind == .check)
      // A transaction knows none of the older parameters.
      olderUpdates = kind == .update && !isPart ? try OlderUpdate.read(&input) : nil
      expected = isPart ? nil : try OlderCondition.read("Expected", &input)
      conditionalOperator = isPart ? nil : try input.string("ConditionalOperator", values: ["OR", "AND"])
      showsItem =
        try input.string("ReturnValuesOnConditionCheckFailure", values: ["ALL_OLD", "NONE"]) == "ALL_OLD"
    }
  }

  /// Reads a write that is no part of anything: what is wrong with it is told in other words.
  static func alone(_ head: Head, _ request: ItemRequest) throws(ServiceError) -> ItemWrite {
    do throws(ServiceError) { return try ItemWrite(head, request) } catch {
      throw error == request.fault(of: head.kind == .put ? .item : .key) && !error.isOfForm ? error : error.detected
    }
  }

  /// Reads the values and the expressions of a write that its model's constraints have let pass.
  init(_ head: Head, _ request: ItemRequest) throws(ServiceError) {
    (kind, table, showsItem) = (head.kind, head.table, head.showsItem)
    tableAsNamed = request.input.object["TableName"]?.string ?? table
    try (kind == .update ? ParameterKinds.update : .put).check(request.input)
    item = try request.item(kind == .put ? .item : .key)
    var bindings = try ExpressionParser.Bindings(request, isWrite: !head.isPart)
    payload = item.size + bindings.valueBytes
    if let text = head.update {
      update = try ExpressionParser.update(text, &bindings)
    } else {
      update = try head.olderUpdates.flatMap { updates throws(ServiceError) in
        updates.isEmpty ? nil : try UpdateExpression(updates)
      }
    }
    if let text = head.condition {
      condition = try ExpressionParser.condition(.condition, text, &bindings)
    } else {
      condition = try (head.expected ?? []).condition(head.conditionalOperator)
    }
    try bindings.checkUsed()
  }

  /// False where the write is the same whatever is there.
  var looksAtItem: Bool { condition != nil || kind == .update || kind == .check }

  func key(_ table: TableDescription) throws(ServiceError) -> ItemKey { try table.key(of: item, exact: kind != .put) }

  /// - Throws: what DynamoDB says of an item that is too large, and of expressions that take a key's attribute apart or change it.
  func check(_ table: TableDescription) throws(ServiceError) {
    if kind == .put {
      if item.size > DynamoDBService.itemLimit { throw .itemTooLarge }
      try table.checkIndexKeys(of: item)
    }
    for path in update?.paths ?? [] {
      guard let key = table.keys.first(where: { $0.name.hasSameBytes(as: path.head) }) else { continue }
      throw .parameter("Cannot update attribute \(key.name). This attribute is part of the key")
    }
    try condition?.paths.checkKeys(of: table)
  }

  /// - Parameters:
  ///   - old: what is there; nil for nothing.
  ///   - evaluation: the request's, which spends what the condition takes.
  /// - Returns: what is to be there; nil for nothing.
  /// - Throws: `ConditionalCheckFailedException` where the condition is not met, with the item where it was asked for.
  func result(of old: StoredItem?, _ evaluation: inout Evaluation) throws(ServiceError) -> EncodedItem? {
    let tree: Item? = if looksAtItem, let old { try old.tree } else { nil }
    if let condition, try !evaluation.holds(condition, for: tree ?? [:]) {
      let members: JSONObject = showsItem ? tree.map { ["Item": JSON(item: $0)] } ?? [:] : [:]
      throw .dynamoDB("ConditionalCheckFailedException", "The conditional request failed", members: members)
    }
    switch kind {
    case .put: return item
    case .delete: return nil
    case .check: return try old.map { old throws(ServiceError) in try EncodedItem(json: old.bytes) }
    case .update:
      let start = if let tree { tree } else { try item.tree }
      guard let update else { return try EncodedItem(start) }
      // An update that only takes away leaves an absent item absent.
      if old == nil, update.onlyRemoves { return nil }
      let changed = try update.applied(to: start)
      // A short expression can name a large value many times: what is too large is not written out to find that.
      guard changed.isWithin(DynamoDBService.itemLimit) else { throw .updateTooLarge }
      return try EncodedItem(changed)
    }
  }
}
