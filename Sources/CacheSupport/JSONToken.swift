/// Where a value lies in the bytes that a ``JSONReader`` reads, and what it is.
public struct JSONToken: Sendable, Hashable {
  /// The kinds of JSON values.
  public enum Kind: Sendable, Hashable {
    /// The literal `null`.
    case null
    /// The literal `true` or `false`.
    case bool
    /// A number.
    case number
    /// A text.
    case string
    /// An array.
    case array
    /// An object.
    case object
  }

  /// What the value is.
  public var kind: Kind
  /// The bytes of the value, from `start` to before `end`; those of a text without its quotes.
  var start: Int
  var end: Int
  /// True for a text with escapes, whose bytes are not its text's.
  var isEscaped: Bool
}
