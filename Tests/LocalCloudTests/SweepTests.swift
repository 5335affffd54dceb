import CacheSupport
import SQLiteStore
import Synchronization
import Testing

@testable import LocalCloud

/// Sweeps: what goes wrong is told once, and tried again.
@Suite(.timeLimit(.minutes(1))) struct SweepTests {
  @Test("A fault is told once, and again when it comes back or is another; the sweep goes on") func telling() async {
    let one = ServiceError.unavailable("no disk")
    let other = ServiceError.unavailable("no luck")
    let outcomes: [ServiceError?] = [one, one, nil, one, one, other, other, nil]
    let runs = Atomic<Int>(0)
    let told = Mutex<[String]>([])
    let (done, finish) = AsyncStream<Void>.makeStream()
    let sweep = Sweep(name: "the sweep", every: .zero) { () async throws(ServiceError) in
      let run = runs.add(1, ordering: .relaxed).oldValue
      guard run < outcomes.count else { return finish.finish() }
      if let error = outcomes[run] { throw error }
    }
    let task = Task { await sweep.loop { words in told.withLock { $0.append(words) } } }
    for await _ in done {}
    task.cancel()
    await task.value
    #expect(
      told.withLock { $0 } == [one, one, other].map { "the sweep will be tried again: \($0.message ?? "")" })
  }

  @Test("A sweep of queues that the storage refuses tells, and the next one sweeps") func queues() async throws {
    let clock = WallClock.fixed(1_000_000_000)
    let service = try await QueueTests.queue(["MessageRetentionPeriod": "60"], clock)
    try QueueTests.fill(service, 3, sent: clock.now - 60_000)
    let sweep = try #require(service.module.sweeps.first)
    try service.storage.database.with { connection throws(DatabaseError) in
      try connection.execute(
        "CREATE TRIGGER broken BEFORE DELETE ON sqs_messages BEGIN SELECT raise(ABORT, 'broken'); END")
    }
    await #expect(throws: ServiceError.self) { try await sweep.run() }
    try service.storage.database.with { connection throws(DatabaseError) in
      try connection.execute("DROP TRIGGER broken")
    }
    try await sweep.run()
    let left = try service.storage.database.with { connection throws(DatabaseError) in
      try connection.row("SELECT count(*) FROM sqs_messages")?.first?.integer
    }
    #expect(left == 0)
  }
}
