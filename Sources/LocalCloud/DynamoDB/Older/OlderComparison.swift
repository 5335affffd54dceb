import AWSClients
import CacheSupport

/// `ComparisonOperator`, in the order in which DynamoDB names them.
enum OlderComparison: String, CaseIterable {
  case isIn = "IN"
  case null = "NULL"
  case between = "BETWEEN"
  case less = "LT"
  case notContains = "NOT_CONTAINS"
  case equal = "EQ"
  case greater = "GT"
  case notNull = "NOT_NULL"
  case notEqual = "NE"
  case lessOrEqual = "LE"
  case beginsWith = "BEGINS_WITH"
  case greaterOrEqual = "GE"
  case contains = "CONTAINS"

  /// How many values it takes.
  private var counts: ClosedRange<Int> {
    switch self {
    case .null, .notNull: 0...0
    case .isIn: 1...Int.max
    case .between: 2...2
    default: 1...1
    }
  }

  private func takes(_ type: AttributeType) -> Bool {
    switch self {
    case .equal, .notEqual: true
    case .beginsWith: type == .s || type == .b
    default: type.isOrdered
    }
  }

  /// - Throws: what DynamoDB says of values that the operator does not take.
  func check(_ values: [AttributeValue]) throws(ServiceError) {
    guard counts.contains(values.count) else {
      throw .parameter("Invalid number of argument(s) for the \(rawValue) ComparisonOperator")
    }
    guard let type = values.first?.type else { return }
    guard values.allSatisfy({ $0.type == type }) else {
      throw .parameter("AttributeValues inside AttributeValueList must be of same type")
    }
    guard takes(type) else {
      throw .parameter("ComparisonOperator \(rawValue) is not valid for \(type.rawValue) AttributeValue type")
    }
    var evaluation = Evaluation()
    if self == .between, try evaluation.compare(values[0], .greater, values[1]) {
      throw .validation(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
    }
  }

  /// - Parameter values: as many and of such types as ``check(_:)`` lets pass.
  func condition(_ path: DocumentPath, _ values: [AttributeValue]) -> Condition {
    let attribute = Condition.Operand.path(path)
    let operands = values.map { Condition.Operand.value($0) }
    guard let first = operands.first, let last = operands.last else {
      return self == .null ? .notExists(path) : .exists(path)
    }
    return switch self {
    case .null: .notExists(path)
    case .notNull: .exists(path)
    case .isIn: .isIn(attribute, operands)
    case .between: .between(attribute, first, last)
    case .less: .compare(attribute, .less, first)
    case .equal: .compare(attribute, .equal, first)
    case .greater: .compare(attribute, .greater, first)
    case .notEqual: .compare(attribute, .notEqual, first)
    case .lessOrEqual: .compare(attribute, .lessOrEqual, first)
    case .greaterOrEqual: .compare(attribute, .greaterOrEqual, first)
    case .beginsWith: .beginsWith(attribute, first)
    case .contains: .contains(attribute, first)
    // An attribute that is absent holds nothing, and is not said to.
    case .notContains: .and(.exists(path), .not(.contains(attribute, first)))
    }
  }
}
