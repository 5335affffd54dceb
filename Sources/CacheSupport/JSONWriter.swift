/// Appends JSON text to one growing buffer.
///
/// The rows of an answer are written with it directly; whole values go through ``write(_:)-(JSON)``.
public struct JSONWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8]

  public init(capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Appends text that is JSON already: punctuation, a name with its quotes, a number.
  public mutating func raw(_ text: StaticString) {
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

  public mutating func raw(_ json: Span<UInt8>) {
    unsafe json.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Takes back what was appended after a length.
  public mutating func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }

  /// Appends a whole number.
  public mutating func integer(_ value: some BinaryInteger) {
    guard var rest = UInt64(exactly: value.magnitude) else { return bytes.append(contentsOf: String(value).utf8) }
    var digits: [20 of UInt8] = .init(repeating: UInt8(ascii: "0"))
    var start = digits.count
    repeat {
      start -= 1
      digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    raw(digits.span.extracting(start...))
  }

  /// Appends the shortest text that reads back as the same number, or null for NaN and infinities.
  public mutating func double(_ value: Double) {
    guard value.isFinite else { return raw("null") }
    if let integer = Int64(exactly: value), abs(value) < 1e15 { return self.integer(integer) }
    var text = value.description
    text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
  }

  /// Swift's shortest text, with whole numbers as JSON writers commonly have them: `5`, not `5.0`.
  public static func text(of value: Double) -> String {
    if let integer = Int64(exactly: value), abs(value) < 1e15 { return String(integer) }
    return value.description
  }

  /// Appends a quoted string with what RFC 8259 §7 says must be escaped.
  public mutating func string(_ text: String) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { unsafe escape(Span(_unsafeElements: $0)) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends UTF-8 bytes as a quoted string.
  public mutating func string(_ utf8: Span<UInt8>) {
    bytes.append(UInt8(ascii: "\""))
    escape(utf8)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Copies the runs between the bytes that must be escaped.
  private mutating func escape(_ text: Span<UInt8>) {
    var start = 0
    for index in text.indices {
      let byte = unsafe text[unchecked: index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      raw(text.extracting(start..<index))
      start = index + 1
      escape(byte)
    }
    raw(text.extracting(start...))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\n"): raw("\\n")
    case UInt8(ascii: "\r"): raw("\\r")
    case UInt8(ascii: "\t"): raw("\\t")
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    default:
      raw("\\u00")
      bytes.append(Hex.digit(byte >> 4))
      bytes.append(Hex.digit(byte & 15))
    }
  }

  /// How many bytes a text grows by where it is written as a string, without the two quotes.
  package static func escapes(in text: Span<UInt8>) -> Int {
    var count = 0
    for index in text.indices {
      let byte = unsafe text[unchecked: index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"), UInt8(ascii: "\""), UInt8(ascii: "\\"):
        count += 1
      default: count += 5
      }
    }
    return count
  }
}

extension JSONWriter {
  /// Appends a whole value.
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

  /// Appends a whole object, its members in their order.
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
