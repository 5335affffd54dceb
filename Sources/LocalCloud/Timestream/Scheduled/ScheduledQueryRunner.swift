import CacheSupport
import TimestreamSQL

/// Runs scheduled queries, when they are due and when they are asked to, and writes their rows into their target tables.
struct ScheduledQueryRunner: Sendable {
  let queries: ScheduledQueryStore
  let tasks: BackgroundTasks
  private var engine: QueryEngine { queries.engine }

  /// Records of one WriteRecords.
  private static let batch: Int = 100
  /// Reasons that a summary tells.
  private static let reasonLimit: Int = 5

  /// Runs what is due, again and again, until the task is cancelled.
  func run() async {
    let (polls, line) = (queries.polls, ScheduledQueryStore.line)
    let place = polls.join(line)
    defer { polls.leave(line, place) }
    while !Task.isCancelled {
      let next = await runDue { launch($0) }
      let wait = min(max(Self.shortestWait, next - engine.now), Self.longestWait)
      await polls.wait(line, place, atMost: .milliseconds(wait))
    }
  }

  /// What is due and could not be taken does not keep the loop busy.
  private static let shortestWait: Int64 = 100
  /// The clock may be set meanwhile.
  private static let longestWait: Int64 = 3_600_000
  /// When storage that failed is asked again.
  private static let retryWait: Int64 = 60_000

  /// Starts each query that is due, once, however often it came due while nobody looked.
  ///
  /// - Parameter start: runs a query, now or on another thread.
  /// - Returns: when the next one is due, or storage that failed is to be asked again.
  func runDue(start: (Invocation) async -> Void) async -> Int64 {
    let now = engine.now
    do throws(ServiceError) {
      for query in try await queries.due(at: now) {
        guard let due = query.next,
          try await queries.take(query.arn, due: due, next: query.next(after: due, now: now))
        else { continue }
        await start(Invocation(query: query, time: due, isManual: false, wantsInsights: false))
      }
      return try await queries.nextDue() ?? .max
    } catch {
      if !Task.isCancelled {
        Notice.tell("the scheduled queries that are due could not be read: \(error.message ?? error.type)")
      }
      return now + Self.retryWait
    }
  }

  /// ExecuteScheduledQuery: starts a run for a time, and does not wait for it.
  func execute(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let time = input.object["InvocationTime"]
    if time?.isNull ?? true { input.violate("InvocationTime", nil, "not be null") }
    _ = try input.string("ClientToken", length: 32...128)
    let wantsInsights = try QueryRequest.wantsInsights(&input)
    let arn = try ScheduledQueryStore.arn(&input)
    return .reading { connection throws(ServiceError) in
      let query = try queries.required(arn, connection)
      guard let seconds = time?.double, abs(seconds) < 9_000_000_000 else {
        throw .timestream("ValidationException", "Invalid invocation time.")
      }
      let invocation = Int64((seconds * 1000).rounded())
      launch(Invocation(query: query, time: invocation, isManual: true, wantsInsights: wantsInsights))
      return Answer([:])
    }
  }

  /// One run of a query.
  struct Invocation: Sendable {
    let query: ScheduledQuery
    /// The scheduled time, epoch milliseconds.
    let time: Int64
    /// True for ExecuteScheduledQuery.
    let isManual: Bool
    let wantsInsights: Bool
  }

  private func launch(_ invocation: Invocation) { tasks.run { await run(invocation) } }

  /// Runs a query on one of the engine's threads, writes its rows, and keeps how it went. One that finds no place there has failed.
  func run(_ invocation: Invocation) async {
    let trigger = engine.now
    let outcome: Outcome
    do throws(ServiceError) {
      outcome = try await engine.onThread { budget throws(ServiceError) in write(invocation, budget) }
    } catch {
      outcome = Outcome(failure: error.message ?? error.type)
    }
    await record(outcome, of: invocation, trigger: trigger)
  }

  /// Keeps how a run went.
  private func record(_ outcome: Outcome, of invocation: Invocation, trigger: Int64) async {
    let query = invocation.query
    let kind = invocation.isManual ? "MANUAL" : "AUTO"
    var summary: JSONObject = [
      "InvocationTime": ScheduledQuery.seconds(invocation.time), "TriggerTime": ScheduledQuery.seconds(trigger),
      "RunStatus": .string("\(kind)_TRIGGER_\(outcome.failure == nil ? "SUCCESS" : "FAILURE")"),
      "ExecutionStats": [
        "ExecutionTimeInMillis": .integer(engine.now - trigger), "DataWrites": .integer(outcome.bytesWritten),
        "BytesMetered": .integer(max(QueryResult.meteredMinimum, outcome.bytesScanned)),
        "CumulativeBytesScanned": .integer(outcome.bytesScanned), "RecordsIngested": .integer(outcome.ingested),
        "QueryResultRows": .integer(outcome.rows),
      ],
    ]
    summary["FailureReason"] = outcome.failure.map { .string($0) }
    summary["QueryInsightsResponse"] = outcome.insights
    do throws(ServiceError) {
      try await queries.record(.object(summary), of: query.arn, isFailure: outcome.failure != nil)
    } catch {
      Notice.tell("how the scheduled query \(query.name) ran could not be kept: \(error.message ?? error.type)")
    }
  }

  // MARK: Writing

  private struct Outcome: Sendable {
    var rows = 0
    var bytesScanned = 0
    var ingested = 0
    var bytesWritten = 0
    var failure: String?
    var insights: JSON?
    /// Rows and records that were not stored, and why the first ones were not.
    private(set) var rejected = 0
    private(set) var reasons: [String] = []

    mutating func reject(_ reason: String) {
      rejected += 1
      if reasons.count < ScheduledQueryRunner.reasonLimit { reasons.append(reason) }
    }
  }

  private func write(_ invocation: Invocation, _ budget: QueryBudget) -> Outcome {
    let query = invocation.query
    var outcome = Outcome()
    do throws(ServiceError) {
      let result = try engine.run(
        QueryRequest(sql: query.sql, wantsInsights: invocation.wantsInsights),
        parameters: ScheduledQueryStore.runtime(invocation.time), now: engine.now, budget: budget)
      outcome.rows = result.rows.count
      outcome.bytesScanned = result.bytesScanned
      outcome.insights = result.insights
      var target = Input(query.request)
      guard let mapping = try TargetMapping.read(&target) else { return outcome }
      var records: [JSON] = []
      for row in 0..<result.rows.count {
        try Self.check(budget)
        do throws(TargetMapping.RowFault) {
          records += try mapping.records(Self.cells(Array(result.rows[row]), result.columns))
        } catch {
          outcome.reject(error.reason)
        }
        while records.count >= Self.batch {
          try write(Array(records.prefix(Self.batch)), mapping, &outcome, budget)
          records.removeFirst(Self.batch)
        }
      }
      if !records.isEmpty { try write(records, mapping, &outcome, budget) }
      if outcome.rejected > 0 {
        outcome.failure =
          "\(outcome.rejected) of the rows' records were not stored: \(outcome.reasons.joined(separator: " "))"
      }
    } catch {
      outcome.failure = error.message ?? error.type
    }
    return outcome
  }

  /// - Throws: where the cloud ends, or the query's time is over.
  private static func check(_ budget: QueryBudget) throws(ServiceError) {
    do throws(QueryError) { try budget.check() } catch { throw .timestream(error) }
  }

  private func write(
    _ records: [JSON], _ mapping: TargetMapping, _ outcome: inout Outcome, _ budget: QueryBudget
  ) throws(ServiceError) {
    try Self.check(budget)
    var input = Input([
      "DatabaseName": .string(mapping.database), "TableName": .string(mapping.table), "Records": .array(records),
    ])
    var stored = records.count
    do throws(ServiceError) { _ = try engine.store.writeRecords(&input) } catch {
      if let found = error.members["RejectedRecords"]?.array {
        stored -= found.count
        for rejection in found { outcome.reject(rejection["Reason"]?.string ?? "") }
      } else if error.code == "ValidationException", records.count > 1 {
        // One record that cannot be read refuses all: each for itself, then.
        for record in records { try write([record], mapping, &outcome, budget) }
        return
      } else if error.code == "ValidationException" {
        stored = 0
        outcome.reject(error.message ?? error.type)
      } else {
        throw error
      }
    }
    outcome.ingested += stored
    outcome.bytesWritten += records.reduce(0) { $0 + max(1024, $1.bytes.count) }
  }

  /// The cells of a row by the names of their columns; nulls are left out.
  private static func cells(_ row: [UInt8], _ columns: [QueryColumn]) -> [ByteText: String] {
    let data = (try? JSON(parsing: row))?["Data"]?.array ?? []
    var cells: [ByteText: String] = [:]
    for (column, cell) in zip(columns, data) { cells[ByteText(column.name)] = cell["ScalarValue"]?.string }
    return cells
  }
}
