import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// SQS: what a message costs, and what counts it.
@Suite(.timeLimit(.minutes(5))) struct QueueCostTests {
  @Test("A message costs the same whatever else is in its queue") func cost() async throws {
    func steps(_ count: Int) async throws -> [Int] {
      let now: Int64 = 1_000_000_000
      let service = try await QueueTests.queue([:], .fixed(now))
      try QueueTests.fill(service, count, sent: now - 1000)
      func steps() -> Int { service.storage.takeStepCount() }
      func measured(_ name: String, _ members: JSONObject) async throws -> (steps: Int, answer: JSON) {
        var input = members
        input["QueueUrl"] = .string(QueueTests.url)
        // Once to prepare the statements.
        _ = try await service(name, .object(input))
        _ = steps()
        let answer = try await service(name, .object(input))
        return (steps(), answer)
      }
      let received = try await measured("ReceiveMessage", ["MaxNumberOfMessages": 10])
      #expect(QueueTests.bodies(received.answer) == (11...20).map { "b\($0)" })
      let handle = try #require(received.answer["Messages"]?.array?.first?["ReceiptHandle"])
      let changed = try await measured(
        "ChangeMessageVisibility", ["ReceiptHandle": handle, "VisibilityTimeout": 5])
      return [
        received.steps, changed.steps, try await measured("DeleteMessage", ["ReceiptHandle": handle]).steps,
        try await measured("SendMessage", ["MessageBody": "x"]).steps,
      ]
    }
    let (few, many) = (try await steps(2000), try await steps(20_000))
    #expect(few.allSatisfy { $0 > 0 })
    for (few, many) in zip(few, many) { #expect(many <= few + few / 4, "\(few) and \(many) steps") }
  }

  @Test("A receive passes a bounded number of messages that are too old or received too often") func bounded()
    async throws
  {
    let service = try await QueueTests.queue()
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    _ = try await service(
      "SetQueueAttributes",
      ["QueueUrl": .string(QueueTests.url), "Attributes": ["RedrivePolicy": QueueTests.policy("dead")]])
    try QueueTests.fill(service, 1000, sent: WallClock.system.now - 1000, received: 1)
    func count(_ queue: String) async throws -> JSON? {
      try await service(
        "GetQueueAttributes",
        ["QueueUrl": .string("http://c/0/\(queue)"), "AttributeNames": ["ApproximateNumberOfMessages"]])[
          "Attributes"]?["ApproximateNumberOfMessages"]
    }
    #expect(
      try await service("ReceiveMessage", ["QueueUrl": .string(QueueTests.url), "MaxNumberOfMessages": 10]) == [:])
    #expect(try await count("q") == "900")
    #expect(try await count("dead") == "100")
    // Who waits gets through to what can be received.
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "fresh"])
    let found = try await service("ReceiveMessage", ["QueueUrl": .string(QueueTests.url), "WaitTimeSeconds": 20])
    #expect(QueueTests.bodies(found) == ["fresh"])
    #expect(try await count("dead") == "1000")
  }

  @Test("The sweep goes in pieces: over what is too old, and over what is left of a queue") func sweep() async throws {
    let clock = WallClock.fixed(1_000_000_000)
    let service = try await QueueTests.queue(["MessageRetentionPeriod": "60"], clock)
    let size = Int(QueueStore.sweptAtOnce)
    func rows(_ table: String) throws -> Int64? {
      try service.storage.database.with { connection throws(DatabaseError) in
        try connection.row("SELECT count(*) FROM \(table)")?.first?.integer
      }
    }
    try QueueTests.fill(service, 2 * size + 1, sent: clock.now - 60_000)
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "kept"])
    for left in [size + 1, 1, 0] {
      #expect(try await service.module.messages.sweepPiece())
      #expect(try rows("sqs_messages") == Int64(left + 1))
    }
    #expect(try await !service.module.messages.sweepPiece())

    try QueueTests.fill(service, size, sent: clock.now)
    _ = try await service("DeleteQueue", ["QueueUrl": .string(QueueTests.url)])
    _ = try await service("CreateQueue", ["QueueName": "q"])
    #expect(try await service("ReceiveMessage", ["QueueUrl": .string(QueueTests.url)]) == [:])
    try await service.module.messages.sweep()
    #expect(try (rows("sqs_messages"), rows("sqs_queues")) == (0, 1))
  }

  @Test("Attributes are counted where they are asked for, at the price of what cannot be received now") func counts()
    async throws
  {
    func steps(_ count: Int) async throws -> [Int] {
      let clock = ManualClock(1_000_000_000)
      let service = try await QueueTests.queue([:], clock.clock)
      try QueueTests.fill(service, count, sent: clock.now - 1000)
      for body in ["late", "later"] {
        _ = try await service(
          "SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": .string(body), "DelaySeconds": 60])
      }
      _ = try await service("ReceiveMessage", ["QueueUrl": .string(QueueTests.url), "MaxNumberOfMessages": 3])
      func measured(_ name: JSON) async throws -> (steps: Int, answer: JSON) {
        let input: JSON = ["QueueUrl": .string(QueueTests.url), "AttributeNames": [name]]
        _ = try await service("GetQueueAttributes", input)
        _ = service.storage.takeStepCount()
        let answer = try await service("GetQueueAttributes", input)
        return (service.storage.takeStepCount(), answer["Attributes"] ?? .null)
      }
      let all = try await measured("All")
      #expect(all.answer["ApproximateNumberOfMessages"] == .string("\(count - 3)"))
      #expect(all.answer["ApproximateNumberOfMessagesNotVisible"] == "3")
      #expect(all.answer["ApproximateNumberOfMessagesDelayed"] == "2")
      let arn = try await measured("QueueArn")
      #expect(arn.answer == ["QueueArn": "arn:aws:sqs:us-east-1:000000000000:q"])
      #expect(arn.steps < all.steps / 2)
      return [all.steps, arn.steps]
    }
    let (few, many) = (try await steps(200), try await steps(2000))
    #expect(few == many)
  }

  @Test("The number of messages holds through whatever adds, takes and moves one") func number() async throws {
    let clock = ManualClock(1_000_000_000)
    let service = try await QueueTests.queue(["MessageRetentionPeriod": "60", "VisibilityTimeout": "0"], clock.clock)
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    let policy = QueueTests.policy("dead")
    _ = try await service(
      "SetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "Attributes": ["RedrivePolicy": policy]])
    func expect(_ q: Int, _ dead: Int, _ location: SourceLocation = #_sourceLocation) async throws {
      var counts: [String?] = []
      for queue in ["q", "dead"] {
        let answer = try await service(
          "GetQueueAttributes",
          ["QueueUrl": .string("http://c/0/\(queue)"), "AttributeNames": ["ApproximateNumberOfMessages"]])
        counts.append(answer["Attributes"]?["ApproximateNumberOfMessages"]?.string)
      }
      #expect(counts == [String(q), String(dead)], sourceLocation: location)
    }
    func receive() async throws -> [JSON] {
      let answer = try await service(
        "ReceiveMessage", ["QueueUrl": .string(QueueTests.url), "MaxNumberOfMessages": 10])
      return answer["Messages"]?.array ?? []
    }
    for body in ["a", "b", "c"] {
      _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": .string(body)])
    }
    try await expect(3, 0)
    let handle = try #require(try await receive().first?["ReceiptHandle"])
    _ = try await service("DeleteMessage", ["QueueUrl": .string(QueueTests.url), "ReceiptHandle": handle])
    try await expect(2, 0)
    #expect(try await receive() == [])
    try await expect(0, 2)
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "d"])
    try await expect(1, 2)
    // What is too old does not count, swept or not.
    clock.advance(60_000)
    try await expect(0, 2)
    try await service.module.messages.sweep()
    try await expect(0, 2)
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "e"])
    try await expect(1, 2)
    _ = try await service("PurgeQueue", ["QueueUrl": .string(QueueTests.url)])
    try await expect(0, 2)
  }

  @Test("What a receive answers is written after its transaction, off the writer's thread") func writing() async throws
  {
    let service = try await QueueTests.queue()
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "x"])
    let operation = try #require(service.module.operations.first { $0.name == "ReceiveMessage" })
    let input: JSON = ["QueueUrl": .string(QueueTests.url)]
    let step = try operation.begin(
      OperationRequest(http: ServerRequest(method: "POST", path: "/", body: input.bytes)))
    guard case .trying(let body) = step else { throw ServiceError.internal(CancellationError()) }
    guard case .answer(let write) = try await service.storage.write(body) else {
      throw ServiceError.internal(CancellationError())
    }
    #expect(!service.storage.writer.isOwnThread)
    #expect(QueueTests.bodies(try JSON(parsing: write().body)) == ["x"])
  }
}
