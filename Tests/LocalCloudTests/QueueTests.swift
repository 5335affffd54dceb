import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// SQS: what a message costs, where it goes, and who gets it.
@Suite(.timeLimit(.minutes(5))) struct QueueTests {
  static let url = "http://c/0/q"

  static func service(
    _ clock: WallClock = .system, _ folder: String? = nil
  ) throws -> ModuleCaller<SQSService> {
    let storage = try Storage(folder: folder, schemas: [SQSService.schema])
    return ModuleCaller(SQSService(storage: storage, account: Account(), clock: clock) { "http://c" }, storage)
  }

  /// With one queue, `q`.
  static func queue(
    _ attributes: JSON = [:], _ clock: WallClock = .system
  ) async throws -> ModuleCaller<SQSService> {
    let service = try service(clock)
    _ = try await service("CreateQueue", ["QueueName": "q", "Attributes": attributes])
    return service
  }

  static func bodies(_ answer: JSON) -> [String] {
    (answer["Messages"]?.array ?? []).compactMap { $0["Body"]?.string }
  }

  static func policy(_ queue: String, _ count: Int = 1) -> JSON {
    .string(#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:\#(queue)","maxReceiveCount":\#(count)}"#)
  }

  /// Messages that are visible, put there at once.
  static func fill(_ service: ModuleCaller<SQSService>, _ count: Int, sent: Int64, received: Int = 0) throws {
    try service.storage.database.with { connection throws(DatabaseError) in
      try connection.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
        INSERT INTO sqs_messages (queue_id, message_id, body, sent, visible, received)
        SELECT 1, printf('%036d', i), 'b' || i, \(sent), \(sent), \(received) FROM n
        """)
    }
  }

  @Test("The digest of message attributes is SQS's") func digest() {
    // Computed with the algorithm of the developer guide by another program (Python's hashlib).
    #expect(MessageDraft.md5(ofBody: "hello") == "5d41402abc4b2a76b9719d911017c592")
    #expect(
      MessageAttribute.md5(of: [
        .init(name: "b", type: "Number", value: .text("1")), .init(name: "a", type: "String", value: .text("x")),
        .init(name: "c", type: "Binary", value: .binary("AAE=")),
      ]) == "d6aab78c1664ffc162aa69e3d4f777eb")
  }

  // MARK: Cost

  @Test("A message costs the same whatever else is in its queue") func cost() async throws {
    func steps(_ count: Int) async throws -> [Int] {
      let now: Int64 = 1_000_000_000
      let service = try await Self.queue([:], .fixed(now))
      try Self.fill(service, count, sent: now - 1000)
      func steps() -> Int { service.storage.takeStepCount() }
      func measured(_ name: String, _ members: JSONObject) async throws -> (steps: Int, answer: JSON) {
        var input = members
        input["QueueUrl"] = .string(Self.url)
        // Once to prepare the statements.
        _ = try await service(name, .object(input))
        _ = steps()
        let answer = try await service(name, .object(input))
        return (steps(), answer)
      }
      let received = try await measured("ReceiveMessage", ["MaxNumberOfMessages": 10])
      #expect(Self.bodies(received.answer) == (11...20).map { "b\($0)" })
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
    let service = try await Self.queue()
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    _ = try await service(
      "SetQueueAttributes", ["QueueUrl": .string(Self.url), "Attributes": ["RedrivePolicy": Self.policy("dead")]])
    try Self.fill(service, 1000, sent: WallClock.system.now - 1000, received: 1)
    func count(_ queue: String) async throws -> JSON? {
      try await service(
        "GetQueueAttributes",
        ["QueueUrl": .string("http://c/0/\(queue)"), "AttributeNames": ["ApproximateNumberOfMessages"]])[
          "Attributes"]?["ApproximateNumberOfMessages"]
    }
    #expect(try await service("ReceiveMessage", ["QueueUrl": .string(Self.url), "MaxNumberOfMessages": 10]) == [:])
    #expect(try await count("q") == "900")
    #expect(try await count("dead") == "100")
    // Who waits gets through to what can be received.
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "fresh"])
    let found = try await service("ReceiveMessage", ["QueueUrl": .string(Self.url), "WaitTimeSeconds": 20])
    #expect(Self.bodies(found) == ["fresh"])
    #expect(try await count("dead") == "1000")
  }

  @Test("The sweep goes in pieces: over what is too old, and over what is left of a queue") func sweep() async throws {
    let clock = WallClock.fixed(1_000_000_000)
    let service = try await Self.queue(["MessageRetentionPeriod": "60"], clock)
    let size = Int(QueueStore.sweptAtOnce)
    func rows(_ table: String) throws -> Int64? {
      try service.storage.database.with { connection throws(DatabaseError) in
        try connection.row("SELECT count(*) FROM \(table)")?.first?.integer
      }
    }
    try Self.fill(service, 2 * size + 1, sent: clock.now - 60_000)
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "kept"])
    for left in [size + 1, 1, 0] {
      #expect(try await service.module.messages.sweepPiece())
      #expect(try rows("sqs_messages") == Int64(left + 1))
    }
    #expect(try await !service.module.messages.sweepPiece())

    try Self.fill(service, size, sent: clock.now)
    _ = try await service("DeleteQueue", ["QueueUrl": .string(Self.url)])
    _ = try await service("CreateQueue", ["QueueName": "q"])
    #expect(try await service("ReceiveMessage", ["QueueUrl": .string(Self.url)]) == [:])
    try await service.module.messages.sweep()
    #expect(try (rows("sqs_messages"), rows("sqs_queues")) == (0, 1))
  }

  // MARK: Dead letters

  @Test("A queue that is its own dead-letter queue, and two that are each other's, hand out every message")
  func circles() async throws {
    let service = try await Self.queue(["VisibilityTimeout": "0"])
    _ = try await service("CreateQueue", ["QueueName": "p", "Attributes": ["VisibilityTimeout": "0"]])
    func set(_ queue: String, _ target: String) async throws {
      _ = try await service(
        "SetQueueAttributes",
        ["QueueUrl": .string("http://c/0/\(queue)"), "Attributes": ["RedrivePolicy": Self.policy(target)]])
    }
    func receive(_ queue: String) async throws -> [String?] {
      let answer = try await service(
        "ReceiveMessage",
        ["QueueUrl": .string("http://c/0/\(queue)"), "AttributeNames": ["ApproximateReceiveCount"]])
      return (answer["Messages"]?.array ?? []).map { $0["Attributes"]?["ApproximateReceiveCount"]?.string }
    }
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
    try await set("q", "q")
    for count in 1...5 { #expect(try await receive("q") == [String(count)]) }

    try await set("q", "p")
    try await set("p", "q")
    // It is handed out once where it is, and moves on the next time.
    #expect(try await receive("q") == [])
    #expect(try await receive("p") == ["6"])
    #expect(try await receive("p") == [])
    #expect(try await receive("q") == ["7"])
    // Two that wait at both ends end.
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "y"])
    async let one = service.module.messages.poll(10, from: "q", within: .seconds(1))
    async let other = service.module.messages.poll(10, from: "p", within: .seconds(1))
    #expect(try await !(one + other).isEmpty)
  }

  @Test("A dead-letter queue must be there when it is named, and is done without once it has gone") func target()
    async throws
  {
    let service = try await Self.queue(["VisibilityTimeout": "0"])
    #expect(
      await service.refusal(
        "SetQueueAttributes", ["QueueUrl": .string(Self.url), "Attributes": ["RedrivePolicy": Self.policy("no")]])
        == #"InvalidParameterValue: Value {"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:no","maxReceiveCount":1} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."#
    )
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    _ = try await service(
      "SetQueueAttributes", ["QueueUrl": .string(Self.url), "Attributes": ["RedrivePolicy": Self.policy("dead")]])
    _ = try await service("DeleteQueue", ["QueueUrl": "http://c/0/dead"])
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
    for _ in 1...3 {
      #expect(Self.bodies(try await service("ReceiveMessage", ["QueueUrl": .string(Self.url)])) == ["x"])
    }
  }

  // MARK: Handles

  @Test("An older receipt handle changes visibility and deletes as well as the newest") func handles() async throws {
    let clock = ManualClock(1_000_000_000)
    let service = try await Self.queue([:], clock.clock)
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
    func receive() async throws -> String? {
      try await service("ReceiveMessage", ["QueueUrl": .string(Self.url)])["Messages"]?.array?.first?[
        "ReceiptHandle"]?.string
    }
    let old = try #require(try await receive())
    let change: JSON = [
      "QueueUrl": .string(Self.url), "ReceiptHandle": .string(old), "VisibilityTimeout": 0,
    ]
    #expect(try await receive() == nil)
    _ = try await service("ChangeMessageVisibility", change)
    #expect(
      await service.refusal("ChangeMessageVisibility", change)?.hasPrefix("AWS.SimpleQueueService.MessageNotInflight")
        ?? false)
    let new = try #require(try await receive())
    #expect(new != old)
    for handle in [old, new] {
      _ = try await service("DeleteMessage", ["QueueUrl": .string(Self.url), "ReceiptHandle": .string(handle)])
    }
    clock.advance(3_600_000)
    #expect(try await receive() == nil)
  }

  @Test(
    "What no receive handed out is no receipt handle",
    arguments: ["x", "..", "\(String(repeating: "a", count: 36)).1", "\(String(repeating: "a", count: 36)).zz.1", "é"])
  func badHandle(text: String) async throws {
    let service = try await Self.queue()
    #expect(
      await service.refusal("DeleteMessage", ["QueueUrl": .string(Self.url), "ReceiptHandle": .string(text)])
        == "ReceiptHandleIsInvalid: The input receipt handle is invalid.")
  }

  // MARK: Names

  @Test("Names are bytes: what only looks like an attribute's name is none") func names() async throws {
    let service = try await Self.queue()
    // The sign of the unit kelvin is K to Swift's comparison.
    #expect(
      await service.refusal(
        "SetQueueAttributes", ["QueueUrl": .string(Self.url), "Attributes": ["\u{212A}msMasterKeyId": "k"]])
        == "InvalidAttributeName: Unknown Attribute \u{212A}msMasterKeyId.")
    #expect(
      await service.refusal(
        "GetQueueAttributes", ["QueueUrl": .string(Self.url), "AttributeNames": ["\u{212A}msMasterKeyId"]])
        == "InvalidAttributeName: Unknown Attribute \u{212A}msMasterKeyId.")
    #expect(await service.refusal("GetQueueUrl", ["QueueName": "e\u{301}"])?.contains("NonExistentQueue") ?? false)
    #expect(
      await service.refusal(
        "SendMessage",
        [
          "QueueUrl": .string(Self.url), "MessageBody": "x",
          "MessageAttributes": ["\u{212A}": ["DataType": "String", "StringValue": "v"]],
        ]) == "InvalidParameterValue: Message (user) attribute name '\u{212A}' is invalid.")
  }

  // MARK: Two at once

  @Test("Settings that are made at the same time all hold") func races() async throws {
    let service = try await Self.queue()
    let settings: [(String, JSON)] = [
      ("DelaySeconds", "1"), ("MaximumMessageSize", "2048"), ("MessageRetentionPeriod", "61"),
      ("ReceiveMessageWaitTimeSeconds", "2"), ("VisibilityTimeout", "3"), ("Policy", "p"),
    ]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (name, value) in settings {
        group.addTask {
          _ = try await service(
            "SetQueueAttributes", ["QueueUrl": .string(Self.url), "Attributes": [name: value]])
        }
      }
      try await group.waitForAll()
    }
    let all = try await service("GetQueueAttributes", ["QueueUrl": .string(Self.url), "AttributeNames": ["All"]])
    for (name, value) in settings { #expect(all["Attributes"]?[name] == value, "\(name)") }
  }

  // MARK: Those who wait

  @Test("A message wakes one of those who wait, in the order of their coming") func line() async {
    let polls = LongPolls()
    let places = (0..<3).map { _ in polls.join("q") }
    polls.wake("q", count: 1)
    // Who has been woken does not wait; the others' time would be up much later.
    await polls.wait("q", places[0], atMost: .seconds(600))
    // Whoever leaves without having looked passes it on.
    polls.wake("q", count: 1)
    polls.leave("q", places[1])
    await polls.wait("q", places[2], atMost: .seconds(600))
    polls.leave("q", places[0])
    polls.leave("q", places[2])
    #expect(polls.resting("q") == 0)
  }

  @Test("A message goes to one who waits, and costs nothing for the others") func waiters() async throws {
    let service = try await Self.queue()
    let store = service.module.messages
    func steps(of waiting: Int) async throws -> Int {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<waiting {
          group.addTask { try await store.poll(1, from: "q", within: .seconds(600)).count }
        }
        // Whoever rests has looked.
        while store.polls.resting("q") < waiting { await Task.yield() }
        _ = service.storage.takeStepCount()
        _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
        #expect(try await group.next() == 1)
        let steps = service.storage.takeStepCount()
        group.cancelAll()
        #expect(try await group.reduce(0, +) == 0)
        return steps
      }
    }
    let (few, many) = (try await steps(of: 2), try await steps(of: 40))
    #expect(many <= 2 * few, "\(few) and \(many) steps")
  }

  @Test("One who has gone takes no message; a message that he took comes back as it was") func gone() async throws {
    let service = try await Self.queue(["VisibilityTimeout": "600"])
    let store = service.module.messages
    let waiter = Task { try await store.poll(1, from: "q", within: .seconds(600)) }
    while store.polls.resting("q") == 0 { await Task.yield() }
    waiter.cancel()
    #expect(try await waiter.value == [])
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
    let taken = try await store.receive(1, from: "q")
    try await service.storage.write { connection throws(ServiceError) in try store.putBack(taken, connection) }
    #expect(try await store.receive(1, from: "q").map(\.receiveCount) == [1])
  }

  @Test("Who waits follows a queue's settings, and the queue that is made anew under its name") func anew() async throws
  {
    let service = try await Self.queue()
    let store = service.module.messages
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "old"])
    _ = try await service("DeleteQueue", ["QueueUrl": .string(Self.url)])
    await #expect(throws: ServiceError.queueDoesNotExist) { try await store.poll(1, from: "q", within: .seconds(600)) }
    _ = try await service("CreateQueue", ["QueueName": "q", "Attributes": ["VisibilityTimeout": "0"]])
    async let found = store.poll(1, from: "q", within: .seconds(600))
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "new", "DelaySeconds": 1])
    #expect(try await found.map(\.body) == ["new"])
    // The settings are the new queue's: the message can be had again.
    #expect(try await store.receive(1, from: "q").map(\.body) == ["new"])
  }

  // MARK: Data

  @Test("Messages of an older version are there after an update") func migration() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "queues-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "sqs", steps: [SQSService.schema.steps[0]])])
      try old.database.with { connection throws(DatabaseError) in
        try connection.execute(
          """
          INSERT INTO sqs_queues VALUES (7, 'q', '{"VisibilityTimeout":"600","MessageRetentionPeriod":"345600"}', 1000, 2000, NULL);
          INSERT INTO sqs_messages VALUES (3, 7, '00000000-0000-4000-8000-000000000000', 'b',
            '{"a":{"DataType":"String","StringValue":"x"}}', 5000, 5000, 2, 5500, 'r', NULL);
          """)
      }
    }
    let service = try Self.service(.fixed(6000), folder)
    let message = try await service(
      "ReceiveMessage",
      ["QueueUrl": .string(Self.url), "MessageAttributeNames": ["a"], "AttributeNames": ["ApproximateReceiveCount"]])
    let found = message["Messages"]?.array?.first
    #expect(found?["MessageId"] == "00000000-0000-4000-8000-000000000000")
    #expect(found?["MessageAttributes"] == ["a": ["DataType": "String", "StringValue": "x"]])
    #expect(found?["Attributes"] == ["ApproximateReceiveCount": "3"])
    let queue = try await service("GetQueueAttributes", ["QueueUrl": .string(Self.url), "AttributeNames": ["All"]])
    #expect(queue["Attributes"]?["CreatedTimestamp"] == "1")
    #expect(queue["Attributes"]?["ApproximateNumberOfMessagesNotVisible"] == "1")
  }
}
