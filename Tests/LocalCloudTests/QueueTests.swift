import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// SQS: names, handles, settings and data.
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

  // MARK: Handles

  @Test("The handle of any receive deletes a message and changes its visibility") func handles() async throws {
    let clock = ManualClock(1_000_000_000)
    let service = try await Self.queue([:], clock.clock)
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
    func receive() async throws -> JSON? {
      try await service("ReceiveMessage", ["QueueUrl": .string(Self.url)])["Messages"]?.array?.first?["ReceiptHandle"]
    }
    func change(_ handle: JSON, to seconds: JSON) async -> String? {
      await service.refusal(
        "ChangeMessageVisibility",
        ["QueueUrl": .string(Self.url), "ReceiptHandle": handle, "VisibilityTimeout": seconds])
    }
    func delete(_ handle: JSON) async throws {
      _ = try await service("DeleteMessage", ["QueueUrl": .string(Self.url), "ReceiptHandle": handle])
    }
    func refusal(_ handle: JSON) -> String {
      "InvalidParameterValue: Value \(handle.string ?? "") for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
    }
    let old = try #require(try await receive())
    #expect(await change(old, to: 0) == nil)
    // It can be received already: nothing is left to change, and nothing changes.
    #expect(await change(old, to: 600) == nil)
    let new = try #require(try await receive())
    #expect(new != old)
    // One of a receive that has not been is nobody's.
    let parts = try #require(new.string).split(separator: ".")
    let unborn = JSON.string("\(parts[0]).\(parts[1]).7")
    try await delete(unborn)
    #expect(await change(unborn, to: 0) == refusal(unborn))
    #expect(await change(old, to: 60) == nil)
    clock.advance(59_999)
    #expect(try await receive() == nil)
    clock.advance(1)
    let last = try #require(try await receive())
    // It is deleted although it can be received again, by the oldest as by the newest, and any number of times.
    clock.advance(30_000)
    for handle in [old, last, new] { try await delete(handle) }
    #expect(try await receive() == nil)
    for handle in [old, new, last] { #expect(await change(handle, to: 0) == refusal(handle)) }
  }

  @Test("A batch of handles is as particular as they are one by one") func handlesInBatches() async throws {
    let service = try await Self.queue(["VisibilityTimeout": "0"])
    _ = try await service("SendMessage", ["QueueUrl": .string(Self.url), "MessageBody": "x"])
    var handles: [JSON] = []
    for _ in 1...2 {
      let answer = try await service("ReceiveMessage", ["QueueUrl": .string(Self.url)])
      handles.append(try #require(answer["Messages"]?.array?.first?["ReceiptHandle"]))
    }
    let entries: [JSON] = [
      ["Id": "old", "ReceiptHandle": handles[0], "VisibilityTimeout": 9],
      ["Id": "new", "ReceiptHandle": handles[1], "VisibilityTimeout": 9],
      ["Id": "none", "ReceiptHandle": .string((handles[1].string ?? "") + "7"), "VisibilityTimeout": 9],
    ]
    let changed = try await service(
      "ChangeMessageVisibilityBatch", ["QueueUrl": .string(Self.url), "Entries": .array(entries)])
    #expect(changed["Successful"] == [["Id": "old"], ["Id": "new"]])
    #expect(changed["Failed"]?.array?.map { $0["Id"] } == ["none"])
    let deleted = try await service(
      "DeleteMessageBatch", ["QueueUrl": .string(Self.url), "Entries": .array(entries)])
    #expect(deleted == ["Successful": [["Id": "old"], ["Id": "new"], ["Id": "none"]]])
    #expect(try await service("ReceiveMessage", ["QueueUrl": .string(Self.url)]) == [:])
  }

  @Test(
    "What no receive handed out is no receipt handle",
    arguments: ["x", "..", "\(String(repeating: "a", count: 36)).1", "\(String(repeating: "a", count: 36)).zz.1", "é"])
  func badHandle(text: String) async throws {
    let service = try await Self.queue()
    #expect(
      await service.refusal("DeleteMessage", ["QueueUrl": .string(Self.url), "ReceiptHandle": .string(text)])
        == "ReceiptHandleIsInvalid: The input receipt handle \"\(text)\" is not a valid receipt handle.")
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
      ("ReceiveMessageWaitTimeSeconds", "2"), ("VisibilityTimeout", "3"), ("Policy", "{}"),
    ]
    // All have begun before the first may write: whoever had read by then what it changes would lose the others' settings.
    let held = HeldWriter(service.storage)
    defer { held.release() }
    let changes = settings.map { name, value in
      Task {
        try await service("SetQueueAttributes", ["QueueUrl": .string(Self.url), "Attributes": [name: value]])
      }
    }
    #expect(try await eventually { service.storage.writer.waitingCount == settings.count })
    held.release()
    for change in changes { _ = try await change.value }
    let all = try await service("GetQueueAttributes", ["QueueUrl": .string(Self.url), "AttributeNames": ["All"]])
    for (name, value) in settings { #expect(all["Attributes"]?[name] == value, "\(name)") }
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
