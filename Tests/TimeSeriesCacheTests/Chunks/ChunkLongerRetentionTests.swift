import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What is written once chunks of its time have expired, while DynamoDB still has them.
@Suite struct ChunkLongerRetentionTests {
  typealias H = ChunkHarness

  /// Ten days of rows that were kept for 30 days, then a longer retention and a few rows more.
  private static func with(
    days: Int, _ later: Range<Int64>, _ body: (ChunkTable, ChunkHistory, Series, [Sample]) async throws -> Void
  ) async throws {
    let clock = ManualClock(H.cell + 20 * H.day)
    let series = Series(try Identifier("s"))
    try await ChunkTable.with(clock: clock.clock, retentionDays: 30) { table in
      let former = ChunkRaceTests.noise(0..<10 * 288, 1)
      #expect(await table.history.write(former, of: series, version: 1).stored == former.count)
      clock.advance(75 * H.day)
      #expect(try await table.history.newest(of: series, in: nil).time == nil)
      let samples = ChunkRaceTests.noise(later, 2)
      let history = table.unread(retentionDays: days, clock: clock.clock)
      #expect(await history.write(samples, of: series, version: 2).stored == samples.count)
      // Who reads has met the series, or has not.
      for history in [history, table.unread(retentionDays: days, clock: clock.clock)] {
        try await body(table, history, series, samples)
      }
    }
  }

  @Test("Rows among chunks that have expired are read from wherever the range begins", arguments: 0..<6)
  func ranges(first: Int) async throws {
    try await Self.with(days: 400, 5 * 288 + 10..<5 * 288 + 16) { _, history, series, samples in
      let range = try #require(TimeRange(from: samples[first].time, to: .max))
      #expect(
        try await history.rows(of: series, in: range, limit: 100).samples == Array(samples[first...]))
      let one = try #require(TimeRange(from: samples[first].time, to: samples[first].time))
      #expect(try await history.rows(of: series, in: one, limit: 100).samples == [samples[first]])
      #expect(try await history.newest(of: series, in: one).time == samples[first].time)
      let bins = try await history.bins(
        of: series, in: range, by: Binning(width: 300_000, aggregates: [.count]), limit: 100)
      #expect(bins.bins.map(\.start) == samples[first...].map(\.time))
    }
  }

  @Test("The newest row is found past chunks that have expired and that no retention would keep")
  func newest() async throws {
    // 80 days before the clock's 95: what was there ended before, what was written since begins later.
    try await Self.with(days: 80, 20 * 288..<20 * 288 + 3) { _, history, series, samples in
      let last = try #require(samples.last)
      #expect(try await history.newest(of: series, in: nil).time == last.time)
      #expect(try await history.latest(of: [series]).samples[series] == last)
      #expect(try await history.lastValues(of: series, before: .max, measures: nil).values.count == last.measures.count)
      #expect(try await history.series(after: nil, limit: 10).series == [series])
    }
  }

  @Test("Chunks of a cell whose retention has passed are not gone through")
  func passed() async throws {
    let now = H.cell + 2 * ChunkTiers.cell + 30 * H.day
    let series = Series(try Identifier("s"))
    try await ChunkTable.with(clock: .fixed(now), retentionDays: 30) { table in
      let items = (0..<60).map { day in
        ChunkLayoutMaker.item(
          H.samples([H.cell + day * H.day], 1).map { ChunkRow(sample: $0, version: 1) }, start: H.cell + day * H.day,
          widths: [H.day], expiry: now / 1000 - 1)
      }
      try await table.put(items, of: series.identifier)
      _ = table.http.taken()
      #expect(try await table.history.newest(of: series, in: nil).time == nil)
      #expect(table.http.taken().count == 1)
    }
  }
}
