import AWSClients
import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// The list of the series that Timestream keeps: written ones come back with their keys, whatever the tables are called.
  @Suite struct TimestreamSeries {
    static let keys: [String] = [
      "tableA", "tableA,h=1", "tableA,h=1,k=2", "tableA,k=2", "tableA,é=1", "tableA,e\u{301}=1", "tableB,h=1",
      "tableB,identifier=x",
      #"tableB,h=a\ b\,c\=d\\"#, "tableB,h=it's", #"tableB,h="x""#, "tableB,h=日本", "tableB,h=\u{7E}",
      "tableC.1-x_y,z=1",
    ]

    static let modes: [TimestreamMapping.Tables] = [
      .multiple(measureName: "influxdb-measure"), .multiple(measureName: "sample"),
      .single(table: "influxdb-measures"), .single(table: "its own"),
    ]

    @Test("Source series and written ones, exactly, in pages of every size", arguments: modes)
    func both(mode: TimestreamMapping.Tables) async throws {
      var mode = mode
      let home = try await Home(.timestream)
      // The table in which the series of sources are.
      if mode == .single(table: "its own") { mode = .single(table: home.name) }
      let store = try home.timestream(mapping: mode)
      let series =
        try Self.keys.map { try Series.written($0) } + ["a", "b", "c'", "tableA,h=1"].map { try .source($0) }
      let parts = series.map { SeriesSamples(series: $0, samples: [row(1, 1), row(2, 2)]) }
      for (part, outcome) in zip(parts, await store.write(parts, version: 1)) {
        #expect(outcome.counts == Counts(stored: 2), "\(part.series) \(outcome)")
      }
      for limit in [1, 3, 5, 18, 1000] {
        let listed = try await home.timestream(mapping: mode).list(pages: limit)
        #expect(Self.texts(listed) == Self.texts(series), "\(limit)")
      }
      for one in try await store.list(pages: 100) {
        #expect(try await store.all(one) == [row(2, 2), row(1, 1)], "\(one)")
      }
    }

    /// Identifiers, those of written series marked, in order.
    static func texts(_ series: [Series]) -> [ByteText] {
      series.map { ByteText(($0.key == nil ? "" : "written ") + ($0.key?.text ?? $0.identifier.text)) }.sorted()
    }

    @Test("A written series in the table of the sources' is told apart by its measure name")
    func sharedTable() async throws {
      let home = try await Home(.timestream)
      let store = try home.timestream()
      let series = [
        try Series.source("x"), try .source("y"), try .written("\(home.name),identifier=z"), try .written(home.name),
      ]
      for one in series { await store.put([row(1, 1)], one) }
      #expect(Self.texts(try await store.list(pages: 1)) == Self.texts(series))
    }

    @Test("Dimensions that a table gets between two pages hide no series and repeat none")
    func newDimensions() async throws {
      let home = try await Home(.timestream)
      let store = try home.timestream()
      let series = try (10..<30).map { try Series.written("room,m=\($0)") }
      for outcome in await store.write(series.map { SeriesSamples(series: $0, samples: [row(1, 1)]) }, version: 1) {
        #expect(outcome.stored == 1)
      }
      var listed: [Series] = []
      var next: String?
      var page = 0
      repeat {
        // Another process each time, or the same: what it knew of the columns is old.
        let reader = page.isMultiple(of: 2) ? store : try home.timestream()
        let answer = try await reader.series(after: next, limit: 3)
        listed += answer.series
        next = answer.next
        page += 1
        // Before, between and after the others.
        for name in ["a\(page)", "m\(page)", "z\(page)"] where page < 5 {
          let tags = [SeriesKey.Tag("m", "05"), SeriesKey.Tag(ByteText(name), "1")]
          let new = try Series(try #require(SeriesKey(measurement: "room", tags: tags)))
          await (try home.timestream()).put([row(1, 1)], new)
        }
      } while next != nil && page < 100
      #expect(listed.filter { series.contains($0) } == series)
      #expect(Set(listed).count == listed.count)
    }

    @Test("As many dimensions as a record takes, with the longest names")
    func manyDimensions() async throws {
      let home = try await Home(.timestream)
      let store = try home.timestream()
      let names = (0..<128).map { "d\(1000 + $0)" }
      let tags = names.map { SeriesKey.Tag(ByteText($0), ByteText("value")) }
      let series = try [tags, Array(tags.dropLast()), Array(tags.prefix(1)), Array(tags.suffix(1))].map { tags in
        try Series(try #require(SeriesKey(measurement: "wide", tags: tags)))
      }
      for one in series { await store.put([row(1, 1)], one) }
      #expect(Self.texts(try await store.list(pages: 2)) == Self.texts(series))
    }

    @Test("Records of other writers are listed where a series can have their names")
    func others() async throws {
      let home = try await Home(.timestream)
      let store = try home.timestream()
      await store.put([row(1, 1)], try .written("room,a=1"))
      let write = TimestreamWriteClient(home.servers.cloud.client)
      var records: [TimestreamRecord] = []
      for value in ["2", "bell\u{7}", "mark\u{1F}", "mark\u{1F}s", String(repeating: "x", count: 2030)] {
        records.append(
          TimestreamRecord(
            dimensions: [.init("b", value)], measureName: "cpu", measures: [.init("v", "1", .double)],
            time: Home.now - 5,
            version: 1))
      }
      _ = try await write.writeRecords(records, database: home.name, table: "room")
      let expected = [try Series.written("room,a=1"), try .written("room,b=2")]
      for limit in [1, 2, 1000] {
        #expect(Self.texts(try await store.list(pages: limit)) == Self.texts(expected), "\(limit)")
      }
    }

    @Test("What is billed is told; many tables take several pages")
    func tables() async throws {
      let home = try await Home(.timestream)
      let store = try home.timestream()
      let series = try (100..<160).map { try Series.written("table\($0),t=1") }
      for outcome in await store.write(series.map { SeriesSamples(series: $0, samples: [row(1, 1)]) }, version: 1) {
        #expect(outcome.stored == 1)
      }
      let first = try await store.series(after: nil, limit: 1000)
      // Tables are asked one after the other, at least ten million bytes each.
      #expect(first.series.count == TimestreamHistory.tablesPerPage - 1 && first.next != nil)
      #expect(first.bytesMetered >= Int64(TimestreamHistory.tablesPerPage - 1) * 10_000_000)
      #expect(Self.texts(try await store.list(pages: 1000)) == Self.texts(series))
    }

    @Test(
      "A start that no page gave is refused",
      arguments: [
        "", "x", "{}", "[]", "[1]", "[\"source\",1]", "[\"source\",\"a\",\"b\"]", "[\"written\"]",
        "[\"written\",\"t\",\"x\"]", "[\"other\"]",
      ])
    func starts(text: String) async throws {
      let store = try await Home(.timestream).timestream()
      await #expect(throws: StoreError(.failed, "the start is no place in Timestream's list of series")) {
        try await store.series(after: text, limit: 10)
      }
    }

    @Test("A server that fails fails the page, not the list")
    func failure() async throws {
      let home = try await Home(.timestream)
      let store = try home.timestream()
      for name in ["a", "b", "c"] { await store.put([row(1, 1)], try .source(name)) }
      let wire = FailingHTTP(home.http)
      let reader = try home.timestream { _ in wire }
      let first = try await reader.series(after: nil, limit: 2)
      wire.fails.store(true, ordering: .relaxed)
      var failure: StoreError?
      do { _ = try await reader.series(after: first.next, limit: 2) } catch { failure = error }
      #expect(failure?.kind == .unavailable)
      wire.fails.store(false, ordering: .relaxed)
      #expect(try await reader.series(after: first.next, limit: 2).series == [try .source("c")])
    }
  }
}
