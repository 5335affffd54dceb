import AWSClients
import CacheSupport

/// A condition on one attribute, as `Expected`, `KeyConditions`, `QueryFilter` and `ScanFilter` have it.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html>.
struct OlderCondition {
  let name: String
  let comparison: OlderComparison?
  private let list: [JSON]?
  /// `Value` and `Exists`, which only `Expected` has.
  private let value: JSON?
  private let exists: Bool?

  /// Reads a map of conditions, and checks what the service's model says of it.
  ///
  /// - Returns: nil where there is no such member.
  static func read(_ member: String, _ input: inout Input) throws(ServiceError) -> [OlderCondition]? {
    guard let object = try input.object(member) else { return nil }
    let place = member.prefix(1).lowercased() + member.dropFirst()
    var conditions: [OlderCondition] = []
    for (name, json) in object.members {
      guard let inner = json.object else { throw .serialization("Unexpected value type in payload") }
      var part = Input(inner, path: "\(place).\(name).member")
      conditions.append(try OlderCondition(name, &part, isExpected: member == "Expected"))
      input.absorb(part)
    }
    return conditions
  }

  private init(_ name: String, _ part: inout Input, isExpected: Bool) throws(ServiceError) {
    self.name = name
    comparison = try part.string(
      "ComparisonOperator", required: !isExpected, values: OlderComparison.allCases.map(\.rawValue)
    ).flatMap { OlderComparison(rawValue: $0) }
    list = try part.array("AttributeValueList")
    value = isExpected ? try part.object("Value").map { .object($0) } : nil
    exists = isExpected ? try part.bool("Exists") : nil
  }

  /// The tree that an expression of the same meaning gives.
  ///
  /// - Throws: what DynamoDB says of conditions that are none.
  func condition() throws(ServiceError) -> Condition {
    try EncodedItem.checkName(name)
    let path = DocumentPath(steps: [.name(ByteText(name))])
    if list != nil, value != nil {
      throw .parameter("Value and AttributeValueList cannot be used together for Attribute: \(name)")
    }
    guard let comparison else { return try existence(path) }
    if exists != nil {
      throw .parameter("Exists and ComparisonOperator cannot be used together for Attribute: \(name)")
    }
    let values = try (list ?? value.map { [$0] } ?? []).map { json throws(ServiceError) in
      try AttributeValue(request: json)
    }
    try comparison.check(values)
    return comparison.condition(path, values)
  }

  /// `Value` and `Exists` without an operator.
  private func existence(_ path: DocumentPath) throws(ServiceError) -> Condition {
    if list != nil {
      throw .parameter("AttributeValueList can only be used with a ComparisonOperator for Attribute: \(name)")
    }
    guard exists ?? true else {
      if value != nil { throw .parameter("Value cannot be used when Exists is false for Attribute: \(name)") }
      return .notExists(path)
    }
    guard let value else {
      throw .parameter(
        "Value must be provided when Exists is \(exists == nil ? "null" : "true") for Attribute: \(name)")
    }
    return .compare(.path(path), .equal, .value(try AttributeValue(request: value)))
  }
}

extension [OlderCondition] {
  /// All of the conditions, or any of them.
  ///
  /// - Returns: nil where there are none.
  /// - Throws: also what DynamoDB says of a `ConditionalOperator` with fewer than two conditions.
  func condition(_ conditionalOperator: String?) throws(ServiceError) -> Condition? {
    if conditionalOperator != nil, count < 2 {
      throw .validation(
        isEmpty
          ? "ConditionalOperator cannot be used without Filter or Expected"
          : "ConditionalOperator can only be used when Filter or Expected has two or more elements")
    }
    let conditions = try map { older throws(ServiceError) in try older.condition() }
    return Condition.joined(conditions[...]) { conditionalOperator == "OR" ? .or($0, $1) : .and($0, $1) }
  }

  /// The condition of a Query, which an expression of the same meaning gives.
  func keyCondition() throws(ServiceError) -> Condition {
    guard (1...2).contains(count) else { throw .validation("Conditions can be of length 1 or 2 only") }
    for older in self {
      switch older.comparison {
      case .null, .notNull, .notEqual, .contains, .notContains, .isIn:
        throw .validation("Attempted conditional constraint is not an indexable operation")
      default: break
      }
    }
    guard let condition = try condition(nil) else { throw .validation("Conditions can be of length 1 or 2 only") }
    return condition
  }
}

extension Condition {
  /// A tree as flat as may be, for there is no limit to the number of the older conditions.
  fileprivate static func joined(
    _ conditions: ArraySlice<Condition>, _ join: (Condition, Condition) -> Condition
  ) -> Condition? {
    guard conditions.count > 1 else { return conditions.first }
    let middle = conditions.startIndex + conditions.count / 2
    guard let one = joined(conditions[..<middle], join), let other = joined(conditions[middle...], join) else {
      return nil
    }
    return join(one, other)
  }
}

extension AttributeValue {
  /// Reads a value of a request that came as a tree.
  ///
  /// - Throws: what DynamoDB says of a value that it does not take.
  init(request json: JSON) throws(ServiceError) {
    let item = try EncodedItem(json: JSON.object(["v": json]).bytes).tree
    // An item that was read has the attribute.
    self = item["v"] ?? .null
  }
}
