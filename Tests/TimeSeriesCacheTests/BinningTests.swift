import AWSClients
import CacheSupport
import LocalCloud
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Bins, statistics and conditions: what the stores work out is what reading every row gives.
@Suite struct BinningTests {
  static let now: Int64 = 1_800_000_000_000

  /// Rows of both stores with gaps, measures that come and go, counters that begin anew, and several records in a millisecond.
  private struct World {
    let series: Series
    let history: TimestreamHistory
    let reader: SeriesReader
    let span: TimeRange

    init(_ cloud: TestCloud, _ series: Series, random: inout SplitMix, records: Int, forecasts: Int) async throws {
      self.series = series
      history = try cloud.history(now: BinningTests.now)
      let forecast = try cloud.forecast(now: BinningTests.now)
      reader = SeriesReader(history: history, forecast: forecast, clock: .fixed(BinningTests.now))
      let start = BinningTests.now - 100_000
      span = try #require(TimeRange(from: start - 10, to: start + 120_000))
      var taken: Set<[Int64]> = []
      var samples: [Sample] = []
      for _ in 0..<records {
        let time = start + Int64.random(in: 0..<60_000, using: &random)
        let fine: Int32 = series.key == nil ? 0 : [0, 0, 1, 999_999].randomElement(using: &random) ?? 0
        if taken.insert([time, Int64(fine)]).inserted {
          samples.append(Sample(time: time, nanoseconds: fine, measures: Self.measures(&random)))
        }
        // A second record of the millisecond that was just written.
        if series.key != nil, Bool.random(using: &random), taken.insert([time, 5]).inserted {
          samples.append(Sample(time: time, nanoseconds: 5, measures: Self.measures(&random)))
        }
      }
      let outcome = await history.write(samples, of: series, version: 1)
      #expect(outcome.stored == samples.count && outcome.failure == nil)
      var later: Set<Int64> = []
      for _ in 0..<forecasts { later.insert(start + Int64.random(in: 40_000..<110_000, using: &random)) }
      _ = try await forecast.write(
        later.sorted().map { Sample(time: $0, measures: Self.measures(&random)) }, of: series.identifier,
        fetchedAt: BinningTests.now)
    }

    /// Values that sums represent exactly.
    private static func measures(_ random: inout SplitMix) -> [Measure] {
      let whole: [Int64] = [.max, .min, 0, 1, -1, 5_000_000_000]
      let all: [Measure] = [
        Measure("b\"q", .boolean(Bool.random(using: &random))),
        Measure("d", .double(Double(Int.random(in: -40...40, using: &random)) / 4)),
        Measure("e\u{301}", .bigint(whole.randomElement(using: &random) ?? 0)),
        Measure("t's", .varchar(["a", "é", "e\u{301}", "z"].randomElement(using: &random) ?? "a")),
        Measure("é", .bigint(Int64.random(in: 0...20, using: &random))),
      ]
      let some = all.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
      return some.isEmpty ? [all[1]] : some
    }
  }

  /// Bins made of rows that were all read, as slowly and plainly as can be.
  private static func bins(
    _ rows: [SeriesRow], before: [SeriesRow], width: Int64, _ aggregates: [Aggregate], _ measures: Set<ByteText>?
  ) -> [SeriesRow] {
    var starts: [Int64] = []
    for row in rows where row.measures.contains(where: { measures?.contains(ByteText($0.name)) ?? true }) {
      let start = row.time - row.time % width
      if starts.last != start { starts.append(start) }
    }
    return starts.compactMap { start in
      let inside = rows.filter { $0.time - $0.time % width == start }
      var result: [Measure] = []
      var isForecast = false
      for name in Set(inside.flatMap { $0.measures.map { ByteText($0.name) } }) where measures?.contains(name) ?? true {
        let having = inside.filter { $0[name.text] != nil }
        let values = having.compactMap { $0[name.text] }
        isForecast = isForecast || having.contains { $0.origin == .forecast }
        let earlier = (before + rows).filter { $0.time < inside[0].time }.compactMap { $0[name.text] }
        for aggregate in aggregates {
          guard let value = fold(values, before: earlier.last, aggregate) else { continue }
          result.append(Measure(aggregates.count == 1 ? name.text : "\(name)_\(aggregate.rawValue)", value))
        }
      }
      result.sort { ByteText($0.name) < ByteText($1.name) }
      if result.isEmpty { return nil }
      return SeriesRow(Sample(time: start, measures: result), origin: isForecast ? .forecast : .history)
    }
  }

  private static func fold(_ values: [MeasureValue], before: MeasureValue?, _ aggregate: Aggregate) -> MeasureValue? {
    let wholes = values.compactMap { if case .bigint(let value) = $0 { Int128(value) } else { nil } }
    let doubles = values.compactMap { if case .double(let value) = $0 { value } else { nil } }
    func whole(_ sum: Int128) -> MeasureValue { Int64(exactly: sum).map { .bigint($0) } ?? .double(Double(sum)) }
    switch aggregate {
    case .count: return .bigint(Int64(values.count))
    case .first: return values.first
    case .last: return values.last
    case .min, .max:
      let sorted = values.sorted { one, other in
        switch (one, other) {
        case (.bigint(let one), .bigint(let other)): one < other
        case (.double(let one), .double(let other)): one < other
        case (.boolean(let one), .boolean(let other)): !one && other
        case (.varchar(let one), .varchar(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        default: false
        }
      }
      return aggregate == .min ? sorted.first : sorted.last
    case .sum:
      if !wholes.isEmpty { return whole(wholes.reduce(0, +)) }
      return doubles.isEmpty ? nil : .double(doubles.reduce(0, +))
    case .avg:
      if !wholes.isEmpty { return .double(Double(wholes.reduce(0, +)) / Double(wholes.count)) }
      return doubles.isEmpty ? nil : .double(doubles.reduce(0, +) / Double(doubles.count))
    case .increase:
      let all = (before.map { [$0] } ?? []) + values
      guard all.count > 1, wholes.count + doubles.count > 0 else { return nil }
      var (wholeSum, doubleSum): (Int128, Double) = (0, 0)
      for (one, next) in zip(all, all.dropFirst()) {
        switch (one, next) {
        case (.bigint(let one), .bigint(let next)):
          wholeSum += next < one ? Int128(next) : Int128(next) - Int128(one)
        case (.double(let one), .double(let next)): doubleSum += next < one ? next : next - one
        default: break
        }
      }
      return doubles.isEmpty ? whole(wholeSum) : .double(doubleSum)
    }
  }

  @Test("Bins of any range, width, page and aggregates are those of all rows", arguments: UInt64(0)..<6)
  func property(seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let series = try seed % 2 == 0 ? Series(try Identifier("it's é e\u{301} \"x\"")) : .written(#"mea,tag=it's\ é"#)
      let (records, forecasts) = (
        [0, 1, 40, 150].randomElement(using: &random) ?? 40, [0, 1, 60].randomElement(using: &random) ?? 1
      )
      let world = try await World(cloud, series, random: &random, records: records, forecasts: forecasts)
      for _ in 0..<12 {
        let ends = [0, 1].map { _ in Int64.random(in: world.span.from...world.span.to, using: &random) }.sorted()
        let range = try #require(TimeRange(from: ends[0], to: ends[1]))
        let width: Int64 = [1, 7, 1000, 10_000, 86_400_000].randomElement(using: &random) ?? 1000
        let aggregates = Aggregate.allCases.filter { _ in Bool.random(using: &random) }
        let wanted = aggregates.isEmpty ? [.increase] : aggregates
        let measures: Set<ByteText>? =
          [nil, ["d"], ["é", "t's"], ["e\u{301}", "b\"q", "none"]].randomElement(using: &random) ?? nil
        let rows = try await Self.all(world.reader, series, range)
        // What comes before, as the same series: forecasts after the same baseline.
        let page = try await world.reader.page(of: series, in: range, limit: 1)
        let earlier = try await Self.all(
          world.reader, series, try #require(TimeRange(from: 0, to: range.to))
        ).filter { $0.time < range.from && ($0.origin == .history || $0.time > page.baseline ?? .min) }
        let expected = Self.bins(rows, before: earlier, width: width, wanted, measures)
        for limit in [1000, Int.random(in: 1...5, using: &random)] where limit > 100 || expected.count < 40 {
          var read: [SeriesRow] = []
          var next: SeriesReader.Continuation?
          repeat {
            let page = try await world.reader.bins(
              of: series, in: range, width: width, aggregates: wanted, measures: measures, after: next, limit: limit)
            #expect(page.rows.count <= limit)
            read += page.rows
            next = page.next
          } while next != nil
          #expect(read == expected, "seed \(seed) \(range) \(width) \(wanted) \(measures as Any) \(limit)")
        }
      }
    }
  }

  private static func all(_ reader: SeriesReader, _ series: Series, _ range: TimeRange) async throws -> [SeriesRow] {
    var rows: [SeriesRow] = []
    for try await row in reader.rows(of: series, in: range) { rows.append(row) }
    return rows
  }

  @Test("As many rows are sent as there are bins, however many there are in the history", arguments: [100, 1000])
  func work(records: Int) async throws {
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let asked = Recorder<String>()
      let client = try AWSClient(
        environment: cloud.environment, http: CountingHTTP(real: cloud.http, asked: asked), clock: .fixed(Self.now))
      let history = TimestreamHistory(
        client, database: try cloud.environment.require("TS_DB_NAME", ""), table: "none", clock: .fixed(Self.now),
        sleep: SleepBook().sleep)
      let series = try Series.written("mea,tag=1")
      let start = Self.now - 100_000
      let samples = (0..<records).map {
        Sample(time: start + Int64($0 * 10_000 / records), measures: [Measure("v", .bigint(Int64($0)))])
      }
      _ = await history.write(samples, of: series, version: 1)
      let range = try #require(TimeRange(from: start, to: Self.now))
      let reader = SeriesReader(history: history, forecast: MemoryForecast([]), clock: .fixed(Self.now))
      let before = asked.elements.count
      let page = try await reader.bins(of: series, in: range, width: 1000, aggregates: [.count, .sum])
      #expect(page.rows.count == 10)
      #expect(page.rows.compactMap { $0["v_count"] } == page.rows.map { _ in .bigint(Int64(records / 10)) })
      // The columns, and the bins: the bins tell the baseline.
      #expect(asked.elements.count - before == 2)
      #expect(page.baseline == samples.last?.time)
    }
  }

  @Test("The newest rows of many series are one question for each hundred, and forecasts of those without history")
  func latest() async throws {
    // An item a row: a series is asked for once then.
    try await TestCloud.with(
      clock: .fixed(Self.now), configure: { $0.template.parameters["ForecastLayout"] = "items" }
    ) { cloud in
      let asked = Recorder<String>()
      let client = try AWSClient(
        environment: cloud.environment, http: CountingHTTP(real: cloud.http, asked: asked), clock: .fixed(Self.now))
      let history = try HistoryChoice.timestream.store(environment: cloud.environment, client: client)
      let forecast = try ForecastLayout(environment: cloud.environment).store(
        environment: cloud.environment, client: client, clock: .fixed(Self.now))
      let reader = SeriesReader(history: history, forecast: forecast, clock: .fixed(Self.now))
      let series = try (0..<150).map { Series(try Identifier("s\($0)")) }
      func sample(_ time: Int64, _ value: Int) -> Sample {
        Sample(time: time, measures: [Measure("v", .bigint(Int64(value)))])
      }
      let parts = series.prefix(140).enumerated().map { index, one in
        SeriesSamples(series: one, samples: [sample(Self.now - 10, -1), sample(Self.now - 5, index)])
      }
      _ = await history.write(parts, version: 1)
      for (index, one) in series.enumerated().dropFirst(130).dropLast(2) {
        _ = try await forecast.write(
          [sample(Self.now - 1, -2), sample(Self.now + 5, index), sample(Self.now + 9, -3)], of: one.identifier,
          fetchedAt: Self.now)
      }
      let before = asked.elements.count
      let answer = try await reader.latest(of: series + series)
      #expect(answer.bytesMetered > 0)
      let latest = answer.rows
      #expect(latest.count == 148)
      for (index, one) in series.enumerated().dropLast(2) {
        let expected =
          index < 140
          ? SeriesRow(sample(Self.now - 5, index), origin: .history)
          : SeriesRow(sample(Self.now + 5, index), origin: .forecast)
        #expect(latest[one] == expected)
      }
      #expect(asked.elements.dropFirst(before).filter { $0.hasPrefix("Timestream") }.count == 2)
      #expect(asked.elements.dropFirst(before).filter { $0.hasPrefix("DynamoDB") }.count == 10)
    }
  }

  @Test("Statistics and conditions are those of all rows", arguments: UInt64(0)..<4)
  func statisticsAndConditions(seed: UInt64) async throws {
    var random = SplitMix(seed: seed + 100)
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let series = try seed % 2 == 0 ? Series(try Identifier("s")) : .written("mea,tag=1")
      let world = try await World(cloud, series, random: &random, records: 80, forecasts: 40)
      let rows = try await Self.all(world.reader, series, world.span)
      let statistics = try await world.reader.statistics(of: series, in: world.span, threshold: 1.5)
      #expect(statistics.measures.map(\.name) == ["b\"q", "d", "e\u{301}", "t's", "é"])
      for measure in statistics.measures {
        let values = rows.compactMap { $0[measure.name.text] }
        #expect(measure.count == values.count)
        #expect(measure.minimum == Self.fold(values, before: nil, .min))
        #expect(measure.maximum == Self.fold(values, before: nil, .max))
        let numbers = values.compactMap(\.number)
        #expect((measure.mean == nil) == numbers.isEmpty)
        guard let mean = measure.mean, let deviation = measure.deviation else { continue }
        let plainMean = numbers.reduce(0, +) / Double(numbers.count)
        let spread = (numbers.reduce(0) { $0 + ($1 - plainMean) * ($1 - plainMean) } / Double(numbers.count - 1))
          .squareRoot()
        #expect(abs(mean - plainMean) <= 1e-9 * max(abs(plainMean), spread))
        #expect(abs(deviation - spread) <= 1e-9 * spread)
        #expect(
          measure.outliers.map(\.time)
            == rows.filter { abs(($0[measure.name.text]?.number ?? plainMean) - plainMean) > 1.5 * spread }.map(\.time))
      }
      let conditions = MeasureCondition.Comparison.allCases.flatMap { comparison in
        [
          MeasureCondition("d", comparison, .bigint(2)), MeasureCondition("é", comparison, .double(7.5)),
          MeasureCondition("é", comparison, .bigint(7)), MeasureCondition("t's", comparison, .varchar("é")),
          MeasureCondition("b\"q", comparison, .boolean(true)), MeasureCondition("d", comparison, .varchar("1")),
          MeasureCondition("none", comparison, .bigint(0)),
        ]
      }
      for condition in conditions {
        let expected = rows.filter { condition.isMet(by: $0.measures) }
        var read: [SeriesRow] = []
        var next: SeriesReader.Continuation?
        repeat {
          let page = try await world.reader.page(
            of: series, in: world.span, after: next, limit: 30, where: condition)
          #expect(page.baseline == statistics.baseline)
          read += page.rows
          next = page.next
        } while next != nil
        #expect(read == expected, "seed \(seed) \(condition)")
      }
    }
  }
}
