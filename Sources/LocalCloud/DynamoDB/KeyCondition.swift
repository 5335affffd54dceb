import AWSClients

/// A Query's key condition: one hash key, and a range of range keys as bytes.
struct KeyCondition {
  var hash: [UInt8]
  /// Inclusive; nil is open.
  var low: [UInt8]?
  var lowIsExclusive = false
  var high: [UInt8]?
  var highIsExclusive = false
  var prefix: [UInt8]?

  init(_ condition: Condition, _ table: TableDescription) throws(ServiceError) {
    var parts: [Condition] = []
    try Self.flatten(condition, into: &parts)
    var hash: [UInt8]?
    var rangePart: Condition?
    for part in parts {
      guard let name = part.paths.first?.head, part.paths.count == 1, part.paths[0].steps.count == 1 else {
        throw Self.unsupported
      }
      if name == table.hash.name, hash == nil {
        guard case .compare(.path, .equal, .value(let value)) = part else { throw Self.unsupported }
        hash = try Self.bytes(value, table.hash)
      } else if name == table.range?.name, rangePart == nil {
        rangePart = part
      } else if name == table.hash.name || name == table.range?.name {
        throw .validation(
          "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")
      } else {
        let missed =
          hash == nil && !parts.contains { $0.paths.first?.head == table.hash.name }
          ? table.hash.name : table.range?.name
        throw missed.map { .validation("Query condition missed key schema element: \($0)") } ?? Self.unsupported
      }
    }
    guard let hash else { throw .validation("Query condition missed key schema element: \(table.hash.name)") }
    self.hash = hash
    if let rangePart, let key = table.range { try bound(rangePart, key) }
  }

  private mutating func bound(_ part: Condition, _ key: TableDescription.Key) throws(ServiceError) {
    switch part {
    case .compare(.path, let comparison, .value(let value)):
      let bytes = try Self.bytes(value, key)
      switch comparison {
      case .equal: (low, high) = (bytes, bytes)
      case .less: (high, highIsExclusive) = (bytes, true)
      case .lessOrEqual: high = bytes
      case .greater: (low, lowIsExclusive) = (bytes, true)
      case .greaterOrEqual: low = bytes
      case .notEqual: throw .validation("Unsupported operator on KeyCondition: Operator: <>")
      }
    case .between(.path, .value(let from), .value(let to)):
      (low, high) = (try Self.bytes(from, key), try Self.bytes(to, key))
    case .beginsWith(.path, .value(let start)):
      guard key.type != "N" else { throw Self.unsupported }
      prefix = try Self.bytes(start, key)
    default: throw Self.unsupported
    }
  }

  private static func flatten(_ condition: Condition, into parts: inout [Condition]) throws(ServiceError) {
    switch condition {
    case .and(let one, let other):
      try flatten(one, into: &parts)
      try flatten(other, into: &parts)
    case .or, .not, .isIn, .exists, .notExists, .hasType, .contains: throw unsupported
    default: parts.append(condition)
    }
  }

  private static func bytes(_ value: AttributeValue, _ key: TableDescription.Key) throws(ServiceError) -> [UInt8] {
    guard value.typeName == key.type, let bytes = value.sortable else {
      throw .validation(
        "One or more parameter values were invalid: Condition parameter type does not match schema type")
    }
    return bytes
  }

  private static let unsupported = ServiceError.validation("Query key condition not supported")
}
