import CacheSupport

/// One action of a transaction, on one item.
///
/// What the parameters have in common: `condition` is an expression that the present item must meet, and nil asks for none; `names`
/// and `values` say what each `#name` and each `:name` of the action's expressions means; `itemOnFailure` lets the reason of a
/// condition that is not met carry the present item (``CancellationReason/item``). A table is a name or an ARN.
public enum TransactAction: Sendable, Hashable {
  /// Puts an item, in the place of one with the same key.
  case put(
    Item, into: String, condition: String? = nil, names: [String: String] = [:], values: Item = [:],
    itemOnFailure: Bool = false)
  /// Changes attributes of the item with a key; one that is not there yet is made.
  case update(
    Item, in: String, update: String, condition: String? = nil, names: [String: String] = [:], values: Item = [:],
    itemOnFailure: Bool = false)
  /// Deletes the item with a key; it is no error where there is none.
  case delete(
    Item, from: String, condition: String? = nil, names: [String: String] = [:], values: Item = [:],
    itemOnFailure: Bool = false)
  /// Changes nothing, and lets nothing be changed where the item with a key does not meet the condition.
  case check(
    Item, in: String, condition: String, names: [String: String] = [:], values: Item = [:], itemOnFailure: Bool = false)

  /// The form on the wire, such as `{"Put": {"TableName": …, "Item": …}}`.
  var json: JSON {
    switch self {
    case .put(let item, let table, let condition, let names, let values, let itemOnFailure):
      return Self.json(
        "Put", ["TableName": .string(table), "Item": JSON(item: item)], condition, names, values, itemOnFailure)
    case .update(let key, let table, let update, let condition, let names, let values, let itemOnFailure):
      return Self.json(
        "Update", ["TableName": .string(table), "Key": JSON(item: key), "UpdateExpression": .string(update)], condition,
        names, values, itemOnFailure)
    case .delete(let key, let table, let condition, let names, let values, let itemOnFailure):
      return Self.json(
        "Delete", ["TableName": .string(table), "Key": JSON(item: key)], condition, names, values, itemOnFailure)
    case .check(let key, let table, let condition, let names, let values, let itemOnFailure):
      return Self.json(
        "ConditionCheck", ["TableName": .string(table), "Key": JSON(item: key)], condition, names, values, itemOnFailure
      )
    }
  }

  private static func json(
    _ kind: String, _ members: JSONObject, _ condition: String?, _ names: [String: String], _ values: Item,
    _ itemOnFailure: Bool
  ) -> JSON {
    var members = members
    DynamoDBClient.add(condition, names, values, to: &members)
    if itemOnFailure { members["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD" }
    return [kind: .object(members)]
  }
}

/// Why an action of a transaction kept it from being carried out.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancellationReason.html>.
public struct CancellationReason: Sendable, Hashable {
  /// DynamoDB's name for a reason; an open set.
  public struct Code: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral {
    /// The name, as DynamoDB writes it.
    public var rawValue: String
    /// Any name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Any name.
    public init(stringLiteral value: String) { rawValue = value }

    /// It was not this action.
    public static let none: Code = "None"
    /// The item does not meet the action's condition.
    public static let conditionalCheckFailed: Code = "ConditionalCheckFailed"
    /// Another transaction was changing the item.
    public static let transactionConflict: Code = "TransactionConflict"
    /// The action is not as DynamoDB wants it.
    public static let validation: Code = "ValidationError"
  }

  /// DynamoDB's name for the reason.
  public var code: Code
  /// DynamoDB's own words; nil where it was not this action.
  public var message: String?
  /// The item that does not meet the condition, where the action asked for it and there is one; else nil.
  public var item: Item?

  /// A reason.
  ///
  /// - Parameters:
  ///   - code: DynamoDB's name for it.
  ///   - message: DynamoDB's own words.
  ///   - item: the item that does not meet the condition.
  public init(_ code: Code, message: String? = nil, item: Item? = nil) {
    self.code = code
    self.message = message
    self.item = item
  }
}

extension DynamoDBClient {
  /// Carries out up to 100 actions, of up to 4 MB in all and each on another item: all of them, or none.
  ///
  /// Whoever calls again with the same token within ten minutes, as this client itself does after a lost answer, gets the answer of the
  /// first call, and nothing is changed twice. What may pass is tried again, `TransactionInProgressException` among it: the first call
  /// with this token has not ended yet. A transaction that is cancelled is not: what its conditions were made of may have changed.
  ///
  /// - Parameters:
  ///   - actions: in the order in which reasons are given.
  ///   - token: 1 to 36 characters, of which another transaction has not been made in ten minutes: a UUID.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/transactionCanceled`` where an action cannot be carried out, and
  ///   ``AWSError/cancellationReasons`` says which.
  public func transactWrite(_ actions: [TransactAction], token: String) async throws(AWSError) {
    var input: JSONObject = [
      "TransactItems": .array(actions.map(\.json)), "ClientRequestToken": .string(token),
    ]
    ask(&input)
    let answer = try await client.call(.dynamoDB, "TransactWriteItems", .object(input))
    tell(answer["ConsumedCapacity"], of: "TransactWriteItems")
  }
}

extension AWSError {
  /// One for each action of a transaction that was cancelled, in their order; empty for every other error.
  public var cancellationReasons: [CancellationReason] {
    guard code == .transactionCanceled, let json = try? JSON(parsing: body) else { return [] }
    return (json["CancellationReasons"]?.array ?? []).map { reason in
      CancellationReason(
        CancellationReason.Code(rawValue: reason["Code"]?.string ?? "None"), message: reason["Message"]?.string,
        item: Item(item: reason["Item"]))
    }
  }
}
