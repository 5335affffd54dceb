import CacheSupport
import Testing

@Suite("A text that is quoted as it is made") struct QuotedTextTests {
  static let texts: [String] = [
    "", "plain", "\"", "\\", "a\nb\rc\td", "\u{0}\u{1}\u{1F}\u{7F}", "ä\u{1F600}", "{\"x\":\"\\\\n\"}",
  ]

  @Test("It stands between the quotes of a JSON string, and is read back", arguments: texts)
  func quoted(text: String) throws {
    let quoted = QuotedText(text)
    #expect(quoted.count == quoted.bytes.count)
    #expect(try JSON(parsing: [0x22] + quoted.bytes + [0x22]) == .string(text))
    #expect(String(decoding: quoted.text, as: UTF8.self) == text)
  }

  @Test("What is appended follows, whatever it is") func parts() throws {
    var whole = QuotedText(capacity: 8)
    for text in Self.texts {
      whole.append(text.utf8Span.span)
      whole.append(QuotedText(text))
      whole.append(upTo: 4) { $0.integer(5) }
    }
    #expect(String(decoding: whole.text, as: UTF8.self) == Self.texts.map { $0 + $0 + "5" }.joined())
    whole.truncate(to: 7)
    #expect(String(decoding: whole.bytes, as: UTF8.self) == "5plainp")
  }
}
