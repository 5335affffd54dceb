import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing
import TimeSeriesCache

@Suite struct RequestLogTests {
  static func lines(level: String) async throws -> [JSON] {
    let lines = Recorder<JSON>()
    let environment: ProcessEnvironment = [
      "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hidden", "HOME": "/nowhere",
      "AWS_SESSION_TOKEN": "veiled", "AWS_ENDPOINT_URL": "http://a", "IDENTIFIER_TABLE": "t",
      "IDENTIFIER_QUEUE": "http://a/q", "AWS_LAMBDA_LOG_LEVEL": level,
    ]
    let logger = LambdaLogger(environment: environment, clock: .fixed(1_800_000_000_000)) {
      lines.append((try? JSON(parsing: $0)) ?? .null)
    }
    let http = FakeHTTP([.success(.json(200, #"{"Items":[],"Count":0}"#, headers: ["x-amzn-requestid": "id"]))])
    let handler = try QueueHandler(environment: environment, http: http, logger: logger)
    _ = try await handler.handle(
      Array("{}".utf8), LambdaContext(requestID: "r", deadline: .max, logger: LambdaLogger.silent))
    return lines.elements
  }

  @Test("DEBUG shows each request with service, operation, status, time and attempt, and no secret")
  func debug() async throws {
    var line = try #require(try await Self.lines(level: "DEBUG").first?.object)
    #expect(line["milliseconds"]?.int ?? -1 >= 0)
    line["milliseconds"] = 0
    #expect(
      JSON.object(line) == [
        "timestamp": "2027-01-15T08:00:00Z", "level": "DEBUG", "message": "request", "service": "dynamodb",
        "operation": "Scan", "attempt": 1, "milliseconds": 0, "status": 200,
      ])
  }

  @Test("INFO shows none of it") func info() async throws {
    #expect(try await Self.lines(level: "INFO").isEmpty)
  }
}
