import CacheSupport
import SQLiteStore
import TimestreamSQL

/// The scheduled queries of this cloud: made, listed, switched and deleted. ``ScheduledQueryRunner`` runs them.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/scheduledqueries.html>. Roles, keys, notifications and error
/// reports are kept and told; nothing is assumed, sent or written for them.
struct ScheduledQueryStore: Sendable {
  let engine: QueryEngine
  /// Where the runner waits for the next query that is due, or for a change.
  let polls = LongPolls()
  var store: TimestreamStore { engine.store }
  static let line: ByteText = "scheduled-queries"

  init(engine: QueryEngine) { self.engine = engine }

  /// Lets the runner look again.
  func changed() { polls.wake(Self.line, count: 1) }

  /// What `@scheduled_runtime` is: the scheduled time.
  static func runtime(_ milliseconds: Int64) -> QueryPlan.Parameters {
    .values(["scheduled_runtime": (.integer(milliseconds * 1_000_000), .timestamp)])
  }

  // MARK: Operations

  /// Reads the ARN of a request, the last of its members.
  static func arn(_ input: inout Input) throws(ServiceError) -> String {
    let arn = try input.string("ScheduledQueryArn", required: true, length: 1...2048) ?? ""
    try input.check()
    return arn
  }

  func describe(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let arn = try Self.arn(&input)
    return .reading { connection throws(ServiceError) in
      Answer(["ScheduledQuery": try required(arn, connection).description])
    }
  }

  func list(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let limit = try input.integer("MaxResults", in: 1...1000) ?? 1000
    let start = try ListToken.read(&input)[0]
    try input.check()
    return .reading { connection throws(ServiceError) in
      let rows = try storing {
        try connection.rows(
          Self.columns + " WHERE name > ? ORDER BY name LIMIT ?", .text(start), .integer(limit + 1))
      }
      let found = rows.prefix(Int(limit)).compactMap(Self.query)
      var answer: JSONObject = ["ScheduledQueries": .array(found.map(\.summary))]
      if rows.count > Int(limit), let last = found.last { answer["NextToken"] = ListToken.make(last.name) }
      return Answer(.object(answer))
    }
  }

  /// Changes the state, the one thing that can be changed.
  func update(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let state = try input.string("State", required: true, values: ["ENABLED", "DISABLED"]) ?? ""
    let arn = try Self.arn(&input)
    return .writing { connection throws(ServiceError) in
      let query = try required(arn, connection)
      // What came due while it was disabled does not run; nor does again what has run, where the clock was set back.
      let next = query.schedule?.next(after: max(engine.now, query.previous ?? .min))
      try storing {
        try connection.run(
          "UPDATE timestream_scheduled_queries SET state = ?, next = ? WHERE arn = ?", .text(state),
          next.map { .integer($0) } ?? .null, .text(arn))
      }
      return Answer([:], afterCommit: changed)
    }
  }

  func delete(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let arn = try Self.arn(&input)
    return .writing { connection throws(ServiceError) in
      _ = try required(arn, connection)
      try remove(arn, connection)
      return Answer([:])
    }
  }

  func remove(_ arn: String, _ connection: Connection) throws(ServiceError) {
    try storing {
      try connection.run("DELETE FROM timestream_scheduled_queries WHERE arn = ?", .text(arn))
      try connection.run("DELETE FROM timestream_tags WHERE arn = ?", .text(arn))
    }
  }

  // MARK: Finding

  private static let columns =
    "SELECT arn, name, request, state, created, previous, next, last_run, failed_runs, token FROM timestream_scheduled_queries"

  private static func query(_ row: [SQLValue]) -> ScheduledQuery? {
    guard let arn = row[0].text, let name = row[1].text, let created = row[4].integer,
      let request = row[2].text.flatMap({ try? JSON(parsing: $0) })?.object
    else { return nil }
    return ScheduledQuery(
      arn: arn, name: name, request: request, isEnabled: row[3].text == "ENABLED", createdAt: created,
      previous: row[5].integer, next: row[6].integer, lastRun: row[7].text.flatMap { try? JSON(parsing: $0) },
      failedRuns: row[8].text.flatMap { try? JSON(parsing: $0) }?.array ?? [])
  }

  func find(
    named name: String, _ connection: Connection
  ) throws(ServiceError) -> (query: ScheduledQuery, token: String?)? {
    let row = try storing { try connection.row(Self.columns + " WHERE name = ?", .text(name)) }
    guard let row, let query = Self.query(row) else { return nil }
    return (query, row[9].text)
  }

  func find(_ arn: String, _ connection: Connection) throws(ServiceError) -> ScheduledQuery? {
    try storing { try connection.row(Self.columns + " WHERE arn = ?", .text(arn)) }.flatMap(Self.query)
  }

  /// - Throws: ResourceNotFoundException.
  func required(_ arn: String, _ connection: Connection) throws(ServiceError) -> ScheduledQuery {
    guard let found = try find(arn, connection) else {
      throw .timestream(
        "ResourceNotFoundException", "The scheduled query \(arn) does not exist.",
        members: ["ScheduledQueryArn": .string(arn)])
    }
    return found
  }

  // MARK: Running

  /// How many are started in one go.
  private static let dueLimit: Int64 = 100

  /// The queries that are due, those first that wait longest.
  func due(at now: Int64) async throws(ServiceError) -> [ScheduledQuery] {
    try await store.storage.read { connection throws(ServiceError) in
      try storing {
        try connection.rows(
          Self.columns + " WHERE state = 'ENABLED' AND next <= ? ORDER BY next LIMIT ?", .integer(now),
          .integer(Self.dueLimit))
      }.compactMap(Self.query)
    }
  }

  /// When the first query is due.
  func nextDue() async throws(ServiceError) -> Int64? {
    try await store.storage.read { connection throws(ServiceError) in
      try storing {
        try connection.row("SELECT min(next) FROM timestream_scheduled_queries WHERE state = 'ENABLED'")?[0].integer
      }
    }
  }

  /// Takes a scheduled time for a run, and says when the next one is.
  ///
  /// - Returns: false where the query was changed or deleted meanwhile, or the time has had its run, before the clock was set back.
  func take(_ arn: String, due: Int64, next: Int64?) async throws(ServiceError) -> Bool {
    try await store.storage.write { connection throws(ServiceError) in
      guard let query = try find(arn, connection), query.isEnabled, query.next == due else { return false }
      let isNew = query.previous.map { $0 < due } ?? true
      try storing {
        try connection.run(
          "UPDATE timestream_scheduled_queries SET previous = ?, next = ? WHERE arn = ?",
          .integer(isNew ? due : query.previous ?? due), next.map { .integer($0) } ?? .null, .text(arn))
      }
      return isNew
    }
  }

  /// Keeps how a run went, of a query that may have been changed or deleted meanwhile.
  func record(_ summary: JSON, of arn: String, isFailure: Bool) async throws(ServiceError) {
    try await store.storage.write { connection throws(ServiceError) in
      guard let query = try find(arn, connection) else { return }
      let failed = ((isFailure ? [summary] : []) + query.failedRuns).prefix(ScheduledQuery.failedRunLimit)
      try storing {
        try connection.run(
          "UPDATE timestream_scheduled_queries SET last_run = ?, failed_runs = ? WHERE arn = ?", .text(summary.text),
          .text(JSON.array(Array(failed)).text), .text(arn))
      }
    }
  }
}
