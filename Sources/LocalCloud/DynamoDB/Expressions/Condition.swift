import AWSClients
import CacheSupport

/// A condition, filter or key condition as a tree.
indirect enum Condition: Sendable {
  case compare(Operand, Comparison, Operand)
  case between(Operand, Operand, Operand)
  case isIn(Operand, [Operand])
  case exists(DocumentPath)
  case notExists(DocumentPath)
  case hasType(Operand, AttributeType)
  case beginsWith(Operand, Operand)
  case contains(Operand, Operand)
  case and(Condition, Condition)
  case or(Condition, Condition)
  case not(Condition)

  enum Comparison: String, Sendable {
    case equal = "=", notEqual = "<>", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  }

  indirect enum Operand: Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case size(Operand)

    /// The type, where it does not depend on the item.
    var type: AttributeType? {
      switch self {
      case .path: nil
      case .value(let value): value.type
      case .size: .n
      }
    }

    var path: DocumentPath? {
      switch self {
      case .path(let path): path
      case .size(let operand): operand.path
      case .value: nil
      }
    }
  }

  /// Every path that the condition names.
  var paths: [DocumentPath] {
    switch self {
    case .compare(let one, _, let other), .beginsWith(let one, let other), .contains(let one, let other):
      [one, other].compactMap(\.path)
    case .between(let value, let low, let high): [value, low, high].compactMap(\.path)
    case .isIn(let value, let options): ([value] + options).compactMap(\.path)
    case .hasType(let value, _): [value].compactMap(\.path)
    case .exists(let path), .notExists(let path): [path]
    case .and(let one, let other), .or(let one, let other): one.paths + other.paths
    case .not(let condition): condition.paths
    }
  }
}
