import CacheSupport

/// The fields of a form, by the parts of their names: `Entry.1.Id` is `Id` of `1` of `Entry`.
struct FormFields: Sendable {
  /// What the field itself has; nil where only fields below it are there.
  private(set) var text: String?
  private var parts: [ByteText: FormFields] = [:]

  /// Fields that a form has at most. The most that an operation can use is some thousands.
  static let most: Int = 10_000
  /// Parts that a name has at most. What is deeper is part of nothing.
  static let mostParts: Int = 8

  /// A form without fields.
  init() {}

  /// Reads `application/x-www-form-urlencoded`, in one part or several. Of a field that is there twice, the last counts.
  ///
  /// - Throws: MalformedQueryString for a form with too many fields, or with what is no UTF-8.
  init(_ forms: [UInt8]...) throws(ServiceError) {
    let ampersand = UInt8(ascii: "&")
    var separators = 0
    for form in forms { separators += form.count { $0 == ampersand } }
    guard separators < Self.most else {
      throw ServiceError(type: "MalformedQueryString", message: "A form has at most \(Self.most) fields.")
    }
    for form in forms {
      for field in form.split(separator: ampersand) {
        let name = field.prefix { $0 != UInt8(ascii: "=") }
        set(try Self.decode(name), to: try Self.decode(field.dropFirst(name.count + 1)))
      }
    }
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) throws(ServiceError) -> String {
    let encoded = String(decoding: bytes, as: UTF8.self)
    guard let text = String(validating: PercentEncoding.decodeBytes(encoded, plusIsBlank: true), as: UTF8.self) else {
      throw ServiceError(type: "MalformedQueryString", message: "A form is encoded as UTF-8.")
    }
    return text
  }

  /// Sets a field by its whole name.
  mutating func set(_ name: String, to text: String) {
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= Self.mostParts else { return }
    set(parts.map { ByteText(Substring($0)) }[...], to: text)
  }

  private mutating func set(_ name: ArraySlice<ByteText>, to text: String) {
    guard let first = name.first else { return self.text = text }
    parts[first, default: FormFields()].set(name.dropFirst(), to: text)
  }

  /// What is below a part of a name.
  subscript(part: String) -> FormFields? { parts[ByteText(part)] }

  /// What is below whole numbers, in their order. Without any, what is there is the one element: `Name=a` is `Name.1=a`.
  /// Only an empty text is no element: so a form says that a list is empty.
  var elements: [FormFields] {
    let numbered = parts.compactMap { name, fields in Int(name.text).map { (number: $0, fields: fields) } }
    if numbered.isEmpty { return parts.isEmpty && text?.isEmpty ?? true ? [] : [self] }
    return numbered.sorted { $0.number < $1.number }.map(\.fields)
  }
}
