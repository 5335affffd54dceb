import CacheSupport
import Testing

@Suite struct JSONTests {
  static let good: [(String, JSON)] = [
    ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-12", -12),
    ("1.50", .number("1.50")), ("1e3", .number("1e3")), ("12345678901234567890", .number("12345678901234567890")),
    (#""""#, ""), (#""a\n\t\"\\\/\b\f\r""#, .string("a\n\t\"\\/\u{8}\u{C}\r")),
    (#""\u00e9\ud83d\ude00""#, "é😀"), (#""\ud800x""#, "\u{FFFD}x"), ("\"é😀\"", "é😀"),
    ("[]", []), ("[1,[2],{}]", [1, [2], [:]]), (#"{"a":1,"b":[null]}"#, ["a": 1, "b": [.null]]),
    (#"{"a":1,"a":2}"#, ["a": 2]), ("\u{FEFF}1", 1),
  ]

  @Test("Texts are read", arguments: good)
  func parses(text: String, value: JSON) throws { #expect(try JSON(parsing: text) == value) }

  @Test("Values survive being written and read", arguments: good.map(\.1))
  func roundTrip(value: JSON) throws { #expect(try JSON(parsing: value.bytes) == value) }

  static let bad: [(String, Int)] = [
    ("", 0), ("nul", 0), ("1 2", 2), ("01", 1), ("1.", 2), (".5", 0), ("+1", 0), ("1e", 2), ("-", 1), ("[1,]", 3),
    ("[1", 2), ("{\"a\"}", 4), ("{\"a\":1,}", 7), ("{a:1}", 1), ("\"a", 2), ("\"\\x\"", 3), ("\"\\u12\"", 3),
    ("\"\n\"", 1), ("NaN", 0), ("[1}", 2), ("'a'", 0),
  ]

  @Test(
    "A fault is placed by line and column, in characters",
    arguments: [
      ("", "line 1, column 1"), ("{\n  \"é\": x}", "line 2, column 8"), ("[1,\n\n2,]", "line 3, column 3"),
      ("{\"a\": 1\r\n\"b\": 2}", "line 2, column 1"),
    ])
  func place(text: String, place: String) throws {
    do throws(JSONError) {
      _ = try JSON(parsing: text)
      Issue.record("no error")
    } catch { #expect(error.place(in: text) == place) }
  }

  @Test("What is not JSON is refused at its byte", arguments: bad)
  func refuses(text: String, offset: Int) {
    #expect { try JSON(parsing: text) } throws: { ($0 as? JSONError)?.offset == offset }
  }

  @Test("Invalid UTF-8 in a string is refused")
  func invalidUTF8() { #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xC3, 0x28, 0x22]) } }

  @Test("Nesting of 128 is read, of 129 and of a million refused")
  func depth() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    _ = try JSON(parsing: nested(128))
    #expect(throws: JSONError.self) { try JSON(parsing: nested(129)) }
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
  }

  @Test("An object with many members keeps the last of a repeated name")
  func wideObject() throws {
    let members = (0..<100).map { "\"k\($0 % 50)\":\($0)" }.joined(separator: ",")
    let value = try JSON(parsing: "{\(members)}")
    let object = try #require(value.object)
    #expect(object.count == 50)
    #expect(object["k7"] == 57)
  }

  static let doubles: [(Double, String)] = [
    (0, "0"), (5, "5"), (-5.25, "-5.25"), (1e21, "1e+21"), (0.1, "0.1"), (.nan, "null"), (.infinity, "null"),
    (1e14, "100000000000000"), (.leastNonzeroMagnitude, "5e-324"),
  ]

  @Test("Doubles have their shortest text", arguments: doubles)
  func doubleText(value: Double, text: String) {
    #expect(JSON.double(value).text == text)
    var writer = JSONWriter()
    writer.double(value)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
  }

  @Test("Integers are read from numbers without a fraction")
  func integers() throws {
    #expect(try JSON(parsing: "1e3").int64 == 1000)
    #expect(try JSON(parsing: "5.0").int64 == 5)
    #expect(try JSON(parsing: "5.5").int64 == nil)
    #expect(try JSON(parsing: "9223372036854775807").int64 == .max)
    #expect(try JSON(parsing: "9223372036854775808").int64 == nil)
  }

  @Test("Texts with escapes anywhere come back as they were", arguments: 0...40)
  func escapedTexts(length: Int) throws {
    let parts = ["\"", "\\", "\n", "\u{1}", "ü", "\u{1F600}", "\u{80}"]
    for (place, part) in (0...length).flatMap({ place in parts.map { (place, $0) } }) {
      for second in [place, place + 1, length] {
        var texts = Array(repeating: "x", count: length + 2)
        texts[place] = part
        texts[second] = part
        let text = texts.joined()
        #expect(try JSON(parsing: JSON.string(text).bytes) == .string(text))
        // Escapes that our writer does not use.
        let units = Array(text.utf16)
        let escaped = units.map { unit in
          "\\u" + String(repeating: "0", count: 4 - String(unit, radix: 16).count) + String(unit, radix: 16)
        }
        let mixed = zip(units, escaped).enumerated().map { index, pair in
          index % 3 == 0 && pair.0 == 0x78 ? "x" : pair.1
        }
        for written in [escaped.joined(), mixed.joined()] {
          #expect(try JSON(parsing: Array("\"\(written)\"".utf8)) == .string(text))
        }
      }
    }
    let lone = #""\ud83dxxxxxxx\/\b\f\r\t\ude00\ud83d\u0041""#
    #expect(try JSON(parsing: Array(lone.utf8)) == .string("\u{FFFD}xxxxxxx/\u{8}\u{C}\r\t\u{FFFD}\u{FFFD}A"))
  }

  @Test("Every byte is escaped as it must be, wherever it is, and the growth is known before")
  func escapes() throws {
    var generator = SeededGenerator(state: 7)
    for length in 0..<200 {
      let scalars = (0..<length).map { _ in
        Unicode.Scalar(
          UInt32.random(in: 0..<0x100, using: &generator) % (Bool.random(using: &generator) ? 0x60 : 0x100)) ?? "x"
      }
      let text = String(String.UnicodeScalarView(scalars))
      var writer = JSONWriter()
      writer.string(text)
      #expect(try JSON(parsing: writer.bytes) == .string(text))
      let utf8 = Array(text.utf8)
      let growth = JSONWriter.escapes(in: utf8.span)
      #expect(writer.bytes.count == utf8.count + growth + 2)
    }
  }
}
