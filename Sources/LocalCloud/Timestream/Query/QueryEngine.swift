import CacheSupport
import SQLiteStore
import TimestreamSQL

/// Runs queries: compiled to SQLite, on threads of their own, answered in pages.
final class QueryEngine: Sendable {
  let store: TimestreamStore
  let results: QueryResults
  private let clock: WallClock
  let readers: QueryReaders
  let threads: QueryThreads
  /// Timestream gives a query a minute.
  private let timeLimit: Duration

  /// Epoch milliseconds.
  var now: Int64 { clock.now }

  /// The memory of results where no other is wanted, bytes.
  static let resultMemory: Int = 256 << 20
  /// Rows of one result.
  static let rowLimit: Int = 2_000_000

  /// - Parameters:
  ///   - resultMemory: bytes that the results of queries that run, and those that are kept, may take together.
  ///   - timeLimit: how long a query may run.
  ///   - memory: what queries share while they run.
  init(
    store: TimestreamStore, clock: WallClock, resultMemory: Int = QueryEngine.resultMemory,
    timeLimit: Duration = .seconds(60), memory: QueryMemory = .shared
  ) throws {
    threads = QueryThreads(memory: memory)
    self.store = store
    self.clock = clock
    self.timeLimit = timeLimit
    results = QueryResults(memory: ResultMemory(limit: resultMemory))
    readers = try QueryReaders(path: store.storage.path)
  }

  /// Ends what runs, soon, and lets nothing more run.
  func stop() { threads.stop() }

  // MARK: Threads

  /// Runs a body on one of the engine's threads. What the body does with its budget ends where the caller's task is cancelled.
  func onThread<Value: Sendable>(
    _ body: @escaping @Sendable (QueryBudget) throws(ServiceError) -> Value
  ) async throws(ServiceError) -> Value {
    let outcome = await threads.run(.init(time: timeLimit)) { budget -> Result<Value, ServiceError> in
      do throws(ServiceError) { return .success(try body(budget)) } catch { return .failure(error) }
    }
    switch outcome {
    case .success(let result): return try result.get()
    case .failure(.throttled):
      throw .timestream("ThrottlingException", "More than \(QueryThreads.limit) queries run at the moment.")
    case .failure(.cancelled): throw .timestream(.failed("the query was cancelled"))
    }
  }

  /// What a query may take that runs on the caller's own thread.
  func budget() -> QueryBudget { QueryBudget(.init(time: timeLimit)) }

  // MARK: Query

  /// What a request asks for, where it is there already: a further page, or the answer to the same client token.
  func known(_ request: QueryRequest) throws(ServiceError) -> Answer? {
    if let token = request.token { return try results.page(token, request, now: now) }
    return try results.repeated(request, now: now)
  }

  /// Runs a query, and gives its first page.
  func answer(_ request: QueryRequest) async throws(ServiceError) -> Answer {
    try await onThread { budget throws(ServiceError) in
      self.results.keep(try self.run(request, now: self.now, budget: budget), request)
    }
  }

  /// Runs a query to its end, on this thread.
  ///
  /// - Parameter parameters: what `@name` is.
  func run(
    _ request: QueryRequest, parameters: QueryPlan.Parameters = .values([:]), now: Int64, budget: QueryBudget
  ) throws(ServiceError) -> QueryResult {
    do throws(QueryError) {
      return try readers.read { connection throws(QueryError) in
        let plan = try compile(request.sql, on: connection, now: now, parameters: parameters, budget: budget)
        var result = QueryResult(
          request, columns: plan.columns, isMetered: plan.isSelect, createdAt: now, share: .init(of: results.memory))
        var writer = JSONWriter(capacity: 256)
        _ = connection.takeBytesRead()
        try plan.forEachRow(on: connection, budget: budget) { row throws(QueryError) in
          guard result.rows.count < Self.rowLimit else {
            throw .failed("the result has more than \(Self.rowLimit) rows, which the local cloud does not keep")
          }
          try result.add(row, with: &writer) { share, bytes throws(QueryError) in
            try results.makeRoom(for: share, bytes)
          }
          return true
        }
        // Without a table nothing is scanned, whatever SQLite looked up.
        result.bytesScanned = plan.reads.isEmpty ? 0 : connection.takeBytesRead()
        if plan.isSelect, request.wantsInsights {
          result.insights = try QueryInsights(of: plan, result, self, connection, now: now, budget: budget).json
        }
        return result
      }
    } catch {
      throw .timestream(error)
    }
  }

  /// What a SELECT would give, and what it leaves open.
  ///
  /// - Parameter use: what can be done with a SELECT alone, for the error.
  func columns(
    of sql: String, now: Int64, parameters: QueryPlan.Parameters, toBe use: String, budget: QueryBudget
  ) throws(QueryError) -> (columns: [QueryColumn], parameters: [QueryPlan.Parameter]) {
    try readers.read { connection throws(QueryError) in
      let plan = try compile(sql, on: connection, now: now, parameters: parameters, budget: budget)
      guard plan.isSelect else {
        throw QueryError("only a SELECT can be \(use)", at: QueryError.Position(line: 1, column: 1))
      }
      return (plan.columns, plan.parameters)
    }
  }

  /// Reads, binds and compiles a query on the catalog that a connection sees.
  func compile(
    _ sql: String, on connection: Connection, now: Int64, parameters: QueryPlan.Parameters, budget: QueryBudget
  ) throws(QueryError) -> QueryPlan {
    try QueryPlan.compile(
      sql, catalog: StoreCatalog(store: store, connection: connection, now: now), budget: budget,
      now: now * 1_000_000, parameters: parameters)
  }
}

extension ServiceError {
  /// A query's error with its name on the wire.
  static func timestream(_ error: QueryError) -> ServiceError {
    switch error.kind {
    case .invalid: timestream("ValidationException", error.text)
    case .failed: timestream("QueryExecutionException", error.text)
    case .unreadable: timestream("InternalServerException", error.text, status: 500)
    }
  }
}
