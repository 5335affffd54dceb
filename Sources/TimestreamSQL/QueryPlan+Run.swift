import CSQLite
public import SQLiteStore

extension QueryPlan {
  /// Runs the plan, and calls a body for each row until it returns false.
  ///
  /// Values that have parts are bytes, which the type of their column writes: ``TimestreamType/write(_:into:)``.
  ///
  /// - Parameters:
  ///   - connection: to the database in which the catalog's tables are, prepared by `prepareForQueries`.
  ///   - budget: that with which the plan was compiled, or another where it runs again.
  ///   - body: is given the values of a row, one for each column.
  /// - Throws: ``QueryError`` of the kind ``QueryError/Kind/failed``, or what the body throws.
  public func forEachRow(
    on connection: Connection, budget: QueryBudget, _ body: ([SQLValue]) throws(QueryError) -> Bool
  ) throws(QueryError) {
    do {
      try connection.limited(by: budget) {
        switch work {
        case .sql(let sql, let values):
          try connection.forEach(sql, values) { row in
            // Before anything is copied: its JSON is longer.
            guard row.size <= budget.limits.row else { throw QueryError.rowTooLarge }
            return try body(row.values)
          }
        case .measures(let table, let pattern):
          for row in try MeasureListing.rows(of: table, like: pattern, connection) where try !body(row) { return }
        }
      }
    } catch let error as QueryError {
      throw error
    } catch let error as DatabaseError {
      throw budget.fault ?? QueryError(error)
    } catch { throw .failed("the query failed: \(error)") }
  }
}

extension QueryError {
  /// What SQLite refuses, without its SQL: the names in that are nobody's business.
  public init(_ error: DatabaseError) {
    self =
      if let fault = QueryFault.words(in: error.message) {
        .failed(fault)
      } else {
        switch error.code & 0xFF {
        case SQLITE_TOOBIG: .failed(NativeFunction.tooLarge.message)
        case SQLITE_NOMEM: .outOfMemory
        case SQLITE_FULL: .failed("the query needs more room for temporary files than there is")
        case SQLITE_INTERRUPT: .failed("the query took longer than its time limit and was cancelled")
        case SQLITE_BUSY, SQLITE_LOCKED: .failed("the data of the local cloud is in use by another program")
        case SQLITE_CORRUPT, SQLITE_NOTADB: .unreadable("the data of the local cloud is damaged")
        case SQLITE_IOERR, SQLITE_CANTOPEN: .unreadable("the data of the local cloud cannot be read")
        case SQLITE_SCHEMA: .tableChanged
        default: Self.words.first { error.message.contains($0.part) }?.error ?? .failed("the query cannot be run")
        }
      }
  }

  static let outOfMemory = failed("the query needs more memory than the local cloud has for queries")
  static let rowTooLarge = failed("Query aborted as max page response size has been exceeded by the output result row")
  private static let tableChanged = failed("a table was deleted or changed while the query began")
  private static let tooLarge = QueryError("the query is nested deeper, or longer, than SQLite takes", at: nil)

  /// What SQLite says of a statement that it cannot prepare, or that fails while it runs, under one code for all of them.
  private static let words: [(part: String, error: QueryError)] = [
    ("no such table", tableChanged), ("no such column", tableChanged), ("parser stack overflow", tooLarge),
    ("Expression tree is too large", tooLarge), ("too many", tooLarge), ("tables in a join", tooLarge),
    ("terms", tooLarge), ("integer overflow", failed("bigint overflow")),
    ("frame starting offset", frameOffset), ("frame ending offset", frameOffset),
    // What is too small has been refused before; of null SQLite says that it is not positive.
    ("second argument to nth_value", failed("Offset must not be null")),
    ("argument of ntile", failed("Buckets must not be null")),
  ]
  private static let frameOffset = failed("Window frame offset value must not be negative or null")

  /// Reads for a query, in whose words a failure is told.
  static func reading<Value>(_ body: () throws(DatabaseError) -> Value) throws(QueryError) -> Value {
    do throws(DatabaseError) { return try body() } catch { throw QueryError(error) }
  }
}
