/// Appends JSON text to one growing buffer.
///
/// The rows of an answer are written with it directly; whole values go through ``write(_:)``.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8]

  public init(capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Appends text that is JSON already: punctuation, a name with its quotes, a number.
  public mutating func raw(_ text: StaticString) {
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Takes back what was appended behind a length.
  public mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

  public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

  public mutating func integer(_ value: some BinaryInteger) { bytes.append(contentsOf: String(value).utf8) }

  /// Appends the shortest text that reads back as the same number, or null for NaN and infinities.
  public mutating func double(_ value: Double) {
    guard value.isFinite else { return raw("null") }
    bytes.append(contentsOf: Self.text(of: value).utf8)
  }

  /// Swift's shortest text, with whole numbers as JSON writers commonly have them: `5`, not `5.0`.
  public static func text(of value: Double) -> String {
    if let integer = Int64(exactly: value), abs(value) < 1e15 { return String(integer) }
    return value.description
  }

  /// Appends a quoted string with what RFC 8259 §7 says must be escaped.
  public mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): raw("\\n")
      case UInt8(ascii: "\r"): raw("\\r")
      case UInt8(ascii: "\t"): raw("\\t")
      case 0..<0x20:
        raw("\\u00")
        bytes.append(Hex.digit(byte >> 4))
        bytes.append(Hex.digit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  public mutating func write(_ value: JSON) {
    switch value {
    case .null: raw("null")
    case .bool(true): raw("true")
    case .bool(false): raw("false")
    case .number(let text): bytes.append(contentsOf: text.utf8)
    case .string(let text): string(text)
    case .array(let elements):
      raw("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { raw(",") }
        write(element)
      }
      raw("]")
    case .object(let object): write(object)
    }
  }

  public mutating func write(_ object: JSONObject) {
    raw("{")
    for (index, member) in object.members.enumerated() {
      if index > 0 { raw(",") }
      string(member.name)
      raw(":")
      write(member.value)
    }
    raw("}")
  }
}

extension JSON {
  /// The value's compact text.
  public var bytes: [UInt8] {
    var writer = JSONWriter(capacity: 256)
    writer.write(self)
    return writer.bytes
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
