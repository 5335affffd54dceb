/// Header fields in the order sent; names compare without regard to case (RFC 9110 §5.1).
public struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// One line of a header.
  public struct Field: Sendable, Hashable {
    public var name: String
    public var value: String
  }

  /// Every field, repeated names included.
  public private(set) var fields: [Field]

  public init() { fields = [] }

  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first field's value; setting replaces every field of the name, nil takes them away.
  public subscript(name: String) -> String? {
    get { fields.first { Self.isSame($0.name, name) }?.value }
    set {
      fields.removeAll { Self.isSame($0.name, name) }
      if let newValue { add(name, newValue) }
    }
  }

  /// Appends a field, whatever fields of the name there are.
  public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  mutating func removeAll() { fields.removeAll(keepingCapacity: true) }

  /// Compares byte by byte, letters of ASCII without regard to case: a name has no others.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    let (one, other) = (one.utf8, other.utf8)
    return one.count == other.count && one.elementsEqual(other) { lowercased($0) == lowercased($1) }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
