import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite struct APITests {
  static let now: Int64 = 1_800_000_000_000

  static func handler(
    _ history: any HistoryStore = MemoryHistory([now - 2000, now - 1000]),
    _ forecast: any ForecastStore = MemoryForecast([now, now + 1000]),
    key: String = "right"
  ) -> APIHandler {
    APIHandler(
      reader: SeriesReader(history: history, forecast: forecast, clock: .fixed(now)),
      keys: AccessKeys(own: CachedParameter(fixed: key), ring: nil), directory: SeriesDirectory(nil),
      clock: .fixed(now))
  }

  static func ask(
    _ path: String, _ query: [String: String] = [:], headers: [String: String] = ["x-api-key": "right"],
    method: String = "GET",
    handler: APIHandler = handler()
  ) async -> HTTPEventResponse {
    await handler.response(
      to: HTTPEvent(method: method, path: path, query: query, headers: headers),
      LambdaContext(requestID: "r", deadline: .max, logger: .silent))
  }

  static func json(_ response: HTTPEventResponse) throws -> JSON { try JSON(parsing: response.body) }

  @Test("The merged series, whole")
  func series() async throws {
    let response = await Self.ask("/v1/series/a")
    #expect(response.status == 200)
    #expect(response.headers["Content-Type"] == "application/json")
    let text = String(decoding: response.body, as: UTF8.self)
    #expect(
      text == """
        {"identifier":"a","from":1799913600000,"to":1800086400000,"baseline":1799999999000,"rows":[\
        {"time":1799999998000,"values":{"v":1},"origin":"history"},{"time":1799999999000,"values":{"v":1},"origin":"history"},\
        {"time":1800000000000,"values":{"v":2},"origin":"forecast"},{"time":1800000001000,"values":{"v":2},"origin":"forecast"}],"next":null}
        """)
  }

  static let refusals:
    [(path: String, query: [String: String], headers: [String: String], method: String, status: Int)] = [
      ("/v1/series/a", [:], [:], "GET", 401), ("/v1/series/a", [:], ["x-api-key": "wrong"], "GET", 401),
      ("/v1/series/a", [:], ["X-Security-Token": "right"], "GET", 200), ("/nothing", [:], [:], "GET", 401),
      ("/nothing", [:], ["x-api-key": "right"], "GET", 404), ("/", [:], ["x-api-key": "right"], "GET", 404),
      ("/v1/series/", [:], ["x-api-key": "right"], "GET", 404),
      ("/v1/series/a", [:], ["x-api-key": "right"], "POST", 405),
      ("/timeSeries-data", [:], ["x-api-key": "right"], "DELETE", 405),
      ("/v1/series/a", ["from": "soon"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["from": "5", "to": "4"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["limit": "0"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["limit": "50001"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["cursor": "abc"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["cursor": "5.4.4"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["cursor": "0.9223372036854775807.9223372036854775807"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["from": "-9223372036854775808"], ["x-api-key": "right"], "GET", 400),
      (
        "/timeSeries-data", ["identifier": "a", "startDate": "-9223372036854775808", "endDate": "1"],
        ["x-api-key": "right"], "GET", 400
      ),
      ("/v1/series/a", ["format": "xml"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["frm": "1"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a\n", [:], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a\0", [:], ["x-api-key": "right"], "GET", 400), ("/\0", [:], ["x-api-key": "right"], "GET", 400),
      ("/timeSeries-data\u{7F}", [:], ["x-api-key": "right"], "GET", 400), ("/\0", [:], [:], "GET", 401),
      ("/v1/series/a", ["measures": ","], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["measures": " , "], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["measures": ""], ["x-api-key": "right"], "GET", 200),
      ("/v1/series/a", ["from": "-1"], ["x-api-key": "right"], "GET", 200),
      ("/v1/series/a", ["cursor": "1.9.5", "from": "soon"], ["x-api-key": "right"], "GET", 400),
      ("/v1/series/a", ["cursor": "1.9.5", "from": "5", "to": "4"], ["x-api-key": "right"], "GET", 200),
      ("/v1/series/\u{301}", [:], ["x-api-key": "right"], "GET", 200),
      ("/timeSeries-data", ["identifier": "a"], ["x-api-key": "right"], "GET", 400),
      ("/timeSeries-data", ["identifier": "a", "startDate": "x", "endDate": "1"], ["x-api-key": "right"], "GET", 400),
      ("/timeSeries-data", ["identifier": "a", "startDate": "2", "endDate": "1"], ["x-api-key": "right"], "GET", 400),
    ]

  @Test("Statuses say what they mean, and messages what to change", arguments: refusals.indices)
  func statuses(index: Int) async throws {
    let (path, query, headers, method, status) = Self.refusals[index]
    let response = await Self.ask(path, query, headers: headers, method: method)
    #expect(response.status == status)
    guard status != 200 else { return }
    let error = try Self.json(response)["error"]
    #expect(error?["code"]?.string?.isEmpty == false)
    #expect(error?["message"]?.string?.isEmpty == false)
    #expect((response.headers["Allow"] != nil) == (status == 405))
  }

  @Test("A placeholder does not count as a key, even where a caller sends it", arguments: ["", "No-Key-Provided", " "])
  func placeholder(key: String) async {
    #expect(await Self.ask("/v1/series/a", headers: ["x-api-key": key], handler: Self.handler(key: key)).status == 503)
  }

  @Test("A series of which nothing is known is not found") func unknown() async {
    let handler = Self.handler(MemoryHistory([]), MemoryForecast([]))
    #expect(await Self.ask("/v1/series/a", handler: handler).status == 404)
    // One that has forecasts elsewhere is known.
    let known = Self.handler(MemoryHistory([]), MemoryForecast([Self.now + 5]))
    #expect(await Self.ask("/v1/series/a", ["to": "now"], handler: known).status == 200)
  }

  struct Failing: HistoryStore {
    var kind: StoreError.Kind
    func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite { HistoryWrite() }
    func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
      throw StoreError(kind, "inner words")
    }
    func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
      throw StoreError(kind, "inner words")
    }
  }

  static let failures: [(StoreError.Kind, Int, Bool)] = [
    (.throttled, 429, true), (.unavailable, 503, true), (.failed, 502, false), (.timedOut, 504, false),
  ]

  @Test("A store's failure has its status, and its words stay in the log", arguments: failures)
  func failing(kind: StoreError.Kind, status: Int, hasRetryAfter: Bool) async {
    for path in ["/v1/series/a", "/timeSeries-data"] {
      let query = path == "/timeSeries-data" ? ["identifier": "a", "startDate": "1", "endDate": "2"] : [:]
      let response = await Self.ask(path, query, handler: Self.handler(Failing(kind: kind)))
      #expect(response.status == status)
      #expect((response.headers["Retry-After"] != nil) == hasRetryAfter)
      #expect(!String(decoding: response.body, as: UTF8.self).contains("inner words"))
    }
  }

  @Test("Cursors lead through the whole series and never expire", arguments: ["json", "ndjson", "csv"])
  func cursors(format: String) async throws {
    let handler = Self.handler(MemoryHistory(Array(0..<25)), MemoryForecast(Array(20..<40)))
    var rows = 0
    var cursor: String?
    var pages = 0
    repeat {
      var query = ["limit": "7", "format": format]
      if let cursor { query["cursor"] = cursor } else { (query["from"], query["to"]) = ("0", "1000") }
      let response = await Self.ask("/v1/series/a", query, handler: handler)
      #expect(response.status == 200)
      let lines = String(decoding: response.body, as: UTF8.self).split(whereSeparator: \.isNewline).count
      cursor = response.headers["X-Next-Cursor"]
      switch format {
      case "json":
        let answer = try Self.json(response)
        rows += answer["rows"]?.array?.count ?? 0
        #expect(answer["next"] == cursor.map { .string($0) } ?? .null)
        #expect(answer["from"]?.int64 == 0 && answer["to"]?.int64 == 1000)
      case "csv": rows += lines - 1
      default: rows += lines
      }
      pages += 1
    } while cursor != nil
    #expect(rows == 40)
    #expect(pages == 6)
  }

  @Test("CSV quotes what it must; measures choose columns")
  func csv() async throws {
    let history = MemoryHistory([])
    _ = await history.write(
      [
        Sample(time: 0, measures: [Measure("a", .double(1.5)), Measure("b", .varchar("x,\"y\"\n"))]),
        Sample(time: 1, measures: [Measure("c", .boolean(true))]),
      ], of: Series(try Identifier("s")), version: 1)
    let handler = Self.handler(history, MemoryForecast([]))
    let all = await Self.ask(
      "/v1/series/s", ["from": "0", "to": "1"], headers: ["x-api-key": "right", "accept": "text/csv"], handler: handler)
    #expect(
      String(decoding: all.body, as: UTF8.self)
        == "time,origin,a,b,c\r\n1970-01-01T00:00:00Z,history,1.5,\"x,\"\"y\"\"\n\",\r\n1970-01-01T00:00:00.001Z,history,,,true\r\n"
    )
    let some = await Self.ask(
      "/v1/series/s", ["from": "0", "to": "1", "measures": " a ", "format": "ndjson"], handler: handler)
    #expect(
      String(decoding: some.body, as: UTF8.self) == "{\"time\":0,\"values\":{\"a\":1.5},\"origin\":\"history\"}\n")
  }

  static let accepts: [(accept: String, type: String)] = [
    ("", "application/json"), ("*/*", "application/json"), ("text/csv", "text/csv"),
    ("application/json, text/csv;q=0.1", "application/json"), ("application/json;q=0.2, text/csv", "text/csv"),
    ("Application/X-NDJSON", "application/x-ndjson"),
  ]

  @Test("The form follows Accept by weight", arguments: accepts)
  func accept(accept: String, type: String) async {
    let response = await Self.ask("/v1/series/a", headers: ["x-api-key": "right", "accept": accept])
    #expect(response.headers["Content-Type"]?.hasPrefix(type) ?? false)
  }

  @Test("A measure's name may have blanks within") func blanks() async throws {
    let history = MemoryHistory([])
    _ = await history.write(
      [Sample(time: 0, measures: [Measure("a", .double(1)), Measure("wind speed", .double(2))])],
      of: Series(try Identifier("s")), version: 1)
    let handler = Self.handler(history, MemoryForecast([]))
    let response = await Self.ask(
      "/v1/series/s", ["from": "0", "measures": " wind speed ", "format": "ndjson"], handler: handler)
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == "{\"time\":0,\"values\":{\"wind speed\":2},\"origin\":\"history\"}\n")
  }

  @Test("A request is answered even where the key cannot be read in time") func hangingKey() async {
    // A wait that no cancellation ends, as one for another task's work.
    let (never, _) = AsyncStream<Void>.makeStream()
    let stuck = Task.detached { for await _ in never {} }
    let key = CachedParameter(clock: .fixed(0)) { () async throws(AWSError) in
      await stuck.value
      return "right"
    }
    let handler = APIHandler(
      reader: SeriesReader(history: MemoryHistory([1]), forecast: MemoryForecast([])),
      keys: AccessKeys(own: key, ring: nil),
      directory: SeriesDirectory(nil), clock: .fixed(Self.now)
    )
    let context = LambdaContext(requestID: "r", deadline: Self.now + 1100, logger: .silent)
    let response = await handler.response(
      to: HTTPEvent(method: "GET", path: "/v1/series/a", headers: ["x-api-key": "right"]), context)
    #expect(response.status == 503)
    stuck.cancel()
  }

  @Test("A key that is known lets its callers in while it cannot be read", arguments: [false, true])
  func knownKey(hangs: Bool) async {
    let clock = ManualClock(Self.now)
    let reads = Recorder<Int>()
    let answers = Gate()
    let key = CachedParameter(clock: clock.clock, sleep: { _ in }) { () async throws(AWSError) in
      reads.append(0)
      if reads.elements.count == 1 { return "right" }
      if hangs { await answers.wait() }
      throw AWSError("InternalServerError", "no", operation: "GetParameter", status: 500)
    }
    let handler = APIHandler(
      reader: SeriesReader(history: MemoryHistory([1]), forecast: MemoryForecast([])),
      keys: AccessKeys(own: key, ring: nil),
      directory: SeriesDirectory(nil), clock: clock.clock)
    for (given, status) in [("right", 200), ("wrong", 401), ("right", 200)] {
      let context = LambdaContext(requestID: "r", deadline: clock.now + 30_000, logger: .silent)
      let event = HTTPEvent(
        method: "GET", path: "/v1/series/a", query: ["from": "0"], headers: ["x-api-key": given])
      #expect(await handler.response(to: event, context).status == status)
      clock.advance(6 * 60_000)
    }
    #expect(reads.elements.count > 1)
    answers.open()
  }

  @Test("An answer stays below Lambda's limit, and the cursor goes on where it was cut")
  func sizeLimit() async throws {
    let history = MemoryHistory([])
    let text = String(repeating: "\"", count: 2000)
    _ = await history.write(
      (0..<3000).map { Sample(time: $0, measures: [Measure("t", .varchar(text))]) }, of: Series(try Identifier("s")),
      version: 1
    )
    let handler = Self.handler(history, MemoryForecast([]))
    var seen = 0
    var query = ["from": "0", "to": "5000", "limit": "10000"]
    while true {
      let response = await Self.ask("/v1/series/s", query, handler: handler)
      #expect(response.bytes.count < LambdaRuntime.responseLimit)
      let answer = try Self.json(response)
      seen += answer["rows"]?.array?.count ?? 0
      guard let next = answer["next"]?.string else { break }
      query = ["cursor": next, "limit": "10000"]
    }
    #expect(seen == 3000)
    let reference = await Self.ask(
      "/timeSeries-data", ["identifier": "s", "startDate": "0", "endDate": "5000"], handler: handler)
    #expect(reference.status == 413)
  }

  @Test("The reference's route keeps its order and has numbers")
  func reference() async throws {
    let response = await Self.ask(
      "/timeSeries-data", ["identifier": "a", "startDate": "0", "endDate": "1900000000000"])
    let row = { (time: Int64, value: Int) -> JSON in
      ["identifier": "a", "cpu": .integer(value), "time": .integer(time)]
    }
    #expect(
      try Self.json(response)
        == [
          "historicalRows": [row(Self.now - 1000, 1), row(Self.now - 2000, 1)],
          "futureRows": [row(Self.now, 2), row(Self.now + 1000, 2)],
        ])
  }

  @Test("The key is read from its parameter, and again after five minutes")
  func keyRotation() async throws {
    let clock = ManualClock(Self.now)
    let reads = Recorder<Int>()
    let key = CachedParameter(clock: clock.clock) { () async throws(AWSError) in
      reads.append(1)
      return "key-\(reads.elements.count)"
    }
    let handler = APIHandler(
      reader: SeriesReader(history: MemoryHistory([1]), forecast: MemoryForecast([])),
      keys: AccessKeys(own: key, ring: nil),
      directory: SeriesDirectory(nil), clock: clock.clock)
    func status(_ key: String) async -> Int {
      await Self.ask("/v1/series/a", ["from": "0"], headers: ["x-api-key": key], handler: handler).status
    }
    #expect(await status("key-1") == 200)
    clock.advance(4 * 60_000)
    #expect(await status("key-1") == 200)
    clock.advance(2 * 60_000)
    #expect(await status("key-1") == 401)
    #expect(await status("key-2") == 200)
    #expect(reads.elements.count == 2)
  }
}
