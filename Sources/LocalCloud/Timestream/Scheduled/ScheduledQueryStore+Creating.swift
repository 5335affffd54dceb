import CacheSupport
import SQLiteStore
import TimestreamSQL

extension ScheduledQueryStore {
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

  /// What CreateScheduledQuery asks for.
  struct Draft: Sendable {
    var name: String
    var sql: String
    var schedule: String
    var mapping: TargetMapping?
    var tags: [(key: String, value: String)]
    var token: String?
    /// The members that Describe gives back.
    var request: JSONObject
  }

  func draft(_ input: inout Input) throws(ServiceError) -> Draft {
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
    return Draft(
      name: name, sql: sql, schedule: expression, mapping: mapping, tags: tags, token: token, request: request)
  }

  /// CreateScheduledQuery. The query is compiled on one of the engine's threads, before anything is written.
  func create(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let draft = try draft(&input)
    return .waiting { () async throws(ServiceError) in Answer(["Arn": .string(try await make(draft))]) }
  }

  private func make(_ draft: Draft) async throws(ServiceError) -> String {
    let before: String? = try await store.storage.read { connection throws(ServiceError) in
      try known(draft, connection)
    }
    if let before { return before }
    let now = engine.now
    let due: Int64 = try await engine.onThread { budget throws(ServiceError) in try check(draft, now, budget) }
    let arn: String = try await store.storage.write { connection throws(ServiceError) in
      // Another may have come meanwhile.
      if let known = try known(draft, connection) { return known }
      return try insert(draft, as: newARN(draft.name), created: now, due: due, connection)
    }
    changed()
    return arn
  }

  /// The ARN of a query that the same request made before.
  ///
  /// - Throws: ConflictException for a name that another request took.
  private func known(_ draft: Draft, _ connection: Connection) throws(ServiceError) -> String? {
    guard let known = try find(named: draft.name, connection) else { return nil }
    guard let token = draft.token, known.token.map({ token.hasSameBytes(as: $0) }) ?? false,
      known.query.request == draft.request
    else {
      throw .timestream("ConflictException", "A scheduled query with the name \(draft.name) already exists.")
    }
    return known.query.arn
  }

  private func newARN(_ name: String) -> String {
    let suffix = String((0..<12).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
    let account = store.account
    return "arn:aws:timestream:\(account.region):\(account.id):scheduled-query/\(name)-\(suffix)"
  }

  func insert(
    _ draft: Draft, as arn: String, created: Int64, due: Int64, _ connection: Connection
  ) throws(ServiceError) -> String {
    try storing {
      try connection.run(
        "INSERT INTO timestream_scheduled_queries (arn, name, request, state, created, next, failed_runs, token) VALUES (?, ?, ?, 'ENABLED', ?, ?, '[]', ?)",
        .text(arn), .text(draft.name), .text(JSON.object(draft.request).text), .integer(created), .integer(due),
        draft.token.map { .text($0) } ?? .null)
    }
    try store.put(draft.tags, on: arn, connection)
    return arn
  }

  // MARK: Checks

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
  func check(_ draft: Draft, _ now: Int64, _ budget: QueryBudget) throws(ServiceError) -> Int64 {
    let due: Int64?
    do throws(Schedule.Failure) { due = try Schedule(draft.schedule).next(after: now) } catch {
      throw .timestream("ValidationException", "Invalid schedule expression: \(error.description)")
    }
    let outputs: [QueryColumn]
    do throws(QueryError) {
      outputs = try engine.columns(
        of: draft.sql, now: now, parameters: Self.runtime(now), toBe: "scheduled", budget: budget
      ).columns
    } catch {
      throw .timestream(error)
    }
    guard let due else {
      throw .timestream("ValidationException", "Invalid schedule expression: '\(draft.schedule)' is never due.")
    }
    guard let mapping = draft.mapping else { return due }
    let (hasDatabase, table) = try store.storage.read { connection throws(ServiceError) in
      try storing {
        (
          try store.hasDatabase(mapping.database, connection),
          try store.find(mapping.database, mapping.table, connection)
        )
      }
    }
    guard hasDatabase else { throw TargetMapping.invalid("The database \(mapping.database) does not exist.") }
    guard let table else { throw TargetMapping.invalid("The table \(mapping.table) does not exist.") }
    try mapping.check(outputs, schema: table.schema)
    return due
  }
}
