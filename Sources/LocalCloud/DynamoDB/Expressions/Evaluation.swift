import AWSClients
import CacheSupport

/// Evaluates the conditions of one request, and counts the work: a small expression may compare large values over and over.
struct Evaluation: Sendable {
  /// A step is an operand or an element that is looked at, or 64 bytes of one.
  private(set) var steps = 0
  private let limit: Int

  /// What one request may take. A page of 1 MB of small items with a filter of 300 operators takes some six million.
  static let stepLimit: Int = 10_000_000
  /// What one request may take that writes, for which other writes wait: some 64 MB of texts that are compared.
  static let writingStepLimit: Int = 1_000_000

  init(limit: Int = stepLimit) { self.limit = limit }

  /// True where a page should end, so that the client asks for the next with a new budget.
  var isHalfSpent: Bool { steps > limit / 2 }

  /// - Throws: a refusal once the limit is passed.
  mutating func spend(bytes: Int = 0) throws(ServiceError) {
    steps += 1 + bytes / 64
    guard steps <= limit else {
      throw .validation("The local cloud does not evaluate expressions that compare this much in one request")
    }
  }

  /// - Throws: a refusal where that takes more than the request may spend.
  mutating func holds(_ condition: Condition, for item: Item) throws(ServiceError) -> Bool {
    switch condition {
    case .compare(let left, let comparison, let right):
      return try compare(value(left, item), comparison, value(right, item))
    case .between(let operand, let low, let high):
      let found = try value(operand, item)
      guard try compare(found, .greaterOrEqual, value(low, item)) else { return false }
      return try compare(found, .lessOrEqual, value(high, item))
    case .isIn(let operand, let options):
      guard let found = try value(operand, item) else { return false }
      for option in options where try compare(found, .equal, value(option, item)) { return true }
      return false
    case .exists(let path): return try value(.path(path), item) != nil
    case .notExists(let path): return try value(.path(path), item) == nil
    case .hasType(let operand, let type): return try value(operand, item)?.type == type
    case .beginsWith(let operand, let prefix):
      guard let found = try value(operand, item), let prefix = try value(prefix, item), found.type == prefix.type,
        found.type != .n, let bytes = try sortable(found), let start = try sortable(prefix)
      else { return false }
      return bytes.starts(with: start)
    case .contains(let container, let element):
      guard let container = try value(container, item), let element = try value(element, item) else { return false }
      return try contains(container, element)
    case .and(let one, let other): return try holds(one, for: item) ? holds(other, for: item) : false
    case .or(let one, let other): return try holds(one, for: item) ? true : holds(other, for: item)
    case .not(let condition): return try !holds(condition, for: item)
    }
  }

  private mutating func value(_ operand: Condition.Operand, _ item: Item) throws(ServiceError) -> AttributeValue? {
    try spend()
    switch operand {
    case .path(let path): return path.value(in: item)
    case .value(let value): return value
    case .size(let operand):
      guard let value = try value(operand, item) else { return nil }
      if case .b(let text) = value { try spend(bytes: text.utf8.count) }
      return value.elementCount.map { .n($0) }
    }
  }

  /// What is absent is equal to nothing, not even to what is absent too, and neither less nor greater than anything.
  mutating func compare(
    _ left: AttributeValue?, _ comparison: Condition.Comparison, _ right: AttributeValue?
  ) throws(ServiceError) -> Bool {
    guard let left, let right else { return comparison == .notEqual }
    switch comparison {
    case .equal: return try areEqual(left, right)
    case .notEqual: return try !areEqual(left, right)
    default: break
    }
    guard left.type == right.type, let one = try sortable(left), let other = try sortable(right) else { return false }
    let isLess = one.lexicographicallyPrecedes(other)
    return switch comparison {
    case .less: isLess
    case .lessOrEqual: isLess || one == other
    case .greater: !isLess && one != other
    default: !isLess
    }
  }

  private mutating func sortable(_ value: AttributeValue) throws(ServiceError) -> [UInt8]? {
    switch value {
    case .s(let text), .n(let text), .b(let text): try spend(bytes: text.utf8.count)
    default: return nil
    }
    return value.sortable
  }

  /// Equal by the bytes; numbers are in their plain form, and sets in order.
  private mutating func areEqual(_ one: AttributeValue, _ other: AttributeValue) throws(ServiceError) -> Bool {
    switch (one, other) {
    case (.s(let one), .s(let other)), (.n(let one), .n(let other)), (.b(let one), .b(let other)):
      return try haveSameBytes(one, other)
    case (.bool(let one), .bool(let other)): return one == other
    case (.null, .null): return true
    case (.ss(let one), .ss(let other)), (.ns(let one), .ns(let other)), (.bs(let one), .bs(let other)):
      guard one.count == other.count else { return false }
      for (one, other) in zip(one, other) where try !haveSameBytes(one, other) { return false }
      return true
    case (.l(let one), .l(let other)):
      guard one.count == other.count else { return false }
      for (one, other) in zip(one, other) {
        try spend()
        guard try areEqual(one, other) else { return false }
      }
      return true
    case (.m(let one), .m(let other)):
      guard one.count == other.count else { return false }
      for (name, value) in one {
        try spend(bytes: name.text.utf8.count)
        guard let found = other[name], try areEqual(value, found) else { return false }
      }
      return true
    default: return false
    }
  }

  private mutating func haveSameBytes(_ one: String, _ other: String) throws(ServiceError) -> Bool {
    guard one.utf8.count == other.utf8.count else {
      try spend()
      return false
    }
    try spend(bytes: one.utf8.count)
    return one.hasSameBytes(as: other)
  }

  /// True where a text or a binary has another within it, byte by byte, or where a list or a set has it as a member.
  private mutating func contains(_ container: AttributeValue, _ element: AttributeValue) throws(ServiceError) -> Bool {
    switch (container, element) {
    case (.s, .s), (.b, .b):
      guard let bytes = try sortable(container), let part = try sortable(element) else { return false }
      return bytes.hasPart(part)
    case (.ss(let members), .s(let text)), (.ns(let members), .n(let text)), (.bs(let members), .b(let text)):
      for member in members where try haveSameBytes(member, text) { return true }
      return false
    case (.l(let elements), _):
      for candidate in elements {
        try spend()
        if try areEqual(candidate, element) { return true }
      }
      return false
    default: return false
    }
  }
}

extension AttributeValue {
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
}

extension [UInt8] {
  /// Whether a part stands somewhere within, found in time that grows with both lengths together (Knuth, Morris and Pratt).
  func hasPart(_ part: [UInt8]) -> Bool {
    guard part.count <= count else { return false }
    // For each place of the part, how long a beginning of the part ends there.
    var borders = [Int](repeating: 0, count: part.count)
    var matched = 0
    for index in part.indices.dropFirst() {
      while matched > 0, part[index] != part[matched] { matched = borders[matched - 1] }
      if part[index] == part[matched] { matched += 1 }
      borders[index] = matched
    }
    matched = 0
    for byte in self {
      if matched == part.count { return true }
      while matched > 0, byte != part[matched] { matched = borders[matched - 1] }
      if byte == part[matched] { matched += 1 }
    }
    return matched == part.count
  }
}
