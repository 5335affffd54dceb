import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// Names that are hostile to a language, a pattern or a format, and lists of the series that there are.
  @Suite struct Names {
    static let identifiers: [String] = [
      "plain", "Plain", "PLAIN", "plain2", "plai", "pla%", "pl_in", "%", "_", "%%", "*", "plain*", ".*", "^plain$",
      "/.*/", "p|q", "[a-z]+", "?",
      "'", "''", "\"", "\"\"", "`", "it's", #"say "hi""#, "' OR '1'='1", "' OR 1=1 --", "'; DROP TABLE history; --",
      "\"; DROP MEASUREMENT x; --",
      "x' UNION SELECT * FROM \"d\".\"t\" --", "plain' --", "plain\" --", "/* plain */", "-- plain",
      "; DELETE FROM plain", "$plain", "$1", "@plain",
      ":plain", #"\"#, #"\\"#, #"plain\"#, #"\'"#, #"\""#, #"plain\ "#, #"\n"#, #"a\,b"#, "a,b", "a=b", "a b", " plain",
      "plain ", "  ", ",", "=",
      "room,t=1", #"room\ ,t=1"#, "room,t=1 v=2", "room,t=1 v=2 3", "room v=1", "#plain", "v=1i,w=\"x\" 1", "é",
      "e\u{301}", "日本語", "👩‍👩‍👧‍👦",
      "\u{FEFF}plain", "\u{A0}", "\u{2028}", "%27", "%00", "\\u0027", "&amp;", "null", "true", "0", "-1", "1e5", "NaN",
      "select", "identifier",
      "measure_name", "time", "start", "series", "../plain", "plain/../other", "plain\u{200B}",
      String(repeating: "n", count: 2000),
      String(repeating: "\"", count: 1000), String(repeating: #"\"#, count: 999), String(repeating: "é", count: 1000),
    ]

    @Test("Every name is its own, whatever it says in any language", arguments: StoreKind.allCases)
    func hostile(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let store = try home.store()
      let takesAll = Facts.of(kind).takesLastBackslash
      let all = try Self.identifiers.map { try Series.source($0) }
      let allSamples = all.indices.map {
        [row(2000, Double($0)), row(1000, ["t": .varchar(Self.identifiers[$0].prefixed)])]
      }
      let parts = zip(all, allSamples).map { SeriesSamples(series: $0, samples: $1) }
      for (one, outcome) in zip(all, await store.write(parts, version: 1)) {
        let isTaken = takesAll || !one.identifier.text.hasSuffix("\\")
        #expect(outcome.counts == (isTaken ? Counts(stored: 2) : Counts(rejected: 2)), "\(one): \(outcome)")
        if !isTaken { #expect(try await store.all(one) == [], "\(one)") }
      }
      let taken = all.indices.filter { takesAll || !all[$0].identifier.text.hasSuffix("\\") }
      let (series, samples) = (taken.map { all[$0] }, taken.map { allSamples[$0] })
      for (one, rows) in zip(series, samples) { #expect(try await store.all(one) == rows, "\(one)") }
      // Every second one is corrected: the others stay.
      for place in stride(from: 0, to: series.count, by: 2) {
        await store.put([row(2000, -1 - Double(place))], series[place], version: 2)
      }
      let range = try #require(TimeRange(from: 0, to: Home.now - 1001))
      let other = try home.store()
      let binning = Binning(width: 60_000, aggregates: [.last])
      for (place, one) in series.enumerated() {
        let value = place.isMultiple(of: 2) ? -1 - Double(place) : Double(taken[place])
        #expect(try await other.rows(of: one, in: range, limit: 10).samples == [row(2000, value)], "\(one)")
        let bins = try await other.bins(of: one, in: range, by: binning, limit: 10).bins
        #expect(bins.map { $0.measures["v"]?.last } == [.double(value)], "\(one)")
        #expect(try await other.newest(of: one, in: nil).time == Home.now - 1000)
        #expect(try await other.lastValues(of: one, before: Home.now, measures: ["v"]).values == ["v": .double(value)])
      }
      let latest = try await other.latest(of: series)
      #expect(latest.samples == Dictionary(uniqueKeysWithValues: zip(series, samples.map { $0[1] })))
      #expect(try await other.list(pages: 7).map(\.identifier).sorted() == series.map(\.identifier).sorted())
    }

    @Test("Names of measures in conditions and bounds are names", arguments: StoreKind.allCases)
    func hostileMeasures(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let names = ["v", "v\" OR \"v", "v' OR '1'='1", #"v\w"#, "v)", "*", "v, w", "1"]
      let measures = names.enumerated().map { Measure($1, .double(Double($0))) }.sorted {
        ByteText($0.name) < ByteText($1.name)
      }
      let samples = [Sample(time: Home.now - 2, measures: measures), row(1, 100)]
      await store.put(samples, series)
      let range = try #require(TimeRange(from: 0, to: Home.now))
      for (place, name) in names.enumerated() {
        let value = Double(place)
        let found = try await store.rows(
          of: series, in: range, limit: 5, where: MeasureCondition(ByteText(name), .equal, .double(value)))
        #expect(found.samples == [samples[0]], "\(name)")
        #expect(
          try await store.lastValues(of: series, before: Home.now - 1, measures: [ByteText(name)]).values == [
            ByteText(name): .double(value)
          ])
        let outside = try await store.outliers(
          of: series, in: range, beyond: [ByteText(name): OutlierBound(mean: -1, distance: 0.5)], limit: 1)
        #expect(outside.samples.map(\.measures) == [[Measure(name, .double(value))]], "\(name)")
        let binning = Binning(width: 60_000, aggregates: [.sum], measures: [ByteText(name)])
        let bins = try await store.bins(of: series, in: range, by: binning, limit: 5).bins
        #expect(bins.map { $0.measures.keys.map(\.text) } == [[name]], "\(name)")
      }
      // A text in a condition is a text.
      await store.put([row(3, ["t": .varchar("' OR '1'='1")]), row(4, ["t": .varchar("other\\")])], series)
      for text in ["' OR '1'='1", "other\\"] {
        let found = try await store.rows(
          of: series, in: range, limit: 5, where: MeasureCondition("t", .equal, .varchar(text)))
        #expect(found.samples.map { $0.measures } == [[Measure("t", .varchar(text))]])
      }
    }

    @Test("The list has every series once, in pages of every size", arguments: StoreKind.allCases)
    func list(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let store = try home.store()
      #expect(try await store.list(pages: 10) == [])
      let series = try (0..<60).map { try Series.source("series \($0 * 7919 % 1000)") }
      // Two of them hold so many rows that a store may keep them in several places.
      let parts = series.enumerated().map { place, one in
        SeriesSamples(series: one, samples: place < 2 ? everyFiveMinutes(3000) : [row(Int64(place) + 1, 1)])
      }
      for outcome in await store.write(parts, version: 1) { #expect(outcome.failure == nil) }
      for limit in [1, 2, 7, 59, 60, 61, 1000] {
        let listed = try await store.list(pages: limit)
        #expect(listed.map(\.identifier).sorted() == series.map(\.identifier).sorted(), "\(limit)")
      }
      // One that is new and one that is written again while the list is read: the others are listed once all the same.
      var listed: [Series] = []
      var next: String?
      var pages: Int64 = 0
      repeat {
        let page = try await home.store().series(after: next, limit: 20)
        listed += page.series
        next = page.next
        pages += 1
        await store.put([row(pages, 5)], try .source("new \(pages)"), version: 3)
        await store.put([row(pages, 5)], series[0], version: 3)
      } while next != nil && pages < 1000
      let old = listed.filter { series.contains($0) }.map(\.identifier).sorted()
      #expect(old == series.map(\.identifier).sorted())
      #expect(Set(listed).count == listed.count)
      // A start that no page gave is refused, or is some place in the list.
      do throws(StoreError) {
        let page = try await store.series(after: "no place", limit: 5)
        #expect(page.series.count <= 5)
      } catch { #expect(error.kind == .failed) }
    }

    @Test("Written series beside those that sources know", arguments: StoreKind.allCases)
    func written(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let store = try home.store()
      let keys = [
        "room", "room,t=1", "room,t=2", "room,t=1,u=2", "room,u=2", "rooms,t=1", #"room,t=é"#, #"room,t=e\#u{301}"#,
        #"room,t=it's"#,
        #"room,t=a\ b\,c\=d"#, #"room,t="x""#, "room,é=1", "room,T=1",
      ]
      let series = try keys.map { try Series.written($0) } + [try .source("source"), try .source("room")]
      let isApart = Facts.of(kind).keepsWrittenApart
      let parts = series.enumerated().map { place, one in
        SeriesSamples(series: one, samples: [row(1000, Double(place)), row(500, 1)])
      }
      for (part, outcome) in zip(parts, await store.write(Array(parts.dropLast()), version: 1)) {
        #expect(outcome.counts == Counts(stored: 2), "\(part.series): \(outcome)")
      }
      // A source's series that has the name of a written one.
      let last = await store.write(parts[parts.count - 1].samples, of: series[series.count - 1], version: 2)
      #expect(last.counts == Counts(stored: 2), "\(last)")
      for (place, one) in series.enumerated() {
        let value = !isApart && place == 0 ? Double(series.count - 1) : Double(place)
        #expect(try await home.store().all(one) == [row(1000, value), row(500, 1)], "\(one)")
      }
      #expect(try await store.latest(of: series).samples.count == series.count)
      let expected = isApart ? series : Array(series.dropLast())
      for limit in [1, 4, 1000] {
        let listed = try await home.store().list(pages: limit)
        #expect(listed.map(\.identifier).sorted() == expected.map(\.identifier).sorted(), "\(limit)")
        // What is listed can be read.
        for one in listed { #expect(try await store.newest(of: one, in: nil).time == Home.now - 500, "\(one)") }
      }
    }
  }
}

extension String {
  /// Not empty, and short enough for every store.
  fileprivate var prefixed: String { "of " + prefix(100) }
}

extension HistoryStore {
  /// The whole list, page by page.
  func list(pages limit: Int) async throws -> [Series] {
    var listed: [Series] = []
    var next: String?
    var pages = 0
    repeat {
      let page = try await series(after: next, limit: limit)
      try #require(page.series.count <= limit)
      listed += page.series
      next = page.next
      pages += 1
      try #require(pages < 1000, "the list does not end")
    } while next != nil
    return listed
  }
}
