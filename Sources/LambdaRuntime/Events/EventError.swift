/// Why an event is not of the kind that a function serves.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What the event lacks.
  public var description: String
  /// An error with a text that says what the event lacks.
  public init(_ description: String) { self.description = description }
}
