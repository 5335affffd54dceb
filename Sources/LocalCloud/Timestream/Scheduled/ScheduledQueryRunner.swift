import Basics

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
    while !Task.isCancelled {
      let seen = queries.changes.count(ScheduledQueryStore.changed)
      let next = runDue()
      let wait = next.map { max(0, $0 - engine.now) } ?? 3_600_000
      await queries.changes.wait(ScheduledQueryStore.changed, after: seen, atMost: .milliseconds(min(wait, 3_600_000)))
    }
  }

  /// Runs each query that is due, once, however often it came due while nobody looked.
  ///
  /// - Returns: when the next one is due.
  func runDue() -> Int64? {
    let now = engine.now
    guard let found = try? queries.due(at: now) else { return nil }
    for query in found.queries { run(query, at: query.next ?? now, isManual: false) }
    return try? queries.due(at: now).next
  }

  /// ExecuteScheduledQuery: starts a run for a time, and does not wait for it.
  func execute(_ input: inout Input) throws(ServiceError) {
    guard let time = input.object["InvocationTime"], !time.isNull else {
      input.violate("InvocationTime", nil, "not be null")
      return try input.check()
    }
    _ = try input.string("ClientToken", length: 32...128)
    let query = try queries.required(&input)
    guard let seconds = time.double, abs(seconds) < 9_000_000_000 else {
      throw .timestream("ValidationException", "Invalid invocation time.")
    }
    let invocation = Int64((seconds * 1000).rounded())
    tasks.run { run(query, at: invocation, isManual: true) }
  }

  private func run(_ query: ScheduledQuery, at invocation: Int64, isManual: Bool) {
    let trigger = engine.now
    let outcome = write(query, at: invocation)
    let kind = isManual ? "MANUAL" : "AUTO"
    var summary: JSONObject = [
      "InvocationTime": ScheduledQuery.seconds(invocation), "TriggerTime": ScheduledQuery.seconds(trigger),
      "RunStatus": .string("\(kind)_TRIGGER_\(outcome.failure == nil ? "SUCCESS" : "FAILURE")"),
      "ExecutionStats": [
        "ExecutionTimeInMillis": .integer(engine.now - trigger), "DataWrites": .integer(outcome.bytesWritten),
        "BytesMetered": .integer(max(QueryEngine.meteredMinimum, outcome.bytesScanned)),
        "CumulativeBytesScanned": .integer(outcome.bytesScanned), "RecordsIngested": .integer(outcome.ingested),
        "QueryResultRows": .integer(outcome.rows),
      ],
    ]
    summary["FailureReason"] = outcome.failure.map { .string($0) }
    // It may have been changed or deleted meanwhile.
    guard var current = try? queries.find(query.arn) else { return }
    current.lastRun = .object(summary)
    if outcome.failure != nil {
      current.failedRuns = Array(([.object(summary)] + current.failedRuns).prefix(ScheduledQuery.failedRunLimit))
    }
    if !isManual {
      current.previous = invocation
      current.next = next(of: current, after: invocation)
    }
    // A run whose end cannot be told is told by the next.
    try? queries.save(current)
  }

  /// The first scheduled time that is not over yet.
  private func next(of query: ScheduledQuery, after invocation: Int64) -> Int64? {
    let expression = query.request["ScheduleConfiguration"]?["ScheduleExpression"]?.string ?? ""
    guard let schedule = try? Schedule(expression) else { return nil }
    var next = schedule.next(after: invocation)
    while let due = next, due <= engine.now { next = schedule.next(after: due) }
    return next
  }

  // MARK: Writing

  private struct Outcome {
    var rows = 0
    var bytesScanned = 0
    var ingested = 0
    var bytesWritten = 0
    var failure: String?
  }

  private func write(_ query: ScheduledQuery, at invocation: Int64) -> Outcome {
    var outcome = Outcome()
    do throws(ServiceError) {
      let result = try engine.run(
        QueryRequest(sql: query.sql), parameters: ScheduledQueryStore.runtime(invocation), now: engine.now)
      outcome.rows = result.rows.count
      outcome.bytesScanned = result.bytesScanned
      var target = Input(query.request)
      guard let mapping = try TargetMapping.read(&target) else { return outcome }
      var reasons: [String] = []
      var records: [JSON] = []
      for row in result.rows {
        do throws(TargetMapping.RowFault) { records += try mapping.records(Self.cells(row, result.columns)) } catch {
          reasons.append(error.reason)
        }
        while records.count >= Self.batch {
          try write(Array(records.prefix(Self.batch)), mapping, &outcome, &reasons)
          records.removeFirst(Self.batch)
        }
      }
      if !records.isEmpty { try write(records, mapping, &outcome, &reasons) }
      if !reasons.isEmpty {
        let told = reasons.prefix(Self.reasonLimit).joined(separator: " ")
        outcome.failure = "\(reasons.count) of the rows' records were not stored: \(told)"
      }
    } catch {
      outcome.failure = error.message ?? error.type
    }
    return outcome
  }

  private func write(
    _ records: [JSON], _ mapping: TargetMapping, _ outcome: inout Outcome, _ reasons: inout [String]
  ) throws(ServiceError) {
    var input = Input([
      "DatabaseName": .string(mapping.database), "TableName": .string(mapping.table), "Records": .array(records),
    ])
    var rejected = 0
    do throws(ServiceError) { _ = try engine.store.writeRecords(&input) } catch {
      guard let found = error.members["RejectedRecords"]?.array else { throw error }
      rejected = found.count
      reasons += found.compactMap { $0["Reason"]?.string }
    }
    outcome.ingested += records.count - rejected
    outcome.bytesWritten += records.reduce(0) { $0 + max(1024, $1.bytes.count) }
  }

  /// The cells of a row by the names of their columns; nulls are left out.
  private static func cells(_ row: [UInt8], _ columns: [QueryResult.Column]) -> [String: String] {
    let data = (try? JSON(parsing: row))?["Data"]?.array ?? []
    var cells: [String: String] = [:]
    for (column, cell) in zip(columns, data) { cells[column.name] = cell["ScalarValue"]?.string }
    return cells
  }
}
