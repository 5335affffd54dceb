import CacheSupport
import Synchronization
import Testing

@testable import TimeSeriesCache

@Suite struct SeriesReaderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var history: [Int64]
    var forecast: [Int64]
    var from: Int64 = 0
    var to: Int64 = 100
    var limit: Int = 100
    var pageSize: Int = .max
    var expired: Set<Int64> = []
    /// Times of the rows: history plain, forecasts negative.
    var rows: [Int64]
    var baseline: Int64?
    var next: Int64?
  }

  static let cases: [Case] = [
    Case(
      testDescription: "history, then forecast", history: [10, 20], forecast: [30, 40], rows: [10, 20, -30, -40],
      baseline: 20),
    Case(
      testDescription: "an overtaken forecast is not served", history: [10, 20], forecast: [15, 20, 30],
      rows: [10, 20, -30], baseline: 20),
    Case(
      testDescription: "a range after all history", history: [10], forecast: [30, 40], from: 25, rows: [-30, -40],
      baseline: 10),
    Case(
      testDescription: "a range before the newest history serves no forecast there", history: [50], forecast: [30],
      to: 40, rows: [], baseline: 50),
    Case(testDescription: "no history at all", history: [], forecast: [30], rows: [-30], baseline: nil),
    Case(testDescription: "no forecast", history: [10], forecast: [], rows: [10], baseline: 10),
    Case(testDescription: "nothing", history: [], forecast: [], rows: [], baseline: nil),
    Case(
      testDescription: "bounds are inclusive", history: [10, 20], forecast: [30, 40], from: 20, to: 30,
      rows: [20, -30], baseline: 20),
    Case(
      testDescription: "the limit falls into the history", history: [10, 20, 30], forecast: [40], limit: 2,
      rows: [10, 20], baseline: 30, next: 20),
    Case(
      testDescription: "the limit falls between both", history: [10, 20], forecast: [30], limit: 2, rows: [10, 20],
      baseline: 20, next: 20),
    Case(
      testDescription: "the limit falls into the forecast", history: [10], forecast: [20, 30, 40], limit: 2,
      rows: [10, -20], baseline: 10, next: 20),
    Case(
      testDescription: "the limit is just what there is", history: [10], forecast: [20], limit: 2, rows: [10, -20],
      baseline: 10),
    Case(
      testDescription: "more than a page of forecasts, most of them overtaken", history: [10, 60],
      forecast: [10, 20, 30, 40, 50, 60, 70, 80],
      pageSize: 2, rows: [10, 60, -70, -80], baseline: 60),
    Case(
      testDescription: "a page of expired forecasts is not the end", history: [10], forecast: [20, 30, 40, 50],
      pageSize: 2,
      expired: [20, 30], rows: [10, -40, -50], baseline: 10),
  ]

  @Test("Pages are merged", arguments: cases)
  func page(test: Case) async throws {
    let forecast = MemoryForecast(test.forecast, pageSize: test.pageSize, expired: test.expired)
    let reader = SeriesReader(history: MemoryHistory(test.history), forecast: forecast, clock: .fixed(0))
    let range = try #require(TimeRange(from: test.from, to: test.to))
    let page = try await reader.page(of: Series(try Identifier("a")), in: range, limit: test.limit)
    #expect(page.rows.map { $0.origin == .history ? $0.time : -$0.time } == test.rows)
    #expect(page.baseline == test.baseline)
    #expect(page.next?.after == test.next)
  }

  @Test("Any page size gives the same series, in which no instant appears twice", arguments: [1, 2, 3, 7, 100])
  func paging(size: Int) async throws {
    let reader = SeriesReader(
      history: MemoryHistory(stride(from: 0, through: 50, by: 5).map { $0 }),
      forecast: MemoryForecast(stride(from: 30, through: 100, by: 5).map { $0 }, pageSize: 4), clock: .fixed(0))
    let range = try #require(TimeRange(from: 3, to: 98))
    var times: [Int64] = []
    for try await row in reader.rows(of: Series(try Identifier("a")), in: range, pageSize: size) {
      times.append(row.time)
      #expect((row.origin == .history) == (row.time <= 50))
    }
    #expect(times == stride(from: 5, through: 95, by: 5).map { $0 })
  }

  @Test("Forecasts that a fact overtook are skipped, not read")
  func skipsOvertaken() async throws {
    let forecast = MemoryForecast(Array(1...50), pageSize: 10)
    let reader = SeriesReader(history: MemoryHistory([40]), forecast: forecast, clock: .fixed(0))
    let range = try #require(TimeRange(from: 0, to: 100))
    let page = try await reader.page(of: Series(try Identifier("a")), in: range)
    #expect(page.rows.count == 11)
    #expect(forecast.pages.withLock { $0.map(\.from) } == [0, 41])
  }

  /// What a page is asked for, and the questions that it costs.
  struct Questions: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var history: [Int64]
    var from: Int64 = 0
    var to: Int64 = 100
    var now: Int64 = 45
    var limit: Int = 100
    /// Of each page in turn, the questions to history, and how many pages of forecasts are read.
    var asked: [[String]]
    var forecasts: [Int]
  }

  static let questions: [Questions] = [
    Questions(testDescription: "the rows tell the baseline", history: [10, 20], asked: [["rows"]], forecasts: [1]),
    Questions(
      testDescription: "no rows in the range", history: [10], from: 20, asked: [["rows", "newest"]], forecasts: [1]),
    Questions(testDescription: "no history at all", history: [], asked: [["rows", "newest"]], forecasts: [1]),
    Questions(
      testDescription: "a range ahead of now", history: [10, 20], from: 50, asked: [["newest"]], forecasts: [1]),
    Questions(
      testDescription: "a range ahead of now that holds history all the same", history: [10, 60], from: 50,
      asked: [["newest", "rows"]], forecasts: [1]),
    Questions(
      testDescription: "a cut page of history ahead of now", history: [10, 60, 70, 80], from: 50, limit: 2,
      asked: [["newest", "rows"], ["rows"]], forecasts: [1, 1]),
    Questions(
      testDescription: "three pages of history, the last one with forecasts", history: [10, 20, 30, 35, 40, 42],
      limit: 2,
      asked: [["rows", "newest"], ["rows"], ["rows"], ["rows"], ["rows"], ["rows"]], forecasts: [1, 0, 1, 1, 1, 1]),
    Questions(
      testDescription: "pages of forecasts of a series without history", history: [], limit: 3,
      asked: [["rows", "newest"], ["rows"]], forecasts: [1, 1]),
  ]

  @Test("History is asked one question per page, two where the rows do not tell the baseline", arguments: questions)
  func questionsAsked(test: Questions) async throws {
    let history = MemoryHistory(test.history)
    let forecast = MemoryForecast([50, 60, 70, 80, 90])
    let reader = SeriesReader(history: history, forecast: forecast, clock: .fixed(test.now))
    let range = try #require(TimeRange(from: test.from, to: test.to))
    var (asked, forecasts): ([[String]], [Int]) = ([], [])
    var next: SeriesReader.Continuation?
    repeat {
      let page = try await reader.page(of: Series(try Identifier("a")), in: range, after: next, limit: test.limit)
      asked.append(history.asked.withLock { $0 })
      forecasts.append(forecast.pages.withLock { $0.count })
      history.asked.withLock { $0 = [] }
      forecast.pages.withLock { $0 = [] }
      next = page.next
    } while next != nil
    #expect(asked == test.asked)
    #expect(forecasts == test.forecasts)
  }

  @Test("A page of wide rows ends before it fills the memory, in whichever store they are") func memory() async throws {
    let measures = (1000..<2000).map { Measure("m\($0)", .double(1)) }
    let samples = (0..<2000).map { Sample(time: $0, measures: measures) }
    for known in [0, 900, 2000] {
      let (history, forecast) = (MemoryHistory([]), MemoryForecast([]))
      _ = await history.write(Array(samples.prefix(known)), of: try .source("a"), version: 1)
      _ = try await forecast.write(Array(samples.dropFirst(known)), of: Identifier("a"), fetchedAt: 1)
      let reader = SeriesReader(history: history, forecast: forecast, clock: .fixed(Int64(known)))
      var (sizes, times): ([Int], [Int64]) = ([], [])
      var next: SeriesReader.Continuation?
      repeat {
        let page = try await reader.page(
          of: Series(try Identifier("a")), in: try #require(TimeRange(from: 0, to: 5000)), after: next, limit: 100_000)
        sizes.append(page.rows.count)
        times += page.rows.map(\.time)
        next = page.next
      } while next != nil
      #expect(times == samples.map(\.time), "\(known)")
      // The store of this test gives all of its history at once; forecasts take more memory than columns.
      #expect(sizes.allSatisfy { known == 2000 || $0 < 1000 + known }, "\(known): \(sizes)")
      #expect(sizes.count == (known == 2000 ? 1 : known == 900 ? 2 : 3), "\(known): \(sizes)")
    }
  }

  @Test("Expired forecasts are passed over in few questions, however small the page") func expired() async throws {
    let forecast = MemoryForecast(Array(1...4001), expired: Set(1...4000))
    let reader = SeriesReader(history: MemoryHistory([]), forecast: forecast, clock: .fixed(10_000))
    let range = try #require(TimeRange(from: 0, to: 5000))
    let page = try await reader.page(of: Series(try Identifier("a")), in: range, limit: 1)
    #expect(page.rows.map(\.time) == [4001])
    #expect(forecast.pages.withLock { $0.count } <= 2 + 4000 / SeriesReader.leastForecasts)
  }

  @Test("A fact that arrives between two pages moves the baseline on, and its forecast away")
  func factBetweenPages() async throws {
    let history = MemoryHistory([10, 20])
    let reader = SeriesReader(history: history, forecast: MemoryForecast([30, 40, 50]), clock: .fixed(25))
    let (identifier, range) = (try Identifier("a"), try #require(TimeRange(from: 0, to: 100)))
    let first = try await reader.page(of: Series(identifier), in: range, limit: 3)
    #expect(first.rows.map(\.time) == [10, 20, 30])
    _ = await history.write(
      [Sample(time: 40, measures: [Measure("v", .double(9))])], of: Series(identifier), version: 1)
    let second = try await reader.page(of: Series(identifier), in: range, after: first.next, limit: 3)
    #expect(second.rows.map { $0.origin == .history ? $0.time : -$0.time } == [40, -50])
    #expect(second.baseline == 40)
  }

  @Test("Times before 1970 and far ahead survive") func extremes() async throws {
    let times: [Int64] = [-62_135_596_800_000, -1, 0, 253_402_300_799_999]
    let reader = SeriesReader(history: MemoryHistory(times), forecast: MemoryForecast([]), clock: .fixed(0))
    let range = try #require(TimeRange(from: .min, to: .max))
    #expect(try await reader.page(of: Series(try Identifier("a")), in: range).rows.map(\.time) == times)
  }
}
