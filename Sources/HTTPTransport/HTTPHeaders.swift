internal import CacheSupport

/// Header fields in the order sent; names compare without regard to case (RFC 9110 §5.1).
public struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// One line of a header.
  public struct Field: Sendable, Hashable {
    /// In either case.
    public var name: String
    /// Without blanks around it.
    public var value: String
  }

  /// Every field, repeated names included.
  public private(set) var fields: [Field]

  /// No fields.
  public init() { fields = [] }

  /// Fields in the order written; a name may be repeated.
  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first field's value; setting replaces every field of the name, nil takes them away.
  public subscript(name: String) -> String? {
    get { fields.first { ASCII.isSameName($0.name, name) }?.value }
    set {
      fields.removeAll { ASCII.isSameName($0.name, name) }
      if let newValue { add(name, newValue) }
    }
  }

  /// Appends a field, whatever fields of the name there are.
  public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  mutating func removeAll() { fields.removeAll(keepingCapacity: true) }
}
