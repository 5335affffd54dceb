import CacheSupport
import Glibc
import HTTPTransport
import LocalCloud
import TestSupport
import Testing

@testable import LambdaRuntime

@Suite struct RuntimeTests {
  struct Handler: LambdaHandler {
    let body: @Sendable ([UInt8], LambdaContext) async throws -> [UInt8]
    func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] { try await body(event, context) }
  }

  struct Broken: Error, CustomStringConvertible { let description = "broken \"quote\"" }

  /// A Runtime API with some events, after which it is gone.
  static func serve(_ events: [String], _ handler: Handler, answer: Int = 202) async -> [HTTPRequest] {
    let next = Recorder<Int>()
    let http = FakeHTTP { request, _ in
      guard request.url.hasSuffix("/next") else { return .success(HTTPResponse(status: answer)) }
      let number = next.elements.count
      next.append(number)
      guard number < events.count else { return .failure(HTTPError(.connectionLost, "gone")) }
      return .success(
        .json(
          200, events[number],
          headers: [
            "Lambda-Runtime-Aws-Request-Id": "id\(number)", "Lambda-Runtime-Deadline-Ms": "1800000000000",
            "Lambda-Runtime-Trace-Id": "trace", "Lambda-Runtime-Invoked-Function-Arn": "arn",
          ]))
    }
    let status = await LambdaRuntime(api: "127.0.0.1:9001", http: http, logger: .silent).serve(handler)
    #expect(status == 1)
    return http.requests
  }

  @Test("Events are answered in turn; one that fails is reported and the next one follows")
  func loop() async throws {
    let requests = await Self.serve(
      ["{\"a\":1}", "{}", "\"x\""],
      Handler { event, context in
        #expect(context.deadline == 1_800_000_000_000)
        #expect(context.traceID == "trace")
        #expect(context.functionARN == "arn")
        if context.requestID == "id1" { throw Broken() }
        return Array("[".utf8) + event + Array("]".utf8)
      })
    let base = "http://127.0.0.1:9001/2018-06-01/runtime/invocation/"
    #expect(
      requests.map(\.url)
        == ["next", "id0/response", "next", "id1/error", "next", "id2/response", "next"].map { base + $0 })
    #expect(requests[1].body == Array("[{\"a\":1}]".utf8))
    #expect(requests[3].headers["Lambda-Runtime-Function-Error-Type"] == "Function.Broken")
    #expect(
      try JSON(parsing: requests[3].body)
        == ["errorMessage": "broken \"quote\"", "errorType": "Function.Broken", "stackTrace": []])
    // The wait for an event has no limit, and no proxy is used.
    #expect(requests[0].timeout == nil)
    let bypasses = requests.allSatisfy { $0.bypassesProxy }
    #expect(bypasses)
  }

  @Test("An answer that Lambda refuses does not end the loop") func refused() async {
    let requests = await Self.serve(["1", "2"], Handler { event, _ in event }, answer: 413)
    #expect(requests.count == 5)
  }

  @Test("A function runs where its requests do, from the first event to the end of the Runtime API")
  func wholeRun() async throws {
    let asked = Recorder<String>()
    let api = try HTTPServer { request in
      asked.append("\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))")
      let headers = [("Lambda-Runtime-Aws-Request-Id", "id"), ("Lambda-Runtime-Deadline-Ms", "1800000000000")]
      if request.path.hasSuffix("/next") {
        let isFirst = asked.elements.count == 1
        return .now(ServerResponse(status: isFirst ? 200 : 410, headers: headers, body: Array("1".utf8)))
      }
      return .now(ServerResponse(status: 202, body: []))
    }
    let threads = Recorder<UInt>()
    let status = await LambdaRuntime.run(environment: ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(api.port)"]) {
      _, http, _ in
      Handler { event, _ in
        threads.append(pthread_self())
        async let other = try http.send(HTTPRequest(url: "\(api.address)/other"))
        _ = try await http.send(HTTPRequest(url: "\(api.address)/other"))
        threads.append(pthread_self())
        _ = try await other
        threads.append(pthread_self())
        return event
      }
    }
    await api.stop()
    #expect(status == 1)
    let base = "/2018-06-01/runtime/invocation/"
    #expect(
      asked.elements
        == ["GET \(base)next ", "GET /other ", "GET /other ", "POST \(base)id/response 1", "GET \(base)next "])
    #expect(threads.elements.count == 3)
    #expect(Set(threads.elements).count == 1)
  }

  @Test("An event that is too large fails, and the next one is served") func tooLarge() async throws {
    let asked = Recorder<String>()
    let large = [UInt8](repeating: 0x20, count: LambdaRuntime.eventLimit + 1)
    let api = try HTTPServer { request in
      guard request.path.hasSuffix("/next") else {
        asked.append("\(request.path) \((try? JSON(parsing: request.body))?["errorType"]?.string ?? "")")
        return .now(ServerResponse(status: 202, body: []))
      }
      let number = asked.elements.count
      let headers = [("Lambda-Runtime-Aws-Request-Id", "id\(number)"), ("Lambda-Runtime-Deadline-Ms", "1800000000000")]
      return .now(ServerResponse(status: number < 2 ? 200 : 410, headers: headers, body: number == 0 ? large : [0x31]))
    }
    let status = await LambdaRuntime.run(environment: ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(api.port)"]) { _, _, _ in
      Handler { event, _ in event }
    }
    await api.stop()
    #expect(status == 1)
    let base = "/2018-06-01/runtime/invocation/"
    #expect(asked.elements == ["\(base)id0/error Function.HTTPError", "\(base)id1/response "])
  }

  @Test("Without Lambda the program says where it runs") func alone() async {
    #expect(await LambdaRuntime.run(environment: [:]) { _, _, _ in Handler { event, _ in event } } == 1)
  }

  @Test(
    "Large blocks come from the system and go back to it, also after one was freed",
    .disabled(if: Sanitizer.isActive, "a sanitizer has its own allocator"))
  func blocks() async {
    // In a process of its own: elsewhere the blocks that other tests freed may serve.
    await #expect(processExitsWith: .success) {
      LambdaRuntime.boundFreedMemory(4 << 20)
      // glibc takes the size of the largest freed block for the threshold, unless it was told one.
      let freed = unsafe malloc(16 << 20)
      unsafe #expect(Self.isMapped(freed))
      unsafe free(freed)
      let block = unsafe malloc(4 << 20)
      unsafe #expect(Self.isMapped(block))
      unsafe free(block)
    }
  }

  /// True for a block that the system gave for itself: the second bit of the word before it, which holds its size.
  ///
  /// Not inlined: an optimizer that sees the allocation knows that nothing of it lies there, and reads nothing.
  @inline(never)
  private static func isMapped(_ block: UnsafeMutableRawPointer?) -> Bool {
    unsafe (block?.load(fromByteOffset: -MemoryLayout<Int>.size, as: Int.self) ?? 0) & 2 != 0
  }

  static let events: [(json: String, time: Int64?, id: String?)] = [
    (
      #"{"version":"0","id":"i","detail-type":"Scheduled Event","source":"aws.events","time":"2027-01-15T08:00:00Z","detail":{}}"#,
      1_800_000_000_000, "i"
    ),
    (#"{"id":"s","source":"aws.scheduler","time":"2027-01-15T08:00:00Z","detail":"{}"}"#, 1_800_000_000_000, "s"),
    ("", nil, nil), (" \n", nil, nil),
    ("{}", nil, nil), ("null", nil, nil),
  ]

  @Test("Schedules come in every form", arguments: events.indices)
  func scheduled(index: Int) throws {
    let (json, time, id) = Self.events[index]
    let event = try ScheduledEvent(parsing: Array(json.utf8))
    #expect(event.time == time)
    #expect(event.id == id)
  }

  @Test("An event of another kind is refused") func wrongEvents() {
    #expect(throws: EventError.self) { try ScheduledEvent(parsing: Array("{".utf8)) }
    for text in ["", "{}", #"{"Records":[{"eventSource":"aws:sns"}]}"#, #"{"Records":5}"#] {
      #expect(throws: EventError.self) { try SQSEvent(parsing: Array(text.utf8)) }
      #expect(throws: EventError.self) { try HTTPEvent(parsing: Array(text.utf8)) }
    }
  }

  @Test("SQS messages are read, and failures named") func sqs() throws {
    let text =
      #"{"Records":[{"messageId":"m","body":"b","eventSource":"aws:sqs","attributes":{"ApproximateReceiveCount":"3"}}]}"#
    #expect(try SQSEvent(parsing: Array(text.utf8)).messages == [.init(id: "m", body: "b", receiveCount: 3)])
    #expect(SQSEvent.partialBatchResponse(failed: ["m"]).text == #"{"batchItemFailures":[{"itemIdentifier":"m"}]}"#)
    #expect(SQSEvent.partialBatchResponse(failed: []).text == #"{"batchItemFailures":[]}"#)
  }

  @Test("SNS messages are read, in their order") func sns() throws {
    let text =
      #"{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"a","Sns":{"Type":"Notification","MessageId":"m","TopicArn":"t","Subject":null,"Message":"{\"a\":1}","Timestamp":"2026-01-02T03:04:05.678Z"}},{"EventSource":"aws:sns","Sns":{"MessageId":"n","TopicArn":"t","Message":"e\u0301"}}]}"#
    #expect(
      try SNSEvent(parsing: Array(text.utf8)).messages == [
        .init(id: "m", topic: "t", body: #"{"a":1}"#, sent: 1_767_323_045_678),
        .init(id: "n", topic: "t", body: "e\u{301}"),
      ])
  }

  @Test(
    "What is not from SNS is refused whole",
    arguments: [
      "", "{}", "[]", #"{"Records":{}}"#, #"{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"b"}]}"#,
      #"{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"m","TopicArn":"t"}}]}"#,
      #"{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"m","TopicArn":"t","Message":"x"}},{}]}"#,
    ]) func notSNS(text: String)
  {
    #expect(throws: EventError.self) { try SNSEvent(parsing: Array(text.utf8)) }
  }

  @Test("An answer that is not text is Base64, and says so") func binaryResponse() throws {
    let response = HTTPEventResponse(
      status: 200, headers: ["Content-Encoding": "gzip"], body: [0x1F, 0x8B, 0xFF, 0x00], isBinary: true)
    #expect(
      String(decoding: response.bytes, as: UTF8.self)
        == #"{"statusCode":200,"headers":{"Content-Encoding":"gzip"},"isBase64Encoded":true,"body":"H4v/AA=="}"#)
  }

  @Test("Answers are quoted into the gateway's form") func response() throws {
    let response = HTTPEventResponse(status: 200, headers: ["A": "b"], body: Array("{\"x\":\"ä\\n\"}\n".utf8))
    #expect(
      try JSON(parsing: response.bytes)
        == ["statusCode": 200, "headers": ["A": "b"], "isBase64Encoded": false, "body": "{\"x\":\"ä\\n\"}\n"])
  }

  @Test("A body that is quoted already is the same answer") func quotedResponse() {
    let text = "{\"x\":\"ä\\n\"}\n\u{1}"
    let plain = HTTPEventResponse(status: 200, headers: ["A": "b"], body: Array(text.utf8))
    let quoted = HTTPEventResponse(status: 200, headers: ["A": "b"], content: .quoted(QuotedText(text)))
    #expect(quoted.bytes == plain.bytes && quoted.body == plain.body && !quoted.isBinary)
    #expect(quoted.content.travellingBytes == plain.content.travellingBytes)
  }

  @Test("Log lines are JSON, below the level they are not written")
  func logs() throws {
    let lines = Recorder<String>()
    let logger = LambdaLogger(environment: ["AWS_LAMBDA_LOG_LEVEL": "WARN"], clock: .fixed(1_800_000_000_000)) {
      lines.append(String(decoding: $0, as: UTF8.self))
    }
    let context = LambdaContext(requestID: "r", deadline: 0, logger: logger)
    context.logger.info("quiet")
    context.logger.error("loud\n\"x\"", ["n": 5])
    #expect(
      lines.elements == [
        #"{"timestamp":"2027-01-15T08:00:00Z","level":"ERROR","message":"loud\n\"x\"","requestId":"r","n":5}"# + "\n"
      ])
  }

  @Test("Metrics are in CloudWatch's embedded format, each with its unit")
  func metrics() throws {
    let lines = Recorder<JSON>()
    let logger = LambdaLogger(environment: ["AWS_LAMBDA_FUNCTION_NAME": "f"], clock: .fixed(7)) {
      lines.append((try? JSON(parsing: $0)) ?? .null)
    }
    logger.metrics(
      [
        Metric("BytesMetered", 10_000_000, unit: .bytes), Metric("MergeTime", 1.5, unit: .milliseconds),
        Metric("IdentifiersQueued", 3),
      ], namespace: "TimeSeriesCache")
    #expect(
      lines.elements == [
        [
          "_aws": [
            "Timestamp": 7,
            "CloudWatchMetrics": [
              [
                "Namespace": "TimeSeriesCache", "Dimensions": [["FunctionName"]],
                "Metrics": [
                  ["Name": "BytesMetered", "Unit": "Bytes"], ["Name": "MergeTime", "Unit": "Milliseconds"],
                  ["Name": "IdentifiersQueued", "Unit": "Count"],
                ],
              ]
            ],
          ],
          "FunctionName": "f", "BytesMetered": 10_000_000, "MergeTime": .number("1.5"), "IdentifiersQueued": 3,
        ]
      ])
  }
}
