public import CacheSupport

/// A DynamoDB value with its type.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>. Binary values keep their
/// Base64 text.
public enum AttributeValue: Sendable {
  case s(String)
  /// The number's text, up to 38 digits.
  case n(String)
  /// Base64.
  case b(String)
  case bool(Bool)
  case null
  case l([AttributeValue])
  case m([ByteText: AttributeValue])
  case ss([String])
  case ns([String])
  case bs([String])

  public static func n(_ value: some BinaryInteger) -> AttributeValue { .n(String(value)) }

  public var string: String? { if case .s(let text) = self { text } else { nil } }
  /// A number's text.
  public var number: String? { if case .n(let text) = self { text } else { nil } }
  public var map: [ByteText: AttributeValue]? { if case .m(let map) = self { map } else { nil } }

  /// The form on the wire: `{"S": "text"}`.
  public var json: JSON {
    switch self {
    case .s(let text): ["S": .string(text)]
    case .n(let text): ["N": .string(text)]
    case .b(let text): ["B": .string(text)]
    case .bool(let flag): ["BOOL": .bool(flag)]
    case .null: ["NULL": true]
    case .l(let elements): ["L": .array(elements.map(\.json))]
    case .m(let map): ["M": JSON(item: map)]
    case .ss(let texts): ["SS": .array(texts.map { .string($0) })]
    case .ns(let texts): ["NS": .array(texts.map { .string($0) })]
    case .bs(let texts): ["BS": .array(texts.map { .string($0) })]
    }
  }

  /// Reads the wire form; nil for what is none.
  public init?(json: JSON) {
    guard case .object(let object) = json, object.count == 1, let (type, value) = object.members.first else {
      return nil
    }
    switch (type, value) {
    case ("S", .string(let text)): self = .s(text)
    case ("N", .string(let text)): self = .n(text)
    case ("B", .string(let text)): self = .b(text)
    case ("BOOL", .bool(let flag)): self = .bool(flag)
    case ("NULL", _): self = .null
    case ("L", .array(let elements)):
      let read = elements.compactMap { AttributeValue(json: $0) }
      guard read.count == elements.count else { return nil }
      self = .l(read)
    case ("M", .object(let object)):
      guard let map = [ByteText: AttributeValue](item: .object(object)) else { return nil }
      self = .m(map)
    case ("SS", .array(let elements)): self = .ss(elements.compactMap(\.string))
    case ("NS", .array(let elements)): self = .ns(elements.compactMap(\.string))
    case ("BS", .array(let elements)): self = .bs(elements.compactMap(\.string))
    default: return nil
    }
  }
}

extension AttributeValue: Hashable {
  /// Texts compare by bytes, as DynamoDB compares them.
  public static func == (one: Self, other: Self) -> Bool {
    switch (one, other) {
    case (.s(let one), .s(let other)), (.n(let one), .n(let other)), (.b(let one), .b(let other)):
      one.hasSameBytes(as: other)
    case (.bool(let one), .bool(let other)): one == other
    case (.null, .null): true
    case (.l(let one), .l(let other)): one == other
    case (.m(let one), .m(let other)): one == other
    case (.ss(let one), .ss(let other)), (.ns(let one), .ns(let other)), (.bs(let one), .bs(let other)):
      one.elementsEqual(other) { $0.hasSameBytes(as: $1) }
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .s(let text), .n(let text), .b(let text): hasher.combine(ByteText(text))
    case .bool(let flag): hasher.combine(flag)
    case .null: hasher.combine(0)
    case .l(let elements): hasher.combine(elements)
    case .m(let map): hasher.combine(map)
    case .ss(let texts), .ns(let texts), .bs(let texts): for text in texts { hasher.combine(ByteText(text)) }
    }
  }
}

/// An item: attribute names, which compare by bytes, with their values.
public typealias Item = [ByteText: AttributeValue]

extension [ByteText: AttributeValue] {
  /// The value of an attribute; setting nil takes it away.
  public subscript(name: String) -> AttributeValue? {
    get { self[ByteText(name)] }
    set { self[ByteText(name)] = newValue }
  }

  /// Reads an item's wire form; nil where a value is none of DynamoDB's.
  public init?(item json: JSON?) {
    guard case .object(let object)? = json else { return nil }
    self.init(minimumCapacity: object.count)
    for (name, value) in object.members {
      guard let attribute = AttributeValue(json: value) else { return nil }
      self[ByteText(name)] = attribute
    }
  }
}

extension JSON {
  /// An item's wire form, names in order.
  public init(item: Item) {
    var object = JSONObject()
    for (name, value) in item.sorted(by: { $0.key < $1.key }) { object[name.text] = value.json }
    self = .object(object)
  }
}
