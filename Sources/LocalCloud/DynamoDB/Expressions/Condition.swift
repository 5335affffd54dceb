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

    func value(in item: Item) -> AttributeValue? {
      switch self {
      case .path(let path): path.value(in: item)
      case .value(let value): value
      case .size(let operand): operand.value(in: item)?.elementCount.map { .n($0) }
      }
    }

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

  func holds(for item: Item) -> Bool {
    switch self {
    case .compare(let left, let comparison, let right):
      return Self.compare(left.value(in: item), comparison, right.value(in: item))
    case .between(let value, let low, let high):
      let value = value.value(in: item)
      return Self.compare(value, .greaterOrEqual, low.value(in: item))
        && Self.compare(value, .lessOrEqual, high.value(in: item))
    case .isIn(let value, let options):
      guard let value = value.value(in: item) else { return false }
      return options.contains { Self.compare(value, .equal, $0.value(in: item)) }
    case .exists(let path): return path.value(in: item) != nil
    case .notExists(let path): return path.value(in: item) == nil
    case .hasType(let value, let type): return value.value(in: item)?.type == type
    case .beginsWith(let value, let prefix):
      guard let value = value.value(in: item), let prefix = prefix.value(in: item), value.type == prefix.type,
        value.type != .n, let bytes = value.sortable, let start = prefix.sortable
      else { return false }
      return bytes.starts(with: start)
    case .contains(let container, let element):
      guard let container = container.value(in: item), let element = element.value(in: item) else { return false }
      return container.contains(element)
    case .and(let one, let other): return one.holds(for: item) && other.holds(for: item)
    case .or(let one, let other): return one.holds(for: item) || other.holds(for: item)
    case .not(let condition): return !condition.holds(for: item)
    }
  }

  /// What is absent is equal to nothing, not even to what is absent too, and neither less nor greater than anything.
  static func compare(_ left: AttributeValue?, _ comparison: Comparison, _ right: AttributeValue?) -> Bool {
    guard let left, let right else { return comparison == .notEqual }
    switch comparison {
    case .equal: return left.equals(right)
    case .notEqual: return !left.equals(right)
    default: break
    }
    guard left.type == right.type, let one = left.sortable, let other = right.sortable else { return false }
    let isLess = one.lexicographicallyPrecedes(other)
    return switch comparison {
    case .less: isLess
    case .lessOrEqual: isLess || one == other
    case .greater: !isLess && one != other
    default: !isLess
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

extension AttributeValue {
  /// Equal by the bytes; numbers are in their plain form, and sets in order.
  fileprivate func equals(_ other: AttributeValue) -> Bool { self == other }

  /// What `size` counts: bytes of a text or a binary, members of everything else; nil for types without a size.
  fileprivate var elementCount: Int? {
    switch self {
    case .s(let text): text.utf8.count
    case .b(let text): Base64.decodedCount(text.utf8Span.span)
    case .l(let elements): elements.count
    case .m(let map): map.count
    case .ss(let texts), .ns(let texts), .bs(let texts): texts.count
    case .n, .bool, .null: nil
    }
  }

  /// True where a text or a binary has another within it, byte by byte, or where a list or a set has it as a member.
  fileprivate func contains(_ element: AttributeValue) -> Bool {
    switch (self, element) {
    case (.s(let text), .s(let part)): Self.contains(Array(text.utf8), Array(part.utf8))
    case (.b, .b): Self.contains(sortable ?? [], element.sortable ?? [])
    case (.ss(let members), .s(let text)), (.ns(let members), .n(let text)), (.bs(let members), .b(let text)):
      members.contains { $0.hasSameBytes(as: text) }
    case (.l(let elements), _): elements.contains { $0.equals(element) }
    default: false
    }
  }

  private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    part.isEmpty || bytes.firstRange(of: part) != nil
  }
}
