import CacheSupport
import Foundation
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
    while !Task.isCancelled {
      let seen = queries.changes.count(ScheduledQueryStore.changed)
      let next = runDue { launch($0) }
      let wait = min(max(0, next - engine.now), Self.longestWait)
      await queries.changes.wait(ScheduledQueryStore.changed, after: seen, atMost: .milliseconds(wait))
    }
  }

  /// The clock may be set meanwhile.
  private static let longestWait: Int64 = 3_600_000
  /// When storage that failed is asked again.
  private static let retryWait: Int64 = 60_000

  /// Starts each query that is due, once, however often it came due while nobody looked.
  ///
  /// - Parameter start: runs a query, now or on another thread.
  /// - Returns: when the next one is due, or storage that failed is to be asked again.
  func runDue(start: (Invocation) -> Void) -> Int64 {
    let now = engine.now
    do throws(ServiceError) {
      for query in try queries.due(at: now).queries {
        let due = query.next ?? now
        try queries.move(query.arn, from: due, to: next(of: query, after: due))
        start(Invocation(query: query, time: due, isManual: false, wantsInsights: false))
      }
      return try queries.due(at: now).next ?? .max
    } catch {
      return now + Self.retryWait
    }
  }

  /// ExecuteScheduledQuery: starts a run for a time, and does not wait for it.
  func execute(_ input: inout Input) throws(ServiceError) {
    let time = input.object["InvocationTime"]
    if time?.isNull ?? true { input.violate("InvocationTime", nil, "not be null") }
    _ = try input.string("ClientToken", length: 32...128)
    let wantsInsights = try QueryRequest.wantsInsights(&input)
    let query = try queries.required(&input)
    guard let seconds = time?.double, abs(seconds) < 9_000_000_000 else {
      throw .timestream("ValidationException", "Invalid invocation time.")
    }
    let invocation = Int64((seconds * 1000).rounded())
    launch(Invocation(query: query, time: invocation, isManual: true, wantsInsights: wantsInsights))
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

  /// Runs a query on one of the engine's threads. One that finds no place there has failed, and says so.
  private func launch(_ invocation: Invocation) {
    tasks.run {
      let trigger = engine.now
      do throws(ServiceError) {
        try await engine.onThread { budget throws(ServiceError) in run(invocation, budget: budget) }
      } catch {
        record(Outcome(failure: error.message ?? error.type), of: invocation, trigger: trigger)
      }
    }
  }

  /// Runs a query and writes its rows, on this thread.
  func run(_ invocation: Invocation, budget: QueryBudget) {
    let trigger = engine.now
    record(write(invocation, budget: budget), of: invocation, trigger: trigger)
  }

  /// Keeps how a run went.
  private func record(_ outcome: Outcome, of invocation: Invocation, trigger: Int64) {
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
      try queries.record(.object(summary), of: query.arn, isFailure: outcome.failure != nil)
    } catch {
      let words =
        "local-cloud: how the scheduled query \(query.name) ran could not be kept: \(error.message ?? error.type)\n"
      FileHandle.standardError.write(Data(words.utf8))
    }
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
    var insights: JSON?
  }

  private func write(_ invocation: Invocation, budget: QueryBudget) -> Outcome {
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
      var reasons: [String] = []
      var records: [JSON] = []
      for row in 0..<result.rows.count {
        do throws(TargetMapping.RowFault) {
          records += try mapping.records(Self.cells(Array(result.rows[row]), result.columns))
        } catch {
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
      if let found = error.members["RejectedRecords"]?.array {
        rejected = found.count
        reasons += found.compactMap { $0["Reason"]?.string }
      } else if error.type.hasSuffix("#ValidationException"), records.count > 1 {
        // One record that cannot be read refuses all: each for itself, then.
        for record in records { try write([record], mapping, &outcome, &reasons) }
        return
      } else if error.type.hasSuffix("#ValidationException") {
        rejected = 1
        reasons.append(error.message ?? error.type)
      } else {
        throw error
      }
    }
    outcome.ingested += records.count - rejected
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
