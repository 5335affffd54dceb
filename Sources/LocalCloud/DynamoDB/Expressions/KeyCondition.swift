import AWSClients
import CacheSupport
import SQLiteStore

/// A Query's key condition: one hash key, and a range of range keys as bytes.
struct KeyCondition {
  let hash: [UInt8]
  /// True where the condition says something of the range key.
  private(set) var hasRange = false
  private var low: Bound?
  private var high: Bound?

  private struct Bound {
    var bytes: [UInt8]
    var isExclusive = false
  }

  /// - Throws: what DynamoDB says of a condition that picks no range of one hash key.
  init(_ condition: Condition, _ schema: KeySchema) throws(ServiceError) {
    var parts: [(name: String, condition: Condition)] = []
    try Self.flatten(condition, into: &parts)
    func part(_ key: KeySchema.Key) -> Condition? {
      parts.first { $0.name.hasSameBytes(as: key.name) }?.condition
    }
    guard parts.count <= 2 else { throw .validation("Conditions can be of length 1 or 2 only") }
    guard let hashPart = part(schema.hash) else { throw Self.missed(schema.hash) }
    guard case .compare(.path, .equal, .value(let value)) = hashPart else {
      throw .validation("Query key condition not supported")
    }
    hash = try Self.bytes(value, schema.hash)
    guard parts.count == 2 else { return }
    guard let range = schema.range else { throw .validation("Query key condition not supported") }
    guard let rangePart = part(range) else { throw Self.missed(range) }
    hasRange = true
    try bound(rangePart, range)
  }

  private static func missed(_ key: KeySchema.Key) -> ServiceError {
    .validation("Query condition missed key schema element: \(key.name)")
  }

  private mutating func bound(_ part: Condition, _ key: KeySchema.Key) throws(ServiceError) {
    switch part {
    case .compare(.path, let comparison, .value(let value)):
      let bytes = try Self.bytes(value, key)
      if comparison != .greater, comparison != .greaterOrEqual {
        high = Bound(bytes: bytes, isExclusive: comparison == .less)
      }
      if comparison != .less, comparison != .lessOrEqual {
        low = Bound(bytes: bytes, isExclusive: comparison == .greater)
      }
    case .between(.path, .value(let from), .value(let to)):
      (low, high) = (Bound(bytes: try Self.bytes(from, key)), Bound(bytes: try Self.bytes(to, key)))
    case .beginsWith(.path, .value(let start)):
      let bytes = try Self.bytes(start, key)
      low = Bound(bytes: bytes)
      high = Self.successor(of: bytes).map { Bound(bytes: $0, isExclusive: true) }
    default: throw .validation("Query key condition not supported")
    }
  }

  /// The least bytes that are greater than all that begin with these; nil where there are none.
  private static func successor(of prefix: [UInt8]) -> [UInt8]? {
    guard let place = prefix.lastIndex(where: { $0 < 255 }) else { return nil }
    return prefix[..<place] + [prefix[place] + 1]
  }

  /// Narrows the rows of the hash key to those of the condition.
  func bound(_ rows: inout RowRange) {
    if let low { rows.add("range \(low.isExclusive ? ">" : ">=") ?", .blob(low.bytes)) }
    if let high { rows.add("range \(high.isExclusive ? "<" : "<=") ?", .blob(high.bytes)) }
  }

  /// - Throws: what DynamoDB says of a starting key that is none of the condition's.
  func check(_ start: ItemKey) throws(ServiceError) {
    guard holds(for: start.range) else {
      throw .validation("The provided starting key does not match the range key predicate")
    }
    guard start.hash == hash else {
      throw .validation(
        hasRange
          ? "The query can return at most one row and cannot be restarted"
          : "The provided starting key is outside query boundaries based on provided conditions")
    }
  }

  /// True where a range key is one of the condition.
  private func holds(for range: [UInt8]) -> Bool {
    if let low, range.lexicographicallyPrecedes(low.bytes) || (low.isExclusive && range == low.bytes) { return false }
    if let high, high.bytes.lexicographicallyPrecedes(range) || (high.isExclusive && range == high.bytes) {
      return false
    }
    return true
  }

  /// The conditions of an `AND`, each with its key on the left.
  private static func flatten(
    _ condition: Condition, into parts: inout [(name: String, condition: Condition)]
  ) throws(ServiceError) {
    func refuse(_ name: String) -> ServiceError {
      .validation("Invalid operator used in KeyConditionExpression: \(name)")
    }
    let words = "Invalid KeyConditionExpression: Invalid condition in KeyConditionExpression:"
    var part = condition
    var operands: [Condition.Operand] = []
    switch condition {
    case .and(let one, let other):
      try flatten(one, into: &parts)
      return try flatten(other, into: &parts)
    case .or: throw refuse("OR")
    case .not: throw refuse("NOT")
    case .isIn: throw refuse("IN")
    case .exists: throw refuse("attribute_exists")
    case .notExists: throw refuse("attribute_not_exists")
    case .hasType: throw refuse("attribute_type")
    case .contains: throw refuse("contains")
    case .compare(_, .notEqual, _): throw refuse("<>")
    case .compare(let left, let comparison, let right):
      operands = [left, right]
      if case .path = right { part = .compare(right, comparison.mirrored, left) }
    case .between(let value, let low, let high):
      operands = [value, low, high]
      guard case .path = value else {
        throw .validation("\(words) BETWEEN operator must have the key attribute as its first operand")
      }
    case .beginsWith(let value, let start):
      operands = [value, start]
      guard case .path = value else {
        throw .validation("\(words) begins_with operator must have the key attribute as its first operand")
      }
    }
    var name: String?
    for operand in operands {
      switch operand {
      case .value: break
      case .size: throw .validation("KeyConditionExpressions cannot contain nested operations")
      case .path(let path):
        guard name == nil else { throw .validation("\(words) Multiple attribute names used in one condition") }
        guard path.steps.count == 1 else {
          throw .validation("KeyConditionExpressions cannot have conditions on nested attributes")
        }
        name = path.head
      }
    }
    guard let name else { throw .validation("\(words) No key attribute specified") }
    guard !parts.contains(where: { $0.name.hasSameBytes(as: name) }) else {
      throw .validation("KeyConditionExpressions must only contain one condition per key")
    }
    parts.append((name, part))
  }

  private static func bytes(_ value: AttributeValue, _ key: KeySchema.Key) throws(ServiceError) -> [UInt8] {
    guard value.type == key.type, let bytes = value.sortable else {
      throw .parameter("Condition parameter type does not match schema type")
    }
    guard !bytes.isEmpty else { throw .emptyKey(key) }
    return bytes
  }
}

extension Condition.Comparison {
  /// The comparison that says the same with its sides exchanged.
  fileprivate var mirrored: Self {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}
