import CacheSupport
import Foundation
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing
import TimeSeriesCache

/// What the log shows of requests, through the runtime as on Lambda.
@Suite struct RequestLogTests {
  static let secrets = [
    "AKID", "hidden", "veiled", "unspeakable", "jwt-text", "source.test/path", "path/s", "by=", "role/r",
  ]

  static let sources = #"""
    {"default": {"url": "https://source.test/path/{identifier}?by={key}", "headers": {"X-Key": "{key}"}, "rows": "/rows",
     "time": {"at": "/t", "format": "milliseconds"}, "measures": {"a": "/a"}, "attempts": 2}}
    """#

  /// The lines of two invocations of the fetch function, whose credentials come from the Security Token Service.
  static func lines(level: String) async throws -> [JSON] {
    let token = FileManager.default.temporaryDirectory.appending(path: "token-\(RandomID.uuid())")
    try Data("jwt-text".utf8).write(to: token)
    defer { try? FileManager.default.removeItem(at: token) }
    let lines = Recorder<JSON>()
    let environment: ProcessEnvironment = [
      "AWS_REGION": "eu-west-1", "AWS_WEB_IDENTITY_TOKEN_FILE": token.path, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
      "HOME": "/nowhere", "AWS_ENDPOINT_URL": "http://a", "IDENTIFIER_TABLE": "t", "TS_DB_NAME": "d",
      "TS_TABLE_NAME": "h", "FUTURE_TABLE": "f", "SOURCES": sources, "API_KEY_SSM_ID": "/k",
      "AWS_LAMBDA_LOG_LEVEL": level,
    ]
    let logger = LambdaLogger(environment: environment, clock: .fixed(1_800_000_000_000)) {
      lines.append((try? JSON(parsing: $0)) ?? .null)
    }
    let http = FakeHTTP { request, _ in answer(request) }
    let handler = try FetchHandler(
      environment: environment, http: http, clock: .fixed(1_800_000_000_000), logger: logger)
    let events = Recorder<Int>()
    let runtime = FakeHTTP { request, _ in
      guard request.url.hasSuffix("/next") else { return .success(HTTPResponse(status: 202)) }
      events.append(0)
      let number = events.elements.count
      guard number <= 2 else { return .failure(HTTPError(.connectionLost, "gone")) }
      let event = #"{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"identifiers\":[\"s\"]}"}]}"#
      return .success(.json(200, event, headers: ["Lambda-Runtime-Aws-Request-Id": "id-\(number)"]))
    }
    _ = await LambdaRuntime(api: "127.0.0.1:1", http: runtime, logger: logger).serve(handler)
    return lines.elements
  }

  static func answer(_ request: HTTPRequest) -> Result<HTTPResponse, HTTPError> {
    if request.url.hasPrefix("https://source.test/") {
      return request.url.contains("by=unspeakable") ? .success(.json(200, #"{"rows":[]}"#)) : .failure(lost)
    }
    switch request.headers["X-Amz-Target"] {
    case "AmazonSSM.GetParameter": return .success(.json(200, #"{"Parameter":{"Value":"unspeakable"}}"#))
    case "DynamoDB_20120810.GetItem": return .success(.json(200, "{}"))
    case nil:
      return .success(
        .json(
          200,
          """
          <Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>hidden</SecretAccessKey>\
          <SessionToken>veiled</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials>
          """))
    default: return .failure(lost)
    }
  }

  static let lost = HTTPError(.connectionLost, "no")

  @Test("DEBUG shows each request, to AWS, for credentials and to sources, with its invocation, and no secret")
  func debug() async throws {
    let lines = try await Self.lines(level: "DEBUG")
    let requests = lines.filter { $0["message"] == "request" }.map { line -> JSON in
      var line = line.object ?? [:]
      #expect(line["milliseconds"]?.int ?? -1 >= 0)
      line["milliseconds"] = 0
      return .object(line)
    }
    func line(_ invocation: Int, _ more: [(String, JSON)]) -> JSON {
      var line: JSONObject = [
        "timestamp": "2027-01-15T08:00:00Z", "level": "DEBUG", "message": "request",
        "requestId": .string("id-\(invocation)"),
      ]
      for (name, value) in more + [("attempt", 1), ("milliseconds", 0), ("status", 200)] { line[name] = value }
      return .object(line)
    }
    func aws(_ service: JSON, _ operation: JSON) -> [(String, JSON)] {
      [("service", service), ("operation", operation)]
    }
    let source: [(String, JSON)] = [("source", "default"), ("host", "https://source.test")]
    let expected = [
      line(1, aws("sts", "AssumeRoleWithWebIdentity")), line(1, aws("dynamodb", "GetItem")),
      line(1, aws("ssm", "GetParameter")), line(1, source), line(2, aws("dynamodb", "GetItem")), line(2, source),
    ]
    #expect(requests == expected)
    let text = lines.map(\.text).joined(separator: "\n")
    for secret in Self.secrets { #expect(!text.contains(secret), "\(secret)") }
  }

  @Test("INFO shows no request") func info() async throws {
    let lines = try await Self.lines(level: "INFO")
    #expect(!lines.contains { $0["message"] == "request" })
    #expect(lines.contains { $0["message"] == "fetched" })
  }
}
