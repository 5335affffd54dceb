import AWSClients
import CacheSupport

/// A place in an item: `a.b[3].c`.
struct DocumentPath: Hashable {
  enum Step: Hashable {
    case name(ByteText)
    case index(Int)
  }
  var steps: [Step]

  var head: String {
    if case .name(let name)? = steps.first { return name.text }
    return ""
  }

  /// As messages show it: `[a, b, [3], c]`.
  var text: String {
    let steps = steps.map { step in
      switch step {
      case .name(let name): name.text
      case .index(let index): "[\(index)]"
      }
    }
    return "[\(steps.joined(separator: ", "))]"
  }

  func value(in item: Item) -> AttributeValue? {
    var value: AttributeValue = .m(item)
    for step in steps {
      switch (step, value) {
      case (.name(let name), .m(let map)):
        guard let next = map[name] else { return nil }
        value = next
      case (.index(let index), .l(let elements)):
        guard elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }
}

/// A condition, filter or key condition as a tree.
indirect enum Condition {
  case compare(Operand, Comparison, Operand)
  case between(Operand, Operand, Operand)
  case isIn(Operand, [Operand])
  case exists(DocumentPath)
  case notExists(DocumentPath)
  case hasType(DocumentPath, AttributeValue)
  case beginsWith(Operand, Operand)
  case contains(Operand, Operand)
  case and(Condition, Condition)
  case or(Condition, Condition)
  case not(Condition)

  enum Comparison: String {
    case equal = "=", notEqual = "<>", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  }

  enum Operand {
    case path(DocumentPath)
    case value(AttributeValue)
    case size(DocumentPath)

    func value(in item: Item) -> AttributeValue? {
      switch self {
      case .path(let path): path.value(in: item)
      case .value(let value): value
      case .size(let path): path.value(in: item).flatMap(Self.size)
      }
    }

    private static func size(_ value: AttributeValue) -> AttributeValue? {
      switch value {
      case .s, .b: .n(value.size)
      case .l(let elements): .n(elements.count)
      case .m(let map): .n(map.count)
      case .ss(let texts), .ns(let texts), .bs(let texts): .n(texts.count)
      case .n, .bool, .null: nil
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
    case .hasType(let path, let type): return path.value(in: item)?.typeName == type.string
    case .beginsWith(let value, let prefix):
      switch (value.value(in: item), prefix.value(in: item)) {
      case (.s(let text)?, .s(let start)?): return text.utf8.starts(with: start.utf8)
      case (let bytes?, let start?):
        return bytes.typeName == "B" && start.typeName == "B"
          && (bytes.sortable ?? []).starts(with: start.sortable ?? [])
      default: return false
      }
    case .contains(let container, let element):
      guard let container = container.value(in: item), let element = element.value(in: item) else { return false }
      switch (container, element) {
      case (.s(let text), .s(let part)): return part.isEmpty || text.utf8.firstRange(of: part.utf8) != nil
      case (.ss(let texts), .s(let text)): return texts.contains { $0.hasSameBytes(as: text) }
      case (.ns(let numbers), .n): return numbers.contains { Self.compare(.n($0), .equal, element) }
      case (.bs(let texts), .b(let text)): return texts.contains(text)
      case (.l(let elements), _): return elements.contains { Self.compare($0, .equal, element) }
      default: return false
      }
    case .and(let one, let other): return one.holds(for: item) && other.holds(for: item)
    case .or(let one, let other): return one.holds(for: item) || other.holds(for: item)
    case .not(let condition): return !condition.holds(for: item)
    }
  }

  static func compare(_ left: AttributeValue?, _ comparison: Comparison, _ right: AttributeValue?) -> Bool {
    guard let left, let right else { return comparison == .notEqual && (left == nil) != (right == nil) }
    switch comparison {
    case .equal: return equal(left, right)
    case .notEqual: return !equal(left, right)
    default: break
    }
    guard left.typeName == right.typeName, let one = left.sortable, let other = right.sortable else { return false }
    let isLess = one.lexicographicallyPrecedes(other)
    return switch comparison {
    case .less: isLess
    case .lessOrEqual: isLess || one == other
    case .greater: !isLess && one != other
    default: !isLess
    }
  }

  private static func equal(_ left: AttributeValue, _ right: AttributeValue) -> Bool {
    guard left.typeName == right.typeName else { return false }
    if let one = left.sortable, let other = right.sortable { return one == other }
    return left == right
  }

  /// Every path that the condition names.
  var paths: [DocumentPath] {
    func of(_ operand: Operand) -> [DocumentPath] {
      switch operand {
      case .path(let path), .size(let path): [path]
      case .value: []
      }
    }
    return switch self {
    case .compare(let one, _, let other), .beginsWith(let one, let other), .contains(let one, let other):
      of(one) + of(other)
    case .between(let value, let low, let high): of(value) + of(low) + of(high)
    case .isIn(let value, let options): of(value) + options.flatMap(of)
    case .exists(let path), .notExists(let path), .hasType(let path, _): [path]
    case .and(let one, let other), .or(let one, let other): one.paths + other.paths
    case .not(let condition): condition.paths
    }
  }
}
