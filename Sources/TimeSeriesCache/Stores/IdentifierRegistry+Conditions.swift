import AWSClients
import CacheSupport

extension IdentifierRegistry {
  /// What became of a write that has a condition.
  enum Conditional: Sendable, Hashable {
    case done
    /// The condition is not met by the item that is there; nil where there is none.
    case refused(Item?)
  }

  static let refusal: AWSError.Code = "ConditionalCheckFailedException"

  func put(
    _ item: Item, where condition: String, names: [String: String], values: Item = [:]
  ) async throws(StoreError) -> Conditional {
    try await conditionally("PutItem", ["Item": JSON(item: item)], where: condition, names, values)
  }

  func update(
    _ identifier: Identifier, _ update: String, where condition: String, names: [String: String], values: Item
  ) async throws(StoreError) -> Conditional {
    try await conditionally(
      "UpdateItem",
      ["Key": JSON(item: ["identifier": .s(identifier.text)]), "UpdateExpression": .string(update)],
      where: condition, names, values)
  }

  private func conditionally(
    _ operation: String, _ input: JSONObject, where condition: String, _ names: [String: String], _ values: Item
  ) async throws(StoreError) -> Conditional {
    var input = input
    input["TableName"] = .string(table)
    input["ConditionExpression"] = .string(condition)
    input["ExpressionAttributeNames"] = .object(names.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    if !values.isEmpty { input["ExpressionAttributeValues"] = JSON(item: values) }
    input["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    do throws(AWSError) {
      try await aws.call(.dynamoDB, operation, JSON.object(input).bytes) { _ in }
      return .done
    } catch {
      guard error.code == Self.refusal else { throw StoreError(error) }
      // The item comes beside the error's code and message.
      guard let json = (try? JSON(parsing: error.body))?["Item"], json.object != nil else { return .refused(nil) }
      guard let item = Item(item: json) else {
        throw StoreError(.failed, "\(error.operation): the item in the answer cannot be read")
      }
      return .refused(item)
    }
  }
}
