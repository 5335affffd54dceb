import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Lines and messages that wait in a queue.
@Suite(.timeLimit(.minutes(10))) struct WriteQueueTests {
  static let now = WriteHarness.now

  static func lines(_ lines: String, bucket: String = "home", time: Int64 = now) -> String {
    QueuedLines(bucket: bucket, precision: .milliseconds, arrival: Arrival(sentAt: time), lines: lines).body
  }

  @Test("A queued write is answered once it is in the queue, with its arrival, and written by the same function")
  func queued() async throws {
    try await WriteHarness.with(isQueued: true) { harness async throws in
      #expect(await harness.write("cpu v=1\ncpu v=2 \(Self.now + 50)", ["precision": "ms"]).status == 204)
      // Errors of the request stay errors of the request.
      #expect(await harness.write("cpu v=").status == 400)
      #expect(await harness.write("cpu v=1", headers: [:]).status == 401)
      #expect(try await harness.rows("cpu") == [])
      let bodies = try await harness.receive("WriteQueueUrl")
      #expect(
        try bodies.map { try JSON(parsing: $0) } == [
          [
            "bucket": "home", "precision": "ms", "time": .integer(Self.now), "version": .integer(Self.now),
            "lines": .string("cpu v=1\ncpu v=2 \(Self.now + 50)"),
          ]
        ])
      // Much later, and twice: it is written as it arrived.
      harness.clock.advance(3_600_000)
      for _ in 0..<2 { #expect(try await harness.deliver(bodies) == []) }
      #expect(try await harness.rows("cpu") == ["0=v:1", "50=v:2?"])
    }
  }

  @Test("A queue that fails is a 503, and one that refuses a 500") func queueOutage() async throws {
    for (status, code, answer) in [
      (500, "InternalFailure", 503), (403, "AccessDenied", 500), (400, "ThrottlingException", 429),
    ] {
      try await WriteHarness.with(
        isQueued: true,
        answer: { target, _ in
          target.hasSuffix("SendMessageBatch") ? .refusal(status, code) : nil
        }
      ) { harness async throws in
        #expect(await harness.write("cpu v=1").status == answer)
      }
    }
  }

  @Test("Messages that SQS fails are sent again, and only they", arguments: [1, 4, 5])
  func entries(failures: Int) async throws {
    let sent = Recorder<[String]>()
    let http = FakeHTTP { request, number in
      let entries = (try? JSON(parsing: request.body))?["Entries"]?.array ?? []
      let ids = entries.compactMap { $0["Id"]?.string }
      sent.append(ids)
      let failed = number < failures ? ["1"] : []
      let answer: JSON = [
        "Successful": .array(ids.filter { !failed.contains($0) }.map { ["Id": .string($0)] }),
        "Failed": .array(failed.map { ["Id": .string($0), "Code": "InternalError", "SenderFault": false] }),
      ]
      return .success(.json(200, answer.text))
    }
    let client = try AWSClient(environment: ParameterTests.environment, http: http)
    let sender = MessageSender(client, url: "https://sqs/q") { _ in }
    let outcome = await result { () async throws(StoreError) in try await sender.send(["a", "b", "c"]) }
    if failures < 5 {
      #expect((try? outcome.get()) != nil)
      #expect(sent.elements == [["0", "1", "2"]] + Array(repeating: ["1"], count: failures))
    } else {
      #expect(throws: StoreError.self) { try outcome.get() }
      #expect(sent.elements.count == 5)
    }
  }

  @Test("Of a batch's messages those that may pass come again, and the others are done") func partial() async throws {
    try await WriteHarness.with(
      ["table_mapping": "single-table"],
      answer: { target, request in
        // One series cannot be registered for now.
        target.hasSuffix("PutItem") && String(decoding: request.body, as: UTF8.self).contains("busy")
          ? .refusal(400, "ThrottlingException") : nil
      }
    ) { harness async throws in
      let old = Self.now - 800 * 86_400_000
      let failed = try await harness.deliver([
        Self.lines("a v=1"), Self.lines("busy v=1\nb v=1"),
        Self.lines("c v=1\nc v=2 \(old)\nc s=\"x\ny\" \(old + 1)\n# end"),
        Self.lines("d v=1\nd v=tree"), "no JSON", #"{"lines":5}"#,
        #"{"lines":"x v=1","bucket":"b","precision":"y","time":1}"#,
      ])
      #expect(failed == ["m1"])
      for series in ["a", "b", "c"] { #expect(try await harness.rows(series) == ["0=v:1"]) }
      #expect(try await harness.rows("d") == [])
      let letters = try await harness.receive("DeadLetterQueueUrl").map { try JSON(parsing: $0) }
      func letter(_ id: String) -> JSON? { letters.first { $0["messageId"]?.string == id } }
      #expect(Set(letters.compactMap { $0["messageId"]?.string }) == ["m2", "m3", "m4", "m5", "m6"])
      #expect(letters.count == 5)
      // What was rejected, as it may be queued again.
      let rejected = try #require(letter("m2"))
      #expect(rejected["lines"]?.string == "c v=2 \(old)\nc s=\"x\ny\" \(old + 1)\n# end\n")
      #expect(rejected["rejected"] == 2)
      #expect(rejected["reasons"]?.array?.count == 1)
      #expect(try QueuedLines(rejected)?.bucket == "home")
      #expect(letter("m3")?["reasons"]?.array?.first?.string?.contains("line 2, column 5") ?? false)
      #expect(letter("m3")?["lines"] == "d v=1\nd v=tree")
      #expect(letter("m4")?["body"] == "no JSON")
      #expect(
        letter("m5")?["reasons"]?.array?.first?.string?.contains("a message with 'lines' needs them as text") ?? false)
    }
  }

  @Test("What the dead-letter queue does not take comes again", arguments: [true, false])
  func letterOutage(isSet: Bool) async throws {
    let variables = ["table_mapping": "single-table"].merging(isSet ? [:] : ["DEAD_LETTER_QUEUE": ""]) { $1 }
    try await WriteHarness.with(
      variables,
      answer: { target, _ in
        target.hasSuffix("SendMessageBatch") ? .refusal(500, "InternalFailure") : nil
      }
    ) { harness async throws in
      #expect(try await harness.deliver(["no JSON", Self.lines("a v=1")]) == ["m0"])
    }
  }

  @Test("Messages that the time does not suffice for come again") func deadline() async throws {
    try await WriteHarness.with(["table_mapping": "single-table"]) { harness async throws in
      var handler = harness.handler
      // The time is up at once.
      handler.sleep = { _ in }
      let event: JSON = [
        "Records": [["messageId": "m0", "eventSource": "aws:sqs", "body": .string(Self.lines("a v=1"))]]
      ]
      let context = LambdaContext(requestID: "r", deadline: Self.now + 1, logger: harness.log.logger)
      let answer = try JSON(parsing: try await handler.handle(event.bytes, context))
      let isWritten = try await harness.rows("a") == ["0=v:1"]
      #expect(answer["batchItemFailures"]?.array?.count == 1 || isWritten)
    }
  }

  static func bodies(_ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    let points = try LineProtocol.parse(bytes, precision: .milliseconds, now: 0)
    var version: Int64 = 9
    return try QueuedLines.bodies(
      of: points, bytes, WriteRequest(bucket: "b\"", precision: .milliseconds), Arrival(time: 7, version: 9)
    ) {
      version += 1
      return version
    }
  }

  @Test("Lines are cut where points start, into as few messages as hold them") func cut() throws {
    // Texts that span lines, quotes and backslashes that JSON doubles, characters that SQS refuses.
    let text = String(repeating: "x\ny\\\\\"\u{FFFE}\u{FFFF}é", count: 2000).replacing("\"", with: "\\\"")
    let lines = (0..<100).map { "# comment\n\ncpu,n=\($0) s=\"\(text)\" \($0)\r\n" }
    let bodies = try Self.bodies(lines.joined())
    #expect(bodies.count > 1)
    var points = 0
    for (place, body) in bodies.enumerated() {
      #expect(body.utf8.count <= QueuedLines.maximumBytes)
      #expect(!body.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0xFFFE || $0.value == 0xFFFF })
      let queued = try #require(try QueuedLines(JSON(parsing: body)))
      #expect(
        queued.bucket == "b\"" && queued.arrival == Arrival(time: 7, version: 9 + Int64(place))
          && queued.precision == .milliseconds)
      let read = try LineProtocol.parse(Array(queued.lines.utf8), precision: .milliseconds, now: 0)
      for part in read.samples() {
        #expect(part.samples.count == 1)
        #expect(
          part.samples.first?.measures == [
            Measure("s", .varchar(text.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")))
          ])
      }
      points += read.points.count
    }
    #expect(points == 100)
    // No two neighbours would have gone into one.
    for (one, other) in zip(bodies, bodies.dropFirst()) {
      #expect(one.utf8.count + other.utf8.count > QueuedLines.maximumBytes)
    }
    #expect(try Self.bodies("") == [])
    #expect(try Self.bodies("# nothing\n") == [])
  }

  @Test("Of one instant in two messages of a body the later line counts, in whatever order they come, and twice")
  func order()
    async throws
  {
    try await WriteHarness.with(isQueued: true) { harness async throws in
      // Each half fills more than half of a message.
      let filler = (0..<10).map { "log,n=\($0) s=\"\(String(repeating: "x", count: 60_000))\" \(Self.now + 90_000)" }
      let half = { (value: Int) in ["cpu v=\(value) \(Self.now - 9)", "sun v=\(value) \(Self.now + 9000)"] + filler }
      #expect(await harness.write((half(1) + half(2)).joined(separator: "\n"), ["precision": "ms"]).status == 204)
      let bodies = try await harness.receive("WriteQueueUrl")
      #expect(bodies.count == 2)
      for bodies in [bodies, bodies.reversed(), bodies] {
        #expect(try await harness.deliver(bodies) == [])
        #expect(try await harness.rows("cpu") == ["-9=v:2"])
        #expect(try await harness.rows("sun") == ["9000=v:2?"])
      }
      #expect(try await harness.receive("DeadLetterQueueUrl") == [])
    }
  }

  @Test(
    "A message's version is its own, or its time", arguments: [("", 7), (#","version":8"#, 8)] as [(String, Int64)])
  func version(member: String, version: Int64) throws {
    let body = #"{"bucket":"b","precision":"ms","time":7,"lines":"a v=1"\#(member)}"#
    #expect(try QueuedLines(JSON(parsing: body))?.arrival == Arrival(time: 7, version: version))
  }

  @Test("A version that is none is named", arguments: ["0", "-1", "1.5", "\"8\"", "null"]) func badVersion(text: String)
  {
    #expect(throws: UnreadableMessage(reason: "'version' must be a whole number above 0, or be left out")) {
      try QueuedLines(JSON(parsing: #"{"bucket":"b","precision":"ms","time":7,"lines":"a v=1","version":\#(text)}"#))
    }
  }

  @Test("A point that fits in no message is refused by its line, and nothing is queued") func tooLong() async throws {
    try await WriteHarness.with(isQueued: true) { harness async throws in
      let fields = (0..<20).map { "f\($0)=\"\(String(repeating: "x", count: 60_000))\"" }.joined(separator: ",")
      let response = await harness.write("a v=1\n\nb \(fields)")
      #expect(response.status == 422)
      #expect(PointWriterTests.message(response).contains("line 3 is too long for the queue"))
      #expect(try await harness.receive("WriteQueueUrl") == [])
    }
  }

  @Test("A large body goes through the queue whole") func large() async throws {
    try await WriteHarness.with(isQueued: true) { harness async throws in
      let text = String(repeating: "x", count: 1000)
      let lines = (0..<3000).map { "log,host=h\($0 % 3) s=\"\(text)\" \(Self.now - 1 - Int64($0))" }
      #expect(await harness.write(lines.joined(separator: "\n"), ["precision": "ms"]).status == 204)
      let bodies = try await harness.receive("WriteQueueUrl")
      #expect(bodies.count == 4)
      #expect(try await harness.deliver(bodies) == [])
      for host in 0..<3 { #expect(try await harness.rows("log,host=h\(host)").count == 1000) }
    }
  }
}
