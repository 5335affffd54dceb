/// UTF-8 as it is between the quotes of a JSON string: with what RFC 8259 §7 says must be escaped.
///
/// The body of Lambda's answer is such a string. Whoever writes a long one writes it like this, rather than have it quoted afterwards.
public struct QuotedText: Sendable {
  private var writer: JSONWriter

  /// An empty text.
  ///
  /// - Parameter capacity: how many bytes to make room for.
  public init(capacity: Int = 0) { writer = JSONWriter(capacity: capacity) }

  /// A text, quoted.
  public init(_ text: borrowing Span<UInt8>) {
    self.init()
    append(text)
  }

  /// A text, quoted.
  public init(_ text: String) { self.init(text.utf8Span.span) }

  /// The text as it is between the quotes.
  public var bytes: [UInt8] { writer.bytes }

  /// How many bytes there are.
  public var count: Int { writer.bytes.count }

  /// Appends a text, quoted.
  public mutating func append(_ text: borrowing Span<UInt8>) { writer.escape(text) }

  /// Appends what is quoted already.
  public mutating func append(_ text: QuotedText) { writer.raw(text.bytes) }

  /// Appends what need not be quoted, such as numbers, or is quoted already.
  ///
  /// - Parameters:
  ///   - most: how many bytes there will be at most.
  ///   - body: appends them.
  package mutating func append(upTo most: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    writer.bytes.append(addingCapacity: most) { body(&$0) }
  }

  /// Removes everything after the first `count` bytes.
  package mutating func truncate(to count: Int) { writer.truncate(to: count) }

  /// The text that is quoted.
  public var text: [UInt8] {
    let bytes = self.bytes
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let plain = bytes[index...].firstIndex(of: UInt8(ascii: "\\")) ?? bytes.count
      text += bytes[index..<plain]
      guard plain + 1 < bytes.count else { break }
      index = plain + 2
      switch bytes[plain + 1] {
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "r"): text.append(13)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "u"):
        // A control character: `00` and two digits.
        let digits = bytes[index...].prefix(4)
        text.append(digits.reduce(0) { $0 << 4 | (Hex.value(of: $1) ?? 0) })
        index += digits.count
      case let byte: text.append(byte)
      }
    }
    return text
  }
}

extension QuotedText: Hashable {
  /// Equal where the bytes are.
  public static func == (one: Self, other: Self) -> Bool { one.bytes == other.bytes }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
