import CacheSupport
import Testing

/// The cursor over bytes, beside the tree that is built with it.
@Suite struct JSONReaderTests {
  @Test("Members and elements come one by one, of any depth, and what is skipped is passed over whole")
  func walk() throws {
    let bytes = Array(#" {"a": [1, -2.5, "x\n"], "b": {"c": [[], {}, [{"d": null}]]}, "é": true} "#.utf8)
    var reader = JSONReader(bytes.span)
    var found: [String] = []
    try reader.beginObject()
    while try reader.nextMember() {
      if reader.isNamed("a") {
        try reader.beginArray()
        while try reader.nextElement() {
          let token = try reader.token()
          found.append("\(token.kind) \(try reader.text(token))")
        }
      } else {
        found.append(try reader.memberName())
        try reader.skip()
      }
    }
    try reader.end()
    #expect(found == ["number 1", "number -2.5", "string x\n", "b", "é"])
  }

  @Test("A text that is read as bytes is the text, or has the same error at the same byte, wherever its escapes are")
  func textBytes() {
    // Each of these at every place of a word of eight bytes, alone and one after the other.
    let pieces = [
      "", #"\""#, #"\\"#, #"\/\b\f\n\r\t"#, #"\u0041"#, #"\u00e9"#, #"\ud83d\ude00"#, #"\ud83d"#, #"\ude00"#,
      #"\ud83d\u0041"#,
      #"\ud83d\ud83d\ude00"#, #"\ud83d\x"#, #"\ud83d\u12G4"#, #"\ud83d\udeZ0"#, #"\ud83d\ude"#, #"\u12G4"#, #"\u12"#,
      #"\x"#, "\\", "é",
      "😀", "\u{1}", "\n", "\u{7F}",
    ]
    var texts: [[UInt8]] = [
      [0xFF], [0xC3], [0x41, 0xE2, 0x82], [0x5C, 0x6E, 0xC3, 0x5C, 0x6E, 0xA9], [0xED, 0xA0, 0x80],
      [UInt8](repeating: 0x80, count: 9),
    ]
    for piece in pieces {
      for before in 0...8 {
        for other in pieces { texts.append(Array((String(repeating: "x", count: before) + piece + other).utf8)) }
      }
    }
    for text in texts {
      for bytes in [[0x22] + text + [0x22], [0x22] + text + [0x22] + Array(",\"0123456789".utf8), [0x22] + text] {
        var (one, other) = (JSONReader(bytes.span), JSONReader(bytes.span))
        let read = Result { () throws(JSONError) in try one.textBytes() }
        let expected = Result { () throws(JSONError) in Array(try other.text(try other.token()).utf8) }
        #expect(read == expected, "\(String(decoding: bytes, as: UTF8.self))")
        if case .success = expected { #expect(one.position == other.position) }
      }
    }
    for other in ["1", "null", "[]", "", " "] {
      let bytes = Array(other.utf8)
      var reader = JSONReader(bytes.span)
      #expect(throws: JSONError.self) { try reader.textBytes() }
    }
  }

  @Test("A place can be gone back to, and each cursor walks by itself")
  func positions() throws {
    let bytes = Array(#"{"t":[1,2],"v":[3,4]}"#.utf8)
    var reader = JSONReader(bytes.span)
    var places: [JSONReader.Position] = []
    try reader.beginObject()
    while try reader.nextMember() {
      places.append(reader.position)
      try reader.skip()
    }
    var (times, values) = (reader, reader)
    times.seek(to: places[0])
    values.seek(to: places[1])
    var sums: [Int64] = []
    try times.beginArray()
    try values.beginArray()
    while try times.nextElement(), try values.nextElement() { sums.append(try times.int64() * 10 + values.int64()) }
    #expect(sums == [13, 24])
  }

  @Test(
    "Skipping and reading refuse the same texts at the same byte",
    arguments: [
      "", " ", "{", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
      #"{"a":1 "b":2}"#,
      #"{1:2}"#, "[1}", #"{"a":1]"#, "tru", "nul", "falsey", "01", "-", "1.", ".5", "1e", "+1", "0x10", "NaN", "\"",
      "\"\\\"",
      #""\x""#, #""\u12""#, #""\u12G4""#, "\"\u{1}\"", "[\"\u{7F}\", 1e400, -0]", "[[1],[2]]x", #""\ud800""#, "[]]",
      "\u{FEFF}[]", "[\"0123456789abcdef\u{0}\"]", "[\"01234567\n\"]",
    ])
  func strictness(text: String) {
    let bytes = Array(text.utf8)
    #expect(
      outcome { () throws(JSONError) in try skipped(bytes) }
        == outcome { () throws(JSONError) in _ = try JSON(parsing: bytes) })
  }

  @Test("Broken UTF-8 is refused, wherever it is", arguments: [0, 3, 7, 8, 15])
  func utf8(offset: Int) {
    for broken: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] {
      let padding = [UInt8](repeating: UInt8(ascii: "x"), count: offset)
      let bytes = [UInt8(ascii: "\"")] + padding + broken + [UInt8(ascii: "\"")]
      let outcome = outcome { () throws(JSONError) in try skipped(bytes) }
      #expect(outcome == "invalid UTF-8 in a string at byte 1")
    }
  }

  @Test("Nesting has a limit, however it is passed over")
  func depth() throws {
    let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    try skipped(Array(deepest.utf8))
    let objects = String(repeating: #"{"a":"#, count: 129) + "1" + String(repeating: "}", count: 129)
    for text in ["[\(deepest)]", objects, String(repeating: "[", count: 1_000_000)] {
      let outcomes = [
        outcome { () throws(JSONError) in try skipped(Array(text.utf8)) },
        outcome { () throws(JSONError) in _ = try JSON(parsing: text) },
      ]
      for outcome in outcomes { #expect(outcome.contains("nested deeper than 128")) }
    }
  }

  @Test("Names compare by bytes, with escapes undone")
  func names() throws {
    let bytes = Array(#"{"e\u0301":1,"\u00e9":2,"caf\u00e9\ud83d\ude00\/":3}"#.utf8)
    let object = try #require(try JSON(parsing: bytes).object)
    #expect(object["e\u{301}"] == 1)
    #expect(object["\u{E9}"] == 2)
    #expect(object["café😀/"] == 3)
    var reader = JSONReader(bytes.span)
    try reader.beginObject()
    let hasMember = try reader.nextMember()
    #expect(hasMember)
    let isNamed = [reader.isNamed("e\u{301}"), reader.isNamed("\u{E9}")]
    #expect(isNamed == [true, false])
    let texts: [ByteText] = ["e\u{301}", "\u{E9}"]
    #expect(texts.map { reader.equals(reader.memberToken, bytesOf: $0) } == [true, false])
  }

  private func skipped(_ bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes.span)
    try reader.skip()
    try reader.end()
  }

  private func outcome(_ body: () throws(JSONError) -> Void) -> String {
    do throws(JSONError) {
      try body()
      return "read"
    } catch { return error.description }
  }
}

@Suite struct DecimalNumberTests {
  @Test(
    "What JSON's grammar does not take for a number",
    arguments: [
      "", "-", "+1", "0x10", ".5", "1.", "1e", "1e+", "01", "-01", " 1", "1 ", "1_0", "NaN", "nan", "inf", "Infinity",
      "1.5.2", "--1",
      "1e5.5", "٣",
    ])
  func grammar(text: String) { #expect(number(text) == nil) }

  private func number(_ text: String) -> DecimalNumber? {
    let bytes = Array(text.utf8)
    return DecimalNumber(bytes.span)
  }

  @Test(
    "Doubles are the nearest, bit for bit",
    arguments: [
      "0", "-0", "0.0", "1", "-1.5", "0.1", "123456789012345678", "9007199254740993", "1.7976931348623157e308",
      "5e-324",
      "2.2250738585072014e-308", "0.000000000000000000000000000001", "1e22", "1e23", "-1E+2", "1.6554878837710001E9",
      "12345678901234567890123", "0.00000000000000000000000000000000000000000000000001234567890123456789", "100e-2",
      "1e-400",
      "0e999999999", "4.35", "8.41e-21", "9.5367431640625e-7",
    ])
  func nearest(text: String) throws {
    let number = try #require(self.number(text))
    #expect(number.double?.bitPattern == Double(text)?.bitPattern)
  }

  @Test("Random doubles read back as they were, in every way of writing them")
  func random() {
    var generator = SeededGenerator(state: 42)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      let scaled = (Double(Int32(truncatingIfNeeded: generator.next())) / 1000)
      for text in [value.description, scaled.description] {
        #expect(number(text)?.double?.bitPattern == Double(text)?.bitPattern, "\(text)")
      }
    }
  }

  @Test(
    "Whole numbers are exact",
    arguments: [
      ("0", 0), ("-0", 0), ("9223372036854775807", Int64.max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("1e3", 1000), ("5.0", 5), ("5.5", nil), ("1e19", nil),
      ("18446744073709551616", nil),
      ("-18446744073709551615", nil), ("9007199254740993", 9_007_199_254_740_993),
      ("9007199254740993.0", 9_007_199_254_740_993), ("900719925474099300e-2", 9_007_199_254_740_993),
      ("-922337203685477580.8e1", .min), ("0.00e5", 0), ("1e-400", nil),
      ("505286747998410801.662", nil), ("50477345566866e5", 5_047_734_556_686_600_000), ("0e400", 0),
    ] as [(String, Int64?)])
  func whole(text: String, expected: Int64?) throws {
    #expect(try #require(number(text)).int64 == expected)
  }

  @Test("No value too large is taken", arguments: ["1e309", "-1e309", "1e99999999999999999999"])
  func tooLarge(text: String) throws { #expect(try #require(number(text)).double == nil) }
}

@Suite struct ByteTextTests {
  @Test("Two spellings of é are two texts, in sets and in order")
  func bytes() {
    let (composed, decomposed): (ByteText, ByteText) = ("\u{E9}", "e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, composed]).count == 2)
    #expect([composed, "z", decomposed].sorted() == [decomposed, "z", composed])
  }
}

/// Random numbers that are the same in every run (xorshift64*).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 2_685_821_657_736_338_717
  }
}
