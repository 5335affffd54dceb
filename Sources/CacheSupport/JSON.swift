/// A JSON value as RFC 8259 has it; numbers keep their text, objects keep their order.
///
/// One type serves the answers of AWS, of source APIs and of the local cloud. It needs no Foundation, which keeps a
/// function's package at a fraction of its size, and a number's digits survive unread (nanosecond times, DynamoDB's 38
/// digits).
public enum JSON: Sendable {
  case null
  case bool(Bool)
  /// The number's own text, as it was on the wire.
  case number(String)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// The members of a JSON object in their order; a name that is repeated keeps its last value.
///
/// Names compare by bytes: the two spellings of é are two names.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  public private(set) var members: [(name: String, value: JSON)]

  public init() { members = [] }

  public init(dictionaryLiteral elements: (String, JSON)...) {
    members = []
    for (name, value) in elements { self[name] = value }
  }

  /// Takes members whose names are known to differ.
  init(uniqueMembers: [(name: String, value: JSON)]) { members = uniqueMembers }

  public var isEmpty: Bool { members.isEmpty }
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

  /// Equal when the same names have the same values, in whatever order.
  public static func == (one: Self, other: Self) -> Bool {
    one.count == other.count && one.members.allSatisfy { other[$0.name] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    for name in members.map({ ByteText($0.name) }).sorted() { hasher.combine(name) }
  }
}

extension JSON: Hashable {
  /// Texts and names compare by bytes, numbers by their text.
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
  /// A member of an object; nil for an absent one and for every other kind of value.
  public subscript(name: String) -> JSON? {
    if case .object(let object) = self { return object[name] }
    return nil
  }

  public var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  public var bool: Bool? {
    if case .bool(let flag) = self { return flag }
    return nil
  }

  public var array: [JSON]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  public var object: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  public var isNull: Bool { self == .null }

  /// A number without fraction that fits; `1e3` and `5.0` do, `5.5` does not.
  public var int64: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
  }

  public var int: Int? { int64.flatMap { Int(exactly: $0) } }

  public var double: Double? {
    guard case .number(let text) = self else { return nil }
    return Double(text)
  }

  /// What kind of value this is, in the words of RFC 8259.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  public static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

  /// A finite number's shortest text that reads back as the same; JSON has none for NaN and infinities, which become null.
  public static func double(_ value: Double) -> JSON {
    value.isFinite ? .number(JSONWriter.text(of: value)) : .null
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
