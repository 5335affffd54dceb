/// Why a source could not be described, asked or understood: always with the source's name and the place.
package struct SourceError: Error, Sendable, Hashable, CustomStringConvertible {
  package var source: String
  /// A JSON Pointer, a page, a URL's host: where it went wrong.
  package var place: String
  package var reason: String
  /// True where asking again later may succeed.
  package var isTransient: Bool
  /// False where this project's own parameters cannot be read: nobody has asked the source yet.
  package var isSourceFault: Bool
  /// Of the answer that is refused; nil where there was none, or where it was read.
  package var status: Int?
  /// The attribute of the identifier's item that a template names and the item lacks.
  package var missingAttribute: String?
  /// True for a fault that left pages unread, rather than one row.
  var leavesPages: Bool = false

  package init(
    _ source: String, at place: String, _ reason: String, isTransient: Bool = false, isSourceFault: Bool = true
  ) {
    self.source = source
    self.place = place
    self.reason = reason
    self.isTransient = isTransient
    self.isSourceFault = isSourceFault
  }

  /// A template that cannot be filled in.
  init(_ source: String, _ failure: URLTemplate.Failure) {
    self.init(source, at: "description", failure.reason)
    missingAttribute = failure.missing
  }

  package var description: String { "source '\(source)', \(place): \(reason)" }
}
