/// A JSON value as RFC 8259 has it; numbers keep their text, objects keep their order.
///
/// One type serves the answers of AWS, of source APIs and of the local cloud. It needs no Foundation, which keeps a
/// function's package at a fraction of its size, and a number's digits survive unread (nanosecond times, DynamoDB's 38
/// digits).
public enum JSON: Sendable {
  /// The literal `null`.
  case null
  /// The literal `true` or `false`.
  case bool(Bool)
  /// A number as text, as it was on the wire.
  case number(String)
  /// A text, its escapes undone.
  case string(String)
  /// Values in order.
  case array([JSON])
  /// Named values in order.
  case object(JSONObject)
}

/// The members of a JSON object in their order; of a name that is repeated the last value counts.
///
/// Names are compared by bytes: the two spellings of é are two names.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// Every member; no name appears twice.
  public private(set) var members: [(name: String, value: JSON)]

  /// An object without members.
  public init() { members = [] }

  /// Members in the order written; of a name that is repeated the last value counts.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    members = []
    for (name, value) in elements { self[name] = value }
  }

  /// Takes members whose names are known to differ.
  package init(uniqueMembers: [(name: String, value: JSON)]) { members = uniqueMembers }

  /// True where there is no member.
  public var isEmpty: Bool { members.isEmpty }
  /// The number of members.
  public var count: Int { members.count }

  /// Reads, replaces, adds or (with nil) removes a member.
  public subscript(name: String) -> JSON? {
    get {
      for member in members where member.name.hasSameBytes(as: name) { return member.value }
      return nil
    }
    set {
      let index = members.firstIndex { $0.name.hasSameBytes(as: name) }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((name, value))
      case (nil, nil): break
      }
    }
  }

  /// Equal where the same names have the same values, in whatever order.
  public static func == (one: Self, other: Self) -> Bool {
    guard one.count == other.count else { return false }
    let pairs = zip(one.members, other.members)
    if pairs.allSatisfy({ $0.name.hasSameBytes(as: $1.name) }) { return pairs.allSatisfy { $0.value == $1.value } }
    let others = Dictionary(other.members.map { (ByteText($0.name), $0.value) }) { first, _ in first }
    return one.members.allSatisfy { others[ByteText($0.name)] == $0.value }
  }

  /// Hashes the names, whatever their order.
  public func hash(into hasher: inout Hasher) {
    for name in members.map({ ByteText($0.name) }).sorted() { hasher.combine(name) }
  }
}

extension JSON: Hashable {
  /// Texts and names are compared by bytes, numbers by their text: `1` and `1.0` differ.
  public static func == (one: JSON, other: JSON) -> Bool {
    switch (one, other) {
    case (.null, .null): true
    case (.bool(let one), .bool(let other)): one == other
    case (.number(let one), .number(let other)), (.string(let one), .string(let other)): one.hasSameBytes(as: other)
    case (.array(let one), .array(let other)): one == other
    case (.object(let one), .object(let other)): one == other
    default: false
    }
  }

  /// Hashes texts, names and numbers by their bytes.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let flag): hasher.combine(flag)
    case .number(let text), .string(let text): hasher.combine(ByteText(text))
    case .array(let elements): hasher.combine(elements)
    case .object(let object): hasher.combine(object)
    }
  }
}

extension JSON {
  /// A member of an object; nil where it is absent, and for every other kind of value.
  public subscript(name: String) -> JSON? {
    if case .object(let object) = self { return object[name] }
    return nil
  }

  /// The text of a string; nil for every other kind of value.
  public var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  /// The value of a boolean; nil for every other kind of value.
  public var bool: Bool? {
    if case .bool(let flag) = self { return flag }
    return nil
  }

  /// The elements of an array; nil for every other kind of value.
  public var array: [JSON]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  /// The members of an object; nil for every other kind of value.
  public var object: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  /// True for the literal `null`.
  public var isNull: Bool { self == .null }

  /// A number without a fraction that fits, else nil: `1e3` and `5.0` are such numbers, `5.5` is not.
  public var int64: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
  }

  /// A number without a fraction that fits, else nil.
  public var int: Int? { int64.flatMap { Int(exactly: $0) } }

  /// The double nearest to a number; nil for every other kind of value.
  public var double: Double? {
    guard case .number(let text) = self else { return nil }
    return Double(text)
  }

  /// What kind of value this is, in the words of RFC 8259.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// A whole number of any size.
  public static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

  /// A number as the shortest text that reads back as the same double; null for NaN and infinities, which JSON cannot express.
  public static func double(_ value: Double) -> JSON {
    value.isFinite ? .number(JSONWriter.text(of: value)) : .null
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// An array.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object; of a name that is repeated the last value counts.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
