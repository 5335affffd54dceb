public import CacheSupport

/// A DynamoDB value with its type; the cases have the names of DynamoDB's types.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>.
public enum AttributeValue: Sendable {
  /// A text.
  case s(String)
  /// A number as text, up to 38 digits.
  case n(String)
  /// Bytes, as Base64 text.
  case b(String)
  /// True or false.
  case bool(Bool)
  /// Null.
  case null
  /// A list, whose elements may have different types.
  case l([AttributeValue])
  /// A map from names to values.
  case m([ByteText: AttributeValue])
  /// A set of texts.
  case ss([String])
  /// A set of numbers as text.
  case ns([String])
  /// A set of bytes, each as Base64 text.
  case bs([String])

  /// A whole number.
  public static func n(_ value: some BinaryInteger) -> AttributeValue { .n(String(value)) }

  /// The text of an `S`; nil for every other type.
  public var string: String? { if case .s(let text) = self { text } else { nil } }
  /// The text of an `N`; nil for every other type.
  public var number: String? { if case .n(let text) = self { text } else { nil } }
  /// The members of an `M`; nil for every other type.
  public var map: [ByteText: AttributeValue]? { if case .m(let map) = self { map } else { nil } }

  /// The form on the wire, such as `{"S": "text"}`.
  package var json: JSON {
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

  /// Reads the form on the wire; nil where it is not a value.
  package init?(json: JSON) {
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
  /// Equal where type and value are equal; texts are compared by bytes, as DynamoDB compares them.
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

  /// Hashes texts by their bytes.
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
  /// The value of an attribute, by name; setting nil removes it.
  public subscript(name: String) -> AttributeValue? {
    get { self[ByteText(name)] }
    set { self[ByteText(name)] = newValue }
  }

  /// Reads an item's form on the wire; nil where a value has no type of DynamoDB's.
  package init?(item json: JSON?) {
    guard case .object(let object)? = json else { return nil }
    self.init(minimumCapacity: object.count)
    for (name, value) in object.members {
      guard let attribute = AttributeValue(json: value) else { return nil }
      self[ByteText(name)] = attribute
    }
  }
}

extension JSON {
  /// An item's form on the wire, its names in order.
  package init(item: Item) {
    var object = JSONObject()
    for (name, value) in item.sorted(by: { $0.key < $1.key }) { object[name.text] = value.json }
    self = .object(object)
  }
}
