import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What chunks answer with less than all rows: the same as with all of them.
@Suite struct ChunkBinTests {
  private static let day: Int64 = 86_400_000

  /// What is wanted of the bins, and nothing else.
  private struct Wanted: Equatable {
    var start: Int64
    var newest: Int64
    var values: [ByteText: [Aggregate: MeasureValue]]

    init(_ bin: HistoryBin, _ aggregates: Set<Aggregate>) {
      start = bin.start
      newest = bin.newest
      values = bin.measures.mapValues { tally in
        Dictionary(aggregates.compactMap { one in tally.value(one).map { (one, $0) } }) { first, _ in first }
      }
    }
  }

  @Test("Bins, last values, moments, outliers and conditions are those of all rows", arguments: UInt64(0)..<8)
  func property(seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
    let rows = ChunkRangeTests.rows(&random, count: [0, 5, 60, 400][Int(seed) % 4])
    var maker = ChunkLayoutMaker(random: SplitMix(seed: seed + 2000))
    let items = maker.items(rows)
    let series = Series(try Identifier("s"))
    let widths = [1, 1000, 3_600_000, Self.day, 3 * Self.day, 7 * Self.day, ChunkTiers.cell, 1000 * Self.day]
    try await ChunkTable.with { table in
      try await table.put(items, of: series.identifier)
      let history = table.history
      for _ in 0..<25 {
        let range = try ChunkRangeTests.range(rows, items, &random)
        if Int.random(in: 0..<4, using: &random) > 0 {
          table.store.hints[series.identifier] = .init(
            width: ChunkTiers.widths.randomElement(using: &random) ?? 1, rows: 10)
        }
        let measures: Set<ByteText>? = [nil, nil, ["a"], ["b", "d"], ["z"]].randomElement(using: &random) ?? nil
        var aggregates = Set(Aggregate.allCases.filter { _ in Bool.random(using: &random) })
        if Int.random(in: 0..<3, using: &random) > 0 { aggregates.remove(.increase) }
        let binning = Binning(
          width: widths.randomElement(using: &random) ?? 1, aggregates: aggregates, measures: measures)
        let limit = [1, 3, 1000].randomElement(using: &random) ?? 1
        let note: Comment = "seed \(seed), \(range), \(binning), limit \(limit)"
        let bins = try await history.bins(of: series, in: range, by: binning, limit: limit)
        let expected = try await history.binsFromRows(of: series, in: range, by: binning, limit: limit)
        #expect(bins.bins.map { Wanted($0, aggregates) } == expected.bins.map { Wanted($0, aggregates) }, note)
        #expect(bins.isCut == expected.isCut, note)

        let last = try await history.lastValues(of: series, before: range.to, measures: measures)
        let lastExpected = try await history.lastValuesFromRows(of: series, before: range.to, measures: measures)
        #expect(last.values == lastExpected.values, note)

        let condition = MeasureCondition(
          ["a", "b", "d", "z"].randomElement(using: &random) ?? "a",
          MeasureCondition.Comparison.allCases.randomElement(using: &random) ?? .equal,
          [.double(9.5), .bigint(5), .varchar("é"), .boolean(true), .double(100)].randomElement(using: &random)
            ?? .bigint(0))
        let met = try await history.rows(of: series, in: range, limit: limit, where: condition)
        let metExpected = try await history.rowsFromRows(of: series, in: range, limit: limit, where: condition)
        #expect(met.samples == metExpected.samples && met.isCut == metExpected.isCut, note)

        let bounds: [ByteText: OutlierBound] = [
          "a": OutlierBound(mean: 0, distance: Double.random(in: 0...12, using: &random)),
          "d": OutlierBound(mean: 0, distance: 1e30),
        ]
        let outside = try await history.outliers(of: series, in: range, beyond: bounds, limit: limit)
        let outsideExpected = try await history.outliersFromRows(of: series, in: range, beyond: bounds, limit: limit)
        #expect(outside.samples == outsideExpected.samples && outside.isCut == outsideExpected.isCut, note)

        let moments = try await history.moments(of: series, in: range)
        let momentsExpected = try await history.momentsFromRows(of: series, in: range)
        #expect(moments.measures == momentsExpected.measures, note)
      }
    }
  }

  @Test("Bins of whole chunks are read without rows, and take one question and one more for each end of the range")
  func heads() async throws {
    let series = Series(try Identifier("s"))
    let start = 300 * ChunkTiers.cell
    let rows = (0..<Int64(64 * 24)).map { hour in
      ChunkRow(
        sample: Sample(time: start + hour * 3_600_000, measures: [Measure("a", .bigint(hour))]), version: 1)
    }
    let days = ChunkLayoutMaker.split(rows[...], Self.day).map { day in
      ChunkLayoutMaker.item(
        Array(day.rows), start: day.start, widths: day.start == start ? [ChunkTiers.cell, Self.day] : [Self.day])
    }
    try await ChunkTable.with { table in
      try await table.put(days, of: series.identifier)
      let binning = Binning(width: Self.day, aggregates: [.sum, .count])
      let whole = try #require(TimeRange(from: start, to: start + 64 * Self.day - 1))
      let bins = try await table.history.bins(of: series, in: whole, by: binning, limit: 1000)
      let sums: [MeasureValue?] = (0..<Int64(64)).map { .bigint($0 * 24 * 24 + 276) }
      #expect(bins.bins.map { $0.measures["a"]?.value(.sum) } == sums)
      let asked = table.http.taken()
      #expect(asked.map { $0["ProjectionExpression"]?.string?.contains("rows") } == [false])

      let part = try #require(TimeRange(from: start + 1, to: start + 62 * Self.day + 5_000_000))
      let ends = try await table.history.bins(of: series, in: part, by: binning, limit: 1000)
      #expect(ends.bins.map { $0.measures["a"]?.count } == [23] + Array(repeating: 24, count: 61) + [2])
      #expect(table.http.taken().map { $0["ProjectionExpression"]?.string?.contains("rows") } == [false, true, true])
      // Bins shorter than chunks: all rows, in one question.
      let hours = try await table.history.bins(
        of: series, in: whole, by: Binning(width: 3_600_000, aggregates: [.max]), limit: 10_000)
      #expect(hours.bins.count == 64 * 24)
      #expect(table.http.taken().count == 1)
    }
  }
}
