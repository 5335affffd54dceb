/// A series: its identifier and, where somebody writes it, its measurement and tags.
///
/// Everything above the stores knows a series by its identifier. A ``HistoryStore`` that keeps written series by their tags needs the
/// key as well.
public struct Series: Sendable, Hashable, CustomStringConvertible {
  /// The name by which it is read.
  public let identifier: Identifier
  /// Measurement and tags of a series that is written; nil for one that a source knows.
  public let key: SeriesKey?

  /// A series that a source knows.
  public init(_ identifier: Identifier) {
    self.identifier = identifier
    key = nil
  }

  /// A series that somebody writes.
  ///
  /// - Throws: ``InvalidIdentifier`` where the key's text is no identifier: too long, or with a control character.
  public init(_ key: SeriesKey) throws(InvalidIdentifier) {
    identifier = try Identifier(key.text)
    self.key = key
  }

  /// The identifier.
  public var description: String { identifier.text }

  /// Equal where the identifiers are, and both are written or neither is.
  public static func == (one: Self, other: Self) -> Bool {
    one.identifier == other.identifier && (one.key == nil) == (other.key == nil)
  }

  /// Hashes the identifier.
  public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}
