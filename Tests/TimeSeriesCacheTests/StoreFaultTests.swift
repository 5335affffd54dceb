import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The stores against services that refuse, and tables that others write to.
@Suite struct StoreFaultTests {
  static let now: Int64 = 1_800_000_000_000
  static let environment: ProcessEnvironment = [
    "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
    "AWS_ENDPOINT_URL": "http://localhost", "AWS_MAX_ATTEMPTS": "1",
  ]

  private func history(_ http: FakeHTTP) throws -> TimestreamHistory {
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    return TimestreamHistory(client, database: "d", table: "t")
  }

  private static func samples(_ count: Int) -> [Sample] {
    (0..<count).map { Sample(time: Int64($0), measures: [Measure("v", .double(1))]) }
  }

  /// Times of the records of a request.
  private static func times(_ request: HTTPRequest) -> [Int] {
    let records = (try? JSON(parsing: request.body))?["Records"]?.array ?? []
    return records.compactMap { $0["Time"]?.string.flatMap { Int($0) } }
  }

  private static func refused(_ message: String) -> HTTPResponse {
    .json(400, #"{"__type":"com.amazon.coral.validate#ValidationException","message":"\#(message)"}"#)
  }

  @Test("Records for which Timestream refuses a whole request are found, and the others are stored", arguments: [1, 2])
  func bisects(bad: Int) async throws {
    let faulty = Array([0, 80].prefix(bad))
    let stored = Recorder<Int>()
    let http = FakeHTTP { request, _ in
      let times = Self.times(request)
      if !faulty.allSatisfy({ !times.contains($0) }) { return .success(Self.refused("Invalid time for record.")) }
      for time in times { stored.append(time) }
      return .success(.json(200, #"{"RecordsIngested":{"Total":\#(times.count)}}"#))
    }
    let outcome = try await history(http).write(Self.samples(100), of: Series(try Identifier("s")), version: Self.now)
    #expect(outcome.stored == 100 - bad)
    #expect(outcome.times == TimeRange(from: 1, to: 99))
    #expect(outcome.rejected.count == bad)
    #expect(outcome.rejected.first.map(\.time) == faulty.map(Int64.init))
    #expect(outcome.rejected.first.first?.reason == "Invalid time for record.")
    #expect(outcome.failure == nil)
    #expect(stored.elements.sorted() == (0..<100).filter { !faulty.contains($0) })
    #expect(http.requests.count <= TimestreamHistory.requestsToBisect)
  }

  @Test(
    "The range of what is stored leaves out records that are rejected one by one, and those that a newer fetch wrote")
  func rejectedRange() async throws {
    let newer = #",{"RecordIndex":4,"Reason":"a newer version is there","ExistingVersion":\#(Self.now)}"#
    let http = FakeHTTP { request, _ in
      .success(Self.rejecting(#"{"RecordIndex":0,"Reason":"too old"}"# + (Self.times(request).count == 5 ? newer : "")))
    }
    let outcome = try await history(http).write(Self.samples(5), of: Series(try Identifier("s")), version: Self.now)
    #expect(outcome.stored == 3)
    #expect(outcome.superseded == 1)
    #expect(outcome.times == TimeRange(from: 1, to: 3))
  }

  private static func rejecting(_ entries: String) -> HTTPResponse {
    .json(419, #"{"__type":"x#RejectedRecordsException","message":"no","RejectedRecords":[\#(entries)]}"#)
  }

  @Test("Records that are rejected beside others are sent once more, for as long as some of them are taken")
  func rejectedForNow() async throws {
    // The record of time 7 is never taken; of the others each request takes all but two.
    let stored = Recorder<Int>()
    let http = FakeHTTP { request, _ in
      let times = Self.times(request)
      let rejected = times.indices.filter { times[$0] == 7 || times.count > 10 && $0 < 2 }
      for (index, time) in times.enumerated() where !rejected.contains(index) { stored.append(time) }
      guard !rejected.isEmpty else { return .success(.json(200, #"{"RecordsIngested":{"Total":\#(times.count)}}"#)) }
      return .success(Self.rejecting(rejected.map { #"{"RecordIndex":\#($0),"Reason":"no"}"# }.joined(separator: ",")))
    }
    let outcome = try await history(http).write(Self.samples(100), of: Series(try Identifier("s")), version: Self.now)
    #expect(stored.elements.sorted() == (0..<100).filter { $0 != 7 })
    #expect(outcome.stored == 99)
    #expect(outcome.rejected.first == [.init(time: 7, reason: "no")])
    #expect(outcome.failure == nil)
    // All, then those three, then the one.
    #expect(http.requests.map { Self.times($0).count } == [100, 3, 1])
  }

  @Test("Where every record of a request is rejected, it is not sent once more")
  func allRejected() async throws {
    let http = FakeHTTP { request, _ in
      let entries = Self.times(request).indices.map { #"{"RecordIndex":\#($0),"Reason":"too old"}"# }
      return .success(Self.rejecting(entries.joined(separator: ",")))
    }
    let outcome = try await history(http).write(Self.samples(5), of: Series(try Identifier("s")), version: Self.now)
    #expect(outcome.rejected.count == 5 && http.requests.count == 1)
  }

  @Test("Where every record is refused, the search ends and the write fails", arguments: [100, 2000])
  func bisectsWithinBounds(count: Int) async throws {
    let http = FakeHTTP([.success(Self.refused("no"))])
    let outcome = try await history(http).write(Self.samples(count), of: Series(try Identifier("s")), version: Self.now)
    #expect(outcome.stored == 0)
    #expect(outcome.failure?.code == "ValidationException")
    // One request for each batch, and what all of them together may spend on the search.
    #expect(http.requests.count <= count / 100 + TimestreamHistory.requestsToBisect)
  }

  @Test("A store that refuses is not asked again for the parts that follow", arguments: ["history", "forecast"])
  func down(store: String) async throws {
    let http = FakeHTTP { request, _ in
      let target = request.headers["x-amz-target"] ?? ""
      if target.hasPrefix("Timestream") == (store == "history") {
        return .success(.json(400, #"{"__type":"x#AccessDeniedException","message":"not you"}"#))
      }
      return .success(.json(200, #"{"Items":[],"UnprocessedItems":{},"RecordsIngested":{"Total":1}}"#))
    }
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    let stores = SampleWriter(
      history: TimestreamHistory(client, database: "d", table: "t"), forecast: DynamoDBForecast(client, table: "f"))
    var writer = stores.begin(Series(try Identifier("s")), now: 50)
    for part in 0..<5 {
      await writer.write([Sample(time: Int64(part), measures: []), Sample(time: Int64(part) + 60, measures: [])])
    }
    let refused = http.requests.filter {
      ($0.headers["x-amz-target"]?.hasPrefix("Timestream") ?? false) == (store == "history")
    }
    #expect(refused.count == 1)
    #expect(writer.outcome.failure?.code == "AccessDeniedException")
    #expect((store == "history" ? writer.outcome.forecastItems : writer.outcome.history.stored) == 5)
  }

  @Test(
    "A refusal that is about no record is not searched",
    arguments: ["AccessDeniedException", "ResourceNotFoundException"])
  func keepsOthersWhole(code: String) async throws {
    let http = FakeHTTP([
      .success(.json(400, #"{"__type":"x#\#(code)","message":"not you"}"#, headers: ["x-amzn-RequestId": "r-1"]))
    ])
    let outcome = try await history(http).write(Self.samples(100), of: Series(try Identifier("s")), version: Self.now)
    #expect(http.requests.count == 1)
    // The error keeps what one has to know to follow it up.
    #expect(outcome.failure?.code == code)
    #expect(outcome.failure?.requestID == "r-1")
    #expect((outcome.failure?.cause as? AWSError)?.status == 400)
  }

  // MARK: A table that others write to

  /// A page of Timestream's as it comes for `SELECT *`.
  private static func page(_ rows: [[String?]]) -> HTTPResponse {
    let columns = [
      ("identifier", "VARCHAR"), ("measure_name", "VARCHAR"), ("time", "TIMESTAMP"), ("b", "DOUBLE"), ("a", "BIGINT"),
      ("measure_value::varchar", "VARCHAR"),
    ]
    let info: [JSON] = columns.map { ["Name": .string($0.0), "Type": ["ScalarType": .string($0.1)]] }
    let data: [JSON] = rows.map { row in
      ["Data": .array(row.map { cell in cell.map { ["ScalarValue": .string($0)] } ?? ["NullValue": true] })]
    }
    let answer: JSON = [
      "QueryId": "Q", "Rows": .array(data), "ColumnInfo": .array(info),
      "QueryStatus": ["CumulativeBytesMetered": 10_000_000],
    ]
    return HTTPResponse(status: 200, body: answer.bytes)
  }

  private static func row(
    _ time: String, _ name: String = "sample", b: String? = nil, a: String? = nil, single: String? = nil
  ) -> [String?] { ["s", name, "2027-01-15 08:00:0\(time)", b, a, single] }

  /// Answers as Timestream would, with the first rows up to the query's limit.
  private static func table(_ rows: [[String?]]) -> FakeHTTP {
    FakeHTTP { request, _ in
      let query = (try? JSON(parsing: request.body))?["QueryString"]?.string ?? ""
      let limit = query.split(separator: "LIMIT ").last.flatMap { Int($0) } ?? 0
      return .success(page(Array(rows.prefix(limit))))
    }
  }

  private static let shared: [[String?]] = [
    row("0.000000000", b: "1.5", a: "7"), row("0.000000000", "cpu usage", single: "12"),
    row("0.000400000", b: "2.5"), row("1.000000000", a: "8"),
  ]

  @Test("Records of one millisecond are one sample, whoever wrote them")
  func mergesRecords() async throws {
    let rows = try await history(Self.table(Self.shared)).rows(
      of: Series(try Identifier("s")), in: try #require(TimeRange(from: 0, to: Self.now * 2)), limit: 10)
    #expect(
      rows
        == HistoryRows(
          samples: [
            Sample(
              time: Self.now,
              measures: [Measure("a", .bigint(7)), Measure("b", .double(2.5)), Measure("cpu usage", .varchar("12"))]),
            Sample(time: Self.now + 1000, measures: [Measure("a", .bigint(8))]),
          ], bytesMetered: 10_000_000))
  }

  @Test("Of two records with one measure the cache's own counts, in either order", arguments: [true, false])
  func oursCounts(isFirst: Bool) async throws {
    let ours = Self.row("0.000000000", b: "1")
    let theirs = Self.row("0.000000000", "b2", b: "2", a: "3")
    let rows = try await history(Self.table(isFirst ? [ours, theirs, theirs] : [theirs, theirs, ours])).rows(
      of: Series(try Identifier("s")), in: try #require(TimeRange(from: 0, to: Self.now * 2)), limit: 10)
    #expect(rows.samples == [Sample(time: Self.now, measures: [Measure("a", .bigint(3)), Measure("b", .double(1))])])
  }

  @Test("The cache's record at one instant says nothing of the next one's") func oursCountsForItsInstant() async throws
  {
    let rows = [
      Self.row("0.000000000", b: "1"), Self.row("1.000000000", "x", b: "2"), Self.row("1.000000000", "y", b: "3"),
    ]
    let read = try await history(Self.table(rows)).rows(
      of: Series(try Identifier("s")), in: try #require(TimeRange(from: 0, to: Self.now * 2)), limit: 10)
    #expect(read.samples.map { $0.measures } == [[Measure("b", .double(1))], [Measure("b", .double(3))]])
  }

  @Test("Rows without a value that can be read are no samples") func emptyRows() async throws {
    let rows = try await history(Self.table([Self.row("0.000000000", b: "NaN"), Self.row("1.000000000")])).rows(
      of: Series(try Identifier("s")), in: try #require(TimeRange(from: 0, to: Self.now * 2)), limit: 10)
    #expect(rows == HistoryRows(samples: [], bytesMetered: 10_000_000))
  }

  @Test("A row of fewer or more cells than there are columns is an error, not a crash", arguments: [1, 5, 7, 200])
  func cells(count: Int) async throws {
    let row = Array((Self.row("0.000000000") + [String?](repeating: "x", count: 200)).prefix(count))
    let history = try history(FakeHTTP([.success(Self.page([row]))]))
    let error = await #expect(throws: StoreError.self) {
      try await history.rows(of: Series(try Identifier("s")), in: try #require(TimeRange(from: 0, to: 1)), limit: 10)
    }
    #expect(error?.code == "UnexpectedAnswer")
  }

  @Test("A page that ends among them loses none", arguments: [1, 2])
  func pagesMergedRecords(limit: Int) async throws {
    let rows = try await history(Self.table(Self.shared)).rows(
      of: Series(try Identifier("s")), in: try #require(TimeRange(from: 0, to: Self.now * 2)), limit: limit)
    #expect(rows.samples.first?.measures.count == 3)
    #expect(rows.samples.count <= limit)
    #expect(rows.isCut == (limit == 1))
  }

  @Test("An item of the forecasts' table that is not a forecast is an error, and is not served")
  func forecastWithoutTime() async throws {
    let http = FakeHTTP([.success(.json(200, #"{"Items":[{"identifier":{"S":"s"},"time":{"S":"soon"}}],"Count":1}"#))])
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    let error = await #expect(throws: StoreError.self) {
      try await DynamoDBForecast(client, table: "f").page(
        of: try Identifier("s"), in: try #require(TimeRange(from: 0, to: 1)), limit: 1, now: 0)
    }
    #expect(error?.description.contains("no number as its time") ?? false)
  }

  @Test("Names of measures that differ in their bytes alone stay two")
  func names() async throws {
    let values = #"{"\u00e9":{"N":"1"},"e\u0301":{"N":"2"}}"#
    let http = FakeHTTP([
      .success(.json(200, #"{"Items":[{"values":{"M":\#(values)},"time":{"N":"0.001"}}],"Count":1}"#))
    ])
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    let page = try await DynamoDBForecast(client, table: "f").page(
      of: try Identifier("s"), in: try #require(TimeRange(from: 0, to: 1)), limit: 1, now: 0)
    #expect(
      page.samples == [
        Sample(time: 1, measures: [Measure("e\u{301}", .double(2)), Measure("\u{E9}", .double(1))])
      ])
  }

  @Test(
    "Whether a series has forecasts is one question for one item, also where all have expired",
    arguments: [true, false])
  func hasAny(found: Bool) async throws {
    let http = FakeHTTP([
      .success(.json(200, #"{"Items":[\#(found ? #"{"time":{"N":"1800000000"}}"# : "")],"Count":1}"#))
    ])
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    #expect(try await DynamoDBForecast(client, table: "f").hasAny(try Identifier("s"), now: Self.now) == found)
    let input = try JSON(parsing: try #require(http.requests.first).body)
    #expect(http.requests.count == 1)
    #expect(input["Limit"]?.int == 1)
    #expect(input["KeyConditionExpression"] == "#id = :id AND #time > :time")
    // Seven days ago.
    #expect(input["ExpressionAttributeValues"]?[":time"] == ["N": "1799395200"])
  }

  @Test("A page of forecasts asks for time and values alone") func projection() async throws {
    let http = FakeHTTP([.success(.json(200, #"{"Items":[]}"#))])
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    _ = try await DynamoDBForecast(client, table: "f").page(
      of: try Identifier("s"), in: try #require(TimeRange(from: 0, to: 1)), limit: 1, now: 0)
    let input = try JSON(parsing: try #require(http.requests.first).body)
    #expect(input["ProjectionExpression"] == "#time, #values")
    #expect(input["ExpressionAttributeNames"]?["#values"] == "values")
  }

  @Test("Items without values are no rows, and items of one millisecond are one")
  func foreignForecasts() async throws {
    let items = [
      #"{"time":{"N":"1"},"value":{"S":"of the reference"}}"#,
      #"{"time":{"N":"2.0001"},"values":{"M":{"a":{"N":"1"}}}}"#,
      #"{"time":{"N":"2.0002"},"values":{"M":{"b":{"N":"2"}}}}"#, #"{"time":{"N":"3"},"values":{"M":{}}}"#,
    ]
    let http = FakeHTTP([.success(.json(200, #"{"Items":[\#(items.joined(separator: ","))]}"#))])
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    let page = try await DynamoDBForecast(client, table: "f").page(
      of: try Identifier("s"), in: try #require(TimeRange(from: 0, to: 10_000)), limit: 10, now: 0)
    #expect(page.samples == [Sample(time: 2000, measures: [Measure("a", .double(1)), Measure("b", .double(2))])])
  }

  @Test("Items that DynamoDB leaves out are sent again as they are; there is no wait after the last attempt")
  func unprocessed() async throws {
    let http = FakeHTTP { request, _ in
      let input = (try? JSON(parsing: request.body)) ?? .null
      if request.headers["x-amz-target"]?.hasSuffix("Query") ?? false { return .success(.json(200, #"{"Items":[]}"#)) }
      return .success(
        HTTPResponse(status: 200, body: (["UnprocessedItems": input["RequestItems"] ?? .null] as JSON).bytes))
    }
    let client = try AWSClient(environment: Self.environment, http: http, clock: .fixed(Self.now))
    let waits = Recorder<Duration>()
    let forecast = DynamoDBForecast(client, table: "f") { waits.append($0) }
    let error = await #expect(throws: StoreError.self) {
      try await forecast.write(Self.samples(3), of: try Identifier("s"), fetchedAt: 1)
    }
    #expect(error == StoreError(.throttled, "DynamoDB left 3 of 3 items of 'f' unwritten"))
    let writes = http.requests.filter { $0.headers["x-amz-target"]?.hasSuffix("BatchWriteItem") ?? false }
    #expect(writes.count == DynamoDBForecast.attempts)
    #expect(writes.allSatisfy { (try? JSON(parsing: $0.body)) == (try? JSON(parsing: writes[0].body)) })
    #expect(waits.elements.count == DynamoDBForecast.attempts - 1)
  }
}
