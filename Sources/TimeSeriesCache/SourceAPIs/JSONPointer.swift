import CacheSupport

/// A place in a JSON document, as RFC 6901 has it: `/data/0/from`; the empty text is the whole document.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  /// One step down: the name of a member, and the index of an element where it is one.
  struct Step: Sendable, Hashable {
    var name: ByteText
    /// Nil for what is not an index: RFC 6901 allows no sign and no leading zero.
    var index: Int?

    init(_ name: String) {
      self.name = ByteText(name)
      index = Int(name).flatMap { $0 >= 0 && String($0).hasSameBytes(as: name) ? $0 : nil }
    }
  }

  private(set) var steps: [Step]

  /// Nil for a text that neither is empty nor starts with `/`.
  package init?(_ text: String) {
    guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
    steps =
      text.isEmpty
      ? []
      : text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
        Step(Self.replacing("~0", with: "~", in: Self.replacing("~1", with: "/", in: String(Substring($0)))))
      }
  }

  /// The place that another pointer names within this one's.
  func appending(_ other: JSONPointer) -> JSONPointer {
    var pointer = self
    pointer.steps += other.steps
    return pointer
  }

  /// The pointer's text.
  package var description: String {
    steps.map {
      "/" + Self.replacing("/", with: "~1", in: Self.replacing("~", with: "~0", in: $0.name.text))
    }.joined()
  }

  /// By bytes: with a combining mark after it, `/` would be another character.
  private static func replacing(_ old: String, with new: String, in text: String) -> String {
    String(decoding: Array(text.utf8).replacing(Array(old.utf8), with: Array(new.utf8)), as: UTF8.self)
  }
}
