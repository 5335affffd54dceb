import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The reference's faults in fetching, storing and merging, each against the local cloud.
@Suite struct FetchFaultTests {
  // The executables sign with the machine's clock, so the tests' instant is close to it.
  static let now: Int64 = WallClock.system.now
  static let hour: Int64 = 3_600_000

  @Test("A corrected past value replaces the old one; a late redelivery changes nothing")
  func correction() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let time = Self.now - Self.hour
      for (value, at) in [(1.0, Self.now), (2.0, Self.now + 1000), (3.0, Self.now - 1000), (2.0, Self.now + 1000)] {
        let log = LogBook()
        #expect(try await cloud.fetch([["s"]], now: at, log: log) { _ in TestCloud.rows([(time, value)]) } == [])
        #expect(log.metric(.recordsRejected) == 0)
        #expect(log.lines(saying: "fetched").first?["superseded"]?.int == (value == 3 ? 1 : 0))
      }
      #expect(try await cloud.series("s", from: time, to: time, now: Self.now) == ["\(time)=2"])
    }
  }

  @Test("The newest fetch's forecast stands, whichever is written last")
  func newestFetchWins() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = (1...3).map { Self.now + Int64($0) * Self.hour }
      _ = try await cloud.fetch([["s"]], now: Self.now + 1000) { _ in TestCloud.rows([(times[0], 2), (times[1], 2)]) }
      // A slow fetch that began earlier ends later; only what the newer one did not have is new.
      let log = LogBook()
      // Outside of #expect: a closure in a macro's argument may share its symbol with one outside (Swift 6.3.1).
      let late = try await cloud.fetch([["s"]], now: Self.now, log: log) { _ in TestCloud.rows(times.map { ($0, 1) }) }
      #expect(late == [])
      #expect(log.metric(.forecastRecords) == 1)
      let rows = try await cloud.series("s", from: times[0], to: times[2], now: Self.now)
      #expect(rows == ["\(times[0])=2?", "\(times[1])=2?", "\(times[2])=1?"])
      let again = try await cloud.fetch([["s"]], now: Self.now + 2000) { _ in TestCloud.rows(times.map { ($0, 3) }) }
      #expect(again == [])
      let newest = try await cloud.series("s", from: times[0], to: times[2], now: Self.now)
      #expect(newest == times.map { "\($0)=3?" })
    }
  }

  @Test("A forecast that a fact overtook is not served, and no instant stands twice")
  func overtaken() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = (0..<6).map { Self.now + Int64($0) * 60_000 }
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in TestCloud.rows(times.map { ($0, 1) }) }
      // Three minutes later the first three are facts, and the forecast of the others has changed.
      let later = Self.now + 180_000
      _ = try await cloud.fetch([["s"]], now: later) { _ in TestCloud.rows(times.map { ($0, 2) }) }
      let expected = times.prefix(3).map { "\($0)=2" } + times.dropFirst(3).map { "\($0)=2?" }
      #expect(try await cloud.series("s", from: times[0], to: times[5], now: later) == expected)
      let body = try await cloud.get("timeSeries-data?startDate=\(times[0])&endDate=\(times[5])&identifier=s").body
      let answer = try JSON(parsing: body)
      #expect(answer["historicalRows"]?.array?.compactMap { $0["time"]?.int64 } == times.prefix(3).reversed())
      #expect(answer["futureRows"]?.array?.compactMap { $0["time"]?.int64 } == Array(times.dropFirst(3)))
    }
  }

  @Test("Bounds are exact to the millisecond")
  func bounds() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = [-2, -1, 0, 1, 2].map { Self.now - Self.hour + $0 } + [-1, 0, 1].map { Self.now + Self.hour + $0 }
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in TestCloud.rows(times.map { ($0, 1) }) }
      let rows = try await cloud.series("s", from: times[1], to: times[6], now: Self.now)
      #expect(rows == times[1...4].map { "\($0)=1" } + times[5...6].map { "\($0)=1?" })
    }
  }

  @Test("More than a page in each store")
  func pages() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      // A text makes rows long enough that 3,000 of them pass a megabyte in either store.
      let padding = String(repeating: "p", count: 500)
      let times = (-3000..<3000).map { Self.now + Int64($0) * 1000 }
      let body =
        #"{"rows":[\#(times.map { #"{"t":\#($0),"a":\#($0 % 1000),"c":"\#(padding)"}"# }.joined(separator: ","))]}"#
      #expect(try await cloud.fetch([["s"]], now: Self.now) { _ in .json(200, body) } == [])
      let range = try #require(TimeRange(from: times[0], to: times[5999]))
      let page = try await cloud.reader(now: Self.now).page(of: try Identifier("s"), in: range, limit: 10_000)
      #expect(page.rows.map(\.time) == times)
      #expect(page.rows.count { $0.origin == .history } == 3000)
      #expect(page.next == nil)
    }
  }

  @Test(
    "An identifier of SQL stays an identifier",
    arguments: ["x' OR '1'='1", "x\u{600}' OR 1=1 --", "e\u{301}", "\"; DROP TABLE x; --", "ä/ö&=%", "a b"])
  func injection(identifier: String) async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let time = Self.now - 1000
      _ = try await cloud.fetch([["other"]], now: Self.now) { _ in TestCloud.rows([(time, 1)]) }
      #expect(try await cloud.series(identifier, from: time, to: time, now: Self.now) == [])
      _ = try await cloud.fetch([[identifier]], now: Self.now) { name in
        name == identifier ? TestCloud.rows([(time, 2)]) : HTTPResponse(status: 404)
      }
      #expect(try await cloud.series(identifier, from: time, to: time, now: Self.now) == ["\(time)=2"])
      #expect(try await cloud.series("other", from: time, to: time, now: Self.now) == ["\(time)=1"])
      let path = "v1/series/\(PercentEncoding.encode(identifier))?from=\(time)&to=\(time)"
      let answer = try JSON(parsing: try await cloud.get(path).body)
      #expect(answer["identifier"]?.string == identifier)
      #expect(answer["rows"]?.array?.count == 1)
    }
  }

  @Test("A rejected record is reported with identifier, time and reason; the others are stored")
  func rejected() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let ancient = Self.now - 800 * 86_400_000
      let failed = try await cloud.fetch([["s"]], now: Self.now, log: log) { _ in
        TestCloud.rows([(ancient, 1), (Self.now - 1000, 2)])
      }
      #expect(failed == [])
      let line = try #require(log.lines(saying: "a record was rejected").first)
      #expect(line["identifier"]?.string == "s")
      #expect(line["time"]?.int64 == ancient)
      #expect(line["reason"]?.string?.hasPrefix("The record timestamp is outside the time range [") ?? false)
      #expect(log.metric(.recordsRejected) == 1)
      #expect(log.metric(.historyRecords) == 1)
      #expect(try await cloud.series("s", from: ancient, to: Self.now, now: Self.now) == ["\(Self.now - 1000)=2"])
    }
  }

  @Test("One bad identifier takes back its own message alone")
  func partialBatch() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let time = Self.now - 1000
      let failed = try await cloud.fetch([["a", "b"], ["c", "bad"], ["d"], ["bad", ""]], now: Self.now, log: log) {
        name in
        name == "bad" ? HTTPResponse(status: 500) : TestCloud.rows([(time, 1)])
      }
      #expect(failed == ["m1", "m3"])
      for identifier in ["a", "b", "c", "d"] {
        #expect(try await cloud.series(identifier, from: time, to: time, now: Self.now) == ["\(time)=1"])
      }
      #expect(log.metric(.sourceErrors) == 1)
    }
  }

  @Test("An error of the source is counted and names source and identifier")
  func sourceError() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      #expect(try await cloud.fetch([["s"]], now: Self.now, log: log) { _ in .json(200, "<html>") } == ["m0"])
      let line = try #require(log.lines(saying: "an identifier failed").first)
      #expect(line["identifier"]?.string == "s")
      #expect(
        line["error"]?.string
          == "source 'default', answer: is not JSON: unexpected character at byte 0; it says: <html>")
      #expect(log.metric(.sourceErrors) == 1)
    }
  }

  @Test("Several measures of several types come back as they were")
  func measures() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let body =
        #"{"rows":[{"t":\#(Self.now - 1),"a":1e300,"b":9007199254740993,"c":"ä\"\n"},{"t":\#(Self.now),"a":1e300,"b":-1,"c":"f"}]}"#
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in .json(200, body) }
      let range = try #require(TimeRange(from: Self.now - 1, to: Self.now))
      let page = try await cloud.reader(now: Self.now).page(of: try Identifier("s"), in: range)
      #expect(
        page.rows == [
          SeriesRow(
            Sample(
              time: Self.now - 1,
              measures: [
                Measure("a", .double(1e300)), Measure("b", .bigint(9_007_199_254_740_993)),
                Measure("c", .varchar("ä\"\n")),
              ]),
            origin: .history),
          SeriesRow(
            Sample(
              time: Self.now,
              measures: [Measure("a", .double(1e300)), Measure("b", .bigint(-1)), Measure("c", .varchar("f"))]),
            origin: .forecast),
        ])
    }
  }

  @Test("Expired forecasts are not served, deleted or not")
  func expired() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let ahead = Self.now + Self.hour
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in TestCloud.rows([(ahead, 1)]) }
      let week: Int64 = 7 * 86_400_000
      #expect(try await cloud.series("s", from: ahead, to: ahead, now: ahead + week - 1000) == ["\(ahead)=1?"])
      #expect(try await cloud.series("s", from: ahead, to: ahead, now: ahead + week) == [])
      #expect(try await cloud.reader(now: ahead + week).hasForecast(try Identifier("s")) == false)
    }
  }

  @Test("Near the deadline nothing is started, and what was not done comes again")
  func deadline() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let failed = try await cloud.fetch(
        [["a"], ["b"]], now: Self.now, log: log, deadline: Self.now
      ) { _ in TestCloud.rows([(Self.now - 1, 1)]) }
      #expect(failed == ["m0", "m1"])
      let line = try #require(log.lines(saying: "not started: the deadline is near").first)
      #expect(line["identifiers"] == ["a", "b"])
      #expect(line["count"]?.int == 2)
      #expect(log.lines(saying: "fetched").first?["notStarted"]?.int == 2)
    }
  }

  @Test("A source that hangs is given up before the deadline, counted and named; what was done stays done")
  func hangs() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let timeIsUp = Gate()
      let failed = try await cloud.fetch(
        [["quick"], ["stuck"]], now: Self.now, log: log, deadline: Self.now + 900_000, timeIsUp: timeIsUp
      ) { name in
        if name == "stuck" {
          timeIsUp.open()
          await withTaskCancellationHandler {
            while !Task.isCancelled { await Task.yield() }
          } onCancel: {
          }
        }
        return TestCloud.rows([(Self.now - 1, 1)])
      }
      #expect(failed == ["m1"])
      let line = try #require(log.lines(saying: "an identifier failed").first)
      #expect(line["identifier"]?.string == "stuck")
      #expect(line["error"]?.string == "the time ran out while the source was asked for page 1")
      let summary = try #require(log.lines(saying: "fetched").first)
      #expect(summary["identifiers"]?.int == 2)
      #expect(summary["failed"]?.int == 1)
      #expect(summary["history"]?.int == 1)
      #expect(log.metric(.sourceErrors) == 1)
    }
  }

  // MARK: Stores that fail

  /// The real cloud, but for one operation.
  struct Refusing: HTTPClient {
    let real: any HTTPClient
    let operation: String

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
      guard request.headers["x-amz-target"]?.hasSuffix(operation) ?? false else { return try await real.send(request) }
      return .json(400, #"{"__type":"x#AccessDeniedException","message":"not you"}"#)
    }
  }

  @Test("A store that refuses takes the message back, and is told", arguments: ["WriteRecords", "BatchWriteItem"])
  func refusedWrite(operation: String) async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let refusing = TestCloud(cloud, http: Refusing(real: cloud.http, operation: operation))
      let log = LogBook()
      let rows = TestCloud.rows([(Self.now - 1000, 1), (Self.now + Self.hour, 1)])
      let failed = try await refusing.fetch([["s"]], now: Self.now, log: log) { _ in rows }
      #expect(failed == ["m0"])
      #expect(
        log.lines(saying: "an identifier failed").first?["error"]?.string?.contains("AccessDeniedException") ?? false)
      // What the other store took is counted, and stays.
      #expect(log.metric(.historyRecords) == (operation == "WriteRecords" ? 0 : 1))
      #expect(log.metric(.forecastRecords) == (operation == "WriteRecords" ? 1 : 0))
      // The message comes again, and all is there.
      let again = try await cloud.fetch([["s"]], now: Self.now + 1) { _ in rows }
      #expect(again == [])
      let series = try await cloud.series("s", from: Self.now - 1000, to: Self.now + Self.hour, now: Self.now)
      #expect(series == ["\(Self.now - 1000)=1", "\(Self.now + Self.hour)=1?"])
    }
  }

  /// What either store answers where it took everything.
  static let allTaken: String = #"{"RecordsIngested":{},"UnprocessedItems":{}}"#

  static func writer(_ answer: @escaping @Sendable (_ target: String, JSON, Int) -> HTTPResponse) throws -> (
    SampleWriter, FakeHTTP
  ) {
    let http = FakeHTTP { request, index in
      let target = request.headers["x-amz-target"] ?? ""
      // No newer fetch has written.
      if target.hasSuffix(".Query") { return .success(.json(200, #"{"Items":[]}"#)) }
      return .success(answer(target, (try? JSON(parsing: request.body)) ?? .null, index))
    }
    let environment: ProcessEnvironment = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
      "AWS_ENDPOINT_URL": "http://aws.test",
    ]
    let client = try AWSClient(
      environment: environment, http: http,
      retries: RetryPolicy(random: { 0 }, sleep: { _ throws(CancellationError) in }))
    return (
      SampleWriter(
        history: TimestreamHistory(client, database: "d", table: "t"),
        forecast: DynamoDBForecast(client, table: "f", sleep: { _ in })), http
    )
  }

  static func write(_ samples: [Sample], now: Int64, _ stores: SampleWriter) async throws -> SampleWriter.Outcome {
    var writer = stores.begin(try Identifier("s"), now: now)
    await writer.write(samples)
    return writer.outcome
  }

  static func samples(_ range: Range<Int64>) -> [Sample] {
    range.map { Sample(time: $0, measures: [Measure("v", .double(1))]) }
  }

  @Test("A history that throttles is an error, not a silence; the forecast is written all the same")
  func throttled() async throws {
    let (writer, http) = try Self.writer { target, _, _ in
      target.hasSuffix("WriteRecords")
        ? .json(400, #"{"__type":"x#ThrottlingException","message":"slow"}"#) : .json(200, Self.allTaken)
    }
    let outcome = try await Self.write(Self.samples(0..<20), now: 10, writer)
    #expect(outcome.failure?.kind == .throttled)
    #expect(outcome.history.stored == 0)
    #expect(outcome.forecastItems == 10)
    #expect(http.requests.count { $0.headers["x-amz-target"]?.hasSuffix("WriteRecords") ?? false } == 3)
    #expect(http.requests.count { $0.headers["x-amz-target"]?.hasSuffix("BatchWriteItem") ?? false } == 1)
  }

  @Test("Items that DynamoDB left out are sent again, and only they")
  func unprocessed() async throws {
    let (writer, http) = try Self.writer { target, body, _ in
      guard target.hasSuffix("BatchWriteItem"), let requests = body["RequestItems"]?["f"]?.array, requests.count > 10
      else {
        return .json(200, Self.allTaken)
      }
      return .json(200, (["UnprocessedItems": ["f": .array(Array(requests.suffix(7)))]] as JSON).text)
    }
    let outcome = try await Self.write(Self.samples(0..<60), now: 0, writer)
    #expect(outcome.forecastItems == 60)
    let sizes = http.requests.compactMap { try? JSON(parsing: $0.body)["RequestItems"]?["f"]?.array?.count }.sorted()
    #expect(sizes == [7, 7, 10, 25, 25])
  }

  @Test("250 records go in three requests, 60 items in three")
  func batches() async throws {
    let (writer, http) = try Self.writer { _, _, _ in .json(200, Self.allTaken) }
    let outcome = try await Self.write(Self.samples(0..<310), now: 250, writer)
    #expect(outcome.history.stored == 250)
    #expect(outcome.forecastItems == 60)
    let bodies = http.requests.compactMap { try? JSON(parsing: $0.body) }
    #expect(bodies.compactMap { $0["Records"]?.array?.count }.sorted() == [50, 100, 100])
    #expect(bodies.compactMap { $0["RequestItems"]?["f"]?.array?.count }.sorted() == [10, 25, 25])
  }

  @Test("Rejections are sorted: an older version is superseded, all else is reported")
  func rejections() async throws {
    let (writer, _) = try Self.writer { _, _, _ in
      .json(
        419,
        #"{"__type":"x#RejectedRecordsException","RejectedRecords":[{"RecordIndex":0,"Reason":"old","ExistingVersion":7},{"RecordIndex":1,"Reason":"old","ExistingVersion":3},{"RecordIndex":2,"Reason":"far"}]}"#
      )
    }
    let outcome = try await Self.write(Self.samples(0..<5), now: 5, writer)
    #expect(outcome.history.stored == 2)
    #expect(outcome.history.superseded == 1)
    #expect(outcome.history.rejected.first.elements == [.init(time: 1, reason: "old"), .init(time: 2, reason: "far")])
  }
}
