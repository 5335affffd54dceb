import CacheSupport
import Testing

@Suite struct Base64Tests {
  /// RFC 4648 §10, and the letters that are no digits.
  static let vectors: [(bytes: [UInt8], text: String)] = [
    ([], ""), (Array("f".utf8), "Zg=="), (Array("fo".utf8), "Zm8="), (Array("foo".utf8), "Zm9v"),
    (Array("foob".utf8), "Zm9vYg=="), (Array("fooba".utf8), "Zm9vYmE="), (Array("foobar".utf8), "Zm9vYmFy"),
    ([0xFF, 0xFE, 0xFD], "//79"), ([0xFB, 0xEF, 0xBE], "++++"), ([0], "AA=="), ([0, 0], "AAA="),
  ]

  @Test("The RFC's examples, both ways", arguments: vectors) func vector(bytes: [UInt8], text: String) {
    #expect(Base64.text(bytes.span) == text)
    #expect(Base64.decode(Array(text.utf8).span) == bytes)
  }

  @Test("Every length and every byte comes back") func roundTrip() {
    for count in 0...300 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ count) }
      #expect(Base64.decode(Base64.encode(bytes.span).span) == bytes)
    }
  }

  @Test(
    "What another text stands for already, or nothing, is refused",
    arguments: [
      "Z", "Zg", "Zg=", "Zg===", "Zm9vYg", "Zh==", "Zm9=", "=", "==", "====", "Z===", "Zg==Zg==", "Z=g=", "Zm9v\n",
      "Zm 9",
      "Zm9v\r\nYmFy", "__79", "--79", "Zm9\u{E9}", "Zm9v====", "Zm\u{0}v",
    ]) func refused(text: String)
  {
    #expect(Base64.decode(Array(text.utf8).span) == nil)
  }

  @Test("Of all texts of four letters and padding, those that decode encode to themselves") func strict() {
    let letters = Array("ABQgwx9+/=-\n".utf8)
    for one in letters {
      for two in letters {
        for three in letters {
          for four in letters {
            let text = [one, two, three, four]
            if let bytes = Base64.decode(text.span) { #expect(Base64.encode(bytes.span) == text) }
          }
        }
      }
    }
  }

  @Test("A writer puts Base64 between quotes, after what is there") func writer() {
    var writer = JSONWriter()
    writer.raw("[")
    writer.base64([0xFF, 0x00].span)
    writer.raw("]")
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"["/wA="]"#)
  }
}
