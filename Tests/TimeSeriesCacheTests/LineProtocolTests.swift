import CacheSupport
import Testing

@testable import TimeSeriesCache

/// A point as a test writes it: its series' identifier, its fields in order, its time in nanoseconds, its line.
struct ExpectedPoint: Hashable, CustomStringConvertible {
  var series: ByteText
  var fields: [Measure]
  var time: Int64
  var line: Int

  init(_ series: ByteText, _ fields: [Measure], at time: Int64 = 7, line: Int = 1) {
    self.series = series
    self.fields = fields
    self.time = time
    self.line = line
  }

  var description: String { "\(series) \(fields) \(time) on line \(line)" }
}

extension ParsedPoints {
  /// All points, whole.
  var all: [ExpectedPoint] {
    points.map { point in
      ExpectedPoint(
        ByteText(series[Int(point.series)].text), point.fields.map { measure(fields[Int($0)]) }, at: point.time,
        line: Int(point.line))
    }
  }
}

extension LineProtocol {
  static func parse(_ text: String, precision: Precision = .nanoseconds) throws(LineProtocolError) -> [ExpectedPoint] {
    try parse(Array(text.utf8), precision: precision, now: 7).all
  }
}

@Suite("A body of line protocol becomes points")
struct LineProtocolTests {
  static let f = Measure("f", .double(1))

  /// What the connector for Timestream tests of its parser, where it reads a body.
  static let read: [(name: String, body: String, points: [ExpectedPoint])] = [
    ("field_integer", "m f=120i", [.init("m", [.init("f", .bigint(120))])]),
    ("field_float", "m f=1.24,g=125", [.init("m", [.init("f", .double(1.24)), .init("g", .double(125))])]),
    ("field_string_double_quote", #"m f="a b""#, [.init("m", [.init("f", .varchar("a b"))])]),
    ("field_string_single_quote", #"m f="'a'""#, [.init("m", [.init("f", .varchar("'a'"))])]),
    (
      "field_boolean", "m a=t,b=T,c=true,d=True,e=TRUE,f=f,g=F,h=false,i=False,j=FALSE",
      [.init("m", zip("abcdefghij", 0...).map { .init("\($0)", .boolean($1 < 5)) })]
    ),
    ("measurement_unescaped_equals", "m=n f=1", [.init("m=n", [f])]),
    ("measurement_escaped_equals", #"m\=n f=1"#, [.init(#"m\\=n"#, [f])]),
    ("measurement_underscore_begin", "_m f=1", [.init("_m", [f])]),
    ("measurement_escaped_space", #"m\ n f=1"#, [.init(#"m\ n"#, [f])]),
    (
      "multiple_fields", "m,t=v f=1,g=2i,h=\"x\" 5",
      [.init("m,t=v", [f, .init("g", .bigint(2)), .init("h", .varchar("x"))], at: 5)]
    ),
    (
      "batch", (1...6).map { "    m,t=\($0) f=1 \($0)0" }.joined(separator: "\n"),
      (1...6).map { .init(ByteText("m,t=\($0)"), [f], at: Int64($0) * 10, line: $0) }
    ),
    ("emojis", "🌡,🏠=🛋 🔥=\"🧊\" 5", [.init("🌡,🏠=🛋", [.init("🔥", .varchar("🧊"))], at: 5)]),
    ("escaped_comma", #"m\,n,t\,u=v\,w f\,g=1"#, [.init(#"m\,n,t\,u=v\,w"#, [.init("f,g", .double(1))])]),
    ("escaped_equals", #"m,t\=u=v\=w f\=g=1"#, [.init(#"m,t\=u=v\=w"#, [.init("f=g", .double(1))])]),
    ("unescaped equals in a tag's value", "m,t=v=w f=1", [.init(#"m,t=v\=w"#, [f])]),
    ("escaped_space", #"m\ n,t\ u=v\ w f\ g=1"#, [.init(#"m\ n,t\ u=v\ w"#, [.init("f g", .double(1))])]),
    ("escaped_double_quote_field_value", #"m f="a\"b""#, [.init("m", [.init("f", .varchar(#"a"b"#))])]),
    ("escaped_backslash_field_value", #"m f="a\\b\c""#, [.init("m", [.init("f", .varchar(#"a\b\c"#))])]),
    (
      "escaped_backslash_not_field_value", #"m\\n,t\\u=v\\ f\\=1"#,
      [.init(#"m\\n,t\\u=v\\"#, [.init(#"f\"#, .double(1))])]
    ),
    ("unknown escapes", #"m\n,t\u=v\w f\g=1"#, [.init(#"m\\n,t\\u=v\\w"#, [.init(#"f\g"#, .double(1))])]),
    ("single_point_single_comment", "# one\nm f=1", [.init("m", [f], line: 2)]),
    ("single_point_multiple_comments", "# one\n  # two\nm f=1\n# three", [.init("m", [f], line: 3)]),
    ("multiple_points_single_comment", "m f=1\n# é\nn f=1", [.init("m", [f]), .init("n", [f], line: 3)]),
    (
      "multiple_points_multiple_comments", "#\nm f=1\n#\n\nn f=1\n#",
      [.init("m", [f], line: 2), .init("n", [f], line: 5)]
    ),
    ("empty", "", []),
    ("blank lines", "\n \t\n\r\n", []),
    ("no_timestamp, which takes the server's", "m f=1", [.init("m", [f], at: 7)]),
    ("no_timestamp, and a blank", "m f=1 \nn f=1  ", [.init("m", [f]), .init("n", [f], line: 2)]),
    ("a time before 1970, and blanks", "m  f=1   -5  ", [.init("m", [f], at: -5)]),
    (
      "the earliest and the latest time", "m f=1 -9223372036854775808\nm f=1 9223372036854775807",
      [.init("m", [f], at: .min), .init("m", [f], at: .max, line: 2)]
    ),
    (
      "lines that end with CR LF", "m f=1 5\r\nm f=1\r\n# c\r\nm f=1 \r\nm f=\"a\r\nb\"\r\nm f=t\r",
      [
        .init("m", [f], at: 5), .init("m", [f], line: 2), .init("m", [f], line: 4),
        .init("m", [.init("f", .varchar("a\r\nb"))], line: 5), .init("m", [.init("f", .boolean(true))], line: 7),
      ]
    ),
    (
      "a text over several lines", "m f=\"a\n\nb\",g=\"é\\\"\n\" 5\nm f=1",
      [.init("m", [.init("f", .varchar("a\n\nb")), .init("g", .varchar("é\"\n"))], at: 5), .init("m", [f], line: 5)]
    ),
    ("an empty text", #"m f="",g="\"""#, [.init("m", [.init("f", .varchar("")), .init("g", .varchar("\""))])]),
    (
      "two orders of the same tags, and two spellings of one name", "m,b=2,a=1 f\\x=1\nm,a=1,b=2 f\\\\x=2",
      [
        .init("m,a=1,b=2", [.init(#"f\x"#, .double(1))]), .init("m,a=1,b=2", [.init(#"f\x"#, .double(2))], line: 2),
      ]
    ),
    (
      "the ends of integers", "m a=-9223372036854775808i,b=9223372036854775807i,c=9223372036854775807u,d=-0i",
      [
        .init(
          "m",
          [.init("a", .bigint(.min)), .init("b", .bigint(.max)), .init("c", .bigint(.max)), .init("d", .bigint(0))])
      ]
    ),
    (
      "forms of floats", "m a=-1,b=1e3,c=1.5E-3,d=1e+2,e=007,f=00.50,g=-0,h=-0.0e5,i=0e999999999999",
      [
        .init(
          "m",
          [
            .init("a", .double(-1)), .init("b", .double(1000)), .init("c", .double(0.0015)), .init("d", .double(100)),
            .init("e", .double(7)), .init("f", .double(0.5)), .init("g", .double(0)), .init("h", .double(0)),
            .init("i", .double(0)),
          ])
      ]
    ),
  ]

  @Test("What is right is read", arguments: read)
  func reads(_ name: String, _ body: String, _ points: [ExpectedPoint]) throws {
    #expect(try LineProtocol.parse(body) == points, "\(name)")
    #expect(try LineProtocol.parse(body + "\n") == points, "\(name), with a line feed at the end")
  }

  @Test("A negative zero is zero") func negativeZero() throws {
    let points = try LineProtocol.parse("m a=-0,b=-0.0,c=-0e5,d=-1e-400").flatMap(\.fields)
    #expect(points.map(\.value).map { $0 == .double(0) && "\($0)" == "double(0.0)" } == [true, true, true, true])
  }

  static let precisions: [(String, String, Int64)] = [
    ("ns", "1577836800000000001", 1_577_836_800_000_000_001), ("n", "1577836800000000001", 1_577_836_800_000_000_001),
    ("us", "1577836800000001", 1_577_836_800_000_001_000), ("u", "-1", -1000),
    ("ms", "1577836800001", 1_577_836_800_001_000_000), ("s", "1577836801", 1_577_836_801_000_000_000),
    ("m", "26297280", 1_577_836_800_000_000_000), ("h", "438288", 1_577_836_800_000_000_000),
  ]

  @Test("A time has the unit that the request names", arguments: precisions)
  func precision(_ name: String, _ text: String, _ time: Int64) throws {
    let precision = try #require(LineProtocol.Precision(name))
    #expect(try LineProtocol.parse("m f=1 \(text)", precision: precision).map(\.time) == [time])
    #expect(try LineProtocol.parse("m f=1", precision: precision).map(\.time) == [7])
  }

  @Test("Another unit is none", arguments: ["", "NS", "ns ", "min", "d", "nanoseconds"])
  func noPrecision(_ name: String) { #expect(LineProtocol.Precision(name) == nil) }

  @Test("A unit that moves a time past 64 bits of nanoseconds is an error", arguments: LineProtocol.Precision.allCases)
  func timeOverflow(_ precision: LineProtocol.Precision) throws {
    let last = Int64.max / precision.nanoseconds
    #expect(
      try LineProtocol.parse("m f=1 \(last)\nm f=1 -\(last)", precision: precision).map(\.time)
        == [last * precision.nanoseconds, -last * precision.nanoseconds])
    let error = LineProtocolError(line: 1, column: 7, .timeOverflow)
    #expect(throws: error) { try LineProtocol.parse("m f=1 \(UInt64(last) + 1)", precision: precision) }
    #expect(throws: error) { try LineProtocol.parse("m f=1 -\(UInt64(last) + 2)", precision: precision) }
  }
}
