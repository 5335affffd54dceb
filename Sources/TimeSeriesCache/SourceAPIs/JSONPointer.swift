import CacheSupport

/// A place in a JSON document, as RFC 6901 has it: `/data/0/from`; the empty text is the whole document.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  public let description: String
  private let tokens: [String]

  /// Nil for a text that neither is empty nor starts with `/`.
  public init?(_ text: String) {
    guard text.isEmpty || text.hasPrefix("/") else { return nil }
    description = text
    tokens =
      text.isEmpty
      ? []
      : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
        $0.replacing("~1", with: "/").replacing("~0", with: "~")
      }.map { String($0) }
  }

  /// The value at the place, or nil.
  func value(in document: JSON) -> JSON? {
    var value = document
    for token in tokens {
      switch value {
      case .object(let object):
        guard let member = object[token] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Int(token), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }
}
