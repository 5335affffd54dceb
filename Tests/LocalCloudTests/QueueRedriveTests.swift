import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// SQS: dead letters, and who may send them where.
@Suite(.timeLimit(.minutes(5))) struct QueueRedriveTests {
  @Test("A count that is given as a text is told as a number, and is the same setting") func countAsText() async throws
  {
    let service = try await QueueTests.queue()
    let text = (QueueTests.policy("q", 3).string ?? "").replacing(#":3}"#, with: #":"3"}"#)
    _ = try await service(
      "SetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "Attributes": ["RedrivePolicy": .string(text)]])
    let told = try await service(
      "GetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "AttributeNames": ["RedrivePolicy"]])
    #expect(told["Attributes"]?["RedrivePolicy"] == QueueTests.policy("q", 3))
    for policy in [.string(text), QueueTests.policy("q", 3)] as [JSON] {
      _ = try await service("CreateQueue", ["QueueName": "q", "Attributes": ["RedrivePolicy": policy]])
    }
  }

  @Test("A queue that is its own dead-letter queue, and two that are each other's, hand out every message")
  func circles() async throws {
    let service = try await QueueTests.queue(["VisibilityTimeout": "0"])
    _ = try await service("CreateQueue", ["QueueName": "p", "Attributes": ["VisibilityTimeout": "0"]])
    func set(_ queue: String, _ target: String) async throws {
      _ = try await service(
        "SetQueueAttributes",
        ["QueueUrl": .string("http://c/0/\(queue)"), "Attributes": ["RedrivePolicy": QueueTests.policy(target)]])
    }
    func receive(_ queue: String) async throws -> [String?] {
      let answer = try await service(
        "ReceiveMessage",
        ["QueueUrl": .string("http://c/0/\(queue)"), "AttributeNames": ["ApproximateReceiveCount"]])
      return (answer["Messages"]?.array ?? []).map { $0["Attributes"]?["ApproximateReceiveCount"]?.string }
    }
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "x"])
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
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "y"])
    async let one = service.module.messages.poll(10, from: "q", within: .seconds(1))
    async let other = service.module.messages.poll(10, from: "p", within: .seconds(1))
    #expect(try await !(one + other).isEmpty)
  }

  @Test("A dead-letter queue must be there when it is named, and is done without once it has gone") func target()
    async throws
  {
    let service = try await QueueTests.queue(["VisibilityTimeout": "0"])
    #expect(
      await service.refusal(
        "SetQueueAttributes",
        ["QueueUrl": .string(QueueTests.url), "Attributes": ["RedrivePolicy": QueueTests.policy("no")]])
        == #"InvalidParameterValue: Value {"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:no","maxReceiveCount":1} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."#
    )
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    _ = try await service(
      "SetQueueAttributes",
      ["QueueUrl": .string(QueueTests.url), "Attributes": ["RedrivePolicy": QueueTests.policy("dead")]])
    _ = try await service("DeleteQueue", ["QueueUrl": "http://c/0/dead"])
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "x"])
    for _ in 1...3 {
      #expect(QueueTests.bodies(try await service("ReceiveMessage", ["QueueUrl": .string(QueueTests.url)])) == ["x"])
    }
  }

  @Test("A queue says whose dead letters it takes") func allowance() async throws {
    let service = try await QueueTests.queue()
    func allow(_ policy: String) async throws {
      _ = try await service(
        "SetQueueAttributes",
        ["QueueUrl": "http://c/0/dead", "Attributes": ["RedriveAllowPolicy": .string(policy)]])
    }
    func set() async -> String? {
      await service.refusal(
        "SetQueueAttributes",
        ["QueueUrl": .string(QueueTests.url), "Attributes": ["RedrivePolicy": QueueTests.policy("dead")]])
    }
    let refusal = RedrivePolicy.refusal(
      QueueTests.policy("dead").string ?? "",
      "The redrive allow policy of the dead letter target does not allow this queue as a source.")
    let words = "InvalidParameterValue: \(refusal.message ?? "")"
    _ = try await service(
      "CreateQueue", ["QueueName": "dead", "Attributes": ["RedriveAllowPolicy": #"{"redrivePermission":"denyAll"}"#]])
    #expect(await set() == words)
    try await allow(#"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:other"]}"#)
    #expect(await set() == words)
    #expect(
      await service.refusal(
        "CreateQueue", ["QueueName": "third", "Attributes": ["RedrivePolicy": QueueTests.policy("dead")]]) == words)
    #expect(await service.refusal("GetQueueUrl", ["QueueName": "third"]) != nil)
    try await allow(
      #"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:o","arn:aws:sqs:us-east-1:000000000000:q"]}"#
    )
    #expect(await set() == nil)
    for policy in [#"{"redrivePermission":"allowAll"}"#, ""] {
      try await allow(policy)
      #expect(await set() == nil)
    }
    // A queue's own policy is the one that it is given at the same time.
    let own: JSON = [
      "RedrivePolicy": QueueTests.policy("q"), "RedriveAllowPolicy": #"{"redrivePermission":"denyAll"}"#,
    ]
    #expect(
      await service.refusal("SetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "Attributes": own])?
        .contains("does not allow this queue") ?? false)
  }

  private static let start = "Amazon SQS can't create the redrive allow policy."
  private static let arns = (1...11).map { "\"arn:aws:sqs:us-east-1:0:q\($0)\"" }

  @Test(
    "Policies that are none are refused in SQS's words",
    arguments: [
      (
        "RedriveAllowPolicy", "x",
        "InvalidAttributeValue: Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
      ),
      ("RedriveAllowPolicy", #"{"redrivePermission":"some"}"#, "unsupported format."),
      ("RedriveAllowPolicy", #"{"redrivePermission":"allowAll","x":1}"#, "unsupported format."),
      ("RedriveAllowPolicy", #"{"redrivePermission":"byQueue","sourceQueueArns":[1]}"#, "unsupported format."),
      (
        "RedriveAllowPolicy", #"{"redrivePermission":"byQueue"}"#,
        #"InvalidParameterValue: Value {"redrivePermission":"byQueue"} for parameter RedriveAllowPolicy is invalid. Reason: \#(start) When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values."#
      ),
      (
        "RedriveAllowPolicy", #"{"redrivePermission":"denyAll","sourceQueueArns":["arn:aws:sqs:us-east-1:0:q"]}"#,
        "\(start) To specify one or more source queue ARNs, you must set redrivePermission to byQueue."
      ),
      (
        "RedriveAllowPolicy",
        #"{"redrivePermission":"byQueue","sourceQueueArns":[\#(arns.joined(separator: ","))]}"#,
        "\(start) The maximum number of source queue ARNs you can specify is 10."
      ),
      (
        "RedrivePolicy", "x",
        "InvalidParameterValue: Value x for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map."
      ),
      (
        "RedrivePolicy", "{}",
        "InvalidParameterValue: Value {} for parameter RedrivePolicy is invalid. Reason: Redrive policy does not contain mandatory attribute: maxReceiveCount."
      ),
      ("RedrivePolicy", #"{"maxReceiveCount":1}"#, "does not contain mandatory attribute: deadLetterTargetArn."),
      (
        "RedrivePolicy", #"{"maxReceiveCount":"0","deadLetterTargetArn":"q"}"#,
        "Reason: Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."
      ),
      (
        "RedrivePolicy", #"{"maxReceiveCount":1,"deadLetterTargetArn":"q"}"#,
        "Reason: Dead-letter target ARN should be fully qualified ARN."
      ),
      (
        "RedrivePolicy", #"{"maxReceiveCount":1,"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:q"}"#,
        "Reason: Dead letter target does not exist."
      ),
      (
        "RedrivePolicy", #"{"maxReceiveCount":1,"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q","x":1}"#,
        "Reason: Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."
      ),
      ("Policy", "p", "InvalidAttributeValue: Invalid value for the parameter Policy."),
    ])
  func policies(name: String, text: String, words: String) async throws {
    let service = try await QueueTests.queue()
    let refusal = await service.refusal(
      "SetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "Attributes": [name: .string(text)]])
    #expect(refusal?.hasSuffix(words) ?? false, "\(refusal ?? "none")")
  }

  @Test("A policy is kept and told") func policy() async throws {
    let service = try await QueueTests.queue()
    let policy: JSON = .string(#"{"Version":"2012-10-17","Statement":[]}"#)
    _ = try await service(
      "SetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "Attributes": ["Policy": policy]])
    let told = try await service(
      "GetQueueAttributes", ["QueueUrl": .string(QueueTests.url), "AttributeNames": ["Policy"]])
    #expect(told == ["Attributes": ["Policy": policy]])
  }

  @Test("A template's queues say whose dead letters they take") func templates() async throws {
    func resource(_ name: String, _ attributes: [String: String], _ letters: String? = nil) -> QueueResource {
      QueueResource(
        name: name, attributes: attributes, deadLetters: letters.map { .init(queue: $0, maxReceiveCount: 2) })
    }
    let site = Stack.Site(
      address: "http://c", accountID: "000000000000", region: "us-east-1", environment: [:], executables: "",
      stackName: "s")
    let allowed =
      #"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:work"]}"#
    var stack = Stack(at: site, of: LocalCloud.resourceTypes)
    stack.add(resource("work", [:], "dead"))
    stack.add(resource("dead", ["RedriveAllowPolicy": allowed]))
    for queue in stack.all(QueueResource.self) { try queue.check(in: stack) }
    let service = try QueueTests.service()
    // A policy of before, which would forbid it, gives way.
    _ = try await service(
      "CreateQueue", ["QueueName": "dead", "Attributes": ["RedriveAllowPolicy": #"{"redrivePermission":"denyAll"}"#]])
    var state = try StackState(of: "s", in: Storage(folder: nil, schemas: LocalCloud.schemas))
    try service.module.standUp(stack, &state)
    let told = try await service(
      "GetQueueAttributes", ["QueueUrl": "http://c/0/work", "AttributeNames": ["RedrivePolicy"]])
    #expect(told["Attributes"]?["RedrivePolicy"] == QueueTests.policy("dead", 2))

    var other = Stack(at: site, of: LocalCloud.resourceTypes)
    other.add(resource("more", [:], "dead"))
    other.add(resource("dead", ["RedriveAllowPolicy": allowed]))
    let queue = try #require(other.queue("more"))
    #expect(throws: TemplateError.self) { try queue.check(in: other) }
  }
}
