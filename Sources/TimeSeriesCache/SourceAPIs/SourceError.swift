/// Why a source could not be described, asked or understood: always with the source's name and the place.
package struct SourceError: Error, Sendable, Hashable, CustomStringConvertible {
  package var source: String
  /// A JSON Pointer, a page, a URL's host: where it went wrong.
  package var place: String
  package var reason: String
  /// True where asking again later may succeed.
  package var isTransient: Bool
  /// True for a fault that left pages unread, rather than one row.
  var leavesPages: Bool = false

  package init(_ source: String, at place: String, _ reason: String, isTransient: Bool = false) {
    self.source = source
    self.place = place
    self.reason = reason
    self.isTransient = isTransient
  }

  package var description: String { "source '\(source)', \(place): \(reason)" }
}
