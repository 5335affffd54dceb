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
        case .sql(let sql, let values): try connection.forEach(sql, values) { row in try body(row.values) }
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
    let message = error.message
    if message.contains("parser stack") || message.contains("too many") || message.contains("terms") {
      self.init("the query is nested deeper, or longer, than SQLite takes: \(message)", at: nil)
    } else if let fault = QueryFault.words(in: message) {
      self = .failed(fault)
    } else if message.contains("too big") {
      self = .failed(NativeFunction.tooLarge.message)
    } else if message.contains("no such table") || message.contains("no such column: s")
      || message.contains("no such column: r")
    {
      self = .failed("a table was deleted or changed while the query began")
    } else if message.contains("interrupted") {
      self = .failed("the query took longer than its time limit and was cancelled")
    } else if message.contains("overflow") {
      self = .failed("bigint overflow")
    } else if message.contains("ESCAPE") {
      self = .failed("Escape string must be a single character")
    } else {
      self = .failed("the query failed: \(message)")
    }
  }

  /// Reads for a query, in whose words a failure is told.
  static func reading<Value>(_ body: () throws(DatabaseError) -> Value) throws(QueryError) -> Value {
    do throws(DatabaseError) { return try body() } catch { throw QueryError(error) }
  }
}
