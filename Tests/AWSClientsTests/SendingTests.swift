import CacheSupport
import HTTPTransport
import SigV4
import Synchronization
import TestSupport
import Testing

@testable import AWSClients

/// What a call does between its first request and its answer.
@Suite struct SendingTests {
  /// Temporary credentials that are numbered as they are given out.
  final class Numbered: CredentialProvider {
    let given = Atomic<Int>(0)
    let expiration: Int64?
    init(expiration: Int64? = nil) { self.expiration = expiration }

    func resolve() async throws(CredentialError) -> TemporaryCredentials? {
      let number = given.add(1, ordering: .relaxed).newValue
      return TemporaryCredentials(
        Credentials(accessKeyID: "AKID\(number)", secretAccessKey: "hidden", sessionToken: "veiled"),
        expiration: expiration)
    }
  }

  static func client(
    _ http: FakeHTTP, credentials: (any CredentialProvider)? = nil, clock: WallClock = .fixed(1_440_938_160_000),
    slept: Recorder<Duration> = Recorder(), observer: (@Sendable (RequestReport) -> Void)? = nil
  ) throws -> AWSClient {
    try AWSClient(
      environment: AWSClientTests.environment.merging(["AWS_ENDPOINT_URL": "http://a"]), http: http, clock: clock,
      retries: RetryPolicy(
        random: { 1 }, sleep: { duration async throws(CancellationError) in slept.append(duration) }),
      credentials: credentials, observer: observer)
  }

  @Test("A service that fails uses up its own quota, not another's") func quotas() async throws {
    let http = FakeHTTP { request, _ in
      request.headers["X-Amz-Target"]?.hasPrefix("DynamoDB") ?? false
        ? .success(HTTPResponse(status: 500)) : .failure(HTTPError(.connectionLost, "no"))
    }
    let client = try Self.client(http)
    for _ in 0..<50 { await #expect(throws: AWSError.self) { try await client.call(.dynamoDB, "X", [:]) } }
    #expect(http.requests.count == 50 + 35)
    let before = http.requests.count
    await #expect(throws: AWSError.self) { try await client.call(.sqs, "X", [:]) }
    #expect(http.requests.count - before == AWSService.sqs.maximumAttempts)
  }

  static let cut: [(name: String, body: String, call: @Sendable (AWSClient) async throws(AWSError) -> Void)] = [
    ("tree", #"{"a":"b""#, { client async throws(AWSError) in _ = try await client.call(.sqs, "X", [:]) }),
    (
      "Timestream's rows", #"{"ColumnInfo":[{"Name":"a","Type":{"ScalarType":"BIGINT"}}],"Rows":[{"Data":[{"Scal"#,
      { client async throws(AWSError) in _ = try await TimestreamQueryClient(client).query("SELECT 1") }
    ),
    (
      "DynamoDB's items", #"{"Items":[{"a":{"S":"1"}},{"a":{"#,
      { client async throws(AWSError) in _ = try await DynamoDBClient(client).scan("t") }
    ),
  ]

  @Test("A whole answer whose JSON is cut is tried again, as a lost connection is", arguments: cut.indices)
  func truncated(index: Int) async throws {
    let (_, body, call) = Self.cut[index]
    let whole = #"{"ColumnInfo":[],"Rows":[],"Items":[]}"#
    let slept = Recorder<Duration>()
    let http = FakeHTTP([.success(.json(200, body)), .success(.json(200, whole))])
    try await call(Self.client(http, slept: slept))
    #expect(http.requests.count == 2)
    #expect(slept.elements.count == 1)
    let broken = FakeHTTP([.success(.json(200, body))])
    slept.append(.zero)
    await #expect { try await call(Self.client(broken)) } throws: { ($0 as? AWSError)?.code == .unexpectedAnswer }
    #expect((3...4).contains(broken.requests.count))
  }

  @Test("An answer that is whole and not what was promised is not tried again") func unpromised() async throws {
    let http = FakeHTTP([.success(.json(200, #"{"Items":5}"#))])
    await #expect(throws: AWSError.self) { try await DynamoDBClient(Self.client(http)).scan("t") }
    #expect(http.requests.count == 1)
  }

  @Test("A decoder's error that may pass is tried again, any other is thrown", arguments: [true, false])
  func decoding(mayPass: Bool) async throws {
    let http = FakeHTTP([.success(.json(200, "{}"))])
    let client = try Self.client(http)
    await #expect(throws: AWSError.self) {
      _ = try await client.call(.sqs, "X", []) { body throws(AWSError) -> Int in
        var error = AWSError(.unexpectedAnswer, "no", operation: "o")
        error.isTruncated = mayPass
        throw error
      }
    }
    #expect(http.requests.count == (mayPass ? 3 : 1))
  }

  @Test("There is no wait after the last attempt", arguments: [AWSService.sqs, .dynamoDB, .timestreamWrite])
  func noLastSleep(service: AWSService) async throws {
    let slept = Recorder<Duration>()
    let http = FakeHTTP([.success(HTTPResponse(status: 503))])
    await #expect(throws: AWSError.self) { try await Self.client(http, slept: slept).call(service, "X", [:]) }
    #expect(slept.elements.count == http.requests.count - 1)
  }

  @Test("Credentials that a service calls expired are dropped, and new ones tried once", arguments: ["", "Exception"])
  func expiredToken(suffix: String) async throws {
    let http = FakeHTTP { request, _ in
      request.headers["Authorization"]?.contains("AKID1/") ?? false
        ? AWSClientTests.error(400, "ExpiredToken\(suffix)") : .success(.json(200, "{}"))
    }
    let credentials = Numbered()
    let slept = Recorder<Duration>()
    let client = try Self.client(http, credentials: credentials, slept: slept)
    for _ in 0..<3 { _ = try await client.call(.sqs, "X", [:]) }
    #expect(http.requests.count == 4)
    #expect(credentials.given.load(ordering: .relaxed) == 2)
    #expect(slept.elements.isEmpty)
    // Where new ones are refused too, it is an error.
    let refusing = FakeHTTP([AWSClientTests.error(400, "ExpiredTokenException")])
    await #expect { try await Self.client(refusing, credentials: Numbered()).call(.sqs, "X", [:]) } throws: {
      ($0 as? AWSError)?.code == "ExpiredTokenException"
    }
    #expect(refusing.requests.count == 2)
  }

  @Test("Credentials that a service does not know stay, and nothing is tried again") func unrecognized() async throws {
    let http = FakeHTTP([AWSClientTests.error(400, "UnrecognizedClientException")])
    let credentials = Numbered()
    let client = try Self.client(http, credentials: credentials)
    for _ in 0..<2 { await #expect(throws: AWSError.self) { try await client.call(.sqs, "X", [:]) } }
    #expect(http.requests.count == 2)
    #expect(credentials.given.load(ordering: .relaxed) == 1)
  }

  @Test("Whether credentials have ended is told by the service's clock, once that is known") func skewedExpiry()
    async throws
  {
    // This machine is three hours slow, and the credentials end in two hours of its time.
    let machine: Int64 = 1_440_938_160_000
    let http = FakeHTTP { request, _ in
      request.headers["X-Amz-Date"] == "20150830T153600Z"
        ? .success(.json(200, "{}"))
        : AWSClientTests.error(400, "RequestTimeTooSkewed", headers: ["Date": "Sun, 30 Aug 2015 15:36:00 GMT"])
    }
    let credentials = Numbered(expiration: machine + 2 * 3_600_000)
    let client = try Self.client(http, credentials: credentials, clock: .fixed(machine))
    _ = try await client.call(.sqs, "X", [:])
    // The first were good until the clock was known; by the service's clock they had ended an hour ago.
    #expect(credentials.given.load(ordering: .relaxed) == 2)
    #expect(http.requests.last?.headers["Authorization"]?.contains("AKID2/") ?? false)
  }

  @Test("Each request is reported with what became of it") func reports() async throws {
    let answers: [Result<HTTPResponse, HTTPError>] = [
      .success(HTTPResponse(status: 503)), .failure(HTTPError(.timedOut, "no")), .success(.json(200, "{}")),
    ]
    let reports = Recorder<RequestReport>()
    let client = try Self.client(FakeHTTP(answers)) { reports.append($0) }
    _ = try await client.call(.dynamoDB, "GetItem", ["TableName": "secret"])
    #expect(reports.elements.allSatisfy { $0.duration >= .zero && $0.duration < .seconds(60) })
    let plain = reports.elements.map { report in
      var report = report
      report.duration = .zero
      return report
    }
    func expected(_ attempt: Int, _ status: Int?, _ code: AWSError.Code?) -> RequestReport {
      var report = RequestReport(service: "dynamodb", operation: "GetItem", attempt: attempt)
      report.status = status
      report.code = code
      return report
    }
    #expect(plain == [expected(1, 503, "HTTP503"), expected(2, nil, .transport), expected(3, 200, nil)])
  }
}
