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

  @Test("Every identifier is queued once, two a message", arguments: [0, 1, 21, 10_000])
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
  static func handler(_ identifiers: Int, more: Bool = false, _ queue: @escaping @Sendable (JSON, Int) -> HTTPResponse)
    throws -> (QueueHandler, FakeHTTP)
  {
    let sends = Recorder<Int>()
    let http = FakeHTTP { request, _ in
      if request.headers["x-amz-target"] == "DynamoDB_20120810.Scan" {
        let items = (0..<identifiers).map { #"{"identifier":{"S":"i\#($0)"}}"# }.joined(separator: ",")
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
      registry: IdentifierRegistry(client, table: "t"), queue: SQSClient(client), queueURL: "https://q/1/q",
      sleep: { _ in })
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

  @Test("An entry that SQS refuses for good does not hold up one that failed in passing")
  func senderFault() async throws {
    let (handler, http) = try Self.handler(6) { _, number in
      number == 1
        ? .json(
          200,
          #"{"Failed":[{"Id":"0","Code":"Invalid","SenderFault":true},{"Id":"1","Code":"Busy","SenderFault":false}]}"#)
        : .json(200, "{}")
    }
    let (summary, failure) = await handler.run(Self.context)
    #expect(summary.messages == 2)
    #expect(failure == QueueError(description: "1 messages could not be queued: Invalid: "))
    #expect(http.requests.count == 3)
  }

  @Test("Near its deadline a run says so, and what it read is queued")
  func deadline() async throws {
    let (handler, http) = try Self.handler(4, more: true) { _, _ in .json(200, "{}") }
    let near = LambdaContext(requestID: "r", deadline: WallClock.system.now + 1000, logger: .silent)
    let (summary, failure) = await handler.run(near)
    #expect(failure?.description.hasPrefix("the deadline is near") ?? false)
    #expect(summary.identifiers == 4)
    #expect(http.requests.count == 2)
  }

  @Test("Entries that keep failing make the run fail, and the others are queued all the same")
  func keepsFailing() async throws {
    let (handler, http) = try Self.handler(44) { body, _ in
      let entries = body["Entries"]?.array ?? []
      guard entries.count == 10 else {
        return .json(
          200,
          #"{"Failed":[\#(entries.map { #"{"Id":\#($0["Id"]?.text ?? ""),"Code":"X"}"# }.joined(separator: ","))]}"#)
      }
      return .json(200, "{}")
    }
    let (summary, failure) = await handler.run(Self.context)
    #expect(failure == QueueError(description: "2 messages could not be queued: X: "))
    #expect(summary.messages == 20)
    // Two whole batches once, and the last one as often as it is tried.
    #expect(http.requests.count == 1 + 2 + QueueHandler.attempts)
  }
}
