/// The name of one series: 1 to 2,000 UTF-8 bytes without control characters.
///
/// The bound keeps it inside a DynamoDB key (2,048 bytes) and a Timestream dimension (name and value 2,048 bytes).
public struct Identifier: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  public static let maximumBytes: Int = 2000

  /// - Throws: ``InvalidIdentifier`` that says what is wrong.
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

  public var description: String { text }

  // By bytes, as both stores compare keys: to Swift's String the two spellings of é are one.
  public static func == (one: Self, other: Self) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }
  public static func < (one: Self, other: Self) -> Bool { one.text.utf8.lexicographicallyPrecedes(other.text.utf8) }
  public func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
}

public struct InvalidIdentifier: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}
