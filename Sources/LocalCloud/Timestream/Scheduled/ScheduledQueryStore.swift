import CacheSupport
import SQLiteStore
import TimestreamSQL

/// The scheduled queries of this cloud: made, listed, switched and deleted. ``ScheduledQueryRunner`` runs them.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/scheduledqueries.html>. Roles, keys, notifications and error
/// reports are kept and told; nothing is assumed, sent or written for them.
struct ScheduledQueryStore: Sendable {
  let engine: QueryEngine
  let changes: Arrivals
  private var store: TimestreamStore { engine.store }
  static let changed = "scheduled-queries"

  init(engine: QueryEngine, changes: Arrivals = Arrivals()) {
    self.engine = engine
    self.changes = changes
  }

  private static let namePattern = Input.Pattern(text: #"[a-zA-Z0-9|!\-_*'\(\)]([a-zA-Z0-9]|[!\-_*'\(\)\/.])+"#) {
    name in
    let first = Set("!-_*'()|".utf8)
    let later = Set("!-_*'()/.".utf8)
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    let bytes = Array(name.utf8)
    guard bytes.count >= 2, isAlphanumeric(bytes[0]) || first.contains(bytes[0]) else { return false }
    return bytes.dropFirst().allSatisfy { isAlphanumeric($0) || later.contains($0) }
  }

  // MARK: Making

  /// CreateScheduledQuery. It compiles the query, so it runs on one of the engine's threads.
  ///
  /// - Parameter budget: what the query may cost to compile.
  func create(_ input: inout Input, budget: QueryBudget) throws(ServiceError) -> JSON {
    let name = try input.string("Name", required: true, length: 1...64, pattern: Self.namePattern) ?? ""
    let sql = try input.string("QueryString", required: true, length: 1...262_144) ?? ""
    var schedule = Input(
      try input.object("ScheduleConfiguration", required: true) ?? [:], path: "scheduleConfiguration")
    let expression = try schedule.string("ScheduleExpression", required: true, length: 1...256) ?? ""
    input.absorb(schedule)
    try checkNotifications(&input)
    _ = try input.string("ScheduledQueryExecutionRoleArn", required: true, length: 1...2048)
    _ = try input.string("KmsKeyId", length: 1...2048)
    let token = try input.string("ClientToken", length: 32...128)
    let tags = try store.tags(&input, required: false)
    let mapping = try TargetMapping.read(&input)
    try input.check()

    var request: JSONObject = [:]
    for member in [
      "Name", "QueryString", "ScheduleConfiguration", "NotificationConfiguration", "TargetConfiguration",
      "ScheduledQueryExecutionRoleArn", "KmsKeyId", "ErrorReportConfiguration",
    ] { request[member] = input.object[member] }
    if let known = try find(named: name) {
      // The same request again is no conflict.
      if known.token == token, token != nil, known.query.request == request { return ["Arn": .string(known.query.arn)] }
      throw Self.conflict(name)
    }
    let now = engine.now
    let due = try check(sql, expression, mapping, now, budget)
    let suffix = String((0..<12).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
    let account = store.account
    let arn = "arn:aws:timestream:\(account.region):\(account.id):scheduled-query/\(name)-\(suffix)"
    let query = ScheduledQuery(
      arn: arn, name: name, request: request, isEnabled: true, createdAt: now, next: due)
    try storing {
      try storage.with { connection in
        try connection.transaction {
          if try connection.row("SELECT 1 FROM timestream_scheduled_queries WHERE name = ?", .text(name)) != nil {
            throw Self.conflict(name)
          }
          try connection.run(
            "INSERT INTO timestream_scheduled_queries (arn, name, request, state, created, next, failed_runs, token) VALUES (?, ?, ?, 'ENABLED', ?, ?, '[]', ?)",
            .text(arn), .text(name), .text(JSON.object(request).text), .integer(query.createdAt),
            .integer(due), token.map { .text($0) } ?? .null)
        }
      }
    }
    try store.put(tags, on: arn)
    changes.announce(Self.changed)
    return ["Arn": .string(arn)]
  }

  private static func conflict(_ name: String) -> ServiceError {
    .timestream("ConflictException", "A scheduled query with the name \(name) already exists.")
  }

  private func checkNotifications(_ input: inout Input) throws(ServiceError) {
    var notification = Input(
      try input.object("NotificationConfiguration", required: true) ?? [:], path: "notificationConfiguration")
    var topic = Input(
      try notification.object("SnsConfiguration", required: true) ?? [:],
      path: "notificationConfiguration.snsConfiguration")
    _ = try topic.string("TopicArn", required: true, length: 1...2048)
    var report = Input(
      try input.object("ErrorReportConfiguration", required: true) ?? [:], path: "errorReportConfiguration")
    var bucket = Input(
      try report.object("S3Configuration", required: true) ?? [:], path: "errorReportConfiguration.s3Configuration")
    _ = try bucket.string("BucketName", required: true, length: 3...63, pattern: MagneticStoreWrites.bucketPattern)
    _ = try bucket.string("ObjectKeyPrefix", length: 1...896)
    _ = try bucket.string("EncryptionOption", values: ["SSE_S3", "SSE_KMS"])
    for part in [notification, topic, report, bucket] { input.absorb(part) }
  }

  /// Checks the query with its schedule and its target, as the service does when it is made.
  ///
  /// - Returns: the first scheduled time.
  private func check(
    _ sql: String, _ expression: String, _ mapping: TargetMapping?, _ now: Int64, _ budget: QueryBudget
  ) throws(ServiceError) -> Int64 {
    let due: Int64?
    do throws(Schedule.Failure) { due = try Schedule(expression).next(after: now) } catch {
      throw .timestream("ValidationException", "Invalid schedule expression: \(error.description)")
    }
    let outputs: [QueryColumn]
    do throws(QueryError) {
      outputs = try engine.columns(of: sql, now: now, parameters: Self.runtime(now), toBe: "scheduled", budget: budget)
        .columns
    } catch {
      throw .timestream(error)
    }
    guard let due else {
      throw .timestream("ValidationException", "Invalid schedule expression: '\(expression)' is never due.")
    }
    guard let mapping else { return due }
    let found = try storing {
      try storage.with { connection throws(DatabaseError) in
        (
          try store.hasDatabase(mapping.database, connection),
          try store.find(mapping.database, mapping.table, connection)
        )
      }
    }
    guard found.0 else { throw TargetMapping.invalid("The database \(mapping.database) does not exist.") }
    guard let table = found.1 else { throw TargetMapping.invalid("The table \(mapping.table) does not exist.") }
    try mapping.check(outputs, schema: table.schema)
    return due
  }

  /// What `@scheduled_runtime` is: the scheduled time.
  static func runtime(_ milliseconds: Int64) -> QueryPlan.Parameters {
    .values(["scheduled_runtime": (.integer(milliseconds * 1_000_000), .timestamp)])
  }

  // MARK: The others

  func describe(_ input: inout Input) throws(ServiceError) -> JSON {
    ["ScheduledQuery": try required(&input).description]
  }

  func list(_ input: inout Input) throws(ServiceError) -> JSON {
    let limit = try input.integer("MaxResults", in: 1...1000) ?? 1000
    let start = try ListToken.read(&input)[0]
    try input.check()
    let rows = try storing {
      try storage.with { connection throws(DatabaseError) in
        try connection.rows(
          Self.columns + " WHERE name > ? ORDER BY name LIMIT ?", .text(start), .integer(limit + 1))
      }
    }
    let found = rows.prefix(Int(limit)).compactMap(Self.query)
    var answer: JSONObject = ["ScheduledQueries": .array(found.map(\.summary))]
    if rows.count > Int(limit), let last = found.last {
      answer["NextToken"] = ListToken.make(last.name)
    }
    return .object(answer)
  }

  /// Changes the state, the one thing that can be changed.
  func update(_ input: inout Input) throws(ServiceError) {
    let state = try input.string("State", required: true, values: ["ENABLED", "DISABLED"]) ?? ""
    var query = try required(&input)
    query.isEnabled = state == "ENABLED"
    // What came due while it was disabled does not run.
    let expression = query.request["ScheduleConfiguration"]?["ScheduleExpression"]?.string ?? ""
    query.next = (try? Schedule(expression))?.next(after: engine.now)
    try change(
      "UPDATE timestream_scheduled_queries SET state = ?, next = ? WHERE arn = ?",
      [.text(state), query.next.map { .integer($0) } ?? .null, .text(query.arn)])
    changes.announce(Self.changed)
  }

  func delete(_ input: inout Input) throws(ServiceError) {
    let arn = try required(&input).arn
    try storing {
      try storage.with { connection in
        try connection.transaction {
          try connection.run("DELETE FROM timestream_scheduled_queries WHERE arn = ?", .text(arn))
          try connection.run("DELETE FROM timestream_tags WHERE arn = ?", .text(arn))
        }
      }
    }
  }

  // MARK: Storage

  private var storage: Database { store.storage.database }

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

  private func rows(_ condition: String, _ value: SQLValue) throws(ServiceError) -> [[SQLValue]] {
    try storing {
      try storage.with { connection throws(DatabaseError) in
        try connection.rows(Self.columns + " WHERE " + condition, value)
      }
    }
  }

  private func find(named name: String) throws(ServiceError) -> (query: ScheduledQuery, token: String?)? {
    guard let row = try rows("name = ?", .text(name)).first, let query = Self.query(row) else { return nil }
    return (query, row[9].text)
  }

  func find(_ arn: String) throws(ServiceError) -> ScheduledQuery? {
    try rows("arn = ?", .text(arn)).first.flatMap(Self.query)
  }

  /// The query that a request names.
  func required(_ input: inout Input) throws(ServiceError) -> ScheduledQuery {
    let arn = try input.string("ScheduledQueryArn", required: true, length: 1...2048) ?? ""
    try input.check()
    guard let found = try find(arn) else {
      throw .timestream(
        "ResourceNotFoundException", "The scheduled query \(arn) does not exist.",
        members: ["ScheduledQueryArn": .string(arn)])
    }
    return found
  }

  /// The queries that are due, and when the next one will be.
  func due(at now: Int64) throws(ServiceError) -> (queries: [ScheduledQuery], next: Int64?) {
    let enabled = try rows("state = ? AND next IS NOT NULL ORDER BY next", .text("ENABLED")).compactMap(Self.query)
    return (
      enabled.filter { $0.next ?? .max <= now }, enabled.first { $0.next ?? .min > now }?.next
    )
  }

  private func change(_ sql: String, _ values: [SQLValue]) throws(ServiceError) {
    try storing { try storage.with { connection throws(DatabaseError) in try connection.run(sql, values) } }
  }

  /// Takes a scheduled time for a run, and says when the next is.
  func move(_ arn: String, from due: Int64, to next: Int64?) throws(ServiceError) {
    try change(
      "UPDATE timestream_scheduled_queries SET previous = ?1, next = ?2 WHERE arn = ?3 AND next = ?1",
      [.integer(due), next.map { .integer($0) } ?? .null, .text(arn)])
  }

  /// Keeps how a run went, of a query that may have been changed or deleted meanwhile.
  func record(_ summary: JSON, of arn: String, isFailure: Bool) throws(ServiceError) {
    try storing {
      try storage.with { connection in
        try connection.transaction {
          let row = try connection.row("SELECT failed_runs FROM timestream_scheduled_queries WHERE arn = ?", .text(arn))
          var failed = row?[0].text.flatMap { try? JSON(parsing: $0) }?.array ?? []
          if isFailure { failed = Array(([summary] + failed).prefix(ScheduledQuery.failedRunLimit)) }
          try connection.run(
            "UPDATE timestream_scheduled_queries SET last_run = ?, failed_runs = ? WHERE arn = ?", .text(summary.text),
            .text(JSON.array(failed).text), .text(arn))
        }
      }
    }
  }
}
