import CacheSupport
import SQLiteStore
import TestSupport
import Testing
import TimestreamSQL

@testable import LocalCloud

/// Which runs of scheduled queries there are, and which there are not.
@Suite struct ScheduledRunTests {
  private static let minute: Int64 = 60_000

  private static func bench() throws -> (clock: ManualClock, runner: ScheduledQueryRunner, storage: Storage) {
    let (clock, storage) = (ManualClock(QueryTests.epoch), try Storage(folder: nil, schemas: LocalCloud.schemas))
    let runner = try ScheduledQueryTests.runner(clock.clock, storage)
    try runner.queries.store.makeTable()
    return (clock, runner, storage)
  }

  private static func execute(_ sql: String, _ storage: Storage) async throws {
    try await storage.write { connection throws(ServiceError) in try storing { try connection.execute(sql) } }
  }

  @Test("A change wakes the loop, which waits for the next query that is due") func woken() async throws {
    let (clock, runner, _) = try Self.bench()
    runner.tasks.run { await runner.run() }
    // It has found nothing, and rests.
    #expect(try await eventually { runner.queries.polls.resting(ScheduledQueryStore.line) == 1 })
    let arn = try await ScheduledQueryTests.create(runner, "one", "rate(1 minute)")
    clock.advance(Self.minute)
    runner.queries.changed()
    let hasRun = try await eventually {
      try ScheduledQueryTests.find(arn, runner).lastRun?["RunStatus"] == "AUTO_TRIGGER_SUCCESS"
    }
    await runner.tasks.stop()
    #expect(hasRun)
  }

  @Test("No scheduled time has two runs, wherever the clock is set") func setBack() async throws {
    let (clock, runner, storage) = try Self.bench()
    let arn = try await ScheduledQueryTests.create(runner, "five", "cron(0/5 * * * ? *)")
    let times = Recorder<Int64>()
    func runDue() async { _ = await runner.runDue { times.append(($0.time - QueryTests.epoch) / Self.minute) } }
    clock.advance(6 * Self.minute)
    await runDue()
    clock.advance(-4 * Self.minute)
    await runDue()
    // The next time is worked out anew, by a clock that shows two minutes past.
    try ScheduledQueryTests.set(arn, "DISABLED", runner)
    try ScheduledQueryTests.set(arn, "ENABLED", runner)
    clock.advance(4 * Self.minute)
    await runDue()
    #expect(times.elements == [5])
    // What was stored before times were looked at: what has had its run is passed over, and the loop goes on.
    try await Self.execute(
      "UPDATE timestream_scheduled_queries SET next = \(QueryTests.epoch + 5 * Self.minute)", storage)
    await runDue()
    #expect(times.elements == [5])
    clock.advance(4 * Self.minute)
    await runDue()
    #expect(times.elements == [5, 10])
    #expect(try ScheduledQueryTests.find(arn, runner).previous == QueryTests.epoch + 10 * Self.minute)
  }

  @Test("A query that is switched off between the look and the start does not run") func switchedOff() async throws {
    let (clock, runner, _) = try Self.bench()
    var arns: [String] = []
    for name in ["one", "two", "three"] {
      arns.append(try await ScheduledQueryTests.create(runner, name, "rate(5 minutes)"))
    }
    clock.advance(5 * Self.minute)
    let started = Recorder<String>()
    _ = await runner.runDue { invocation in
      started.append(invocation.query.arn)
      guard started.elements.count == 1 else { return }
      for arn in arns where arn != invocation.query.arn {
        do { try ScheduledQueryTests.set(arn, "DISABLED", runner) } catch { Issue.record(error) }
      }
    }
    #expect(started.elements.count == 1)
  }

  @Test("A query and its tags are made together, or not at all") func tags() async throws {
    let (_, runner, storage) = try Self.bench()
    // The storage takes the query, and not the tag.
    try await Self.execute(
      "CREATE TRIGGER refused BEFORE INSERT ON timestream_tags BEGIN SELECT RAISE(ABORT, 'no tags'); END", storage)
    let tags: JSONObject = ["Tags": [["Key": "k", "Value": "v"]]]
    await #expect(throws: ServiceError.self) {
      try await ScheduledQueryTests.create(runner, "one", "rate(5 minutes)", more: tags)
    }
    try await Self.execute("DROP TRIGGER refused", storage)
    let token: JSONObject = ["ClientToken": .string(String(repeating: "t", count: 32))]
    let arn = try await ScheduledQueryTests.create(runner, "one", "rate(5 minutes)", more: token)
    // The same request again is no conflict.
    #expect(try await ScheduledQueryTests.create(runner, "one", "rate(5 minutes)", more: token) == arn)
    await #expect {
      try await ScheduledQueryTests.create(runner, "one", "rate(6 minutes)", more: token)
    } throws: {
      ($0 as? ServiceError)?.code == "ConflictException"
    }
  }

  @Test("A run that is over writes no further batch") func over() async throws {
    let (_, runner, storage) = try Self.bench()
    let arn = try await ScheduledQueryTests.create(
      runner, "many", "rate(5 minutes)",
      sql:
        "SELECT @scheduled_runtime AS time, cast(x AS varchar) AS d, 1.5 AS v FROM UNNEST(sequence(1, 5000)) AS t(x)")
    let query = try ScheduledQueryTests.find(arn, runner)
    let held = HeldWriter(storage)
    let run = Task {
      await runner.run(.init(query: query, time: QueryTests.epoch, isManual: true, wantsInsights: false))
    }
    // Its first batch waits for the writer.
    #expect(try await eventually { storage.writer.waitingCount > 0 })
    runner.queries.engine.stop()
    held.release()
    await run.value
    let summary = try #require(try ScheduledQueryTests.find(arn, runner).lastRun)
    #expect(summary["FailureReason"] == "the query was cancelled")
    #expect(summary["ExecutionStats"]?["RecordsIngested"] == 100)
  }
}
