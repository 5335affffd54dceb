import CacheSupport
import Testing

@testable import LocalCloud

/// SQS: tags, and what messages say of their group.
@Suite(.timeLimit(.minutes(1))) struct QueueTagTests {
  static func tags(_ service: ModuleCaller<SQSService>) async throws -> JSON {
    try await service("ListQueueTags", ["QueueUrl": .string(QueueTests.url)])
  }

  @Test("Tags are kept from the first, changed one by one, and stay through a purge") func tags() async throws {
    let service = try QueueTests.service()
    let create: JSON = ["QueueName": "q", "tags": ["a": "1", "b": ""]]
    _ = try await service("CreateQueue", create)
    #expect(try await Self.tags(service) == ["Tags": ["a": "1", "b": ""]])
    // Its name is bytes, as all names are.
    _ = try await service(
      "TagQueue", ["QueueUrl": .string(QueueTests.url), "Tags": ["b": "2", "A": "3", "e\u{301}": "4", "\u{E9}": "5"]])
    _ = try await service("CreateQueue", ["QueueName": "q", "tags": ["a": "other"]])
    _ = try await service("PurgeQueue", ["QueueUrl": .string(QueueTests.url)])
    #expect(
      try await Self.tags(service) == ["Tags": ["A": "3", "a": "1", "b": "2", "e\u{301}": "4", "\u{E9}": "5"]])
    _ = try await service(
      "UntagQueue", ["QueueUrl": .string(QueueTests.url), "TagKeys": ["A", "a", "b", "e\u{301}", "no"]])
    #expect(try await Self.tags(service) == ["Tags": ["\u{E9}": "5"]])
    _ = try await service("UntagQueue", ["QueueUrl": .string(QueueTests.url), "TagKeys": ["\u{E9}"]])
    #expect(try await Self.tags(service) == [:])
  }

  @Test("Tags have bounds") func bounds() async throws {
    let service = try await QueueTests.queue()
    func tag(_ tags: JSONObject) async -> String? {
      await service.refusal("TagQueue", ["QueueUrl": .string(QueueTests.url), "Tags": .object(tags)])
    }
    let fifty = (0..<50).reduce(into: JSONObject()) { $0["k\($1)"] = "v" }
    #expect(await tag(fifty) == nil)
    #expect(await tag(["k0": "other"]) == nil)
    #expect(await tag(["k50": "v"]) == "InvalidParameterValue: Too many tags added for queue q.")
    let keys = "InvalidParameterValue: Tag keys must be between 1 and 128 characters in length."
    #expect(await tag(["": "v"]) == keys)
    #expect(await tag([String(repeating: "k", count: 129): "v"]) == keys)
    #expect(
      await tag(["k": .string(String(repeating: "v", count: 257))])
        == "InvalidParameterValue: Tag values must be between 0 and 256 characters in length.")
    #expect(await tag([:]) == "MissingParameter: The request must contain the parameter Tags.")
    #expect(await service.refusal("UntagQueue", ["QueueUrl": .string(QueueTests.url), "TagKeys": []]) == keys)
    #expect(
      await service.refusal("CreateQueue", ["QueueName": "p", "tags": ["": "v"]]) == keys)
    #expect(
      await service.refusal("ListQueueTags", ["QueueUrl": "http://c/0/no"])?.contains("NonExistentQueue") ?? false)
  }

  @Test(
    "A group of a standard queue is a name of visible characters",
    arguments: [
      ("g", true), ("!~\"#[]", true), (String(repeating: "g", count: 128), true), ("", false), ("group 123", false),
      (String(repeating: "g", count: 129), false), ("é", false), ("\u{7F}", false),
    ])
  func groups(name: String, isTaken: Bool) async throws {
    let service = try await QueueTests.queue()
    let refusal = await service.refusal(
      "SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "x", "MessageGroupId": .string(name)])
    #expect(
      refusal
        == (isTaken
          ? nil
          : "InvalidParameterValue: Value \(name) for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
    )
  }

  @Test("System attributes have a digest of their own") func digest() async throws {
    let service = try await QueueTests.queue()
    let sent = try await service(
      "SendMessage",
      [
        "QueueUrl": .string(QueueTests.url), "MessageBody": "x",
        "MessageSystemAttributes": ["AWSTraceHeader": ["DataType": "String", "StringValue": "Root=1"]],
      ])
    // Computed with the algorithm of the developer guide by another program (Python's hashlib).
    #expect(sent["MD5OfMessageSystemAttributes"] == "d6619b3d47b81d3fc72c0db005a70eda")
    #expect(sent["MD5OfMessageAttributes"] == nil)
  }
}
