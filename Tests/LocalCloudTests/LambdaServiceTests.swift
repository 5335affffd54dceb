import AWSClients
import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// What invokes functions by itself: queues, and events that nobody waits for.
@Suite struct LambdaServiceTests {
  /// A function that serves event after event: `$id` is the invocation's, `$folder/event` the event, `$api/$id/…` takes answers.
  static func serving(_ script: String) -> String {
    #"""
    #!/bin/sh
    api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
    home=$(dirname "$0")
    folder=$(mktemp -d "$home/work.XXXXXX")
    while curl -sf -D "$folder/headers" -o "$folder/event" "$api/next"; do
    id=$(sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *\([^ \r]*\).*/\1/p' "$folder/headers")
    """# + "\n\(script)\ndone\n"
  }

  static func with(
    _ template: String, _ scripts: [String: String], data: String? = nil,
    _ body: (TestCloud, URL) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "lambda-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, script) in scripts {
      try SandboxTests.Scripts.write(serving(script), to: folder.appending(path: name).path)
    }
    try await TestCloud.with(
      configure: {
        $0.template = TemplateFile(name: "t", text: template)
        $0.executables = folder.path
        $0.folder = data
      }
    ) { try await body($0, folder) }
  }

  static func template(_ function: String, properties: String = "", scaling: String = "") -> String {
    """
    Resources:
      Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }
      Orders: { Type: AWS::SQS::Queue, Properties: { QueueName: orders, VisibilityTimeout: 43200 } }
      F:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: f
          CodeUri: \(function)
          Timeout: 900
          Events:
            Orders: { Type: SQS, Properties: { Queue: !GetAtt Orders.Arn, BatchSize: 1\(scaling) } }
    """
  }

  /// Waits until a queue has no message.
  static func isEmpty(_ queue: String, _ queues: SQSClient) async throws -> Bool {
    try await eventually {
      let left = try await queues.attributes(of: queue)
      return left["ApproximateNumberOfMessages"] == "0" && left["ApproximateNumberOfMessagesNotVisible"] == "0"
    }
  }

  static let done = #"curl -s --data '{}' "$api/$id/response""#

  @Test(
    "An event source goes by what its queue is at the time: attributes that were set, and another queue of the name")
  func queues() async throws {
    let script =
      #"if grep -q bad "$folder/event"; then curl -s --data '{}' "$api/$id/error"; else touch "$home/$(sed 's/.*"body":"\([a-z]*\)".*/\1/' "$folder/event").done"; "#
      + Self.done + "; fi"
    try await Self.with(Self.template("Work"), ["Work": script]) { cloud, folder in
      let queues = SQSClient(cloud.client)
      let orders = try await queues.queueURL(named: "orders")
      func isDone(_ name: String) async throws -> Bool {
        try await eventually { FileManager.default.fileExists(atPath: folder.appending(path: name + ".done").path) }
      }
      #expect(try await queues.sendMessageBatch([.init(id: "a", body: "first")], to: orders) == [])
      #expect(try await isDone("first"))
      #expect(try await Self.isEmpty(orders, queues))
      // The source runs. From now on a message that fails once goes to the other queue.
      let policy = #"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:letters","maxReceiveCount":1}"#
      let attributes: JSON = [
        "QueueUrl": .string(orders), "Attributes": ["RedrivePolicy": .string(policy), "VisibilityTimeout": "1"],
      ]
      _ = try await cloud.client.callRaw(.sqs, "SetQueueAttributes", attributes.bytes)
      #expect(try await queues.sendMessageBatch([.init(id: "a", body: "bad")], to: orders) == [])
      let letters = try await queues.queueURL(named: "letters")
      #expect(
        try await eventually { try await queues.receiveMessages(from: letters, wait: 20).map(\.body).contains("bad") })
      // Another queue of the same name.
      let queue: JSON = ["QueueUrl": .string(orders)]
      _ = try await cloud.client.callRaw(.sqs, "DeleteQueue", queue.bytes)
      let name: JSON = ["QueueName": "orders"]
      _ = try await cloud.client.callRaw(.sqs, "CreateQueue", name.bytes)
      #expect(try await queues.sendMessageBatch([.init(id: "a", body: "second")], to: orders) == [])
      #expect(try await isDone("second"))
    }
  }

  @Test("A queue may have more than ten events under way") func concurrency() async throws {
    // Each waits until there are twelve of them.
    let script =
      #"touch "$home/$id.here"; while [ $(ls "$home" | grep -c here) -lt 12 ]; do sleep 0.05; done; "# + Self.done
    let template = Self.template("Wait", scaling: ", ScalingConfig: { MaximumConcurrency: 12 }")
    try await Self.with(template, ["Wait": script]) { cloud, folder in
      #expect(cloud.cloud.plan.contains("12 at once"))
      let queues = SQSClient(cloud.client)
      let orders = try await queues.queueURL(named: "orders")
      for batch in 0..<2 {
        let entries = (0..<6).map { SQSClient.Entry(id: "\($0)", body: "\(batch)") }
        #expect(try await queues.sendMessageBatch(entries, to: orders) == [])
      }
      #expect(try await Self.isEmpty(orders, queues))
      #expect(cloud.cloud.processIDs(of: "f").count == 12)
    }
  }

  @Test("Events that were accepted survive a restart, and run once after it") func restart() async throws {
    let data = FileManager.default.temporaryDirectory.appending(path: "events-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: data) }
    try await Self.with(Self.template("Hang"), ["Hang": "touch \"$home/here\"; exec sleep 1000"], data: data) {
      cloud, folder in
      for number in 0..<3 {
        let answer = try await LambdaClient(cloud.client).invoke(
          "f", payload: Array(#"{"number":\#(number)}"#.utf8), type: .event)
        #expect(answer.status == 202)
      }
      // One of them is under way when the cloud ends.
      #expect(try await eventually { FileManager.default.fileExists(atPath: folder.appending(path: "here").path) })
    }
    let script = #"cp "$folder/event" "$home/$id.event"; "# + Self.done
    try await Self.with(Self.template("Note"), ["Note": script], data: data) { (cloud, folder) throws in
      func events() throws -> [JSON] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".event") }
          .compactMap { try? JSON(parsing: [UInt8](Data(contentsOf: folder.appending(path: $0)))) }
      }
      #expect(try await eventually { try events().count == 3 })
      let numbers = try events().compactMap { $0["number"]?.int }
      #expect(Set(numbers) == [0, 1, 2])
      // An event is forgotten once its answer has come, which may be a moment after the function began.
      let storage = try Database(path: data + "/local-cloud.sqlite")
      #expect(
        try await eventually {
          try storage.with { connection throws(DatabaseError) in
            try connection.row("SELECT count(*) FROM lambda_events")?.first?.integer == 0
          }
        })
    }
    // They are done, and the next start has none.
    try await Self.with(Self.template("Note"), ["Note": script], data: data) { (cloud, folder) throws in
      let waited = try await LambdaClient(cloud.client).invoke("f", payload: Array("{}".utf8))
      #expect(waited.functionError == nil)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".event") }.count == 1)
    }
  }

  @Test("What a queue's function has under way when the cloud ends does not count as received") func ends() async throws
  {
    let data = FileManager.default.temporaryDirectory.appending(path: "events-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: data) }
    try await Self.with(Self.template("Hang"), ["Hang": "touch \"$home/here\"; exec sleep 1000"], data: data) {
      (cloud, folder) async throws in
      let queues = SQSClient(cloud.client)
      let entries = (0..<3).map { SQSClient.Entry(id: "\($0)", body: "\($0)") }
      #expect(try await queues.sendMessageBatch(entries, to: queues.queueURL(named: "orders")) == [])
      #expect(try await eventually { FileManager.default.fileExists(atPath: folder.appending(path: "here").path) })
    }
    let storage = try Database(path: data + "/local-cloud.sqlite")
    let received = try storage.with { connection throws(DatabaseError) in
      try connection.rows("SELECT received FROM sqs_messages")
    }
    #expect(received == [[.integer(0)], [.integer(0)], [.integer(0)]])
  }

  @Test("An event that is given up and has no queue for it is told; one whose function has left waits for it")
  func givenUp() async throws {
    let storage = try Self.storage(events: 1)
    let now: Int64 = 1_800_000_000_000
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        for (id, function, age) in [("old", "gone", 21_600_001), ("young", "gone", 21_600_000), ("2", "gone", 0)] {
          try connection.run(
            "INSERT INTO lambda_events VALUES (?, ?, x'', 0, ?)", .text(id), .text(function), .integer(now - Int64(age))
          )
        }
      }
    }
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: "/nowhere/f", environment: [:]))
    let messages = QueueStore(storage: storage, account: Account(), clock: .system)
    let told = Recorder<String>()
    let events = try EventInvocations(
      storage: storage, sandboxes: sandboxes, messages: messages, clock: .fixed(now), notice: { told.append($0) })
    events.resume()
    func kept() throws -> [[SQLValue]] {
      try storage.read { connection throws(ServiceError) in
        try storing { try connection.rows("SELECT id FROM lambda_events ORDER BY id") }
      }
    }
    #expect(try await eventually { try kept() == [[.text("2")], [.text("young")]] })
    #expect(
      told.elements.sorted() == [
        "the event event1 for f, accepted at 1970-01-01T00:00:00Z, is given up (EventAgeExceeded)",
        "the event old for gone, accepted at 2027-01-15T01:59:59.999Z, is given up (EventAgeExceeded)",
        "the function gone has left the template: events that were accepted for it (3) wait for it to come back",
      ])
    await sandboxes.stop()
    await events.stop()
  }

  @Test("Events of functions that have left the template are deleted where that is asked for") func pruning()
    async throws
  {
    let storage = try Self.storage(events: 3)
    try await storage.write { connection throws(ServiceError) in
      try storing {
        try connection.run("UPDATE lambda_events SET function = 'gone' WHERE id = 'event2'")
        try connection.run("UPDATE lambda_events SET function = 'elsewhere' WHERE id = 'event3'")
      }
    }
    // Another stack over the same data has it.
    var other = StackState()
    other.resources = [
      StackResource(logicalID: "E", type: FunctionResource.deployedType, physicalID: "elsewhere", data: nil)
    ]
    try other.save(of: "other", in: storage)
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: "/nowhere/f", environment: [:]))
    let told = Recorder<String>()
    let events = try EventInvocations(
      storage: storage, sandboxes: sandboxes,
      messages: QueueStore(storage: storage, account: Account(), clock: .system),
      clock: .fixed(0), notice: { told.append($0) })
    for _ in 0..<2 {
      try events.prune()
      let kept = try await storage.read { connection throws(ServiceError) in
        try storing { try connection.rows("SELECT id FROM lambda_events ORDER BY id") }
      }
      #expect(kept == [[.text("event1")], [.text("event3")]])
    }
    #expect(
      told.elements == [
        "the function gone has left the template: events that were accepted for it (1) are deleted"
      ])
    await sandboxes.stop()
    await events.stop()
  }

  /// Storage with so many events of an earlier run.
  static func storage(events count: Int) throws -> Storage {
    let storage = try Storage(folder: nil, schemas: [LambdaService.schema, SQSService.schema, Storage.ownSchema])
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        try connection.run(
          """
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
          INSERT INTO lambda_events SELECT 'event' || i, 'f', x'', 0, 0 FROM n
          """, .integer(Int64(count)))
      }
    }
    return storage
  }

  @Test("What it takes to accept an event does not grow with those that wait") func acceptCost() async throws {
    var steps: [Int] = []
    for count in [100, 1000] {
      let storage = try Self.storage(events: count)
      let scripts = try SandboxTests.Scripts()
      let sandboxes = try SandboxTests.sandboxes(scripts)
      sandboxes.register(.init(name: "f", executable: try scripts.add("f", SandboxTests.idle), environment: [:]))
      let messages = QueueStore(storage: storage, account: Account(), clock: .system)
      let events = try EventInvocations(storage: storage, sandboxes: sandboxes, messages: messages, clock: .system)
      _ = storage.takeStepCount()
      try await events.accept("f", Array("{}".utf8))
      steps.append(storage.takeStepCount())
      await sandboxes.stop()
      await events.stop()
    }
    #expect(steps[0] > 0 && steps[1] < 2 * steps[0])
  }

  @Test("As many events wait as may, those of an earlier run included") func acceptLimit() async throws {
    let storage = try Self.storage(events: EventInvocations.countLimit - 1)
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: try scripts.add("f", SandboxTests.idle), environment: [:]))
    let messages = QueueStore(storage: storage, account: Account(), clock: .system)
    let events = try EventInvocations(storage: storage, sandboxes: sandboxes, messages: messages, clock: .system)
    try await events.accept("f", [], id: "last")
    await #expect(throws: ServiceError.throttled) { try await events.accept("f", []) }
    // One is done: the next has its place.
    let id = try await SandboxTests.started(scripts.folder, count: 1)[0]
    #expect(await sandboxes.next(id)?.id == "last")
    #expect(sandboxes.finish(id, "last", InvocationResult(payload: [])))
    #expect(
      try await eventually {
        do throws(ServiceError) { try await events.accept("f", []) } catch { return false }
        return true
      })
    await sandboxes.stop()
    await events.stop()
  }

  @Test(
    "A template may set each variable that Lambda does not reserve",
    arguments: [
      ("AWS_ENDPOINT_URL", "x", nil), ("AWS_ENDPOINT_URL_SQS", "x", nil), ("AWS_XRAY_CONTEXT_MISSING", "x", nil),
      ("TZ", "Europe/Berlin", nil), ("LD_LIBRARY_PATH", "/x", nil), ("PATH", "/x", nil), ("AWS_PROFILE", "x", nil),
      ("AWS_LAMBDA_LOG_LEVEL", "x", nil), ("a1", "x", nil),
      ("AWS_REGION", "x", "Reserved keys used in this request: AWS_REGION"),
      ("AWS_LAMBDA_FUNCTION_NAME", "x", "Reserved keys used in this request: AWS_LAMBDA_FUNCTION_NAME"),
      ("_HANDLER", "x", "Reserved keys used in this request: _HANDLER"),
      ("AWS_ACCESS_KEY_ID", "x", "Reserved keys used in this request: AWS_ACCESS_KEY_ID"),
      ("A", "x", "'A' is no variable that a function may have"),
      ("1A", "x", "'1A' is no variable that a function may have"),
      ("A-B", "x", "'A-B' is no variable that a function may have"),
      ("BIG", String(repeating: "x", count: 4097), "exceeded the 4KB limit"),
    ] as [(String, String, String?)])
  func variables(name: String, value: String, refusal: String?) throws {
    let text =
      "Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Environment: { Variables: { '\(name)': '\(value)' } } } } }"
    if let refusal {
      #expect { try TemplateTests.stack(text) } throws: { "\($0)".contains(refusal) }
    } else {
      let function = try #require(try TemplateTests.stack(text).all(FunctionResource.self).first)
      #expect(function.description.environment[name] == value)
    }
  }
}
