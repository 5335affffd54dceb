import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Very many forecasts, made up as they are asked for: a second apart from ``BinPageTests/now`` on. Counts what was read.
private final class LongForecast: ForecastStore {
  let count: Int64
  let value: @Sendable (Int64) -> Double
  let read = Mutex<Int>(0)

  init(_ count: Int64, value: @escaping @Sendable (Int64) -> Double) { (self.count, self.value) = (count, value) }

  func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int { 0 }

  func page(of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64) async throws(StoreError)
    -> ForecastPage
  {
    let start = BinPageTests.now
    let first = max(0, (range.from - start + 999) / 1000)
    let end = min(count, (range.to - start) / 1000 + 1)
    let stop = min(end, first + Int64(limit))
    guard first < stop else { return ForecastPage(samples: []) }
    let samples = (first..<stop).map { Sample(time: start + $0 * 1000, measures: [Measure("v", .double(value($0)))]) }
    read.withLock { $0 += samples.count }
    return ForecastPage(samples: samples, next: stop < end ? start + stop * 1000 : nil)
  }

  func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool { true }
}

/// Pages of bins, and forecasts without end.
@Suite struct BinPageTests {
  static let now: Int64 = 1_800_000_000_000

  private static func reader(_ history: MemoryHistory, _ forecast: LongForecast) -> SeriesReader {
    SeriesReader(history: history, forecast: forecast, clock: .fixed(now))
  }

  @Test(
    "Pages of increases read each forecast about once, and the values before the range once", arguments: [2000, 20_000])
  func increases(count: Int64) async throws {
    let range = try #require(TimeRange(from: Self.now - 10_000, to: Self.now + 100_000_000))
    let (history, forecast) = (MemoryHistory([Self.now - 1000]), LongForecast(count) { Double($0 * 2) })
    let reader = Self.reader(history, forecast)
    var (increases, next, pages): ([MeasureValue], SeriesReader.Continuation?, Int) = ([], nil, 0)
    repeat {
      let page = try await reader.bins(
        of: Series(try Identifier("s")), in: range, width: 10_000, aggregates: [.increase], after: next, limit: 50)
      increases += page.rows.compactMap { $0["v"] }
      // As it travels in the API's cursor.
      next = try page.next.map { try #require(Cursor(Cursor(range: range, after: $0).text)).after }
      pages += 1
    } while next != nil
    // From 1 to 0 the counter began anew; the first bin has nine differences of 2.
    #expect(increases == [.double(18)] + Array(repeating: .double(20), count: Int(count) / 10 - 1))
    // A page of the store has 1,000 at most, of which a page of bins may use half.
    #expect(forecast.read.withLock { $0 } <= pages * 1000)
    #expect(history.asked.withLock { $0.filter { $0 == "rows" }.count } == pages + 1)
  }

  static let cursors: [(latest: [ByteText: MeasureValue]?, keeps: Bool)] = [
    (nil, true), ([:], true), (["v": .bigint(.min), "é.b": .double(1.5), "e\u{301}.b": .double(-1e300)], true),
    // Too many for a URL: the next page asks the stores.
    (Dictionary(uniqueKeysWithValues: (0..<200).map { (ByteText("measure\($0)"), .bigint($0)) }), false),
    ([ByteText(String(repeating: "x", count: 1000)): .bigint(1)], false),
  ]

  @Test("A cursor has the latest numbers, where they are few", arguments: cursors)
  func cursor(latest: [ByteText: MeasureValue]?, keeps: Bool) throws {
    let range = try #require(TimeRange(from: 0, to: 100))
    for baseline in [.none, .time(5), .unknown] as [SeriesReader.Continuation.Baseline] {
      var after = SeriesReader.Continuation(after: 50, baseline: baseline)
      after.latest = latest
      let cursor = Cursor(range: range, after: after)
      #expect(cursor.text.utf8.count < 2100)
      let read = try #require(Cursor(cursor.text))
      #expect(read.after.baseline == baseline)
      #expect(read.after.latest == (keeps && baseline != .unknown ? latest : nil))
    }
  }

  @Test(
    "A cursor that no answer had is refused",
    arguments: [
      "0.100.50.-.7", "0.100.50.-.7b7", "0.100.50.-.zz", "0.100.50.-.5b5d", "0.100.50.-.7b2276223a2278227d",
      "0.100.50.-.7b7d.", "0.100.50.-.7b2276223a31653939397d",
    ])
  func badCursor(text: String) { #expect(Cursor(text) == nil) }

  @Test("Statistics are of every forecast, however many there are") func statistics() async throws {
    let count: Int64 = 100_500
    let forecast = LongForecast(count) { $0 >= 100_490 ? 1000 : Double($0 % 2) }
    let range = try #require(TimeRange(from: Self.now - 10_000, to: Self.now + count * 1000))
    let statistics = try await Self.reader(MemoryHistory([]), forecast).statistics(
      of: Series(try Identifier("s")), in: range, threshold: 50)
    #expect(statistics.measures.map(\.count) == [Int(count)])
    #expect(statistics.measures.first?.maximum == .double(1000))
    let late = (100_490..<count).map { Self.now + $0 * 1000 }
    #expect(statistics.measures.first?.outliers.map(\.time) == late)
    #expect(!statistics.outliersAreCut)
    // Once for the spread, and those that were not held once more.
    #expect(forecast.read.withLock { $0 } == Int(count) + Int(count) - SeriesReader.forecastsHeld)
  }

  @Test("No two measures of a bin share a name, whatever they are called") func names() async throws {
    let measures = ["a", "a_avg", "avg", "_avg", "a_avg_avg", "first", "a_first"].map { Measure($0, .bigint(1)) }
    let history = MemoryHistory([])
    _ = await history.write(
      [Sample(time: Self.now, measures: measures)], of: Series(try Identifier("s")), version: 1)
    let range = try #require(TimeRange(from: Self.now, to: Self.now))
    let page = try await SeriesReader(history: history, forecast: MemoryForecast([])).bins(
      of: Series(try Identifier("s")), in: range, width: 1000, aggregates: Aggregate.allCases)
    let names = page.rows.flatMap { $0.measures.map { ByteText($0.name) } }
    // Each measure has every aggregate but the increase.
    #expect(names.count == measures.count * (Aggregate.allCases.count - 1))
    #expect(Set(names).count == names.count)
    // No suffix ends another, so names of different measures or aggregates never meet.
    for one in Aggregate.allCases {
      for other in Aggregate.allCases where one != other {
        #expect(!"_\(one.rawValue)".hasSuffix("_\(other.rawValue)"))
      }
    }
  }

  static let oddRanges: [(from: Int64, to: Int64, width: Int64, starts: [Int64])] = [
    // Before 1970 bins start at multiples of the width, too.
    (-5000, 5000, 2000, [-4000, -2000, 0]), (-1, 1, 86_400_000, [-86_400_000, 0]),
    // Wider than the range, and of one instant.
    (-3000, 3000, 31_622_400_000, [-31_622_400_000, 0]), (-1500, -1500, 1000, [-2000]),
  ]

  @Test("Bins before 1970, and bins wider than the range", arguments: oddRanges)
  func odd(from: Int64, to: Int64, width: Int64, starts: [Int64]) async throws {
    let history = MemoryHistory([-2500, -1500, -1, 0, 1])
    let range = try #require(TimeRange(from: from, to: to))
    for limit in [1, 10] {
      var (read, counted, next): ([Int64], Int64, SeriesReader.Continuation?) = ([], 0, nil)
      repeat {
        let page = try await SeriesReader(history: history, forecast: MemoryForecast([])).bins(
          of: Series(try Identifier("s")), in: range, width: width, aggregates: [.count], after: next, limit: limit)
        read += page.rows.map(\.time)
        for row in page.rows { if case .bigint(let count)? = row["v"] { counted += count } }
        next = try page.next.map { try #require(Cursor(Cursor(range: range, after: $0).text)).after }
      } while next != nil
      #expect(read == starts)
      #expect(counted == [-2500, -1500, -1, 0, 1].filter { (from...to).contains($0) }.count)
    }
  }

  @Test("A measure whose type changes at the baseline has every aggregate that its values allow") func types()
    async throws
  {
    let (history, forecast) = (MemoryHistory([Self.now - 2]), MemoryForecast([]))
    _ = try await forecast.write(
      [Sample(time: Self.now - 1, measures: [Measure("v", .varchar("x"))])], of: try Identifier("s"), fetchedAt: 1)
    let range = try #require(TimeRange(from: Self.now - 2, to: Self.now))
    let page = try await SeriesReader(history: history, forecast: forecast, clock: .fixed(Self.now)).bins(
      of: Series(try Identifier("s")), in: range, width: 10_000_000, aggregates: Aggregate.allCases)
    let row = try #require(page.rows.first)
    #expect(row.origin == .forecast)
    #expect(
      Dictionary(uniqueKeysWithValues: row.measures.map { ($0.name, $0.value) }) == [
        "v_avg": .double(1), "v_min": .double(1), "v_max": .varchar("x"), "v_first": .double(1),
        "v_last": .varchar("x"), "v_count": .bigint(2), "v_sum": .double(1),
      ])
  }
}
