import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Names and texts that are hostile to line protocol or to InfluxQL.
@Suite("Names in InfluxDB")
struct InfluxNameTests {
  /// Every text of up to three of the bytes that mean something somewhere.
  static let words: [String] = {
    let letters = ["a", "\\", ",", " ", "=", "\"", "'", "#"]
    var words: [String] = []
    var last = [""]
    for _ in 0..<3 {
      last = last.flatMap { word in letters.map { word + $0 } }
      words += last
    }
    return words
  }()

  @Test(
    "every short name that is taken comes back, and no other does",
    .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
  func names() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      var parts: [SeriesSamples] = []
      for (number, word) in Self.words.enumerated() {
        let sample = Sample(1, ["v": .bigint(Int64(number))])
        parts.append(SeriesSamples(series: try .source(word), samples: [sample]))
        parts.append(SeriesSamples(series: try .tagged(word), samples: [sample]))
        parts.append(SeriesSamples(series: try .tagged("names", [word: "x"]), samples: [sample]))
        parts.append(SeriesSamples(series: try .tagged("values", ["t": word]), samples: [sample]))
        parts.append(
          SeriesSamples(series: try .tagged("fields", ["n": "\(number)"]), samples: [Sample(1, [word: .bigint(1)])]))
        parts.append(
          SeriesSamples(series: try .tagged("texts", ["n": "\(number)"]), samples: [Sample(1, ["t": .varchar(word)])]))
      }
      let written = await history.write(parts, version: 1)
      var kept: Set<Series> = []
      for (part, outcome) in zip(parts, written) {
        #expect(outcome.failure == nil && outcome.stored + outcome.rejected.count == 1)
        if outcome.stored == 1 { kept.insert(part.series) }
      }
      // No more is rejected than has to be: what ends with a backslash, and some with one inside.
      #expect(kept.count > parts.count * 3 / 4)
      let latest = try await history.latest(of: parts.map(\.series))
      for part in parts where kept.contains(part.series) {
        #expect(latest.samples[part.series] == part.samples[0], "\(part.series)")
      }
      #expect(latest.samples.count == kept.count)
      var listed: [Series] = []
      var next: String?
      repeat {
        let page = try await history.series(after: next, limit: 1000)
        listed += page.series
        next = page.next
      } while next != nil
      #expect(listed.count == kept.count && Set(listed) == kept)
      // Again, one by one.
      for part in parts.enumerated().filter({ $0.offset % 37 == 0 }).map(\.element) {
        #expect(try await history.all(part.series) == (kept.contains(part.series) ? part.samples : []))
      }
    }
  }

  @Test("statements in names are names", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
  func statements() async throws {
    let hostile = [
      "'; DROP DATABASE history; --", "\"; DROP DATABASE history; --", "x' OR 'a'='a", "\" OR \"\" = \"", "$p0", "/.*/",
      "*", "a,identifier=b v=2 3", "::tag", "history", "time", "\\n", "\u{2028}", "a\u{301}", "😀", "%00", "&q=DROP",
      "\\'; DROP SERIES FROM history; \\'",
    ]
    try await InfluxServer.with { server in
      let history = try server.history()
      var expected: [Series: Sample] = [:]
      for (number, name) in hostile.enumerated() {
        let value = MeasureValue.double(Double(number))
        for series in [
          try Series.source(name), try .tagged(name), try .tagged("m", [name == "time" ? "t" : name: name]),
        ] {
          let sample = Sample(1, [name == "time" ? "t" : name: value])
          #expect(await history.write([sample], of: series, version: 1) == HistoryWrite(stored: [1]), "\(series)")
          expected[series] = sample
        }
      }
      for (series, sample) in expected { #expect(try await history.all(series) == [sample], "\(series)") }
      #expect(try await history.latest(of: Array(expected.keys)).samples == expected)
      let page = try await history.series(after: nil, limit: 1000)
      #expect(Set(page.series) == Set(expected.keys) && page.next == nil)
    }
  }

  @Test(
    "are quoted in one way",
    arguments: [
      ("a", #""a""#, "'a'"), ("\"", #""\"""#, #"'"'"#), ("'", #""'""#, #"'\''"#), ("\\", #""\\""#, #"'\\'"#),
      ("\n", #""\n""#, #"'\n'"#), ("\"\u{301}", "\"\\\"\u{301}\"", "'\"\u{301}'"), ("", "\"\"", "''"),
    ] as [(String, String, String)])
  func quoting(text: String, name: String, literal: String) {
    #expect(InfluxQL.name(text).utf8.elementsEqual(name.utf8))
    #expect(InfluxQL.text(text).utf8.elementsEqual(literal.utf8))
  }

  @Test("a list of fields reads back, and nothing else is one")
  func lists() {
    for word in Self.words {
      let sample = Sample(1, [word: .double(1), "b": .bigint(2), "z,\\": .varchar(""), "é": .boolean(true)])
      let fields = sample.measures.map { InfluxField(name: ByteText($0.name), type: InfluxType($0.value)) }
      for nanoseconds in [0, 1] as [Int32] {
        var sample = sample
        sample.nanoseconds = nanoseconds
        let list = InfluxFieldList(InfluxFieldList.text(of: sample))
        #expect(list?.fields == Set(fields) && list?.isFiner == (nanoseconds > 0))
      }
    }
    for text in ["", ".", "x", ".d", ".xa", ".da,", ".da\\", ",", ".,"] {
      #expect(InfluxFieldList(text) == nil, "\(text)")
    }
  }

  @Test(
    "keys of series are read as InfluxDB writes them",
    arguments: [
      ("m", "m", [:]), (#"a\,b\ c,t=x\=\,\ y"#, "a,b c", ["t": "x=, y"]),
      (#"a\b,k\=1=v\\,w"#, "a\\b", ["k=1": "v\\,w"]),
      (#"m=1,a=b=c"#, "m=1", ["a": "b=c"]),
    ] as [(String, String, [String: String])])
  func keys(text: String, measurement: String, tags: [String: String]) throws {
    let key = SeriesKey(
      measurement: ByteText(measurement), tags: tags.map { SeriesKey.Tag(ByteText($0.key), ByteText($0.value)) })
    #expect(InfluxLine.key(text) == key)
  }

  @Test("what is no key is none", arguments: ["", ",", "m,", "m,a", "m,a=", "m,=b", "m,a=b,a=c"])
  func noKeys(text: String) { #expect(InfluxLine.key(text) == nil) }

  @Test(
    "pages of series hold each once, also where others come and go meanwhile",
    .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
  func pages() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let series = try (0..<25).map { try Series.tagged("m", ["t": "\(100 + $0)"]) }
      for one in series { _ = await history.write([Sample(1, ["a": .double(1)])], of: one, version: 1) }
      for limit in [1, 7, 24, 25, 26] {
        var (listed, next): ([Series], String?) = ([], nil)
        repeat {
          let page = try await history.series(after: next, limit: limit)
          #expect(page.series.count <= limit)
          (listed, next) = (listed + page.series, page.next)
        } while next != nil
        #expect(listed == series)
      }
      let first = try await history.series(after: nil, limit: 10)
      _ = await history.write([Sample(1, ["a": .double(1)])], of: try .tagged("a"), version: 1)
      try await server.ask("DROP SERIES FROM m WHERE t = '103'")
      try await server.ask("DROP SERIES FROM m WHERE t = '104'")
      let second = try await history.series(after: first.next, limit: 10)
      let third = try await history.series(after: second.next, limit: 10)
      #expect(first.series + second.series + third.series == series && third.next == nil)
      await #expect(throws: StoreError.self) { try await history.series(after: "x", limit: 1) }
      #expect(
        try await server.history(retentionPolicy: "autogen").series(after: nil, limit: 1).series == [.tagged("a")])
    }
  }
}
