import CacheSupport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Answers from memory, counted by the questions that the stores are asked.
@Suite struct AnswerMemoryTests {
  static let now: Int64 = APITests.now

  static let keys = """
    [{"name": "one", "key": "first", "buckets": ["*"], "allow": ["read"]},
     {"name": "two", "key": "second", "buckets": ["*"], "allow": ["read"]}]
    """

  static func handler(
    _ history: any HistoryStore, clock: WallClock = .fixed(now), kept: Int64 = 5000,
    prometheus: (any PathService)? = nil
  ) -> APIHandler {
    APIHandler(
      reader: SeriesReader(history: history, forecast: MemoryForecast([]), clock: clock),
      keys: AccessKeys(own: CachedParameter(fixed: "right"), ring: CachedParameter(fixed: keys)),
      directory: SeriesDirectory(nil), clock: clock, answersKept: kept, prometheus: prometheus)
  }

  static func questions(_ history: MemoryHistory) -> Int { history.asked.withLock { $0.filter { $0 == "rows" }.count } }

  @Test("An identical request is answered from memory until its time is over") func lifetime() async {
    let clock = ManualClock(Self.now)
    let history = MemoryHistory([Self.now - 1])
    let handler = Self.handler(history, clock: clock.clock)
    let first = await APITests.ask("/v1/series/a", ["from": "now-1h", "limit": "5"], handler: handler)
    #expect(first.status == 200)
    #expect(first.headers["Cache-Control"] == "private, max-age=5")
    clock.advance(4999)
    // The text of `now-1h` is the same; so is the answer.
    #expect(await APITests.ask("/v1/series/a", ["limit": "5", "from": "now-1h"], handler: handler) == first)
    #expect(Self.questions(history) == 1)
    clock.advance(1)
    let later = await APITests.ask("/v1/series/a", ["limit": "5", "from": "now-1h"], handler: handler)
    #expect(later.status == 200)
    #expect(later != first)
    #expect(Self.questions(history) == 2)
    // A clock that was set back makes nothing young again.
    clock.advance(-60_000)
    _ = await APITests.ask("/v1/series/a", ["limit": "5", "from": "now-1h"], handler: handler)
    #expect(Self.questions(history) == 3)
  }

  @Test("Values of one name in another order are another request: its answer has their order") func order() async throws
  {
    let handler = Self.handler(MemoryHistory([Self.now - 1]))
    for names in [["a", "b"], ["b", "a"], ["a", "b"]] {
      var event = HTTPEvent(method: "GET", path: "/v1/latest", headers: ["x-api-key": "right"])
      event.query = names.map { HTTPEvent.QueryItem(name: Array("id".utf8), value: Array($0.utf8)) }
      let response = await handler.response(
        to: event, LambdaContext(requestID: "r", deadline: .max, logger: .silent))
      let found = try APITests.json(response)["series"]?.array?.compactMap { $0["identifier"]?.string }
      #expect(found == names)
    }
    #expect(handler.answers.size.count == 2)
  }

  @Test("One kept answer serves every origin, method, tag and header of its key") func shared() async throws {
    let history = MemoryHistory([Self.now - 1])
    let handler = APIHandler(
      reader: SeriesReader(history: history, forecast: MemoryForecast([]), clock: .fixed(Self.now)),
      keys: AccessKeys(own: CachedParameter(fixed: "right"), ring: nil), directory: SeriesDirectory(nil),
      clock: .fixed(Self.now), crossOrigin: try CrossOrigin("https://a.test,https://b.test"), answersKept: 5000)
    let key = ["x-api-key": "right"]
    let first = await APITests.ask("/v1/series/a", headers: key, handler: handler)
    #expect(first.headers["Access-Control-Allow-Origin"] == nil)
    for origin in ["https://a.test", "https://b.test", "https://c.test"] {
      let response = await APITests.ask(
        "/v1/series/a", headers: key.merging(["origin": origin]) { $1 }, handler: handler)
      #expect(response.headers["Access-Control-Allow-Origin"] == (origin == "https://c.test" ? nil : origin))
      #expect(response.body == first.body)
    }
    #expect(await APITests.ask("/v1/series/a", headers: ["authorization": "Bearer right"], handler: handler) == first)
    let head = await APITests.ask("/v1/series/a", headers: key, method: "HEAD", handler: handler)
    #expect(head.status == 200 && head.body.isEmpty && head.headers["ETag"] == first.headers["ETag"])
    #expect(head.headers["Content-Length"] == "\(first.body.count)")
    let tag = try #require(first.headers["ETag"])
    let known = await APITests.ask(
      "/v1/series/a", headers: key.merging(["if-none-match": tag]) { $1 }, handler: handler)
    #expect(known.status == 304 && known.body.isEmpty)
    #expect(await APITests.ask("/v1/series/a", headers: key, handler: handler) == first)
    #expect(Self.questions(history) == 1)
  }

  @Test("Nothing is kept where the setting is 0") func off() async {
    let history = MemoryHistory([Self.now - 1])
    let handler = Self.handler(history, kept: 0)
    for _ in 0..<3 {
      #expect(await APITests.ask("/v1/series/a", handler: handler).headers["Cache-Control"] == "private, no-cache")
    }
    #expect(Self.questions(history) == 3)
    #expect(handler.answers.size == (0, 0))
  }

  static let others: [(path: String, query: [String: String], headers: [String: String])] = [
    ("/v1/series/b", ["limit": "5"], ["x-api-key": "right"]), ("/v1/series/a", [:], ["x-api-key": "right"]),
    ("/v1/series/a", ["limit": "6"], ["x-api-key": "right"]),
    ("/v1/series/a", ["limit": "5"], ["x-api-key": "right", "accept": "text/csv"]),
    ("/v1/series/a", ["limit": "5"], ["x-api-key": "right", "accept-encoding": "gzip"]),
    ("/v1/series/a", ["limit": "5"], ["x-api-key": "first"]), ("/v1/series/a", ["limit": "5"], ["x-api-key": "second"]),
  ]

  @Test("Whatever an answer depends on makes another request, the key above all", arguments: others)
  func otherRequests(path: String, query: [String: String], headers: [String: String]) async {
    let history = MemoryHistory([Self.now - 1])
    let handler = Self.handler(history)
    _ = await APITests.ask("/v1/series/a", ["limit": "5"], handler: handler)
    _ = await APITests.ask(path, query, headers: headers, handler: handler)
    #expect(Self.questions(history) == 2)
    _ = await APITests.ask(path, query, headers: headers, handler: handler)
    #expect(Self.questions(history) == 2)
    // A key that is not right gets nothing from memory.
    #expect(await APITests.ask("/v1/series/a", ["limit": "5"], headers: [:], handler: handler).status == 401)
  }

  /// Waits at a gate before it answers.
  struct SlowHistory: HistoryStore {
    let inner: MemoryHistory
    let gate: Gate
    let asked: Recorder<Int>
    func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite { HistoryWrite() }
    func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
      asked.append(0)
      await gate.wait()
      return try await inner.rows(of: series, in: range, limit: limit)
    }
    func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
      try await inner.newest(of: series, in: range)
    }
  }

  @Test("Requests that arrive while an identical one is under way share its answer") func together() async throws {
    let gate = Gate()
    let asked = Recorder<Int>()
    let inner = MemoryHistory([Self.now - 1])
    let handler = Self.handler(SlowHistory(inner: inner, gate: gate, asked: asked))
    let started = Recorder<Int>()
    let answers = await withTaskGroup(of: HTTPEventResponse.self) { group in
      for _ in 0..<20 {
        group.addTask {
          started.append(0)
          return await APITests.ask("/v1/series/a", handler: handler)
        }
      }
      _ = try? await eventually { asked.elements.count > 0 && started.elements.count == 20 }
      gate.open()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(asked.elements.count == 1)
    #expect(answers.count == 20)
    #expect(Set(answers.map(\.body)).count == 1)
    #expect(answers.allSatisfy { $0.status == 200 })
  }

  @Test("A failure is not kept") func failures() async {
    let history = APITests.Failing(kind: .unavailable)
    let handler = Self.handler(history)
    for _ in 0..<2 {
      let response = await APITests.ask("/v1/series/a", handler: handler)
      #expect(response.status == 503)
      #expect(response.headers["Cache-Control"] == "no-store")
    }
    #expect(handler.answers.size == (0, 0))
  }

  static func key(_ number: Int) -> AnswerMemory.Key {
    AnswerMemory.Key(HTTPEvent(method: "GET", path: "/\(number)"), access: .ofAPIKey, isPacked: false)
  }

  @Test("Count and bytes are bounded, and the oldest go first", arguments: [(10, 256), (200_000, 83), (17 << 20, 0)])
  func bounds(bytes: Int, kept: Int) async {
    let clock = ManualClock(Self.now)
    let memory = AnswerMemory(milliseconds: 100_000, clock: clock.clock)
    let body = [UInt8](repeating: 0, count: bytes)
    for number in 0..<300 {
      _ = await memory.answer(to: Self.key(number)) { .success(HTTPEventResponse(status: 200, body: body)) }
      clock.advance(1)
    }
    #expect(memory.size.count == kept)
    #expect(memory.size.bytes <= AnswerMemory.maximumBytes)
    let asked = Recorder<Int>()
    for number in [299, 299 - kept] {
      _ = await memory.answer(to: Self.key(number)) {
        asked.append(number)
        return .success(HTTPEventResponse(status: 200, body: []))
      }
    }
    #expect(asked.elements == (kept == 0 ? [299] : [299 - kept]))
  }

  @Test("What is asked before something changes is not kept after it") func forgets() async {
    let memory = AnswerMemory(milliseconds: 5000, clock: .fixed(0))
    let gate = Gate()
    let entered = Gate()
    async let before = memory.answer(to: Self.key(1)) {
      entered.open()
      await gate.wait()
      return .success(HTTPEventResponse(status: 200, body: [1]))
    }
    await entered.wait()
    memory.forget()
    // Nor does a request after the change join one from before it.
    let after = await memory.answer(to: Self.key(1)) { .success(HTTPEventResponse(status: 200, body: [2])) }
    gate.open()
    #expect(await before == .success(HTTPEventResponse(status: 200, body: [1])))
    #expect(after == .success(HTTPEventResponse(status: 200, body: [2])))
    let kept = await memory.answer(to: Self.key(1)) { .success(HTTPEventResponse(status: 200, body: [3])) }
    #expect(kept == after)
    memory.forget()
    #expect(memory.size == (0, 0))
  }

  /// Counts what it is asked.
  struct Echo: PathService {
    let asked: Recorder<String>
    func response(
      to event: HTTPEvent, seeing series: VisibleSeries, within time: AnswerTime, _ context: LambdaContext
    ) async -> HTTPEventResponse {
      asked.append(String(decoding: event.body, as: UTF8.self))
      return HTTPEventResponse(status: 200, headers: ["Content-Type": "application/json"], body: event.body)
    }
  }

  @Test("A form is part of what is asked, and a service's answers are kept too") func forms() async {
    let asked = Recorder<String>()
    let handler = Self.handler(MemoryHistory([]), prometheus: Echo(asked: asked))
    for body in ["query=a", "query=b", "query=a"] {
      let event = HTTPEvent(
        method: "POST", path: "/api/v1/query",
        headers: ["authorization": "Bearer right", "content-type": "application/x-www-form-urlencoded"],
        body: Array(body.utf8))
      let response = await handler.response(to: event, LambdaContext(requestID: "r", deadline: .max, logger: .silent))
      #expect(response.status == 200)
      #expect(response.body == Array(body.utf8))
      #expect(response.headers["ETag"] != nil)
    }
    #expect(asked.elements == ["query=a", "query=b"])
    #expect(await APITests.ask("/api/v1/query", method: "PUT", handler: handler).status == 405)
    #expect(await APITests.ask("/api/v1/query", handler: Self.handler(MemoryHistory([]))).status == 404)
  }
}
