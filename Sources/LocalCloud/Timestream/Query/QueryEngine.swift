import CacheSupport
import Foundation
import SigV4
import Synchronization

/// Runs queries: parsed, checked, compiled to SQLite, answered in pages.
final class QueryEngine: Sendable {
  let store: TimestreamStore
  private let clock: WallClock
  /// Epoch milliseconds.
  var now: Int64 { clock.now }
  /// Connections that no query uses at the moment; each query has one of its own and holds up neither writes nor other queries.
  private let readers = Mutex<[Database]>([])
  let results = QueryResults()

  /// A page without MaxRows ends at about 1 MB.
  static let pageBytes: Int = 1_000_000
  /// Rows of one result that are kept.
  static let rowLimit: Int = 2_000_000
  static let byteLimit: Int = QueryResults.keptBytes
  /// Queries that run at a time; one more is throttled.
  static let runningLimit: Int = 64
  private let running = Atomic(0)
  private let isStopped = Atomic(false)
  /// Any SELECT is billed for as much, bytes.
  static let meteredMinimum: Int = 10_000_000
  private static let idleReaders: Int = 4
  /// Room for queries as deep as the parser takes them.
  private static let stackSize: Int = 16 << 20

  /// Timestream gives a query a minute.
  private let timeLimit: Duration

  init(store: TimestreamStore, clock: WallClock, timeLimit: Duration = .seconds(60)) throws {
    self.timeLimit = timeLimit
    self.store = store
    self.clock = clock
    release(try makeReader())
  }

  // MARK: Connections

  private func makeReader() throws(DatabaseError) -> Database {
    let reader = try Database(path: store.storage.path)
    try reader.with { connection throws(DatabaseError) in try connection.prepareForQueries() }
    return reader
  }

  private func takeReader() throws(DatabaseError) -> Database {
    if let idle = readers.withLock({ $0.popLast() }) { return idle }
    return try makeReader()
  }

  private func release(_ reader: Database) {
    readers.withLock { if $0.count < Self.idleReaders { $0.append(reader) } }
  }

  func reading<Value: Sendable>(
    _ body: (Connection) throws(DatabaseError) -> Value
  ) throws(QueryError) -> Value {
    do throws(DatabaseError) {
      let reader = try takeReader()
      defer { release(reader) }
      return try reader.with { connection throws(DatabaseError) in try body(connection) }
    } catch {
      throw Self.queryError(for: error)
    }
  }

  /// Ends what runs, and lets nothing more run.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  // MARK: Query

  /// Checks a request; what it returns runs it.
  func prepare(_ input: inout Input) throws(ServiceError) -> @Sendable () async -> Result<JSON, ServiceError> {
    let sql = try input.string("QueryString", required: true, length: 1...262_144) ?? ""
    let maximumRows = try input.integer("MaxRows", in: 1...1000).map { Int($0) }
    let token = try input.string("NextToken", length: 1...2048)
    let clientToken = try input.string("ClientToken", length: 32...128)
    let wantsInsights = try QueryRequest.wantsInsights(&input)
    try input.check()
    let request = QueryRequest(
      sql: sql, maximumRows: maximumRows, clientToken: clientToken, wantsInsights: wantsInsights)
    guard running.load(ordering: .relaxed) < Self.runningLimit else {
      throw .timestream("ThrottlingException", "More than \(Self.runningLimit) queries run at the moment.")
    }
    return { [self] in
      running.add(1, ordering: .relaxed)
      defer { running.subtract(1, ordering: .relaxed) }
      return await Self.onThread {
        do throws(ServiceError) { return .success(try self.page(request, token: token)) } catch {
          return .failure(error)
        }
      }
    }
  }

  /// Runs a body on a thread of its own, not one of those that Swift's tasks share: they are few, and a query may take a minute.
  static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.stackSize = stackSize
      thread.start()
    }
  }

  private func page(_ request: QueryRequest, token: String?) throws(ServiceError) -> JSON {
    let now = clock.now
    if let token { return try results.page(token, request, now: now) }
    if let known = try results.repeated(request, now: now) { return known }
    return results.keep(try run(request, now: now), request)
  }

  private static let idPattern = Input.Pattern(text: "[a-zA-Z0-9]+") { id in
    id.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
  }

  func cancel(_ input: inout Input) throws(ServiceError) -> JSON {
    let id = try input.string("QueryId", required: true, length: 1...64, pattern: Self.idPattern) ?? ""
    try input.check()
    return try results.cancel(id)
  }

  /// Runs a query to its end.
  ///
  /// - Parameter parameters: what `@name` is.
  func run(
    _ request: QueryRequest, parameters: [String: TypedExpression] = [:], now: Int64
  ) throws(ServiceError) -> QueryResult {
    var result = QueryResult(request, createdAt: now)
    do throws(QueryError) {
      switch try QueryParser.parse(request.sql) {
      case .query(let query):
        let typed = try check(query, now: now, parameters: .values(parameters)).query
        try run(typed, into: &result)
        if request.wantsInsights { result.insights = try QueryInsights(of: typed, result, self).json }
      case .showDatabases(let pattern):
        result.columns = [.init(name: "Database", type: .varchar)]
        try list(nil, like: pattern, into: &result)
      case .showTables(let database, let pattern, let position):
        guard try reading({ connection throws(DatabaseError) in try store.hasDatabase(database, connection) }) else {
          throw QueryError("Database '\(database)' does not exist", at: position)
        }
        result.columns = [.init(name: "Table", type: .varchar)]
        try list(database, like: pattern, into: &result)
      case .showMeasures(let name, let pattern):
        let table = try table(name)
        result.columns = [
          .init(name: "measure_name", type: .varchar), .init(name: "data_type", type: .varchar),
          .init(name: "dimensions", type: MeasureListing.dimensionsType),
        ]
        for row in try reading({ connection throws(DatabaseError) in
          try MeasureListing.rows(of: table, like: pattern, connection)
        }) { try result.add(row) }
      case .describe(let name): try describe(try table(name), into: &result)
      }
    } catch {
      throw .timestream(error.isExecution ? "QueryExecutionException" : "ValidationException", error.text)
    }
    return result
  }

  /// The types of a query, and what it leaves open.
  func check(
    _ query: QueryExpression, now: Int64, parameters: CheckContext.Parameters
  ) throws(QueryError) -> (query: TypedQuery, openParameters: [String]) {
    let context = CheckContext(now: now * 1_000_000, parameters: parameters) { name throws(QueryError) in
      try self.table(name)
    }
    return (try QueryChecker(context: context).check(query), context.openParameters)
  }

  private func describe(_ table: TimestreamStore.Table, into result: inout QueryResult) throws(QueryError) {
    result.columns = ["Column", "Type", "Timestream attribute type"].map {
      QueryResult.Column(name: $0, type: .varchar)
    }
    for column in QueryChecker.columns(of: table, 0) {
      let kind = table.columns.first { $0.name == column.name }?.kind.rawValue
      let attribute = kind ?? (column.name == "time" ? "TIMESTAMP" : "MEASURE_NAME")
      try result.add([.text(column.name), .text(column.expression.type.name), .text(attribute)])
    }
  }

  private func list(_ database: String?, like pattern: String?, into result: inout QueryResult) throws(QueryError) {
    let names = try reading { connection throws(DatabaseError) in
      let names = try store.names(of: database, connection)
      guard let pattern else { return names }
      var found: [String] = []
      for name in names where try connection.row("SELECT ? LIKE ?", .text(name), .text(pattern))?[0] == .integer(1) {
        found.append(name)
      }
      return found
    }
    for name in names { try result.add([.text(name)]) }
  }

  private func run(_ typed: TypedQuery, into result: inout QueryResult) throws(QueryError) {
    result.columns = typed.outputs.map { QueryResult.Column(name: $0.name, type: $0.type) }
    result.isMetered = true
    let (sql, values) = Compiler.compile(typed)
    var output = result
    do {
      let reader = try takeReader()
      defer { release(reader) }
      try reader.with { connection in
        _ = connection.takeBytesRead()
        try connection.limited(to: timeLimit, unless: { self.isStopped.load(ordering: .relaxed) }) {
          try connection.forEach(sql, values) { row in
            try output.add(row.values)
            guard output.rows.count <= Self.rowLimit, output.bytes <= Self.byteLimit else { throw Self.tooLarge }
            return true
          }
        }
        // Without a table nothing is scanned, whatever SQLite looked up.
        output.bytesScanned = typed.tables.isEmpty ? 0 : connection.takeBytesRead()
      }
    } catch var error as QueryError {
      error.isExecution = true
      throw error
    } catch let error as DatabaseError {
      throw Self.queryError(for: error)
    } catch { throw Self.execution("the query failed") }
    result = output
  }

  private static func execution(_ message: String) -> QueryError {
    var error = QueryError(message, at: nil)
    error.isExecution = true
    return error
  }

  private static let tooLarge = execution(
    "the result has more than \(rowLimit) rows or \(byteLimit) bytes, which the local cloud does not keep")

  /// What SQLite refuses, without its SQL: the names in that are nobody's business.
  private static func queryError(for error: DatabaseError) -> QueryError {
    if error.message.contains("parser stack") || error.message.contains("too many") {
      return QueryError("the query is nested deeper, or longer, than the local cloud takes: \(error.message)", at: nil)
    }
    if let fault = QueryFault.words(in: error.message) { return execution(fault) }
    if error.message.contains("too big") { return execution(QueryFunctions.tooLarge.message) }
    if error.message.contains("no such table") || error.message.contains("no such column: s")
      || error.message.contains("no such column: r")
    {
      return execution("a table was deleted or changed while the query began")
    }
    if error.message.contains("interrupted") {
      return execution("the query took longer than its time limit and was cancelled")
    }
    if error.message.contains("overflow") { return execution("bigint overflow") }
    if error.message.contains("ESCAPE") { return execution("Escape string must be a single character") }
    return execution("the query failed: \(error.message)")
  }

  private func table(_ name: TableName) throws(QueryError) -> TimestreamStore.Table {
    guard let database = name.database else {
      throw QueryError("Database must be specified when session database is not set", at: name.position)
    }
    let found = try reading { connection throws(DatabaseError) in
      (try store.hasDatabase(database, connection), try store.find(database, name.table, connection))
    }
    guard found.0 else {
      // The service names the place of the identifier itself here, and puts no `line` before.
      throw QueryError(
        "Requested database '\(database)' not found for identifier '\(database).\(name.table)' at line \(name.position.line):\(name.position.column)",
        at: nil)
    }
    guard let table = found.1 else {
      throw QueryError("Table '\(database).\(name.table)' does not exist", at: name.position)
    }
    return table
  }
}

/// What a client asks for, but for the page.
struct QueryRequest: Sendable {
  var sql: String
  var maximumRows: Int?
  var clientToken: String?
  var wantsInsights = false
  /// Tells queries apart in tokens.
  let digest: String

  /// All that a repeated client token must repeat.
  var parameters: String { "\(digest) \(maximumRows ?? 0) \(wantsInsights)" }

  /// Reads `QueryInsights`.
  static func wantsInsights(_ input: inout Input) throws(ServiceError) -> Bool {
    guard let object = try input.object("QueryInsights") else { return false }
    var insights = Input(object, path: "queryInsights")
    let mode = try insights.string("Mode", required: true, values: ["ENABLED_WITH_RATE_CONTROL", "DISABLED"])
    input.absorb(insights)
    return mode == "ENABLED_WITH_RATE_CONTROL"
  }

  init(sql: String, maximumRows: Int? = nil, clientToken: String? = nil, wantsInsights: Bool = false) {
    self.sql = sql
    self.maximumRows = maximumRows
    self.clientToken = clientToken
    self.wantsInsights = wantsInsights
    digest = Hex.encode(MessageDigest.sha256(Array(sql.utf8)).prefix(8))
  }
}
