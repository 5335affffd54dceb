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
          "the identifier \(Self.quoted(text)) has \(text.utf8.count) bytes; \(Self.maximumBytes) are the most")
    }
    guard !text.unicodeScalars.contains(where: Self.isRefused) else {
      throw InvalidIdentifier(
        description: "the identifier \(Self.quoted(text)) holds a control character, or one that SQS refuses")
    }
    self.text = text
  }

  private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || [0x7F, 0xFFFE, 0xFFFF].contains(scalar.value)
  }

  /// The beginning of a text, with what is refused written as `\u{7F}`.
  private static func quoted(_ text: String) -> String {
    let start = text.unicodeScalars.prefix(40)
    let shown = start.map { isRefused($0) ? "\\u{\(String($0.value, radix: 16, uppercase: true))}" : "\($0)" }
    return "'\(shown.joined())\(start.endIndex < text.unicodeScalars.endIndex ? "…" : "")'"
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
