import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite(.timeLimit(.minutes(10))) struct MoveVerifyTests {
  private typealias Row = VersionedHistory.Row
  private typealias Instant = VersionedHistory.Instant

  private func compare(
    _ source: any HistoryStore, _ target: any HistoryStore, pageRows: Int = 2, series: [Series]? = nil
  ) async throws -> MoveReport {
    var options = HistoryMove.Options()
    options.action = .verify
    options.pageRows = pageRows
    options.series = series
    let range = try #require(TimeRange(from: -1000, to: 1_000_000))
    return try await HistoryMove(from: source, to: target, options, sleep: { _ in }).run(
      MoveState(task: "", range: range, version: 1))
  }

  @Test("Both ends are compared row by row", arguments: [1, 2, 100]) func differences(pageRows: Int) async throws {
    let a = Series(try Identifier("a"))
    let b = Series(try Identifier("b"))
    func row(_ measures: Measure...) -> Row { Row(measures: measures, version: 1) }
    let source = VersionedHistory([
      a: [
        Instant(time: 1): row(Measure("v", .double(1))), Instant(time: 2): row(Measure("v", .double(2))),
        Instant(time: 2, nanoseconds: 5): row(Measure("v", .double(3))),
        Instant(time: 4): row(Measure("n", .bigint(1)), Measure("t", .varchar("é"))),
        Instant(time: 6): row(Measure("v", .double(0.1))),
      ], b: [:],
    ])
    let target = VersionedHistory([
      a: [
        Instant(time: 0): row(Measure("v", .double(0))), Instant(time: 1): row(Measure("v", .double(1))),
        Instant(time: 2): row(Measure("v", .double(2))),
        Instant(time: 3, nanoseconds: 7): row(Measure("v", .double(3))),
        Instant(time: 4): row(Measure("n", .double(1)), Measure("t", .varchar("e\u{301}"))),
        Instant(time: 6): row(Measure("v", .double(0.1.nextUp)), Measure("w", .boolean(true))),
        Instant(time: 9): row(Measure("v", .double(9))),
      ], b: [Instant(time: 5): row(Measure("v", .double(5)))],
    ])
    let report = try await compare(source, target, pageRows: pageRows)
    #expect(report.totals.same == 2 && report.totals.differing == 7 && report.totals.rows == 5)
    #expect(!report.isGood)
    // Two series are compared at once: the order holds within each.
    let found = report.differences.elements.map(\.description)
    #expect(
      found.filter { $0.hasPrefix("a ") } + found.filter { !$0.hasPrefix("a ") } == [
        "a 1970-01-01T00:00:00Z: is only in the target",
        "a 1970-01-01T00:00:00.002Z and 5 ns: is missing in the target",
        "a 1970-01-01T00:00:00.003Z and 7 ns: is only in the target",
        "a 1970-01-01T00:00:00.004Z: n is the whole number 1 in the source, the double 1 in the target; t is the text \"é\" in the source, the text \"e\u{301}\" in the target",
        "a 1970-01-01T00:00:00.006Z: v is the double 0.1 in the source, the double 0.10000000000000002 in the target; w is absent in the source, true in the target",
        "a 1970-01-01T00:00:00.009Z: is only in the target", "b 1970-01-01T00:00:00.005Z: is only in the target",
      ])
    #expect(try await compare(source, source, pageRows: pageRows).isGood)
    #expect(target.state.withLock { $0.writes } == 0)
  }

  @Test("Of many differences the first ten are told, and all are counted") func many() async throws {
    let a = Series(try Identifier("a"))
    let source = VersionedHistory([a: VersionedHistory.minutes(16)])
    let report = try await compare(source, VersionedHistory())
    #expect(report.differences.count == 16 && report.differences.elements.count == 10)
    #expect(report.totals.differing == 16)
  }

  @Test("Where one end keeps no finer times, both are compared by the millisecond") func coarse() async throws {
    let a = Series(try Identifier("a"))
    let source = VersionedHistory([
      a: [
        Instant(time: 1): Row(measures: [Measure("v", .double(1))], version: 1),
        Instant(time: 1, nanoseconds: 5): Row(measures: [Measure("w", .double(2))], version: 1),
      ]
    ])
    let target = CoarseHistory(
      store: VersionedHistory([
        a: [
          Instant(time: 1): Row(measures: [Measure("v", .double(1)), Measure("w", .double(2))], version: 1)
        ]
      ]))
    let report = try await compare(source, target, series: [a])
    #expect(report.isGood && report.totals.same == 1)
  }
}
