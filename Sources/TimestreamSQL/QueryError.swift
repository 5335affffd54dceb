/// A query that cannot be read, understood or run, worded as Timestream words it: `line 1:8: …`.
public struct QueryError: Error, Hashable, Sendable {
  /// Where something stands in a query's text, from 1.
  public struct Position: Hashable, Sendable {
    /// The line.
    public var line: Int
    /// The Unicode scalar in the line.
    public var column: Int

    /// A place.
    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// Whose fault it is.
  public enum Kind: Hashable, Sendable {
    /// The query is wrong, or larger than its budget: Timestream's `ValidationException`.
    case invalid
    /// The query is right and failed while it ran, on its data or on a limit: Timestream's `QueryExecutionException`.
    case failed
    /// The query is right, and its data cannot be read: Timestream's `InternalServerException`.
    case unreadable
  }

  /// Where in the text; nil where no place is to blame.
  public var position: Position?
  /// What is wrong, without the place.
  public var message: String
  /// Whose fault it is.
  public var kind: Kind = .invalid

  /// A query that is wrong.
  public init(_ message: String, at position: Position?) {
    self.message = message
    self.position = position
  }

  /// A query that failed while it ran.
  public static func failed(_ message: String) -> QueryError {
    var error = QueryError(message, at: nil)
    error.kind = .failed
    return error
  }

  /// Data that cannot be read, so that nothing can be said of the query.
  static func unreadable(_ message: String) -> QueryError {
    var error = QueryError(message, at: nil)
    error.kind = .unreadable
    return error
  }

  /// Place and message, as the service shows them.
  public var text: String { position.map { "line \($0.line):\($0.column): \(message)" } ?? message }
}

typealias Position = QueryError.Position
