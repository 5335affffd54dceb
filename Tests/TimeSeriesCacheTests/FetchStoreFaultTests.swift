import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Stores that refuse or throttle a fetch's writes, or leave a part of them undone.
@Suite struct FetchStoreFaultTests {
  static let now: Int64 = FetchFaultTests.now
  static let hour: Int64 = FetchFaultTests.hour

  /// The real cloud, but for one operation.
  struct Refusing: HTTPClient {
    let real: any HTTPClient
    let operation: String

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
      guard request.headers["x-amz-target"]?.hasSuffix(operation) ?? false else { return try await real.send(request) }
      return .json(400, #"{"__type":"x#AccessDeniedException","message":"not you"}"#)
    }
  }

  @Test("A store that refuses takes the message back, and is told", arguments: ["WriteRecords", "PutItem"])
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
    var writer = stores.begin(Series(try Identifier("s")), now: now)
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
    let all =
      #"{"RecordIndex":0,"Reason":"old","ExistingVersion":7},{"RecordIndex":1,"Reason":"old","ExistingVersion":3},{"RecordIndex":2,"Reason":"far"}"#
    let (writer, http) = try Self.writer { _, request, _ in
      // The one without a version is sent once more.
      let isAgain = request["Records"]?.array?.count == 1
      return .json(
        419,
        #"{"__type":"x#RejectedRecordsException","RejectedRecords":[\#(isAgain ? #"{"RecordIndex":0,"Reason":"far"}"# : all)]}"#
      )
    }
    let outcome = try await Self.write(Self.samples(0..<5), now: 5, writer)
    #expect(outcome.history.stored == 2)
    #expect(outcome.history.superseded == 1)
    #expect(outcome.history.rejected.first == [.init(time: 1, reason: "old"), .init(time: 2, reason: "far")])
    #expect(http.requests.count == 2)
  }
}
