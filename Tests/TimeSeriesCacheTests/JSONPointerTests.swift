import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite struct JSONPointerTests {
  // Swift takes a character and the mark after it for one; RFC 6901 counts characters of Unicode.
  @Test(
    "A pointer is read by its bytes, and written as it was read",
    arguments: [
      ("", []), ("/", [""]), ("/a//b", ["a", "", "b"]), ("/~01~1", ["~1/"]), ("/\u{301}b", ["\u{301}b"]),
      ("/a/\u{301}b", ["a", "\u{301}b"]), ("/~1\u{301}", ["/\u{301}"]), ("/~0\u{301}", ["~\u{301}"]),
    ])
  func steps(text: String, names: [String]) throws {
    let pointer = try #require(JSONPointer(text))
    #expect(pointer.steps.map { Array($0.name.text.utf8) } == names.map { Array($0.utf8) })
    #expect(Array(pointer.description.utf8) == Array(text.utf8))
  }

  @Test("A text that neither is empty nor starts with a slash is no pointer", arguments: ["a", "#/a", " /a", "~1a"])
  func refused(text: String) { #expect(JSONPointer(text) == nil) }
}
