public import CacheSupport

/// A DynamoDB value with its type.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>. Binary values keep their
/// Base64 text.
public enum AttributeValue: Sendable, Hashable {
  case s(String)
  /// The number's text, up to 38 digits.
  case n(String)
  /// Base64.
  case b(String)
  case bool(Bool)
  case null
  case l([AttributeValue])
  case m([String: AttributeValue])
  case ss([String])
  case ns([String])
  case bs([String])

  public static func n(_ value: some BinaryInteger) -> AttributeValue { .n(String(value)) }

  public var string: String? { if case .s(let text) = self { text } else { nil } }
  /// A number's text.
  public var number: String? { if case .n(let text) = self { text } else { nil } }
  public var map: [String: AttributeValue]? { if case .m(let map) = self { map } else { nil } }

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
      guard let map = [String: AttributeValue](item: .object(object)) else { return nil }
      self = .m(map)
    case ("SS", .array(let elements)): self = .ss(elements.compactMap(\.string))
    case ("NS", .array(let elements)): self = .ns(elements.compactMap(\.string))
    case ("BS", .array(let elements)): self = .bs(elements.compactMap(\.string))
    default: return nil
    }
  }
}

/// An item: attribute names with their values.
public typealias Item = [String: AttributeValue]

extension [String: AttributeValue] {
  /// Reads an item's wire form; nil where a value is none of DynamoDB's.
  public init?(item json: JSON?) {
    guard case .object(let object)? = json else { return nil }
    self.init(minimumCapacity: object.count)
    for (name, value) in object.members {
      guard let attribute = AttributeValue(json: value) else { return nil }
      self[name] = attribute
    }
  }
}

extension JSON {
  /// An item's wire form, names in order.
  public init(item: Item) {
    var object = JSONObject()
    for (name, value) in item.sorted(by: { $0.key < $1.key }) { object[name] = value.json }
    self = .object(object)
  }
}
