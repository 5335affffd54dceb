import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// A source's pages through the fetch function: each is stored as it comes, and what is said of them.
@Suite struct FetchStreamTests {
  static let now: Int64 = FetchFaultTests.now

  static func page(_ rows: [(Int64, Double)], next: String? = nil) -> HTTPResponse {
    let rows = rows.map { #"{"t":\#($0.0),"a":\#($0.1)}"# }.joined(separator: ",")
    return .json(200, #"{"rows":[\#(rows)],"next":\#(next.map { "\"\($0)\"" } ?? "null")}"#)
  }

  /// The fetch function over stores of one's own, and a source that answers with pages.
  static func handler(
    history: any HistoryStore, forecast: any ForecastStore = MemoryForecast([]), measures: JSON = ["a": "/a"],
    maximumPages: Int = 20, clock: WallClock = .fixed(now), concurrency: Int = 8, _ http: FakeHTTP
  ) throws -> FetchHandler {
    let sources: JSON = [
      "default": [
        "url": "https://source.test/{identifier}", "rows": "/rows", "time": ["at": "/t", "format": "milliseconds"],
        "measures": measures, "next": "/next", "attempts": 1, "maximumPages": .integer(maximumPages),
      ]
    ]
    let environment: ProcessEnvironment = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "SOURCES": sources.text,
      "HOME": "/nonexistent",
    ]
    let client = try AWSClient(environment: environment, http: http)
    return FetchHandler(
      sources: try SourceFinder(environment: environment, http: http, clock: clock, logger: .silent, aws: client),
      writer: SampleWriter(history: history, forecast: forecast), clock: clock, concurrency: concurrency)
  }

  /// One message with one identifier; the messages that must come again.
  static func run(_ handler: FetchHandler, _ log: LogBook, deadline: Int64 = .max) async throws -> [String] {
    let event: JSON = [
      "Records": [["messageId": "m", "eventSource": "aws:sqs", "body": #"{"identifiers":["s"]}"#]]
    ]
    let context = LambdaContext(requestID: "r", deadline: deadline, logger: log.logger)
    let answer = try JSON(parsing: try await handler.handle(event.bytes, context))
    return (answer["batchItemFailures"]?.array ?? []).compactMap { $0["itemIdentifier"]?.string }
  }

  @Test("A page that cannot be had takes the message back, named, and the pages before it are stored")
  func badPage() async throws {
    let http = FakeHTTP([
      .success(Self.page([(Self.now - 2, 1), (Self.now + 2, 1)], next: "/2")), .success(HTTPResponse(status: 404)),
    ])
    let history = FetchWriterTests.VersionedHistory()
    let log = LogBook()
    #expect(try await Self.run(try Self.handler(history: history, http), log) == ["m"])
    #expect(history.samples.withLock { Array($0.keys) } == [Self.now - 2])
    let error = log.lines(saying: "an identifier failed").first?["error"]?.string
    #expect(error == "source 'default', page 2, answer: has status 404")
    #expect(log.metric(.historyRecords) == 1)
    #expect(log.metric(.forecastRecords) == 1)
    #expect(log.metric(.sourceErrors) == 1)
  }

  @Test("A page is asked for when the one before it is stored, and not earlier") func pace() async throws {
    let history = FetchWriterTests.VersionedHistory()
    let storedBefore = Recorder<Int>()
    let http = FakeHTTP { _, index in
      storedBefore.append(history.samples.withLock { $0.count })
      let rows = (0..<4500).map { (Self.now - 20_000 + Int64(index * 4500 + $0), 1.0) }
      return .success(Self.page(rows, next: index < 2 ? "/\(index + 1)" : nil))
    }
    let log = LogBook()
    #expect(try await Self.run(try Self.handler(history: history, http), log) == [])
    #expect(storedBefore.elements == [0, 4500, 9000])
    #expect(log.metric(.samplesFetched) == 13_500)
  }

  @Test("An instant that several pages give has its last value, in Timestream and in DynamoDB")
  func repeated() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = [Self.now - 3000, Self.now - 2000, Self.now - 1000, Self.now + 1000].map { $0 - Self.now % 1000 }
      let answers = [
        Self.page([(times[0], 1), (times[1], 1), (times[1], 2), (times[3], 1)], next: "https://source.test/x"),
        Self.page([(times[2], 3), (times[1], 3), (times[3], 3)], next: "https://source.test/y"),
        Self.page([(times[0], 4), (times[2], 4)]),
      ]
      let asked = Recorder<String>()
      let description = TestCloud.sourceDescription.replacing(#""attempts""#, with: #""next": "/next", "attempts""#)
      let log = LogBook()
      let failed = try await cloud.fetch([["s"]], now: Self.now, log: log, sources: description) { name in
        asked.append(name)
        return answers[asked.elements.count - 1]
      }
      #expect(failed == [])
      #expect(log.metric(.recordsRejected) == 0)
      let rows = try await cloud.series("s", from: times[0], to: times[3], now: Self.now)
      #expect(rows == ["\(times[0])=4", "\(times[1])=3", "\(times[2])=4", "\(times[3])=3?"])
    }
  }

  /// A history that takes nothing, or only what comes first.
  struct Rejecting: HistoryStore {
    var takes = 0

    func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
      var outcome = HistoryWrite()
      for sample in samples.prefix(takes) { outcome.addStored(sample.time) }
      for sample in samples.dropFirst(takes) { outcome.rejected.add(.init(time: sample.time, reason: "too old")) }
      return outcome
    }

    func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
      HistoryRows(samples: [])
    }

    func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
      NewestHistory(time: nil)
    }
  }

  @Test("Of very many rejected records ten are logged, and then their number and reasons")
  func manyRejected() async throws {
    let rows = (0..<100_003).map { (Self.now - 200_000 + Int64($0), 1.0) }
    let log = LogBook()
    let handler = try Self.handler(history: Rejecting(takes: 1), FakeHTTP([.success(Self.page(rows))]))
    #expect(try await Self.run(handler, log) == [])
    #expect(log.lines(saying: "a record was rejected").count == 10)
    let line = try #require(log.lines(saying: "more records were rejected").first)
    // One sample of each part was taken.
    #expect(line["records"]?.int == 100_003 - 51)
    #expect(line["reasons"] == [["reason": "too old", "records": .integer(100_003 - 51)]])
    #expect(log.metric(.recordsRejected) == Double(100_003 - 51))
    #expect(log.lines.count < 20)
  }

  @Test("A fetch all of whose history is rejected has failed") func allRejected() async throws {
    let log = LogBook()
    let http = FakeHTTP([.success(Self.page([(Self.now - 2, 1), (Self.now - 1, 1), (Self.now + 1, 1)]))])
    #expect(try await Self.run(try Self.handler(history: Rejecting(), http), log) == ["m"])
    let error = log.lines(saying: "an identifier failed").first?["error"]?.string
    #expect(error == "none of the 2 records of the history was taken: too old")
  }

  @Test("A measure that no row has is told once, by name, and fails nothing") func missingMeasure() async throws {
    let log = LogBook()
    let http = FakeHTTP([.success(Self.page([(Self.now - 2, 1), (Self.now - 1, 1)]))])
    let handler = try Self.handler(
      history: MemoryHistory([]), measures: ["a": "/a", "typo": "/tpyo", "other": ["at": "/o", "type": "varchar"]], http
    )
    #expect(try await Self.run(handler, log) == [])
    let lines = log.lines(saying: "no row of the source has these measures")
    #expect(lines.count == 1)
    #expect(lines.first?["measures"] == ["other", "typo"])
    #expect(log.metric(.sourceErrors) == 0)
  }

  @Test("What was stored before the time ran out is counted, and the page that was waited for is named")
  func outOfTime() async throws {
    let log = LogBook()
    let timeIsUp = Gate()
    let http = FakeHTTP { _, index in
      if index == 1 {
        timeIsUp.open()
        while !Task.isCancelled { await Task.yield() }
        return .failure(HTTPError(.cancelled, "cancelled"))
      }
      return .success(Self.page([(Self.now - 2, 1)], next: "/2"))
    }
    var handler = try Self.handler(history: MemoryHistory([]), http)
    handler.sleep = { _ in await timeIsUp.wait() }
    #expect(try await Self.run(handler, log, deadline: Self.now + 900_000) == ["m"])
    let error = log.lines(saying: "an identifier failed").first?["error"]?.string
    #expect(error == "the time ran out while the source was asked for page 2")
    #expect(log.metric(.historyRecords) == 1)
    #expect(log.metric(.sourceErrors) == 1)
  }

  @Test("A store that does not answer in time does not count as a source's error") func storeOutOfTime() async throws {
    struct Stuck: HistoryStore {
      let timeIsUp: Gate

      func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
        timeIsUp.open()
        while !Task.isCancelled { await Task.yield() }
        return HistoryWrite()
      }

      func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
        HistoryRows(samples: [])
      }

      func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
        NewestHistory(time: nil)
      }
    }
    let log = LogBook()
    let timeIsUp = Gate()
    let http = FakeHTTP([.success(Self.page([(Self.now - 2, 1)]))])
    var handler = try Self.handler(history: Stuck(timeIsUp: timeIsUp), http)
    handler.sleep = { _ in await timeIsUp.wait() }
    #expect(try await Self.run(handler, log, deadline: Self.now + 900_000) == ["m"])
    let error = log.lines(saying: "an identifier failed").first?["error"]?.string
    #expect(error == "the time ran out while samples were stored")
    #expect(log.metric(.sourceErrors) == 0)
  }

  @Test(
    "A catalogue that Systems Manager does not give is no fault of a source, one that is wrong is",
    arguments: [true, false])
  func catalogue(isDown: Bool) async throws {
    let http = FakeHTTP([
      isDown
        ? .success(.json(400, #"{"__type":"AccessDeniedException","message":"no"}"#))
        : .success(.json(200, #"{"Parameter":{"Value":"[]"}}"#))
    ])
    let environment: ProcessEnvironment = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
      "SOURCES_SSM_ID": "/s", "TS_DB_NAME": "d", "TS_TABLE_NAME": "t", "FUTURE_TABLE": "f",
    ]
    let log = LogBook()
    let handler = try FetchHandler(environment: environment, http: http, clock: .fixed(Self.now))
    #expect(try await Self.run(handler, log) == ["m"])
    #expect(log.lines(saying: "an identifier failed").count == 1)
    #expect(log.metric(.sourceErrors) == (isDown ? 0 : 1))
  }
}
