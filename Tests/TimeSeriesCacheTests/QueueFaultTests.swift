import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The reference's faults in the fan-out (its faults 1 and 2): any number of identifiers, each queued, none in silence.
@Suite struct QueueFaultTests {
  static func identifiers(_ count: Int) -> [String] { (0..<count).map { "series-\($0)" } }

  /// Runs the queue function and reads the queue empty.
  static func queued(_ cloud: TestCloud, _ environment: [String: String] = [:]) async throws -> (
    summary: JSON, identifiers: [String], messages: Int
  ) {
    let handler = try QueueHandler(environment: cloud.environment.merging(environment), http: cloud.http)
    let context = LambdaContext(requestID: "r", deadline: .max, logger: .silent)
    let summary = try JSON(parsing: try await handler.handle([], context))
    let sqs = SQSClient(cloud.client)
    let queue = cloud.output("IdentifierQueueUrl")
    var found: [String] = []
    var messages = 0
    while true {
      let batch = try await sqs.receiveMessages(from: queue)
      if batch.isEmpty { return (summary, found, messages) }
      messages += batch.count
      for message in batch {
        found += try JSON(parsing: message.body)["identifiers"]?.array?.compactMap(\.string) ?? []
      }
    }
  }

  @Test("Every identifier is queued once, two per message", arguments: [0, 1, 21, 10_000])
  func counts(count: Int) async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      try await cloud.register(Self.identifiers(count))
      let (summary, found, messages) = try await Self.queued(cloud)
      #expect(found.sorted() == Self.identifiers(count).sorted())
      #expect(messages == (count + 1) / 2)
      #expect(summary["identifiers"]?.int == count)
      #expect(summary["messages"]?.int == messages)
      #expect(summary["resent"]?.int == 0)
    }
  }

  @Test("More than one page of the table, and messages of another size")
  func pages() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let long = (0..<1200).map { "\($0)-" + String(repeating: "x", count: 1500) }
      try await cloud.register(long)
      let (_, found, messages) = try await Self.queued(cloud, ["IDENTIFIERS_PER_MESSAGE": "7"])
      #expect(found.sorted() == long.sorted())
      #expect(messages == (1200 + 6) / 7)
    }
  }

  /// An AWS that has the identifiers and whose queue answers from a closure.
  static func handler(
    _ identifiers: Int, more: Bool = false, invalid: Int = 0, clock: WallClock = .system,
    slept: Recorder<Duration> = Recorder(), _ queue: @escaping @Sendable (JSON, Int) -> HTTPResponse
  ) throws -> (QueueHandler, FakeHTTP) {
    let sends = Recorder<Int>()
    let http = FakeHTTP { request, _ in
      if request.headers["x-amz-target"] == "DynamoDB_20120810.Scan" {
        let good = (0..<identifiers).map { #"{"identifier":{"S":"i\#($0)"}}"# }
        let items = (good + Array(repeating: #"{"identifier":{"S":""}}"#, count: invalid)).joined(separator: ",")
        return .success(
          .json(200, #"{"Items":[\#(items)]\#(more ? #","LastEvaluatedKey":{"identifier":{"S":"x"}}"# : "")}"#))
      }
      sends.append(0)
      return .success(queue((try? JSON(parsing: request.body)) ?? .null, sends.elements.count))
    }
    let environment: ProcessEnvironment = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    ]
    let client = try AWSClient(environment: environment, http: http)
    let handler = QueueHandler(
      registry: IdentifierRegistry(client, table: "t"),
      queue: MessageSender(client, url: "https://q/1/q") { slept.append($0) }, clock: clock)
    return (handler, http)
  }

  @Test("An entry that SQS failed is sent again, the others are not")
  func failedEntries() async throws {
    let (handler, http) = try Self.handler(6) { _, number in
      number == 1
        ? .json(
          200,
          #"{"Successful":[{"Id":"0"},{"Id":"2"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]}"#)
        : .json(200, #"{"Successful":[{"Id":"1"}]}"#)
    }
    let (summary, failure) = await handler.run(Self.context)
    #expect(failure == nil)
    #expect(summary == QueueHandler.Summary(identifiers: 6, messages: 3, requests: 2, resent: 1))
    let again = try JSON(parsing: try #require(http.requests.last).body)
    #expect(again["Entries"]?.array?.map { $0["Id"]?.string } == ["1"])
  }

  static let context = LambdaContext(requestID: "r", deadline: .max, logger: .silent)

  @Test("Entries of which SQS says nothing are sent again, and are not counted as queued")
  func unsaid() async throws {
    let (handler, http) = try Self.handler(6) { _, _ in .json(200, "{}") }
    let (summary, failure) = await handler.run(Self.context)
    #expect((summary.identifiers, summary.messages) == (0, 0))
    #expect(failure?.description.hasPrefix("3 messages could not be queued: UnexpectedAnswer") ?? false)
    #expect(http.requests.count == 1 + MessageSender.attempts)
  }

  @Test("An entry that SQS refuses for good does not hold up one that failed in passing")
  func senderFault() async throws {
    let failed =
      #"{"Successful":[{"Id":"2"}],"Failed":[{"Id":"0","Code":"Invalid","SenderFault":true},{"Id":"1","Code":"Busy"}]}"#
    let (handler, http) = try Self.handler(6) { body, number in number == 1 ? .json(200, failed) : Self.taken(body) }
    let (summary, failure) = await handler.run(Self.context)
    #expect(summary.messages == 2)
    #expect(failure == QueueError(description: "1 message could not be queued: Invalid"))
    #expect(http.requests.count == 3)
  }

  @Test("Near its deadline a run says so, and what it read is queued")
  func deadline() async throws {
    let (handler, http) = try Self.handler(4, more: true) { body, _ in Self.taken(body) }
    let near = LambdaContext(requestID: "r", deadline: WallClock.system.now + 1000, logger: .silent)
    let (summary, failure) = await handler.run(near)
    #expect(failure?.description.hasPrefix("the deadline is near") ?? false)
    #expect(summary.identifiers == 4)
    #expect(http.requests.count == 2)
  }

  @Test("Entries that keep failing make the run fail, without a wait after the last attempt; the others are queued")
  func keepsFailing() async throws {
    let slept = Recorder<Duration>()
    let (handler, http) = try Self.handler(44, slept: slept) { body, _ in Self.failing(body, unless: 10) }
    let (summary, failure) = await handler.run(Self.context)
    #expect(failure == QueueError(description: "2 messages could not be queued: X"))
    #expect(summary.messages == 20)
    // Two whole batches once, and the last one as often as it is tried.
    #expect(http.requests.count == 1 + 2 + MessageSender.attempts)
    // Each pause is between half of what is due and all of it.
    let due: [Duration] = [.milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(400)]
    #expect(slept.elements.count == due.count)
    #expect(zip(slept.elements, due).allSatisfy { $0 >= $1 / 2 && $0 <= $1 })
  }

  /// Takes every entry of a batch.
  static func taken(_ body: JSON) -> HTTPResponse {
    let entries = body["Entries"]?.array ?? []
    return .json(200, (["Successful": .array(entries.map { ["Id": $0["Id"] ?? .null] })] as JSON).text)
  }

  /// Fails every entry of a batch, unless it has so many.
  static func failing(_ body: JSON, unless count: Int) -> HTTPResponse {
    let entries = body["Entries"]?.array ?? []
    let failed = entries.map { #"{"Id":\#($0["Id"]?.text ?? ""),"Code":"X"}"# }.joined(separator: ",")
    return entries.count == count ? taken(body) : .json(200, #"{"Failed":[\#(failed)]}"#)
  }

  @Test("What could not be queued is added up over all requests, with each reason once") func sum() async throws {
    // Seven requests: six of ten messages and a last one of three.
    let (handler, _) = try Self.handler(126) { body, number in
      let entries = body["Entries"]?.array ?? []
      let code = entries.count == 10 ? "A" : "B"
      let failed = entries.map { #"{"Id":\#($0["Id"]?.text ?? ""),"Code":"\#(code)","SenderFault":true}"# }
      return .json(200, #"{"Failed":[\#(failed.joined(separator: ","))]}"#)
    }
    let (_, failure) = await handler.run(Self.context)
    let reasons = ["A; B", "B; A"].map { QueueError(description: "63 messages could not be queued: \($0)") }
    #expect(failure.map(reasons.contains) ?? false)
  }

  @Test("A run that ends early says what it could not queue, too") func lateAndFailing() async throws {
    let (handler, _) = try Self.handler(4, more: true) { body, _ in Self.failing(body, unless: 0) }
    let near = LambdaContext(requestID: "r", deadline: WallClock.system.now + 1000, logger: .silent)
    let (_, failure) = await handler.run(near)
    #expect(failure?.description.hasPrefix("the deadline is near") ?? false)
    #expect(failure?.description.contains("; 2 messages could not be queued: X") ?? false)
  }

  @Test("Near its deadline nothing is sent again") func lateRetry() async throws {
    let clock = ManualClock(1_800_000_000_000)
    let slept = Recorder<Duration>()
    let (handler, http) = try Self.handler(4, clock: clock.clock, slept: slept) { body, _ in
      clock.advance(3000)
      return Self.failing(body, unless: 0)
    }
    let context = LambdaContext(requestID: "r", deadline: clock.now + 10_000, logger: .silent)
    let (_, failure) = await handler.run(context)
    #expect(failure == QueueError(description: "2 messages could not be queued: X; the deadline is near"))
    // After six of the ten seconds less than the margin is left.
    #expect(http.requests.count == 1 + 2)
    #expect(slept.elements.count == 1)
  }

  @Test("Items without a valid identifier are counted, and ten of them are logged") func invalid() async throws {
    let log = LogBook()
    let (handler, _) = try Self.handler(2, invalid: 5000) { body, _ in Self.taken(body) }
    let (summary, failure) = await handler.run(LambdaContext(requestID: "r", deadline: .max, logger: log.logger))
    #expect(failure == nil)
    #expect(summary == QueueHandler.Summary(identifiers: 2, messages: 1, requests: 1, invalid: 5000))
    #expect(log.lines(saying: "skipped an item of the identifiers' table").count == QueueHandler.invalidLogged)
  }
}
