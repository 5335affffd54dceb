import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// SQS: the queues of a dead-letter queue, and the tasks that move its messages back.
@Suite(.timeLimit(.minutes(5))) struct QueueMoveTests {
  static func arn(_ queue: String) -> String { "arn:aws:sqs:us-east-1:000000000000:\(queue)" }
  static func url(_ queue: String) -> JSON { .string("http://c/0/\(queue)") }

  /// The queues `a` and `b`, whose dead-letter queue is `dead`, with messages that have gone there.
  static func queues(_ messages: [String: [String]], _ clock: WallClock = .system) async throws
    -> ModuleCaller<SQSService>
  {
    let service = try QueueTests.service(clock)
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    for queue in ["a", "b"] {
      _ = try await service(
        "CreateQueue",
        [
          "QueueName": .string(queue),
          "Attributes": ["RedrivePolicy": QueueTests.policy("dead"), "VisibilityTimeout": "0"],
        ])
      for body in messages[queue] ?? [] {
        _ = try await service(
          "SendMessage",
          [
            "QueueUrl": url(queue), "MessageBody": .string(body), "MessageGroupId": "g",
            "MessageAttributes": ["k": ["DataType": "String", "StringValue": "v"]],
          ])
      }
      // Once to have them, once to see them go.
      for _ in 1...2 {
        _ = try await service("ReceiveMessage", ["QueueUrl": url(queue), "MaxNumberOfMessages": 10])
      }
    }
    return service
  }

  static func bodies(_ service: ModuleCaller<SQSService>, _ queue: String) async throws -> [String] {
    QueueTests.bodies(
      try await service("ReceiveMessage", ["QueueUrl": url(queue), "MaxNumberOfMessages": 10])
    ).sorted()
  }

  /// Starts a task whose work is the test's to do.
  static func start(
    _ service: ModuleCaller<SQSService>, to destination: String? = nil, rate: Int64? = nil
  ) async throws -> MoveTask {
    try await service.storage.write { [messages = service.module.messages] connection throws(ServiceError) in
      try messages.startMove(from: arn("dead"), to: destination.map(arn), rate: rate, connection)
    }
  }

  static func tasks(_ service: ModuleCaller<SQSService>, _ most: Int = 10) async throws -> [JSON] {
    try await service("ListMessageMoveTasks", ["SourceArn": .string(arn("dead")), "MaxResults": .integer(most)])[
      "Results"]?.array ?? []
  }

  @Test("A task moves messages back to where they came from, as new ones") func back() async throws {
    let clock = ManualClock(1_000_000_000)
    let service = try await Self.queues(["a": ["1", "2"], "b": ["3"]], clock.clock)
    let before = try service.storage.database.with { connection throws(DatabaseError) in
      try connection.rows("SELECT message_id FROM sqs_messages")
    }
    clock.advance(1000)
    let answer = try await service("StartMessageMoveTask", ["SourceArn": .string(Self.arn("dead"))])
    #expect(answer["TaskHandle"]?.string != nil)
    while try await Self.tasks(service, 1).first?["Status"] == "RUNNING" { await Task.yield() }
    #expect(
      try await Self.tasks(service) == [
        [
          "Status": "COMPLETED", "SourceArn": .string(Self.arn("dead")), "ApproximateNumberOfMessagesMoved": 3,
          "ApproximateNumberOfMessagesToMove": 3, "StartedTimestamp": .integer(clock.now),
        ]
      ])
    #expect(try await Self.bodies(service, "dead") == [])
    #expect(try await Self.bodies(service, "b") == ["3"])
    let found =
      try await service(
        "ReceiveMessage",
        [
          "QueueUrl": Self.url("a"), "MaxNumberOfMessages": 10, "AttributeNames": ["All"],
          "MessageAttributeNames": ["All"],
        ])["Messages"]?.array ?? []
    #expect(found.map { $0["Body"] } == ["1", "2"])
    for message in found {
      #expect(!before.contains([.text(message["MessageId"]?.string ?? "")]))
      #expect(message["MessageAttributes"] == ["k": ["DataType": "String", "StringValue": "v"]])
      #expect(
        message["Attributes"] == [
          "SenderId": "000000000000", "SentTimestamp": .string(String(clock.now)), "ApproximateReceiveCount": "1",
          "ApproximateFirstReceiveTimestamp": .string(String(clock.now)), "MessageGroupId": "g",
        ])
    }
  }

  @Test("A task with a rate moves so many at a time, to one queue, until it is cancelled") func rate() async throws {
    let service = try await Self.queues(["a": ["1", "2", "3", "4"]])
    _ = try await service("CreateQueue", ["QueueName": "other"])
    let task = try await Self.start(service, to: "other", rate: 1)
    for _ in 1...2 { #expect(try await service.module.messages.movePiece(of: task.row)) }
    let handle = MoveTask.handle(task.id, source: Self.arn("dead"))
    let told: JSONObject = [
      "TaskHandle": .string(handle), "Status": "RUNNING", "SourceArn": .string(Self.arn("dead")),
      "DestinationArn": .string(Self.arn("other")), "MaxNumberOfMessagesPerSecond": 1,
      "ApproximateNumberOfMessagesMoved": 2, "ApproximateNumberOfMessagesToMove": 4,
      "StartedTimestamp": .integer(task.started),
    ]
    #expect(try await Self.tasks(service) == [.object(told)])
    #expect(
      await service.refusal("StartMessageMoveTask", ["SourceArn": .string(Self.arn("dead"))])
        == "InvalidParameterValue: There is already a task running. Only one active task is allowed for a source queue arn at a given time."
    )
    #expect(
      try await service("CancelMessageMoveTask", ["TaskHandle": .string(handle)])
        == ["ApproximateNumberOfMessagesMoved": 2])
    #expect(try await !service.module.messages.movePiece(of: task.row))
    #expect(try await Self.tasks(service).first?["Status"] == "CANCELLED")
    #expect(try await Self.tasks(service).first?["TaskHandle"] == nil)
    #expect(
      await service.refusal("CancelMessageMoveTask", ["TaskHandle": .string(handle)])
        == "AWS.SimpleQueueService.UnsupportedOperation: Only a task that is running can be cancelled.")
    #expect(try await Self.bodies(service, "other") == ["1", "2"])
    #expect(try await Self.bodies(service, "dead") == ["3", "4"])
  }

  @Test("A task fails where there is no queue to move to, and says why; what has been moved stays moved")
  func failures() async throws {
    let service = try await Self.queues(["a": ["1"], "b": ["2"]])
    _ = try await service("SendMessage", ["QueueUrl": Self.url("dead"), "MessageBody": "direct"])
    let first = try await Self.start(service)
    #expect(try await !service.module.messages.movePiece(of: first.row))
    #expect(try await Self.tasks(service).first?["FailureReason"] == "CouldNotDetermineMessageSource")
    #expect(try await Self.tasks(service).first?["Status"] == "FAILED")
    #expect(try await Self.tasks(service).first?["ApproximateNumberOfMessagesMoved"] == 2)
    #expect(try await Self.bodies(service, "a") == ["1"])

    _ = try await service("CreateQueue", ["QueueName": "other"])
    let second = try await Self.start(service, to: "other")
    _ = try await service("DeleteQueue", ["QueueUrl": Self.url("other")])
    #expect(try await !service.module.messages.movePiece(of: second.row))
    #expect(
      try await Self.tasks(service).map { $0["FailureReason"] } == [
        "AWS.SimpleQueueService.NonExistentQueue", "CouldNotDetermineMessageSource",
      ])
    #expect(try await Self.bodies(service, "dead") == ["direct"])
  }

  @Test("A queue's tasks go with it") func deletion() async throws {
    let service = try await Self.queues(["a": ["1"]])
    let task = try await Self.start(service)
    _ = try await service("PurgeQueue", ["QueueUrl": Self.url("dead")])
    #expect(try await Self.tasks(service).count == 1)
    _ = try await service("DeleteQueue", ["QueueUrl": Self.url("dead")])
    #expect(try await !service.module.messages.movePiece(of: task.row))
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    #expect(try await Self.tasks(service) == [])
  }

  @Test("A task that was under way goes on at the next start") func resumes() async throws {
    let service = try await Self.queues(["a": (1...5).map(String.init)])
    let task = try await Self.start(service, rate: 2)
    #expect(try await service.module.messages.movePiece(of: task.row))
    try service.storage.database.with { connection throws(DatabaseError) in
      try connection.run("UPDATE sqs_moves SET rate = NULL")
    }
    let next = SQSService(storage: service.storage, account: Account(), clock: .system) { "http://c" }
    try next.start()
    while try await Self.tasks(service).first?["Status"] == "RUNNING" { await Task.yield() }
    #expect(try await Self.tasks(service).first?["ApproximateNumberOfMessagesMoved"] == 5)
    await next.stop()
  }

  @Test(
    "What a task cannot be started or cancelled with is refused in SQS's words",
    arguments: [
      ("StartMessageMoveTask", "{}", "MissingParameter: The request must contain the parameter SourceArn."),
      (
        "StartMessageMoveTask", #"{"SourceArn":"arn:aws:sqs:us-east-1:000000000000:no"}"#,
        "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist."
      ),
      (
        "StartMessageMoveTask",
        #"{"SourceArn":"arn:aws:sqs:us-east-1:000000000000:dead","DestinationArn":"arn:aws:sqs:eu-west-1:000000000000:a"}"#,
        "ResourceNotFoundException: The resource that you specified for the DestinationArn parameter doesn't exist."
      ),
      (
        "StartMessageMoveTask", #"{"SourceArn":"arn:aws:sqs:us-east-1:000000000000:a"}"#,
        "InvalidParameterValue: Source queue must be configured as a Dead Letter Queue."
      ),
      (
        "StartMessageMoveTask",
        #"{"SourceArn":"arn:aws:sqs:us-east-1:000000000000:dead","MaxNumberOfMessagesPerSecond":501}"#,
        "InvalidParameterValue: Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be an integer from 1 to 500, if provided."
      ),
      (
        "ListMessageMoveTasks", #"{"SourceArn":"arn:aws:sqs:us-east-1:000000000000:dead","MaxResults":11}"#,
        "InvalidParameterValue: Value 11 for parameter MaxResults is invalid. Reason: Must be an integer from 1 to 10, if provided."
      ),
      (
        "CancelMessageMoveTask", #"{"TaskHandle":"x"}"#,
        "InvalidParameterValue: Value for parameter TaskHandle is invalid."
      ),
      (
        "CancelMessageMoveTask", #"{"TaskHandle":"\#(MoveTask.handle("t", source: arn("no")))"}"#,
        "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist."
      ),
      (
        "CancelMessageMoveTask", #"{"TaskHandle":"\#(MoveTask.handle("t", source: arn("dead")))"}"#,
        "ResourceNotFoundException: Task does not exist."
      ),
    ])
  func refusals(operation: String, input: String, words: String) async throws {
    let service = try await Self.queues([:])
    #expect(await service.refusal(operation, try JSON(parsing: input)) == words)
  }

  @Test("The queues of a dead-letter queue are listed in pages") func sources() async throws {
    let service = try await Self.queues([:])
    func list(_ members: JSONObject = [:]) async throws -> JSON {
      var input = members
      input["QueueUrl"] = Self.url("dead")
      return try await service("ListDeadLetterSourceQueues", .object(input))
    }
    let (a, b): (JSON, JSON) = ("http://c/000000000000/a", "http://c/000000000000/b")
    #expect(try await list() == ["queueUrls": [a, b]])
    let first = try await list(["MaxResults": 1])
    #expect(first["queueUrls"] == [a])
    let second = try await list(["MaxResults": 1, "NextToken": first["NextToken"] ?? .null])
    #expect(second == ["queueUrls": [b]])
    _ = try await service("SetQueueAttributes", ["QueueUrl": Self.url("a"), "Attributes": ["RedrivePolicy": ""]])
    _ = try await service("PurgeQueue", ["QueueUrl": Self.url("b")])
    #expect(try await list() == ["queueUrls": [b]])
    _ = try await service("DeleteQueue", ["QueueUrl": Self.url("b")])
    #expect(try await list() == ["queueUrls": []])
    #expect(
      await service.refusal("ListDeadLetterSourceQueues", ["QueueUrl": Self.url("no")])?
        .hasPrefix("AWS.SimpleQueueService.NonExistentQueue") ?? false)
  }

  @Test("A queue is the same whatever the order in which its policy is written") func policyOrder() async throws {
    let service = try QueueTests.service(.system)
    _ = try await service("CreateQueue", ["QueueName": "dead"])
    let target = #""deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead""#
    func create(_ policy: String) async -> String? {
      await service.refusal(
        "CreateQueue", ["QueueName": "q", "Attributes": ["RedrivePolicy": .string(policy)]])
    }
    #expect(await create("{\(target),\"maxReceiveCount\":3}") == nil)
    #expect(await create("{\"maxReceiveCount\": 3, \(target)}") == nil)
    #expect(await create("{\"maxReceiveCount\":\"3\",\(target)}") == nil)
    #expect(
      await create("{\"maxReceiveCount\":4,\(target)}")?.contains("different value for attribute RedrivePolicy")
        ?? false)
  }

  @Test("Redrive policies of an older version are found, those that are none passed over") func migration()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "moves-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "sqs", steps: Array(SQSService.schema.steps[..<3]))])
      try old.database.with { connection throws(DatabaseError) in
        for (name, policy) in [("a", QueueTests.policy("dead").string ?? ""), ("b", "x"), ("dead", "")] {
          let attributes: JSON = policy.isEmpty ? [:] : ["RedrivePolicy": .string(policy)]
          try connection.run(
            "INSERT INTO sqs_queues (name, attributes, created, modified) VALUES (?, ?, 1, 1)", .text(name),
            .text(attributes.text))
        }
      }
    }
    let service = try QueueTests.service(.system, folder)
    #expect(
      try await service("ListDeadLetterSourceQueues", ["QueueUrl": Self.url("dead")])
        == ["queueUrls": ["http://c/000000000000/a"]])
  }
}
