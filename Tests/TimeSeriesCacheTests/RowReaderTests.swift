import CacheSupport
import Testing

@testable import TimeSeriesCache

/// One page of a source's answer, from bytes to samples.
@Suite struct RowReaderTests {
  static func described(_ change: (inout JSONObject) -> Void = { _ in }) throws -> SourceDescription {
    var object = try #require(SourceTests.source.object)
    change(&object)
    return try SourceDescription(name: "s", json: .object(object))
  }

  /// A page's samples, a few at a time.
  static func read(_ body: String, _ source: SourceDescription, atOnce: Int = 2) throws -> ([Sample], SourceTally) {
    var page = try RowReader(Array(body.utf8), of: source)
    var samples: [Sample] = []
    while true {
      let part = try page.next(atOnce)
      if part.isEmpty { return (samples, page.tally) }
      #expect(part.count <= atOnce)
      samples += part
    }
  }

  static let unreadablePages: [(body: String, text: String)] = [
    ("<html>", "source 's', answer: is not JSON: unexpected character at byte 0"),
    ("{}", "source 's', answer /d: holds no array of rows"),
    (#"{"d":null}"#, "source 's', answer /d: holds no array of rows"),
    (#"{"d":[{"t":1,"v":1}]"#, "source 's', answer: is not JSON: expected ',' or '}' at byte 20"),
    (#"{"d":[{"t":1,"v":1}]} x"#, "source 's', answer: is not JSON: unexpected text after the value at byte 22"),
    (#"{"d":[{"t":1,"v":01}]}"#, "source 's', answer: is not JSON: expected ',' or '}' at byte 18"),
  ]

  @Test("A page that cannot be read gives no row, and says where and why", arguments: unreadablePages)
  func unreadable(body: String, text: String) throws {
    let source = try Self.described()
    do throws(SourceError) {
      _ = try RowReader(Array(body.utf8), of: source)
      Issue.record("no error")
    } catch { #expect(error.description == text) }
  }

  static let faults: [(row: String, text: String)] = [
    (#"{"v":1}"#, "source 's', answer /d/0/t: holds no time"),
    ("5", "source 's', answer /d/0/t: holds no time"),
    (#"{"t":"noon","v":1}"#, "source 's', answer /d/0/t: '\"noon\"' is not a time in the format seconds"),
    (#"{"t":1e300,"v":1}"#, "source 's', answer /d/0/t: '1e300' is not a time in the format seconds"),
    (#"{"t":"0x10","v":1}"#, "source 's', answer /d/0/t: '\"0x10\"' is not a time in the format seconds"),
    (#"{"t":null,"v":1}"#, "source 's', answer /d/0/t: 'null' is not a time in the format seconds"),
    (#"{"t":-0.001,"v":1}"#, "source 's', answer /d/0/t: '-0.001' is not a time in the format seconds"),
    (#"{"t":9223372036.855,"v":1}"#, "source 's', answer /d/0/t: '9223372036.855' is not a time in the format seconds"),
    (#"{"t":1,"v":"much"}"#, "source 's', answer /d/0/v: '\"much\"' is not a double"),
    (#"{"t":1,"v":{}}"#, "source 's', answer /d/0/v: '{}' is not a double"),
    (#"{"t":1,"v":true}"#, "source 's', answer /d/0/v: 'true' is not a double"),
    (#"{"t":1,"v":1e999}"#, "source 's', answer /d/0/v: '1e999' is not a double"),
  ]

  @Test("A row that cannot be read is a fault with its place, and the others are read", arguments: faults)
  func fault(row: String, text: String) throws {
    let (samples, tally) = try Self.read(#"{"d":[\#(row),{"t":2,"v":2}]}"#, try Self.described())
    #expect(samples == [Sample(time: 2000, measures: [Measure("v", .double(2))])])
    #expect(tally.faults.elements.map(\.description) == [text])
    #expect(tally.rows == 2)
  }

  static let presences: [(rows: String, time: String, measures: [String], missing: [String])] = [
    // A wrong place of the time leaves the measures found.
    (#"{"v":1,"w":2},{"v":3,"w":null}"#, "/t 0 0 0 0", ["v 0 2 0 0", "w 0 1 1 0"], []),
    (#"{"t":"noon","v":1}"#, "/t 0 0 0 1", ["v 0 1 0 0", "w 0 0 0 0"], ["w"]),
    // So does a measure that is not what it should be, before the others and after them.
    (#"{"t":1,"v":{},"w":2},{"t":2,"v":1,"w":[]}"#, "/t 2 0 0 0", ["v 0 1 0 1", "w 0 1 0 1"], []),
    (#"{"t":1,"v":1},{"t":2,"v":{}}"#, "/t 2 0 0 0", ["v 1 0 0 1", "w 0 0 0 0"], ["w"]),
  ]

  @Test("Each place is counted by itself: read, lost with its row, blank, unreadable", arguments: presences.indices)
  func presence(index: Int) throws {
    let (rows, time, measures, missing) = Self.presences[index]
    let source = try Self.described { $0["measures"] = ["v": "/v", "w": "/w"] }
    let (_, tally) = try Self.read(#"{"d":[\#(rows)]}"#, source)
    func text(_ one: SourceTally.Presence) -> String {
      "\(one.name) \(one.values) \(one.lost) \(one.blanks) \(one.unreadable)"
    }
    #expect(tally.time.map(text) == time && tally.measures.map(text) == measures)
    #expect(tally.missingMeasures == missing)
    for one in tally.measures + [tally.time].compactMap(\.self) {
      #expect((one.reason == nil) == (one.unreadable == 0))
    }
  }

  @Test(
    "A text that JSON's grammar does not take for a number is not read as one",
    arguments: ["0x10", " 1", "1 ", "inf", "nan", "NaN", "-Infinity", "1_0", "+1", "1.", ".5", "01", "1e", "١"])
  func noNumber(text: String) throws {
    let source = try Self.described { $0["measures"] = ["b": ["at": "/b", "type": "bigint"], "v": "/v"] }
    for member in ["b", "v"] {
      let (samples, tally) = try Self.read(#"{"d":[{"t":1,"\#(member)":"\#(text)"}]}"#, source)
      #expect(samples == [])
      #expect(tally.faults.count == 1)
    }
    // Nor is it a time.
    let (_, tally) = try Self.read(#"{"d":[{"t":"\#(text)","v":1}]}"#, source)
    #expect(tally.faults.count == 1)
  }

  static let values: [(type: String, json: String, value: MeasureValue?)] = [
    ("double", "1.5e3", .double(1500)), ("double", #""-2.5""#, .double(-2.5)), ("double", "-0.0", .double(0)),
    ("double", #""""#, nil), ("double", "null", nil),
    ("bigint", "9007199254740993", .bigint(9_007_199_254_740_993)), ("bigint", #""-7""#, .bigint(-7)),
    ("bigint", "5.0", .bigint(5)), ("bigint", #""""#, nil),
    ("varchar", #""a\u00e4\n""#, .varchar("aä\n")), ("varchar", "1.50", .varchar("1.50")), ("varchar", #""""#, nil),
    ("boolean", "true", .boolean(true)), ("boolean", #""false""#, .boolean(false)), ("boolean", #""""#, nil),
  ]

  @Test("A value is read as its type; null and an empty text leave out the measure, not the row", arguments: values)
  func value(type: String, json: String, value: MeasureValue?) throws {
    let source = try Self.described { $0["measures"] = ["m": ["at": "/m", "type": .string(type)], "z": "/z"] }
    let (samples, tally) = try Self.read(#"{"d":[{"t":1,"m":\#(json),"z":1}]}"#, source)
    let expected = (value.map { [Measure("m", $0)] } ?? []) + [Measure("z", .double(1))]
    #expect(samples == [Sample(time: 1000, measures: expected)])
    #expect(tally.measures.map(\.values) == [value == nil ? 0 : 1, 1])
    #expect(tally.measures.map(\.blanks) == [value == nil ? 1 : 0, 0])
    #expect(tally.faults.isEmpty)
  }

  static let times: [(format: String, json: String, time: Int64)] = [
    ("seconds", "1590352200", 1_590_352_200_000), ("seconds", "1590352200.123", 1_590_352_200_123),
    ("seconds", #""1590352200""#, 1_590_352_200_000), ("milliseconds", "1590352200123", 1_590_352_200_123),
    ("milliseconds", "0", 0), ("milliseconds", "9223372036854", 9_223_372_036_854),
    ("milliseconds", #""1590352200123.9""#, 1_590_352_200_123), ("iso8601", #""2020-05-24T20:30Z""#, 1_590_352_200_000),
    ("iso8601", #""2020-05-24T20:30:00.5\u002b00:00""#, 1_590_352_200_500),
    ("iso8601", #""2020-05-24""#, 1_590_278_400_000),
  ]

  static let outside: [(format: String, json: String)] = [
    ("milliseconds", "-1"), ("milliseconds", "9223372036855"), ("iso8601", #""1969-12-31T23:59:59.999Z""#),
    ("iso8601", #""2262-04-12""#),
  ]

  @Test("A time that Timestream cannot store is a fault in each format", arguments: outside)
  func outsideTime(format: String, json: String) throws {
    let source = try Self.described { $0["time"] = ["at": "/t", "format": .string(format)] }
    let (samples, tally) = try Self.read(#"{"d":[{"t":\#(json),"v":1}]}"#, source)
    #expect(samples == [])
    #expect(
      tally.faults.elements.map(\.description) == [
        "source 's', answer /d/0/t: '\(json)' is not a time in the format \(format)"
      ])
  }

  @Test("A text of 2,048 bytes is stored, and a longer one is a fault") func longText() throws {
    let source = try Self.described { $0["measures"] = ["m": ["at": "/m", "type": "varchar"]] }
    // Characters of two bytes: the bytes count.
    let text = String(repeating: "ä", count: 1024)
    let (samples, tally) = try Self.read(#"{"d":[{"t":1,"m":"\#(text)"},{"t":2,"m":"\#(text)x"}]}"#, source)
    #expect(samples == [Sample(time: 1000, measures: [Measure("m", .varchar(text))])])
    #expect(tally.faults.elements.map(\.place) == ["answer /d/1/m"])
  }

  @Test("A time is read in its format", arguments: times)
  func time(format: String, json: String, time: Int64) throws {
    let source = try Self.described { $0["time"] = ["at": "/t", "format": .string(format)] }
    #expect(try Self.read(#"{"d":[{"t":\#(json),"v":1}]}"#, source).0.map(\.time) == [time])
  }

  @Test("Null and absent values are absent; a row without any is counted, and no sample")
  func absent() throws {
    let body = #"{"d":[{"t":1,"v":1},{"t":"x","v":2},{"t":3,"v":null},{"t":4},{"t":5,"v":"5.5"},{"t":6.5,"v":-0.0}]}"#
    let (samples, tally) = try Self.read(body, try Self.described())
    #expect(
      samples == [
        Sample(time: 1000, measures: [Measure("v", .double(1))]),
        Sample(time: 5000, measures: [Measure("v", .double(5.5))]),
        Sample(time: 6500, measures: [Measure("v", .double(0))]),
      ])
    #expect(tally.faults.elements.map(\.place) == ["answer /d/1/t"])
    #expect(tally.rows == 6)
    #expect(tally.samples == 3)
    #expect(tally.times == TimeRange(from: 1000, to: 6500))
  }

  @Test("Columns are read side by side; one that is absent is missing") func columns() throws {
    let source = try Self.described {
      $0["rows"] = nil
      $0["columns"] = "/c"
      $0["measures"] = ["v": "/v", "w": "/deep/0"]
    }
    let (samples, tally) = try Self.read(#"{"c":{"deep":[[1,null,3]],"t":[1,2,3],"v":[null,7,8]}}"#, source, atOnce: 1)
    #expect(
      samples == [
        Sample(time: 1000, measures: [Measure("w", .double(1))]),
        Sample(time: 2000, measures: [Measure("v", .double(7))]),
        Sample(time: 3000, measures: [Measure("v", .double(8)), Measure("w", .double(3))]),
      ])
    #expect(tally.missingMeasures == [])
    #expect(try Self.read(#"{"c":{"t":[1,2],"v":[null,7]}}"#, source).1.missingMeasures == ["w"])
    let (_, faulty) = try Self.read(#"{"c":{"t":[1,2],"v":["x",7]}}"#, source)
    #expect(
      faulty.faults.elements.map(\.description) == ["source 's', answer /c, element 0/v: '\"x\"' is not a double"])
  }

  @Test(
    "Columns of another length, or without times or measures, are refused",
    arguments: [#"{"c":{"t":[1,2],"v":[7]}}"#, #"{"c":{"t":[1,2]}}"#, #"{"c":[]}"#, #"{"c":{"v":[]}}"#, "{}"])
  func badColumns(body: String) throws {
    let source = try Self.described {
      $0["rows"] = nil
      $0["columns"] = "/c"
    }
    #expect(throws: SourceError.self) { try RowReader(Array(body.utf8), of: source) }
  }

  @Test("An offset that is described must be there, before or after the rows")
  func utcOffset() throws {
    let source = try Self.described { $0["time"] = ["at": "/t", "utcOffset": "/zone/seconds"] }
    let row = #""d":[{"t":"2020-05-24T20:30","v":1}]"#
    for body in [#"{"zone":{"seconds":3600},\#(row)}"#, #"{\#(row),"zone":{"seconds":3600}}"#] {
      #expect(try Self.read(body, source).0.map(\.time) == [1_590_348_600_000])
    }
    let faults = [
      #"{\#(row)}"#: "is not there: time/utcOffset of the description names it",
      #"{"zone":{"seconds":null},\#(row)}"#: "is not there: time/utcOffset of the description names it",
      #"{"zone":{"seconds":"3600"},\#(row)}"#: "'\"3600\"' is not an offset from UTC in seconds",
      #"{"zone":{"seconds":1e9},\#(row)}"#: "'1e9' is not an offset from UTC in seconds",
    ]
    for (body, reason) in faults {
      do throws(SourceError) {
        _ = try RowReader(Array(body.utf8), of: source)
        Issue.record("no error for \(body)")
      } catch { #expect(error.description == "source 's', answer /zone/seconds: \(reason)") }
    }
  }

  @Test("Names are compared by bytes, and the places of rows are pointers with escapes and indices")
  func names() throws {
    let source = try Self.described {
      $0["rows"] = "/a~1b/1"
      $0["measures"] = ["composed": "/\u{E9}", "decomposed": "/e\u{301}", "n": "/list/2", "whole": "/v"]
    }
    let body = #"{"a/b":[0,[{"t":1,"\#u{E9}":1,"e\#u{301}":2,"list":[9,9,3],"v":4}]]}"#
    let measures = [("composed", 1.0), ("decomposed", 2), ("n", 3), ("whole", 4)].map { Measure($0.0, .double($0.1)) }
    #expect(try Self.read(body, source).0 == [Sample(time: 1000, measures: measures)])
  }

  @Test("Whatever members a row has, and in whatever order, only those described are read")
  func order() throws {
    let source = try Self.described { $0["measures"] = ["a": "/x/a", "b": "/x/b", "same": "/x/a"] }
    let body =
      #"{"z":[[]],"d":[{"x":{"q":1,"b":2,"a":1},"t":1},{"t":2,"x":{"a":3}},{"x":7,"t":3},{"t":4,"x":{"a":5,"a":6}}]}"#
    let (samples, _) = try Self.read(body, source)
    #expect(
      samples == [
        Sample(
          time: 1000, measures: [Measure("a", .double(1)), Measure("b", .double(2)), Measure("same", .double(1))]),
        Sample(time: 2000, measures: [Measure("a", .double(3)), Measure("same", .double(3))]),
        Sample(time: 4000, measures: [Measure("a", .double(6)), Measure("same", .double(6))]),
      ])
  }

  @Test(
    "Of a repeated member the last one counts, and nothing of an earlier one stays",
    arguments: [
      (#"{"t":1,"x":{"a":1,"b":2},"x":{}}"#, []), (#"{"t":1,"x":{"a":1,"b":2},"x":5}"#, []),
      (#"{"t":1,"x":{"a":1,"b":2},"x":{"b":3}}"#, [Measure("b", .double(3))]),
      (#"{"t":1,"x":{"a":1},"x":null,"x":{"a":4}}"#, [Measure("a", .double(4))]),
    ])
  func repeatedMember(row: String, measures: [Measure]) throws {
    let source = try Self.described { $0["measures"] = ["a": "/x/a", "b": "/x/b"] }
    let (samples, tally) = try Self.read(#"{"d":[\#(row)]}"#, source)
    #expect(samples == (measures.isEmpty ? [] : [Sample(time: 1000, measures: measures)]))
    #expect(tally.faults.isEmpty)
  }

  @Test("Of 100,000 broken rows ten faults are kept") func manyFaults() throws {
    let rows = Array(repeating: #"{"t":"x"}"#, count: 100_000).joined(separator: ",")
    let (_, tally) = try Self.read(#"{"d":[\#(rows)]}"#, try Self.described())
    #expect(tally.faults.count == 100_000)
    #expect(tally.faults.elements.count == 10)
  }
}
