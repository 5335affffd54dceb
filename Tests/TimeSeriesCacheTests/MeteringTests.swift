import CacheSupport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What Timestream bills is written down once for each request, whatever is read.
@Suite struct MeteringTests {
  static let now: Int64 = APITests.now

  static let requests: [(path: String, query: [String: String])] = [
    ("/v1/series/a", [:]), ("/v1/rows", ["id": "a", "where": "v>0"]),
    ("/v1/series/a", ["bin": "1s", "aggregate": "increase,avg", "limit": "1"]), ("/v1/series/a/latest", [:]),
    ("/v1/latest", ["id": "a"]), ("/v1/series/a/statistics", [:]),
    ("/timeSeries-data", ["identifier": "a", "startDate": "0", "endDate": "\(now)"]),
  ]

  @Test("Each view writes one line, with the sum of its questions", arguments: requests)
  func views(path: String, query: [String: String]) async throws {
    let history = MemoryHistory([Self.now - 2000, Self.now - 1000])
    let log = LogBook()
    let response = await APITests.handler(history).response(
      to: HTTPEvent(method: "GET", path: path, query: query, headers: ["x-api-key": "right"]),
      LambdaContext(requestID: "r", deadline: .max, logger: log.logger))
    #expect(response.status == 200)
    let asked = history.asked.withLock { $0.count }
    #expect(asked > 0)
    // The store bills 10 for a question.
    #expect(log.lines.compactMap { $0["BytesMetered"]?.int } == [asked * 10])
    #expect(log.lines.filter { $0["MergeTime"] != nil }.count == 1)
  }

  static let queries: [(path: String, query: [(String, String)], bytes: [Int])] = [
    // The newest row of the two series without a status, then a page of each of three series.
    ("query", [("query", "temp")], [1030]),
    ("query_range", [("query", "temp{city='Oslo'}"), ("start", "0"), ("end", "60"), ("step", "60")], [10]),
    // Labels are asked of the identifiers' table, but for series without a status.
    ("labels", [], [1000]), ("series", [("match[]", "temp{city='Oslo'}")], []), ("query", [("query", "1+1")], []),
    ("status/buildinfo", [], []),
  ]

  @Test("A query of Prometheus writes one line for all of its series and pages", arguments: queries)
  func prometheus(path: String, query: [(String, String)], bytes: [Int]) async throws {
    let log = LogBook()
    let answer = await PrometheusTests.ask(path, query, store: try PrometheusTests.store(), log: log)
    #expect(answer.status == 200)
    #expect(log.lines.compactMap { $0["BytesMetered"]?.int } == bytes)
    #expect(log.lines.filter { $0["MergeTime"] != nil }.count == bytes.count)
  }

  @Test("A query of Prometheus that is refused after it has read is written down as well") func refused() async throws {
    let log = LogBook()
    var limits = PrometheusLimits()
    limits.samples = 2
    let answer = await PrometheusTests.ask(
      "query", [("query", "count_over_time(temp{city='Rome'}[10m])")], store: try PrometheusTests.store(), log: log,
      limits: limits)
    #expect(answer.status == 422)
    #expect(log.lines.compactMap { $0["BytesMetered"]?.int } == [10])
  }
}
