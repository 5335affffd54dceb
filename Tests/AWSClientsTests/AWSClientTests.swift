import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import AWSClients

@Suite struct AWSClientTests {
  static let environment: ProcessEnvironment = [
    "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hidden",
    "AWS_SESSION_TOKEN": "veiled",
    "HOME": "/nowhere",
  ]

  static func client(
    _ http: FakeHTTP, environment: ProcessEnvironment = environment, clock: WallClock = .fixed(1_440_938_160_000),
    slept: Recorder<Duration> = Recorder(),
    random: Double = 1
  ) throws -> AWSClient {
    try AWSClient(
      environment: environment, http: http, clock: clock,
      retries: RetryPolicy(
        random: { random }, sleep: { duration async throws(CancellationError) in slept.append(duration) }))
  }

  static func error(_ status: Int, _ code: String, headers: HTTPHeaders = [:]) -> Result<HTTPResponse, HTTPError> {
    .success(.json(status, #"{"__type":"com.amazon#\#(code)","message":"words"}"#, headers: headers))
  }

  @Test("A request is signed, and carries what the protocol wants")
  func request() async throws {
    let http = FakeHTTP([.success(.json(200, "{}"))])
    _ = try await Self.client(http).call(.dynamoDB, "GetItem", ["TableName": "t"])
    let request = try #require(http.requests.first)
    #expect(request.method == "POST")
    #expect(request.url == "https://dynamodb.eu-west-1.amazonaws.com/")
    #expect(request.headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem")
    #expect(request.headers["Content-Type"] == "application/x-amz-json-1.0")
    #expect(request.headers["X-Amz-Date"] == "20150830T123600Z")
    #expect(request.headers["X-Amz-Security-Token"] == "veiled")
    #expect(request.headers["amz-sdk-request"] == "attempt=1; max=4")
    #expect(
      request.headers["Authorization"]?.hasPrefix(
        "AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/dynamodb/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature="
      )
        ?? false)
  }

  static let retries:
    [(name: String, answer: Result<HTTPResponse, HTTPError>, service: AWSService, attempts: Int, delays: [Int])] = [
      ("500", .success(HTTPResponse(status: 500)), .sqs, 3, [50, 100]),
      ("503", .success(HTTPResponse(status: 503)), .dynamoDB, 4, [25, 50, 100]),
      ("throttling", error(400, "ThrottlingException"), .sqs, 3, [1000, 2000]),
      ("connection", .failure(HTTPError(.cannotConnect, "no")), .sqs, 3, [50, 100]),
      ("timeout", .failure(HTTPError(.timedOut, "no")), .sqs, 3, [50, 100]),
      ("untrusted", .failure(HTTPError(.untrusted, "no")), .sqs, 1, []),
      ("cancelled", .failure(HTTPError(.cancelled, "no")), .sqs, 1, []),
      ("validation", error(400, "ValidationException"), .sqs, 1, []),
      ("rejected records", error(419, "RejectedRecordsException"), .sqs, 1, []),
      ("404", .success(HTTPResponse(status: 404)), .sqs, 1, []),
      ("hint within bounds", error(503, "X", headers: ["x-amz-retry-after": "3000"]), .sqs, 3, [3000, 3000]),
      ("hint beyond bounds", error(503, "X", headers: ["x-amz-retry-after": "60000"]), .sqs, 3, [5050, 5100]),
    ]

  @Test("What may pass is tried again after the standard delays, what will not is not", arguments: retries.indices)
  func retry(index: Int) async throws {
    let (_, answer, service, attempts, delays) = Self.retries[index]
    let http = FakeHTTP([answer])
    let slept = Recorder<Duration>()
    await #expect(throws: AWSError.self) { try await Self.client(http, slept: slept).call(service, "X", [:]) }
    #expect(http.requests.count == attempts)
    #expect(slept.elements == delays.map { .milliseconds($0) })
    #expect(Set(http.requests.map { $0.headers["amz-sdk-invocation-id"] }).count == 1)
    #expect(
      http.requests.map { $0.headers["amz-sdk-request"] }
        == (1...attempts).map { "attempt=\($0); max=\(service.maximumAttempts)" })
  }

  @Test("Every attempt is signed anew") func signedAnew() async throws {
    let clock = ManualClock(1_440_938_160_000)
    let http = FakeHTTP { _, index in
      clock.advance(5000)
      return index < 2 ? .success(HTTPResponse(status: 500)) : .success(.json(200, "{}"))
    }
    _ = try await Self.client(http, clock: clock.clock).call(.sqs, "X", [:])
    #expect(
      http.requests.map { $0.headers["X-Amz-Date"] } == ["20150830T123600Z", "20150830T123605Z", "20150830T123610Z"])
    #expect(Set(http.requests.map { $0.headers["Authorization"] }).count == 3)
  }

  @Test("The quota ends retries when too much fails, and successes refill it")
  func quota() async throws {
    let failing = FakeHTTP([.success(HTTPResponse(status: 500))])
    let client = try Self.client(failing)
    for _ in 0..<30 { await #expect(throws: AWSError.self) { try await client.call(.sqs, "X", [:]) } }
    // 500 pays for 35 retries at 14 each; every call also asks once.
    #expect(failing.requests.count == 30 + 35)
    let policy = RetryPolicy()
    let error = AWSError("X", "", operation: "o")
    for _ in 0..<35 { #expect(policy.acquire(for: error, of: .sqs) == 14) }
    #expect(policy.acquire(for: error, of: .sqs) == nil)
    policy.release(14, of: .sqs)
    #expect(policy.acquire(for: error, of: .sqs) == 14)
  }

  @Test("A wrong clock is corrected once, also for requests that run side by side")
  func skew() async throws {
    // The service is twenty minutes ahead.
    let date = "Sun, 30 Aug 2015 12:56:00 GMT"
    let http = FakeHTTP { request, _ in
      request.headers["X-Amz-Date"] == "20150830T125600Z"
        ? .success(.json(200, "{}")) : Self.error(400, "InvalidSignatureException", headers: ["Date": date])
    }
    let client = try Self.client(http)
    _ = try await mapConcurrently(0..<3, limit: 3) { _ in try await client.call(.sqs, "X", [:]) }
    _ = try await client.call(.sqs, "X", [:])
    #expect(http.requests.last?.headers["X-Amz-Date"] == "20150830T125600Z")
    #expect(http.requests.count <= 7)
    // A wrong secret does not mean a wrong clock: one attempt.
    let refusing = FakeHTTP([
      Self.error(400, "InvalidSignatureException", headers: ["Date": "Sun, 30 Aug 2015 12:36:01 GMT"])
    ])
    await #expect(throws: AWSError.self) { try await Self.client(refusing).call(.sqs, "X", [:]) }
    #expect(refusing.requests.count == 1)
  }

  @Test("Machines of a service whose clocks differ are asked until the attempts are used up", arguments: [3, 4])
  func clocks(disagreements: Int) async throws {
    // One machine is an hour ahead; each request comes to the one that it was not signed for.
    let asked = Mutex(0)
    let http = FakeHTTP { request, _ in
      let count = asked.withLock { count in
        count += 1
        return count
      }
      guard count <= disagreements else { return .success(.json(200, "{}")) }
      let isAhead = request.headers["X-Amz-Date"] == "20150830T123600Z"
      return Self.error(
        400, "InvalidSignatureException", headers: ["Date": "Sun, 30 Aug 2015 1\(isAhead ? 3 : 2):36:00 GMT"])
    }
    // Three attempts, and the first correction, which is none.
    if disagreements == 3 {
      _ = try await Self.client(http).call(.sqs, "X", [:])
    } else {
      await #expect(throws: AWSError.self) { try await Self.client(http).call(.sqs, "X", [:]) }
    }
    #expect(http.requests.count == 4)
  }

  @Test(
    "Errors are read, known or not",
    arguments: [
      (#"{"__type":"com.amazonaws.x#SomeException:http://y","message":"m"}"#, "SomeException", "m"),
      (#"{"__type":"SomeException","Message":"M"}"#, "SomeException", "M"), (#"{"code":"C"}"#, "C", "no message"),
      ("<html>", "HTTP400", "no message"),
      ("<E><Code>Throttling</Code><Message>a &amp;lt; b</Message></E>", "Throttling", "a &lt; b"),
      ("", "HTTP400", "no message"),
    ])
  func errors(body: String, code: String, message: String) {
    let error = AWSError(response: .json(400, body, headers: ["x-amzn-RequestId": "id"]), operation: "S.Op")
    #expect(error.code.rawValue == code)
    #expect(error.message == message)
    #expect(error.requestID == "id")
    #expect(error.body == Array(body.utf8))
    #expect(error.description == "S.Op: \(code): \(message), status 400, request id")
  }

  @Test("A refused signature's canonical string, token and all, stays out of the error's text")
  func noToken() {
    let body =
      #"{"__type":"InvalidSignatureException","message":"It does not match.\n\nThe Canonical String for this request should have been\nx-amz-security-token:veiled"}"#
    let error = AWSError(response: .json(403, body), operation: "o")
    #expect(error.message == "It does not match.")
  }

  static let endpoints: [(environment: [String: String], url: String)] = [
    ([:], "https://sqs.eu-west-1.amazonaws.com/"),
    (["AWS_REGION": "cn-north-1"], "https://sqs.cn-north-1.amazonaws.com.cn/"),
    (["AWS_ENDPOINT_URL": "http://127.0.0.1:1/"], "http://127.0.0.1:1/"),
    (["AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SQS": "http://b/base"], "http://b/base/"),
    (
      ["AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"],
      "https://sqs.eu-west-1.amazonaws.com/"
    ),
  ]

  @Test("Endpoints come from the environment, else from AWS's names", arguments: endpoints.indices)
  func endpoint(index: Int) async throws {
    let (environment, url) = Self.endpoints[index]
    let http = FakeHTTP([.success(.json(200, "{}"))])
    _ = try await Self.client(http, environment: Self.environment.merging(environment)).call(.sqs, "X", [:])
    #expect(http.requests.first?.url == url)
  }

  @Test("No region is named at the start") func noRegion() {
    #expect { try Self.client(FakeHTTP([]), environment: ["HOME": "/nowhere"]) } throws: {
      "\($0)".contains("set AWS_REGION")
    }
  }

  @Test("Timestream's endpoint is discovered once for all, kept, and found anew when it no longer serves")
  func discovery() async throws {
    let clock = ManualClock(1_440_938_160_000)
    let gone = Recorder<Int>()
    let http = FakeHTTP { request, _ in
      if request.headers["X-Amz-Target"] == "Timestream_20181101.DescribeEndpoints" {
        return .success(
          .json(200, #"{"Endpoints":[{"Address":"cell\#(gone.elements.count).test","CachePeriodInMinutes":10}]}"#))
      }
      if request.url == "https://cell0.test/", !gone.elements.isEmpty { return .success(HTTPResponse(status: 421)) }
      return .success(.json(200, #"{"RecordsIngested":{"Total":1}}"#))
    }
    let client = try Self.client(http, clock: clock.clock)
    func discoveries() -> Int {
      http.requests.count { $0.headers["X-Amz-Target"]?.hasSuffix("DescribeEndpoints") ?? false }
    }
    _ = try await mapConcurrently(0..<8, limit: 8) { _ in try await client.call(.timestreamWrite, "WriteRecords", [:]) }
    #expect(discoveries() == 1)
    #expect(http.requests.first?.url == "https://ingest.timestream.eu-west-1.amazonaws.com/")
    #expect(http.requests.first?.headers["x-amz-api-version"] == "2018-11-01")
    #expect(http.requests.last?.url == "https://cell0.test/")
    gone.append(1)
    _ = try await client.call(.timestreamWrite, "WriteRecords", [:])
    #expect(http.requests.last?.url == "https://cell1.test/")
    #expect(discoveries() == 2)
    clock.advance(11 * 60_000)
    _ = try await client.call(.timestreamWrite, "WriteRecords", [:])
    #expect(discoveries() == 3)
  }

  @Test("Query follows tokens, not rows: an empty page is not the end")
  func queryPages() async throws {
    let http = FakeHTTP([
      .success(
        .json(
          200, #"{"QueryId":"Q","ColumnInfo":[{"Name":"a","Type":{"ScalarType":"BIGINT"}}],"Rows":[],"NextToken":"1"}"#)
      ),
      .success(
        .json(
          200,
          #"{"QueryId":"Q","ColumnInfo":[{"Name":"a","Type":{"ScalarType":"BIGINT"}}],"Rows":[{"Data":[{"ScalarValue":"1"}]}],"NextToken":"2"}"#
        )),
      .success(
        .json(
          200,
          #"{"QueryId":"Q","ColumnInfo":[{"Name":"a","Type":{"ScalarType":"BIGINT"}}],"Rows":[{"Data":[{"NullValue":true}]}]}"#
        )),
    ])
    let client = try Self.client(http, environment: Self.environment.merging(["AWS_ENDPOINT_URL": "http://a"]))
    let page = try await TimestreamQueryClient(client).rows("SELECT 1")
    #expect(page.columns == [.init(name: "a", type: .scalar("BIGINT"))])
    #expect(page.rows == [[.scalar("1")], [.null]])
    let bodies = http.requests.compactMap { try? JSON(parsing: $0.body) }
    #expect(bodies.map { $0["NextToken"]?.string } == [nil, "1", "2"])
    #expect(Set(bodies.compactMap { $0["ClientToken"]?.string }).count == 1)
  }

  @Test(
    "An answer that is not what was promised is an error that says so",
    arguments: [
      "<html>", "[]", #"{"Items":5}"#, #"{"Items":[{"a":{"X":"1"}}]}"#, #"{"Items":[{"a":{"S":1}}]}"#,
    ])
  func unexpected(body: String) async throws {
    let client = DynamoDBClient(try Self.client(FakeHTTP([.success(.json(200, body))])))
    await #expect { try await client.scan("t") } throws: { ($0 as? AWSError)?.code == .unexpectedAnswer }
  }
}
