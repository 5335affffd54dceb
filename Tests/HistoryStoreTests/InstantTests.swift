import CacheSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// What a copy reads: every instant by itself.
  @Suite struct Instants {
    /// Six instants in four milliseconds, the first of which is long ago.
    static let samples: [Sample] = [(90_000_000, 0), (3000, 0), (3000, 1), (3000, 999_999), (2999, 5), (1000, 0)]
      .enumerated().map { index, instant in
        row(instant.0, nanoseconds: Int32(instant.1), ["n": .bigint(Int64(index)), "only \(index)": .boolean(true)])
      }

    @Test(
      "Instants come one by one and page by page, of series that are fetched and of those that are written",
      arguments: StoreKind.allCases, [1, 2, 3, 4, 100])
    func instants(kind: StoreKind, limit: Int) async throws {
      let home = try await Home(kind)
      let store = try #require(try home.store() as? any InstantReading)
      let key = try #require(SeriesKey(measurement: "room", tags: [.init("place", "a")]))
      for series in [Series(try Identifier("greenwich")), try Series(key)] {
        await store.put(Self.samples, series)
        let range = try #require(
          TimeRange(from: TimeExpression.bounds.lowerBound, to: TimeExpression.bounds.upperBound))
        var walk = HistoryWalk(store, series, in: range, limit: limit)
        var found: [Sample] = []
        while let page = try await walk.next() {
          let isOneMillisecond = page.samples.first?.time == page.samples.last?.time
          #expect(page.samples.count <= limit || isOneMillisecond)
          found += page.samples
        }
        #expect(found == Self.samples)
        // Readers get one sample for each millisecond.
        #expect(try await store.all(series).map(\.time) == [90_000_000, 3000, 2999, 1000].map { Home.now - $0 })
        // A range ends with the whole of its last millisecond.
        let middle = try #require(TimeRange(from: Home.now - 3000, to: Home.now - 3000))
        #expect(try await store.instants(of: series, in: middle, limit: 100).samples == Array(Self.samples[1...3]))
      }
      let absent = try await store.instants(
        of: Series(try Identifier("absent")), in: try #require(TimeRange(from: 0, to: Home.now)), limit: limit)
      #expect(absent.samples.isEmpty && !absent.isCut)
    }

    @Test(
      "History that is moved from one kind of store to another is the same there", arguments: StoreKind.allCases,
      StoreKind.allCases)
    func moved(from: StoreKind, to: StoreKind) async throws {
      let source = try await Home(from).store()
      let target = try await Home(to).store()
      let key = try #require(SeriesKey(measurement: "room", tags: [.init("place", "a b"), .init("é", "e\u{301}")]))
      let all = [Series(try Identifier("plain")), Series(try Identifier("it's \"here\"")), try Series(key)]
      let rows = everyFiveMinutes(500)
      for series in all { await source.put(rows + Self.samples.suffix(3), series) }
      var options = HistoryMove.Options()
      options.pageRows = 100
      options.series = all
      let state = MoveState(
        task: "", range: try #require(TimeRange(from: 0, to: Home.now)),
        version: HistoryMove.version(now: Home.now, overwrites: false))
      let report = try await HistoryMove(from: source, to: target, options, sleep: { _ in }).run(state)
      #expect(report.isGood && report.totals.written == 1509)
      options.action = .verify
      let comparison = try await HistoryMove(from: source, to: target, options, sleep: { _ in }).run(state)
      #expect(comparison.isGood && comparison.totals.same == 1509)
      // A fetch is newer than any copy.
      let changed = [Sample(time: rows[0].time, measures: [Measure("v", .double(-7))])]
      await target.put(changed, all[0], version: Home.now)
      options.action = .copy
      let second = try await HistoryMove(from: source, to: target, options, sleep: { _ in }).run(state)
      #expect(second.totals.same == 1508 && second.totals.superseded == 1 && second.totals.written == 0)
    }
  }
}
