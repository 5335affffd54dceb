/// Why a source could not be described, asked or understood: always with the source's name and the place.
public struct SourceError: Error, Sendable, Hashable, CustomStringConvertible {
  public var source: String
  /// A JSON Pointer, a page, a URL's host: where it went wrong.
  public var place: String
  public var reason: String
  /// True where asking again later may succeed.
  public var isTransient: Bool

  public init(_ source: String, at place: String, _ reason: String, isTransient: Bool = false) {
    self.source = source
    self.place = place
    self.reason = reason
    self.isTransient = isTransient
  }

  public var description: String { "source '\(source)', \(place): \(reason)" }
}
