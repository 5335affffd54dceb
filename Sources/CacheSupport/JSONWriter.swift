/// Appends JSON text (RFC 8259) to one growing buffer.
///
/// The rows of an answer are written with it directly; whole values go through ``write(_:)-(JSON)``. It writes what it is told:
/// that the parts make up one JSON text is for the caller to see to.
public struct JSONWriter: Sendable {
  /// What has been written.
  public internal(set) var bytes: [UInt8]

  /// An empty buffer.
  ///
  /// - Parameter capacity: how many bytes to make room for.
  public init(capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Appends text that is JSON already: punctuation, a name with its quotes, a number.
  public mutating func raw(_ text: StaticString) {
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends bytes that are JSON already.
  public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

  /// Appends bytes that are JSON already.
  public mutating func raw(_ json: Span<UInt8>) {
    unsafe json.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Removes everything after the first `count` bytes.
  public mutating func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }

  /// Appends a whole number.
  public mutating func integer(_ value: Int) { integer(Int64(value)) }

  /// Appends a whole number.
  public mutating func integer(_ value: Int64) {
    bytes.append(addingCapacity: DecimalText.most) { $0.integer(value) }
  }

  /// Appends the shortest text that reads back as the same number, or null for NaN and infinities.
  public mutating func double(_ value: Double) {
    bytes.append(addingCapacity: DecimalText.most) { $0.double(value) }
  }

  /// The shortest text that reads back as the same number, without a fraction where there is none: `5`, not `5.0`.
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

  /// Appends what is quoted already, with quotes around it.
  public mutating func string(_ text: QuotedText) {
    raw("\"")
    raw(text.bytes)
    raw("\"")
  }

  /// Appends UTF-8 bytes as they are between the quotes of a string.
  ///
  /// A text is copied whole where nothing must be escaped, as in nearly every name; else byte by byte into the room it needs.
  mutating func escape(_ text: Span<UInt8>) {
    let growth = Self.escapes(in: text)
    guard growth > 0 else { return raw(text) }
    var end = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: text.count + growth))
    var output = bytes.mutableSpan
    func write(_ byte: UInt8, _ output: inout MutableSpan<UInt8>) {
      unsafe output[unchecked: end] = byte
      end += 1
    }
    var index = 0
    while index < text.count {
      // Eight bytes at a time: what follows one to escape is written over. There is room for as many as are left to read.
      while text.count - index >= 8 {
        let word = unsafe text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
        var room = unsafe output.mutableBytes
        unsafe room.storeBytes(of: word, toUncheckedByteOffset: end, as: UInt64.self)
        let found = UInt64(littleEndian: Self.escapedBytes(word))
        index += found.trailingZeroBitCount / 8
        end += found.trailingZeroBitCount / 8
        if found != 0 { break }
      }
      guard index < text.count else { break }
      let byte = unsafe text[unchecked: index]
      index += 1
      guard Self.isEscaped(byte) else {
        write(byte, &output)
        continue
      }
      write(UInt8(ascii: "\\"), &output)
      switch byte {
      case UInt8(ascii: "\n"): write(UInt8(ascii: "n"), &output)
      case UInt8(ascii: "\r"): write(UInt8(ascii: "r"), &output)
      case UInt8(ascii: "\t"): write(UInt8(ascii: "t"), &output)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): write(byte, &output)
      default:
        for digit in [
          UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0"), Hex.digit(byte >> 4), Hex.digit(byte & 15),
        ] {
          write(digit, &output)
        }
      }
    }
  }

  @inline(__always)
  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// How many bytes a text grows by where it is written as a string, without the two quotes.
  package static func escapes(in text: Span<UInt8>) -> Int {
    var growth = 0
    var index = 0
    // Eight bytes at a time: the ones to escape are counted, and looked at only where a control character is among them.
    while text.count - index >= 8 {
      let word = unsafe text.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
      let hasControl = zeroBytes(word & 0xE0E0_E0E0_E0E0_E0E0) != 0
      if hasControl {
        for offset in 0..<8 { growth += unsafe self.growth(text[unchecked: index + offset]) }
      } else {
        growth += zeroBytes(word ^ 0x2222_2222_2222_2222).nonzeroBitCount
        growth += zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C).nonzeroBitCount
      }
      index += 8
    }
    while index < text.count {
      growth += unsafe self.growth(text[unchecked: index])
      index += 1
    }
    return growth
  }

  /// A bit for each byte that is zero, and for no other.
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    return ~((word & low) &+ low | word | low)
  }

  /// A bit for each byte that is escaped, and for no other.
  @inline(__always)
  private static func escapedBytes(_ word: UInt64) -> UInt64 {
    zeroBytes(word & 0xE0E0_E0E0_E0E0_E0E0) | zeroBytes(word ^ 0x2222_2222_2222_2222)
      | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
  }

  private static func growth(_ byte: UInt8) -> Int {
    guard isEscaped(byte) else { return 0 }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): return 1
    default: return 5
    }
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
  /// The value's compact text as UTF-8 bytes.
  public var bytes: [UInt8] {
    var writer = JSONWriter(capacity: 256)
    writer.write(self)
    return writer.bytes
  }

  /// The value's compact text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
