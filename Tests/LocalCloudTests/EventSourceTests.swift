import CacheSupport
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import LocalCloud

/// The poller of a queue, without a server and without functions.
@Suite struct EventSourceTests {
  @Test("A poll that fails is told once and tried again, later each time, until it goes well; that is told, too")
  func failures() async throws {
    let storage = try Storage(folder: nil, schemas: [SQSService.schema])
    let messages = QueueStore(storage: storage, account: Account(), clock: .system)
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    let told = Recorder<String>()
    let pauses = Recorder<Duration>()
    let source = EventSource(
      mapping: EventSourceMapping(
        queue: "orders", function: "f", batchSize: 1, concurrency: 2),
      messages: messages, sandboxes: sandboxes, account: Account(), tell: { told.append($0) },
      pause: { duration in
        pauses.append(duration)
        guard pauses.elements.count == 8 else { return }
        try await storage.write { connection throws(ServiceError) in
          try messages.create("orders", [:], connection)
        }
        // Ends the wait of the poll.
        try await messages.send("a", to: "orders")
      })
    let polling = Task { await source.run() }
    #expect(try await eventually { told.elements.count == 2 })
    #expect(pauses.elements == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    #expect(
      told.elements == [
        "f cannot read the queue orders, and tries again: The specified queue does not exist.",
        "f reads the queue orders again",
      ])
    polling.cancel()
    // What it has received waits for a function.
    await sandboxes.stop()
    await polling.value
  }

  /// A queue with messages that is read for a function whose process never asks by itself.
  struct Reading {
    let storage: Storage
    let messages: QueueStore
    let sandboxes: Sandboxes

    init(_ scripts: borrowing SandboxTests.Scripts, count: Int) async throws {
      let storage = try Storage(folder: nil, schemas: [SQSService.schema])
      let messages = QueueStore(storage: storage, account: Account(), clock: .system)
      try await storage.write { connection throws(ServiceError) in
        try messages.create("orders", [ByteText("VisibilityTimeout"): "43200"], connection)
      }
      for number in 0..<count { try await messages.send("\(number)", to: "orders") }
      sandboxes = try SandboxTests.sandboxes(scripts)
      sandboxes.register(
        .init(
          name: "f", executable: try scripts.add("f", SandboxTests.idle), environment: [:], timeout: 900,
          maximumConcurrency: 1))
      self.storage = storage
      self.messages = messages
    }

    func source(
      batchSize: Int, window: Int = 0, pause: @escaping @Sendable (Duration) async throws -> Void = { _ in }
    ) -> EventSource {
      EventSource(
        mapping: EventSourceMapping(
          queue: "orders", function: "f", batchSize: batchSize, window: window, concurrency: 2),
        messages: messages, sandboxes: sandboxes, account: Account(), pause: pause)
    }

    /// How often each message has been received, and whether it can be received now.
    func received() throws -> [[SQLValue]] {
      let now = WallClock.system.now
      return try storage.read { connection throws(ServiceError) in
        try storing {
          try connection.rows("SELECT received, visible <= ? FROM sqs_messages ORDER BY id", .integer(now))
        }
      }
    }

    var pending: Int { sandboxes.pool.withLock { $0.pending["f"]?.count ?? 0 } }
  }

  @Test("A batch that was not begun when the cloud ends is given back, as if it had not been received")
  func stopped() async throws {
    let scripts = try SandboxTests.Scripts()
    let reading = try await Reading(scripts, count: 12)
    let source = reading.source(batchSize: 12, window: 300)
    let polling = Task { await source.run() }
    #expect(try await eventually { reading.pending == 1 })
    #expect(try reading.received() == Array(repeating: [.integer(1), .integer(0)], count: 12))
    polling.cancel()
    await reading.sandboxes.stop()
    await polling.value
    #expect(try reading.received() == Array(repeating: [.integer(0), .integer(1)], count: 12))
  }

  @Test("What another has received since is not given back") func foreign() async throws {
    let scripts = try SandboxTests.Scripts()
    let reading = try await Reading(scripts, count: 1)
    let first = try await reading.messages.receive(1, from: "orders", visibility: 0)
    let second = try await reading.messages.receive(1, from: "orders")
    #expect(try await reading.messages.held(first + second) == second)
    try await reading.messages.giveBack(first, to: "orders")
    #expect(try reading.received() == [[.integer(2), .integer(0)]])
    try await reading.messages.giveBack(second, to: "orders")
    #expect(try reading.received() == [[.integer(1), .integer(1)]])
    await reading.sandboxes.stop()
  }

  @Test("A batch that the function does not take is tried again, and received once", .timeLimit(.minutes(5)))
  func throttled() async throws {
    let scripts = try SandboxTests.Scripts()
    let reading = try await Reading(scripts, count: 1)
    let sandboxes = reading.sandboxes
    // Nothing else may wait beside it.
    async let large = sandboxes.invoke("f", [UInt8](repeating: 0x20, count: PendingInvocations.byteLimit), id: "large")
    let id = try await SandboxTests.started(scripts.folder, count: 1)[0]
    #expect(reading.pending == 1)
    let pauses = Recorder<Duration>()
    let source = reading.source(batchSize: 1) { duration in
      pauses.append(duration)
      guard pauses.elements.count == 3 else { return }
      #expect(await sandboxes.next(id)?.id == "large")
      #expect(sandboxes.finish(id, "large", InvocationResult(payload: [])))
    }
    let polling = Task { await source.run() }
    _ = await large
    let delivery = try #require(await sandboxes.next(id))
    #expect(pauses.elements == [.seconds(1), .seconds(1), .seconds(1)])
    let record = try #require(try JSON(parsing: delivery.payload)["Records"]?.array?.first)
    #expect(record["attributes"]?["ApproximateReceiveCount"] == "1")
    #expect(sandboxes.finish(id, delivery.id, InvocationResult(payload: [])))
    #expect(try await eventually { try reading.received().isEmpty })
    polling.cancel()
    await sandboxes.stop()
    await polling.value
  }

  @Test("A message that is received again for the same event is in it once, with its newer receipt") func twice() {
    func message(_ id: String, _ receive: Int64) -> ReceivedMessage {
      ReceivedMessage(
        id: id, row: 1, body: "x", storedAttributes: nil, sent: 0, receiveCount: receive, firstReceived: 0)
    }
    var batch = EventSource.Batch()
    batch.add([message("a", 1), message("b", 1)])
    let size = batch.size
    batch.add([message("b", 2), message("a", 2)])
    #expect(batch.messages == [message("a", 2), message("b", 2)] && batch.size == size)
    batch.add([message("c", 1)])
    #expect(batch.messages.map(\.id) == ["a", "b", "c"] && batch.size == size / 2 * 3)
  }

  @Test("Trouble is told where it begins, changes and ends") func trouble() {
    let told = Recorder<String>()
    let trouble = FaultReport { told.append($0) }
    trouble.succeeded("good")
    for words in ["a", "a", "b", "a"] { trouble.failed(words) }
    for _ in 0..<2 { trouble.succeeded("good") }
    trouble.failed("a")
    #expect(told.elements == ["a", "b", "a", "good", "a"])
  }

  @Test("A batch is divided where it would be larger than an event may be") func sizes() {
    func message(_ id: Int, _ size: Int) -> ReceivedMessage {
      ReceivedMessage(
        id: "\(id)", row: 0, body: String(repeating: "x", count: size), storedAttributes: nil, sent: 0, receiveCount: 1,
        firstReceived: 0)
    }
    let sizes = [1 << 20, 1 << 20, 3 << 20, 1 << 20, 1, 6 << 20, 1]
    let batch = sizes.enumerated().map { message($0.offset, $0.element) }
    #expect(EventSource.parts(of: batch).map { $0.map(\.id) } == [["0", "1", "2"], ["3", "4"], ["5"], ["6"]])
    #expect(EventSource.parts(of: [batch[4]]).map(\.count) == [1])
  }
}
