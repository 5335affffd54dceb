import CacheSupport
import SQLiteStore
import TestSupport
import Testing
import TimestreamSQL

@testable import LocalCloud

/// When scheduled queries run. What they write is tested with real clients.
@Suite struct ScheduledQueryTests {
  private static let minute: Int64 = 60_000

  static func runner(_ clock: WallClock, _ storage: Storage) throws -> ScheduledQueryRunner {
    let store = TimestreamStore(storage: storage, account: Account(), clock: clock)
    let engine = try QueryEngine(store: store, clock: clock)
    return ScheduledQueryRunner(queries: ScheduledQueryStore(engine: engine), tasks: BackgroundTasks())
  }

  static func create(
    _ runner: ScheduledQueryRunner, _ name: String, _ schedule: String,
    sql: String = "SELECT @scheduled_runtime AS time, 'x' AS d, 1.5 AS v", dimensions: [String] = ["d"],
    more: JSONObject = [:]
  ) async throws -> String {
    var members: JSONObject = [
      "Name": .string(name), "QueryString": .string(sql),
      "ScheduleConfiguration": ["ScheduleExpression": .string(schedule)],
      "NotificationConfiguration": ["SnsConfiguration": ["TopicArn": "arn:aws:sns:us-east-1:000000000000:t"]],
      "ScheduledQueryExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
      "ErrorReportConfiguration": ["S3Configuration": ["BucketName": "bucket"]],
      "TargetConfiguration": [
        "TimestreamConfiguration": [
          "DatabaseName": "ddd", "TableName": "ttt", "TimeColumn": "time",
          "DimensionMappings": .array(
            dimensions.map { ["Name": .string($0), "DimensionValueType": "VARCHAR"] }),
          "MultiMeasureMappings": [
            "TargetMultiMeasureName": .string(name),
            "MultiMeasureAttributeMappings": [["SourceColumn": "v", "MeasureValueType": "DOUBLE"]],
          ],
        ]
      ],
    ]
    for member in more.members { members[member.name] = member.value }
    var input = Input(members)
    guard case .waiting(let make) = try runner.queries.create(&input) else { return "" }
    return try #require(try JSON(parsing: try await make().body)["Arn"]?.string)
  }

  /// `name time` of what is in the target table, minutes after the epoch of the tests.
  private static func rows(_ runner: ScheduledQueryRunner) throws -> [String] {
    let sql =
      "SELECT measure_name || ' ' || cast((to_milliseconds(time) - \(QueryTests.epoch)) / 60000 AS varchar) FROM ddd.ttt ORDER BY 1"
    let result = try runner.queries.engine.run(
      QueryRequest(sql: sql), now: runner.queries.engine.now, budget: QueryBudget())
    return try (0..<result.rows.count).map { row in
      try JSON(parsing: Array(result.rows[row]))["Data"]?.array?[0]["ScalarValue"]?.string ?? ""
    }
  }

  /// Starts what is due, one after the other.
  @discardableResult private static func runDue(_ runner: ScheduledQueryRunner) async -> Int64 {
    await runner.runDue { await runner.run($0) }
  }

  static func find(_ arn: String, _ runner: ScheduledQueryRunner) throws -> ScheduledQuery {
    let found = try runner.queries.store.storage.read { connection throws(ServiceError) in
      try runner.queries.find(arn, connection)
    }
    return try #require(found)
  }

  static func set(_ arn: String, _ state: String, _ runner: ScheduledQueryRunner) throws(ServiceError) {
    try runner.queries.store.run(
      runner.queries.update, ["ScheduledQueryArn": .string(arn), "State": .string(state)])
  }

  @Test("Queries run at their scheduled times, each once, and not while they are disabled") func schedule() async throws
  {
    let (hand, storage) = (ManualClock(QueryTests.epoch), try Storage(folder: nil, schemas: LocalCloud.schemas))
    let runner = try Self.runner(hand.clock, storage)
    try runner.queries.store.makeTable()
    _ = try await Self.create(runner, "five", "rate(5 minutes)")
    // Ten and forty minutes past; the epoch is at the full hour.
    let cron = try await Self.create(runner, "cron", "cron(10,40 * * * ? *)")
    #expect(await Self.runDue(runner) == QueryTests.epoch + 5 * Self.minute)
    #expect(throws: ServiceError.self) { try Self.rows(runner) }

    hand.advance(5 * Self.minute + 250)
    #expect(await Self.runDue(runner) == QueryTests.epoch + 10 * Self.minute)
    #expect(try Self.rows(runner) == ["five 5"])
    hand.advance(5 * Self.minute)
    #expect(await Self.runDue(runner) == QueryTests.epoch + 15 * Self.minute)
    #expect(try Self.rows(runner) == ["cron 10", "five 10", "five 5"])

    // What came due while nobody looked runs once, and the times after stay where they were.
    hand.advance(17 * Self.minute)
    #expect(await Self.runDue(runner) == QueryTests.epoch + 30 * Self.minute)
    #expect(try Self.rows(runner) == ["cron 10", "five 10", "five 15", "five 5"])

    try Self.set(cron, "DISABLED", runner)
    hand.advance(20 * Self.minute)
    await Self.runDue(runner)
    try Self.set(cron, "ENABLED", runner)
    await Self.runDue(runner)
    #expect(try Self.rows(runner) == ["cron 10", "five 10", "five 15", "five 30", "five 5"])
    let described = try Self.find(cron, runner).description
    #expect(described["NextInvocationTime"]?.double == Double(QueryTests.epoch / 1000 + 70 * 60))
    #expect(described["PreviousInvocationTime"]?.double == Double(QueryTests.epoch / 1000 + 10 * 60))
    #expect(described["LastRunSummary"]?["RunStatus"] == "AUTO_TRIGGER_SUCCESS")
  }

  @Test("Columns whose names are one text to Swift go to dimensions of their own") func spellings() async throws {
    let (hand, storage) = (ManualClock(QueryTests.epoch), try Storage(folder: nil, schemas: LocalCloud.schemas))
    let runner = try Self.runner(hand.clock, storage)
    try runner.queries.store.makeTable()
    _ = try await Self.create(
      runner, "two", "rate(5 minutes)",
      sql: "SELECT @scheduled_runtime AS time, 'x' AS \"\u{E9}\", 'y' AS \"e\u{301}\", 1.5 AS v",
      dimensions: ["\u{E9}", "e\u{301}"])
    hand.advance(5 * Self.minute + 250)
    await Self.runDue(runner)
    let sql = "SELECT * FROM ddd.ttt"
    let result = try runner.queries.engine.run(
      QueryRequest(sql: sql), now: runner.queries.engine.now, budget: QueryBudget())
    let cells = try JSON(parsing: Array(result.rows[0]))["Data"]?.array ?? []
    let found = zip(result.columns, cells).reduce(into: [ByteText: String]()) {
      $0[ByteText($1.0.name)] = $1.1["ScalarValue"]?.string
    }
    #expect(found["\u{E9}"] == "x" && found["e\u{301}"] == "y")
  }

  @Test("A restart keeps queries, and the five runs that failed last are told") func restart() async throws {
    let (hand, storage) = (ManualClock(QueryTests.epoch), try Storage(folder: nil, schemas: LocalCloud.schemas))
    let before = try Self.runner(hand.clock, storage)
    try before.queries.store.makeTable()
    let arn = try await Self.create(before, "failing", "rate(1 minute)")
    let store = before.queries.store
    try store.run(store.deleteTable, ["DatabaseName": "ddd", "TableName": "ttt"])
    let runner = try Self.runner(hand.clock, storage)
    for _ in 0..<7 {
      hand.advance(Self.minute)
      await Self.runDue(runner)
    }
    let described = try Self.find(arn, runner).description
    let failed = try #require(described["RecentlyFailedRuns"]?.array)
    #expect(
      failed.map { ($0["InvocationTime"]?.double ?? 0) - Double(QueryTests.epoch / 1000) } == [420, 360, 300, 240, 180])
    #expect(failed.allSatisfy { $0["FailureReason"] == "The table ttt does not exist." })
    #expect(described["LastRunSummary"] == failed[0])
  }

  @Test("The loop runs what is due, without being asked") func loop() async throws {
    let storage = try Storage(folder: nil, schemas: LocalCloud.schemas)
    let runner = try Self.runner(.system, storage)
    try runner.queries.store.makeTable()
    let arn = try await Self.create(runner, "soon", "rate(1 minute)")
    // Made a minute ago, as it were: it is due now.
    let now = runner.queries.engine.now
    try await storage.write { connection throws(ServiceError) in
      try storing { try connection.run("UPDATE timestream_scheduled_queries SET next = ?", .integer(now)) }
    }
    runner.tasks.run { await runner.run() }
    let hasRun = try await eventually { try Self.find(arn, runner).lastRun?["RunStatus"] == "AUTO_TRIGGER_SUCCESS" }
    await runner.tasks.stop()
    #expect(hasRun)
  }
}
