/// Why an event is not of the kind that a function serves.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
