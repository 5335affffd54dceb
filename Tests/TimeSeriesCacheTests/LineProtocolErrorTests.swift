import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite("What is not line protocol is an error that says where and why")
struct LineProtocolErrorTests {
  /// What the connector for Timestream tests of its parser, where it refuses a body, and what goes beyond it.
  static let cases: [(body: String, line: Int, column: Int, reason: LineProtocolError.Reason)] = [
    // field_boolean_invalid, no_fields, non_unix_timestamp, timestamp_with_quotes, no_whitespace, multiple_timestamps,
    // non_escaped_double_quote_field_value, multiple_measurements.
    ("m f=tree", 1, 5, .invalidValue),
    ("m,t=v", 1, 6, .noFields),
    ("m f=1 2019-01-01T00:00:00Z", 1, 7, .invalidTime),
    ("m f=1 \"5\"", 1, 7, .invalidTime),
    ("m,t=vf=1,g=2", 1, 13, .noFields),
    ("m f=1 5 6", 1, 9, .afterTime),
    ("m f=\"a\"b\"", 1, 8, .afterValue),
    ("readings,readings2,fleet=x f=1", 1, 19, .noTagValue),
    // Measurement and tags.
    (",t=v f=1", 1, 1, .emptyMeasurement),
    ("m", 1, 2, .noFields), ("m \n", 1, 3, .noFields), ("m,t=v\r\n", 1, 6, .noFields), ("m f=1\nm", 2, 2, .noFields),
    ("m, f=1", 1, 3, .emptyTagKey), ("m,t=v, f=1", 1, 7, .emptyTagKey), ("m,=v f=1", 1, 3, .emptyTagKey),
    ("m,t f=1", 1, 4, .noTagValue), ("m,t", 1, 4, .noTagValue), ("m,t\n", 1, 4, .noTagValue),
    ("m,t= f=1", 1, 5, .emptyTagValue), ("m,t=,u=v f=1", 1, 5, .emptyTagValue), ("m,t=", 1, 5, .emptyTagValue),
    ("m,t=1,u=2,t=3 f=1", 1, 11, .duplicateTag), ("m,b=1,b=1,a=1,a=1 f=1", 1, 7, .duplicateTag),
    (#"m,a\x=1,a\\x=2 f=1"#, 1, 9, .duplicateTag),
    ("m,é=1,e\u{301}=2,é=3 f=1", 1, 14, .duplicateTag),
    ("m\tf=1", 1, 2, .tab), ("m,t\t=v f=1", 1, 4, .tab), ("m,t=v\tf=1", 1, 6, .tab), ("m,t=v f\t=1", 1, 8, .tab),
    ("m\\\nf=1", 1, 2, .endsWithBackslash), ("m,t=v\\", 1, 6, .endsWithBackslash),
    ("m\\\t f=1", 1, 2, .endsWithBackslash),
    ("m,t\\\r\n", 1, 4, .endsWithBackslash), ("m f\\\n", 1, 4, .endsWithBackslash),
    // Fields.
    ("m =1", 1, 3, .emptyFieldKey), ("m f=1,", 1, 7, .emptyFieldKey),
    ("m average=1.24, 1725059274", 1, 16, .emptyFieldKey),
    ("m f=1,,g=2", 1, 7, .emptyFieldKey), ("m f", 1, 4, .noFieldValue), ("m f 5", 1, 4, .noFieldValue),
    ("m f,g=1", 1, 4, .noFieldValue), ("m a=1,b,c=2", 1, 8, .noFieldValue), ("m f=", 1, 5, .noFieldValue),
    ("m f=,g=1", 1, 5, .noFieldValue), ("m f= 5", 1, 5, .noFieldValue), ("m f=1\nm f=\n", 2, 5, .noFieldValue),
    ("m f='a'", 1, 5, .invalidValue), ("m f=a", 1, 5, .invalidValue), ("m f=tRUE", 1, 5, .invalidValue),
    ("m f=truetrue", 1, 5, .invalidValue), ("m f=NaN", 1, 5, .invalidValue), ("m f=Inf", 1, 5, .invalidValue),
    ("m f=+1", 1, 5, .invalidValue), ("m f=.5", 1, 5, .invalidValue), ("m f==1", 1, 5, .invalidValue),
    ("m f=-", 1, 5, .invalidNumber), ("m f=-.5", 1, 5, .invalidNumber), ("m f=1.", 1, 5, .invalidNumber),
    ("m f=1.e5", 1, 5, .invalidNumber), ("m f=1e", 1, 5, .invalidNumber), ("m f=1e+", 1, 5, .invalidNumber),
    ("m f=--1", 1, 5, .invalidNumber), ("m f=-inf", 1, 5, .invalidNumber), ("m f=-1u", 1, 5, .invalidNumber),
    ("m f=1.5i", 1, 8, .afterValue), ("m f=1e3i", 1, 8, .afterValue), ("m f=1x", 1, 6, .afterValue),
    ("m f=1ii", 1, 7, .afterValue),
    ("m f=0x10", 1, 6, .afterValue), ("m f=1_000", 1, 6, .afterValue), ("m f=1\t5", 1, 6, .afterValue),
    ("m f=\"a\"i", 1, 8, .afterValue), ("m f=1\r5", 1, 6, .afterValue),
    ("m f=1e309", 1, 5, .infiniteNumber), ("m f=-1e309", 1, 5, .infiniteNumber),
    ("m f=1e999999999999", 1, 5, .infiniteNumber),
    ("m f=1,g=" + String(repeating: "9", count: 310), 1, 9, .infiniteNumber),
    ("m f=9223372036854775808i", 1, 5, .integerOverflow), ("m f=-9223372036854775809i", 1, 5, .integerOverflow),
    ("m f=99999999999999999999i", 1, 5, .integerOverflow),
    ("m f=9223372036854775808u", 1, 5, .unsignedOverflow), ("m f=18446744073709551615u", 1, 5, .unsignedOverflow),
    ("m f=18446744073709551616u", 1, 5, .unsignedOverflow),
    ("m f=\"a", 1, 5, .openText), ("m f=\"a\\\"\nm f=1", 1, 5, .openText), ("m f=1\nm é=\"", 2, 6, .openText),
    ("m f=\"a\\", 1, 5, .openText),
    // Time.
    ("m f=1 5x", 1, 7, .invalidTime), ("m f=1 -", 1, 7, .invalidTime), ("m f=1 1.5", 1, 7, .invalidTime),
    ("m f=1 +5", 1, 7, .invalidTime), ("m f=1 é", 1, 7, .invalidTime), ("m f=1 5\t", 1, 7, .invalidTime),
    ("m f=1 9223372036854775808", 1, 7, .timeOverflow), ("m f=1 -9223372036854775809", 1, 7, .timeOverflow),
    ("m f=1 18446744073709551617", 1, 7, .timeOverflow),
    // Columns count bytes, and lines within texts count.
    ("é,ü=ö f=x", 1, 12, .invalidValue), ("m f=\"\n\n\" 5 6", 3, 5, .afterTime),
    ("\r\n\r\n  m f=x", 3, 7, .invalidValue),
    // NUL.
    ("m\0 f=1", 1, 2, .nul), ("m,t\0=v f=1", 1, 4, .nul), ("m,t=\0 f=1", 1, 5, .nul), ("m f\0=1", 1, 4, .nul),
    ("m f=\"\0\"", 1, 6, .nul), ("m f=\"long enough for words \0\"", 1, 29, .nul), ("# \0", 1, 3, .nul),
    ("m f=\0", 1, 5, .invalidValue), ("m f=1 \0", 1, 7, .invalidTime),
  ]

  @Test("Each has its line, its column and its reason", arguments: cases)
  func refuses(_ body: String, _ line: Int, _ column: Int, _ reason: LineProtocolError.Reason) throws {
    let error = LineProtocolError(line: line, column: column, reason)
    #expect(throws: error) { try LineProtocol.parse(body) }
    // Nor does a line before it change anything but the line, also one of the same series and names.
    let before = "m,t=v f=1,g=2 5\nm f=1\n"
    #expect(throws: LineProtocolError(line: line + 2, column: column, reason)) { try LineProtocol.parse(before + body) }
  }

  static let invalid: [(before: String, after: String)] = [
    ("m", " f=1"), ("m,t", "=v f=1"), ("m,t=v", " f=1"), ("m f", "=1"), ("m f=\"", "\""),
    ("m f=\"12345678", "12345678\""), ("# ", "\nm f=1"),
    ("m f=\"é\",g=\"", "\" 5"),
  ]

  @Test("Bytes that are not UTF-8 are refused wherever a text can be", arguments: invalid)
  func invalidUTF8(_ before: String, _ after: String) throws {
    let broken: [[UInt8]] = [
      [0xFF], [0xC3], [0xE2, 0x82], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
    ]
    for bytes in broken {
      let error = LineProtocolError(line: 1, column: before.utf8.count + 1, .invalidUTF8)
      #expect(throws: error, "\(bytes)") {
        try LineProtocol.parse(Array(before.utf8) + bytes + Array(after.utf8), now: 0)
      }
    }
  }

  @Test("A name or value of 64 KiB is read, and one byte more is an error")
  func tokens() throws {
    let token = String(repeating: "1", count: 65536)
    let places = [("", " f=1"), ("m,", "=v f=1"), ("m,t=", " f=1"), ("m ", "=1"), ("m f=\"", "\"")]
    for (before, after) in places {
      #expect(try LineProtocol.parse(before + token + after).count == 1)
      let column = before.utf8.count + (before.hasSuffix("\"") ? 0 : 1)
      #expect(throws: LineProtocolError(line: 1, column: column, .tokenTooLong)) {
        try LineProtocol.parse(before + token + "1" + after)
      }
    }
    #expect(try LineProtocol.parse("m f=0.\(token.dropFirst(2))").count == 1)
    #expect(throws: LineProtocolError(line: 1, column: 5, .tokenTooLong)) { try LineProtocol.parse("m f=0.\(token)") }
  }

  @Test("More tags, fields, points or bytes than a body may have are errors")
  func limits() throws {
    func list(_ count: Int) -> String { (0..<count).map { "k\($0)=1" }.joined(separator: ",") }
    #expect(try LineProtocol.parse("m,\(list(256)) \(list(4096))").first?.fields.count == 4096)
    let tags = "m,\(list(256)),"
    #expect(throws: LineProtocolError(line: 1, column: tags.utf8.count + 1, .tooManyTags)) {
      try LineProtocol.parse("\(tags)k=1 f=1")
    }
    let fields = "m \(list(4096)),k="
    #expect(throws: LineProtocolError(line: 1, column: fields.utf8.count + 1, .tooManyFields)) {
      try LineProtocol.parse("\(fields)1")
    }
    let points = Array(repeatElement(Array("m f=1\n".utf8), count: 1_000_001).joined())
    #expect(throws: LineProtocolError(line: 1_000_001, column: 1, .tooManyPoints)) {
      try LineProtocol.parse(points, now: 0)
    }
    #expect(try LineProtocol.parse(Array(points.dropLast(6)) + Array("# m\n".utf8), now: 0).points.count == 1_000_000)
    let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: 100 << 20)
    #expect(try LineProtocol.parse(bytes, now: 0).points.isEmpty)
    #expect(throws: LineProtocolError(line: (100 << 20) + 1, column: 1, .tooManyBytes)) {
      try LineProtocol.parse(bytes + [10], now: 0)
    }
  }

  @Test("An error says where, what is wrong and what to do") func description() {
    #expect(
      "\(LineProtocolError(line: 3, column: 14, .emptyTagValue))"
        == "line 3, column 14: a tag's value is empty; leave the tag out")
  }
}
