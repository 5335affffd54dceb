import CacheSupport

/// The parameters of an operation that hold expressions, and the older ones that say the same without: a request has one kind or the other.
struct ParameterKinds: Sendable {
  let expressions: [String]
  let older: [String]

  static let get = ParameterKinds(expressions: ["ProjectionExpression"], older: ["AttributesToGet"])
  static let put = ParameterKinds(expressions: ["ConditionExpression"], older: ["Expected", "ConditionalOperator"])
  static let delete = put
  static let check = put
  static let update = ParameterKinds(
    expressions: ["UpdateExpression", "ConditionExpression"],
    older: ["AttributeUpdates", "Expected", "ConditionalOperator"])
  static let query = ParameterKinds(
    expressions: ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
    older: ["AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"])
  static let scan = ParameterKinds(
    expressions: ["ProjectionExpression", "FilterExpression"],
    older: ["AttributesToGet", "ScanFilter", "ConditionalOperator"])

  /// - Throws: what DynamoDB says of a request with both kinds, and of names and values without an expression that may have them.
  func check(_ input: Input) throws(ServiceError) {
    let given = expressions.filter { input.has($0) }
    // Key conditions may stand beside a filter or a projection in the other kind.
    let conflicting = older.filter { input.has($0) && ($0 != "KeyConditions" || input.has("KeyConditionExpression")) }
    if !given.isEmpty, !conflicting.isEmpty {
      throw .validation(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {\(conflicting.joined(separator: ", "))} Expression parameters: {\(given.joined(separator: ", "))}"
      )
    }
    if input.has("ExpressionAttributeNames"), given.isEmpty {
      throw .validation("ExpressionAttributeNames can only be specified when using expressions")
    }
    let withValues = expressions.filter { $0 != "ProjectionExpression" }
    if input.has("ExpressionAttributeValues"), !withValues.isEmpty, !withValues.contains(where: { input.has($0) }) {
      throw .validation(
        "ExpressionAttributeValues can only be specified when using expressions: \(withValues.joined(separator: " and ")) \(withValues.count > 1 ? "are" : "is") null"
      )
    }
  }
}
