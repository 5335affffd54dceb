/// A text that compares byte by byte, such as a name that came from outside.
///
/// Swift's `String` compares by canonical equivalence, so that the two spellings of é are one text. To AWS, to JSON and to
/// line protocol they are two. Use this type for dictionary keys and set members that came from outside.
public struct ByteText: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The text as it came.
  public let text: String

  /// Takes any text.
  public init(_ text: some StringProtocol) { self.text = String(text) }

  /// Takes a literal.
  public init(stringLiteral text: String) { self.text = text }

  /// The text as it came.
  public var description: String { text }

  /// Equal where the UTF-8 bytes are equal.
  public static func == (one: Self, other: Self) -> Bool { one.text.hasSameBytes(as: other.text) }

  /// By UTF-8 bytes, as DynamoDB and Timestream order texts.
  public static func < (one: Self, other: Self) -> Bool { one.text.utf8.lexicographicallyPrecedes(other.text.utf8) }

  /// Hashes the UTF-8 bytes.
  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    hasher.combine(0xFF as UInt8)
  }
}

extension String {
  /// True where both texts are the same UTF-8 bytes.
  package func hasSameBytes(as other: String) -> Bool {
    let (one, other) = (utf8Span.span, other.utf8Span.span)
    guard one.count == other.count else { return false }
    for index in one.indices where unsafe one[unchecked: index] != other[unchecked: index] { return false }
    return true
  }
}
