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
      testDescription: "a range behind all history", history: [10], forecast: [30, 40], from: 25, rows: [-30, -40],
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
    let page = try await reader.page(of: try Identifier("a"), in: range, limit: test.limit)
    #expect(page.rows.map { $0.origin == .history ? $0.time : -$0.time } == test.rows)
    #expect(page.baseline == test.baseline)
    #expect(page.next == test.next)
  }

  @Test("Any page size gives the same series, in which no instant stands twice", arguments: [1, 2, 3, 7, 100])
  func paging(size: Int) async throws {
    let reader = SeriesReader(
      history: MemoryHistory(stride(from: 0, through: 50, by: 5).map { $0 }),
      forecast: MemoryForecast(stride(from: 30, through: 100, by: 5).map { $0 }, pageSize: 4), clock: .fixed(0))
    let range = try #require(TimeRange(from: 3, to: 98))
    var times: [Int64] = []
    for try await row in reader.rows(of: try Identifier("a"), in: range, pageSize: size) {
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
    let page = try await reader.page(of: try Identifier("a"), in: range)
    #expect(page.rows.count == 11)
    #expect(forecast.pages.withLock { $0.map(\.from) } == [0, 41])
  }

  @Test("Times before 1970 and far ahead survive") func extremes() async throws {
    let times: [Int64] = [-62_135_596_800_000, -1, 0, 253_402_300_799_999]
    let reader = SeriesReader(history: MemoryHistory(times), forecast: MemoryForecast([]), clock: .fixed(0))
    let range = try #require(TimeRange(from: .min, to: .max))
    #expect(try await reader.page(of: try Identifier("a"), in: range).rows.map(\.time) == times)
  }
}
