/// The name of one series: 1 to 2,000 UTF-8 bytes without control characters.
///
/// The bound keeps it inside a DynamoDB key (2,048 bytes) and a Timestream dimension (name and value 2,048 bytes).
public struct Identifier: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The name as it was given.
  public let text: String

  /// The longest identifier, in UTF-8 bytes: 2,000.
  public static let maximumBytes: Int = 2000

  /// Takes a name of 1 to ``maximumBytes`` bytes.
  ///
  /// - Throws: ``InvalidIdentifier`` where it is empty or too long, or holds a control character, U+FFFE or U+FFFF.
  public init(_ text: String) throws(InvalidIdentifier) {
    guard !text.isEmpty else { throw InvalidIdentifier(description: "an identifier is empty") }
    guard text.utf8.count <= Self.maximumBytes else {
      throw InvalidIdentifier(
        description:
          "the identifier '\(text.prefix(40))…' has \(text.utf8.count) bytes; \(Self.maximumBytes) are the most")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || [0x7F, 0xFFFE, 0xFFFF].contains($0.value) }) else {
      throw InvalidIdentifier(description: "an identifier holds a control character, or one that SQS refuses")
    }
    self.text = text
  }

  /// The name itself.
  public var description: String { text }

  /// Equal where the UTF-8 bytes are equal: to Swift's `String` the two spellings of é are one, to both stores they are two.
  public static func == (one: Self, other: Self) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }
  /// By UTF-8 bytes, the order of keys in DynamoDB.
  public static func < (one: Self, other: Self) -> Bool { one.text.utf8.lexicographicallyPrecedes(other.text.utf8) }
  /// Hashes the UTF-8 bytes.
  public func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
}

/// Why a text cannot be an ``Identifier``.
public struct InvalidIdentifier: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with the text, and what the limit is.
  public let description: String
}
