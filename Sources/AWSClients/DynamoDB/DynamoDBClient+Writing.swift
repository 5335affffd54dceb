import CacheSupport

extension DynamoDBClient {
  /// Which attributes of the item a write returns.
  public enum ReturnValues: String, Sendable, Hashable, CaseIterable {
    /// None.
    case none = "NONE"
    /// All, as they were before; nothing where there was no item.
    case allOld = "ALL_OLD"
    /// Those that an update changed, as they were before.
    case updatedOld = "UPDATED_OLD"
    /// All, as they are after an update.
    case allNew = "ALL_NEW"
    /// Those that an update changed, as they are after it.
    case updatedNew = "UPDATED_NEW"
  }

  /// Puts an item, in the place of one with the same key.
  ///
  /// - Parameters:
  ///   - item: every attribute, those of the table's key among them; up to 400 KB.
  ///   - table: a name or an ARN.
  ///   - condition: an expression that the present item must meet; nil always puts.
  ///   - names: what each `#name` of the condition means.
  ///   - values: what each `:name` of the condition means.
  ///   - returning: ``ReturnValues/none`` or ``ReturnValues/allOld``.
  ///   - itemOnFailure: true lets the error of a condition that is not met carry the present item (``AWSError/item``).
  /// - Returns: the item that was there, where it was asked for; else nil.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/conditionalCheckFailed`` where the condition is not met.
  @discardableResult
  public func putItem(
    _ item: Item, into table: String, condition: String? = nil, names: [String: String] = [:], values: Item = [:],
    returning: ReturnValues = .none, itemOnFailure: Bool = false
  ) async throws(AWSError) -> Item? {
    try await write(
      "PutItem", ["TableName": .string(table), "Item": JSON(item: item)], condition, names, values, returning,
      itemOnFailure)
  }

  /// Changes attributes of an item in one step; an item that is not there yet is made, with its key.
  ///
  /// A call that is tried again after a lost answer may change the item twice: `ADD` counts twice, unless the condition tells
  /// the first change from the second.
  ///
  /// - Parameters:
  ///   - key: every attribute of the table's key.
  ///   - table: a name or an ARN.
  ///   - update: an expression, such as `SET #a = :a, #b = if_not_exists(#b, :zero) + :one REMOVE #c`.
  ///   - condition: an expression that the present item must meet; nil always updates. `attribute_exists(#key)` keeps an update
  ///     from making an item.
  ///   - names: what each `#name` of the two expressions means.
  ///   - values: what each `:name` of the two expressions means.
  ///   - returning: which attributes are returned.
  ///   - itemOnFailure: true lets the error of a condition that is not met carry the present item (``AWSError/item``).
  /// - Returns: the attributes that were asked for; nil where there are none.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/conditionalCheckFailed`` where the condition is not met.
  @discardableResult
  public func updateItem(
    _ key: Item, in table: String, update: String, condition: String? = nil, names: [String: String] = [:],
    values: Item = [:], returning: ReturnValues = .none, itemOnFailure: Bool = false
  ) async throws(AWSError) -> Item? {
    try await write(
      "UpdateItem",
      ["TableName": .string(table), "Key": JSON(item: key), "UpdateExpression": .string(update)], condition, names,
      values, returning, itemOnFailure)
  }

  /// Deletes an item; it is no error where there is no such item.
  ///
  /// - Parameters:
  ///   - key: every attribute of the table's key.
  ///   - table: a name or an ARN.
  ///   - condition: an expression that the present item must meet; nil always deletes.
  ///   - names: what each `#name` of the condition means.
  ///   - values: what each `:name` of the condition means.
  ///   - returning: ``ReturnValues/none``, or ``ReturnValues/allOld``, which tells whether there was an item.
  ///   - itemOnFailure: true lets the error of a condition that is not met carry the present item (``AWSError/item``).
  /// - Returns: the item that was there, where it was asked for; else nil.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/conditionalCheckFailed`` where the condition is not met.
  @discardableResult
  public func deleteItem(
    _ key: Item, from table: String, condition: String? = nil, names: [String: String] = [:], values: Item = [:],
    returning: ReturnValues = .none, itemOnFailure: Bool = false
  ) async throws(AWSError) -> Item? {
    try await write(
      "DeleteItem", ["TableName": .string(table), "Key": JSON(item: key)], condition, names, values, returning,
      itemOnFailure)
  }

  private func write(
    _ operation: String, _ input: JSONObject, _ condition: String?, _ names: [String: String], _ values: Item,
    _ returning: ReturnValues, _ itemOnFailure: Bool
  ) async throws(AWSError) -> Item? {
    var input = input
    Self.add(condition, names, values, to: &input)
    if returning != .none { input["ReturnValues"] = .string(returning.rawValue) }
    if itemOnFailure { input["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD" }
    ask(&input)
    let answer = try await client.call(.dynamoDB, operation, .object(input))
    tell(answer["ConsumedCapacity"], of: operation)
    return try answer["Attributes"].map { attributes throws(AWSError) in
      try Self.item(attributes, "DynamoDB_20120810.\(operation)")
    }
  }
}

extension AWSError {
  /// The item that did not meet a condition, where the write asked for it and there is one; else nil.
  public var item: Item? {
    guard code == .conditionalCheckFailed, let json = try? JSON(parsing: body) else { return nil }
    return Item(item: json["Item"])
  }
}
