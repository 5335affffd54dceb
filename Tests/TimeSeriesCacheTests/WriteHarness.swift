import AWSClients
import CacheSupport
import Compression
import HTTPTransport
import LambdaRuntime
import TestSupport

@testable import TimeSeriesCache

/// Answers requests to AWS by their target, such as `DynamoDB_20120810.PutItem`, where the closure has an answer; others go on.
struct TargetedHTTP: HTTPClient {
  let real: any HTTPClient
  let answer: @Sendable (_ target: String, HTTPRequest) -> HTTPResponse?

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    if let answer = answer(request.headers["X-Amz-Target"] ?? "", request) { return answer }
    return try await real.send(request)
  }
}

extension HTTPResponse {
  /// An error of a service that the client may try again, or not.
  static func refusal(_ status: Int, _ code: String) -> HTTPResponse {
    .json(status, #"{"__type":"\#(code)","message":"as the test wants it"}"#)
  }
}

/// The write function of a cloud, in this process.
struct WriteHarness {
  static let now: Int64 = 1_800_000_000_000
  static let keys = #"""
    [{"name":"telegraf","key":"w-key","buckets":["home","a/b"],"allow":["write"]},
     {"name":"reader","key":"r-key","buckets":["home"],"allow":["read"]},
     {"name":"root","key":"a-key","buckets":["*"],"allow":["read","write","admin"]}]
    """#

  let cloud: TestCloud
  let clock: ManualClock
  let log = LogBook()
  let handler: WriteHandler
  /// The variables of the function, and of whoever reads what it wrote.
  let environment: ProcessEnvironment

  init(
    _ cloud: TestCloud, clock: ManualClock = ManualClock(now), isQueued: Bool = false,
    _ variables: [String: String] = [:],
    http: (any HTTPClient)? = nil
  ) throws {
    self.cloud = cloud
    self.clock = clock
    let own = [
      "KEYS": Self.keys, "mag_store_retention_period": "730", "WRITE_QUEUE": cloud.output("WriteQueueUrl"),
      "AWS_MAX_ATTEMPTS": "1", "CLOCK_TOLERANCE_SECONDS": "0",
      "DEAD_LETTER_QUEUE": cloud.output("DeadLetterQueueUrl"), "ENABLE_ASYNC_INVOCATION": isQueued ? "true" : "false",
    ].merging(variables) { $1 }
    environment = cloud.environment.merging(own)
    handler = try WriteHandler(
      environment: environment, http: http ?? cloud.http, clock: clock.clock, logger: log.logger)
  }

  /// Runs a body with a cloud that stands still at a time, and its write function.
  static func with(
    isQueued: Bool = false, _ variables: [String: String] = [:],
    answer: (@Sendable (_ target: String, HTTPRequest) -> HTTPResponse?)? = nil,
    _ body: (WriteHarness) async throws -> Void
  ) async throws {
    let clock = ManualClock(now)
    try await TestCloud.with(clock: clock.clock, polls: false) { cloud async throws in
      let http = answer.map { TargetedHTTP(real: cloud.http, answer: $0) }
      try await body(try WriteHarness(cloud, clock: clock, isQueued: isQueued, variables, http: http))
    }
  }

  var context: LambdaContext { LambdaContext(requestID: "r", deadline: .max, logger: log.logger) }

  /// Writes lines with a key that may, into the bucket `home`.
  func write(
    _ lines: String, _ query: [String: String] = [:], headers: [String: String] = ["Authorization": "Token w-key"],
    path: String = "/api/v2/write"
  ) async -> HTTPEventResponse {
    let bucket = path == "/write" ? ["db": "home"] : ["bucket": "home", "org": "any"]
    let event = HTTPEvent(
      method: "POST", path: path, query: bucket.merging(query) { $1 }, headers: headers, body: Array(lines.utf8))
    return await handler.api.response(to: event, context)
  }

  /// The rows of a series by its identifier: `time=values`, forecasts with a question mark.
  func rows(_ identifier: String, from: Int64 = now - 86_400_000, to: Int64 = now + 86_400_000) async throws -> [String]
  {
    guard let range = TimeRange(from: from, to: to), let key = SeriesKey(identifier) else { return ["no key"] }
    let reader = try SeriesReader(environment: environment, client: cloud.client, clock: clock.clock)
    var rows: [String] = []
    for try await row in reader.rows(of: try Series(key), in: range) {
      let values = row.measures.map { "\($0.name):\(Self.text($0.value))" }.joined(separator: ",")
      rows.append("\(row.time - Self.now)=\(values)\(row.origin == .forecast ? "?" : "")")
    }
    return rows
  }

  static func text(_ value: MeasureValue) -> String {
    switch value {
    case .double(let value): JSONWriter.text(of: value)
    case .bigint(let value): "\(value)i"
    case .varchar(let value): "'\(value)'"
    case .boolean(let value): "\(value)"
    }
  }

  /// Hands messages of a queue to the function.
  ///
  /// - Returns: the ids of those that are to come again.
  func deliver(_ bodies: [String], sent: Int64 = now, deadline: Int64 = .max) async throws -> [String] {
    let records = bodies.enumerated().map { index, body -> JSON in
      [
        "messageId": .string("m\(index)"), "eventSource": "aws:sqs", "body": .string(body),
        "attributes": ["SentTimestamp": .string("\(sent)"), "ApproximateReceiveCount": "1"],
      ]
    }
    return try await deliver(["Records": .array(records)], deadline: deadline)
  }

  func deliver(_ event: JSON, deadline: Int64 = .max) async throws -> [String] {
    let context = LambdaContext(requestID: "r", deadline: deadline, logger: log.logger)
    let answer = try JSON(parsing: try await handler.handle(event.bytes, context))
    return (answer["batchItemFailures"]?.array ?? []).compactMap { $0["itemIdentifier"]?.string }
  }

  /// Takes the messages of a queue off it.
  func receive(_ output: String) async throws -> [String] {
    let sqs = SQSClient(cloud.client)
    var bodies: [String] = []
    while case let messages = try await sqs.receiveMessages(from: cloud.output(output)), !messages.isEmpty {
      for message in messages {
        bodies.append(message.body)
        try await sqs.deleteMessage(message.receiptHandle, from: cloud.output(output))
      }
    }
    return bodies
  }

  func entry(_ identifier: String) async throws -> SeriesEntry? {
    try await IdentifierRegistry(cloud.client, table: cloud.output("IdentifierTableName")).entry(Identifier(identifier))
  }
}
