import SQLiteStore
import Testing

@testable import TimestreamSQL

/// What SQLite refuses, in the service's words: none of SQLite's own, nor a name from the SQL that it was given.
@Suite struct QueryErrorTests {
  private static let large = "the query is nested deeper, or longer, than SQLite takes"

  @Test(
    "Each code of SQLite has words",
    arguments: [
      (7, "out of memory", "the query needs more memory than the local cloud has for queries"),
      (18, "string or blob too big", "a value is larger than 4 MB"),
      (13, "database or disk is full", "the query needs more room for temporary files than there is"),
      (9, "interrupted", "the query took longer than its time limit and was cancelled"),
      (5, "database is locked", "the data of the local cloud is in use by another program"),
      (17, "database schema has changed", "a table was deleted or changed while the query began"),
      (1, "no such table: series_7", "a table was deleted or changed while the query began"),
      (1, "no such column: s0.c1", "a table was deleted or changed while the query began"),
      (1, "integer overflow", "bigint overflow"), (1, "timestream: Division by zero", "Division by zero"),
      (1, "anything else at all in ts_x", "the query cannot be run"),
    ] as [(Int32, String, String)])
  func codes(code: Int32, message: String, words: String) {
    #expect(QueryError(DatabaseError(code: code, message: message, sql: "SELECT 1")) == .failed(words))
  }

  @Test(
    "Data that cannot be read are no fault of the query",
    arguments: [
      (11, "database disk image is malformed", "the data of the local cloud is damaged"),
      (26, "file is not a database", "the data of the local cloud is damaged"),
      (10 | 2 << 8, "disk I/O error", "the data of the local cloud cannot be read"),
      (14, "unable to open database file", "the data of the local cloud cannot be read"),
    ] as [(Int32, String, String)])
  func unreadable(code: Int32, message: String, words: String) {
    #expect(QueryError(DatabaseError(code: code, message: message, sql: "SELECT 1")) == .unreadable(words))
  }

  @Test(
    "What SQLite does not take is told without its words",
    arguments: [
      ("SELECT \(QueryBudgetTests.repeating("abs(", 60))1\(QueryBudgetTests.repeating(")", 60))", large),
      ("SELECT \(QueryBudgetTests.repeating("1", 2001, ", "))", large),
      ("SELECT 1 FROM \(QueryBudgetTests.repeating("(SELECT 1)", 70, ", "))", large),
      (
        "SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x)", "bigint overflow"
      ),
      (
        "SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN x PRECEDING AND CURRENT ROW) FROM (SELECT -1 AS x)",
        "Window frame offset value must not be negative or null"
      ),
      (
        "SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN CURRENT ROW AND x FOLLOWING) FROM (SELECT cast(null AS bigint) AS x)",
        "Window frame offset value must not be negative or null"
      ),
    ])
  func statements(text: String, message: String) throws {
    let error = #expect(throws: QueryError.self) { try QueryPlanTests.rows(text, QueryPlanTests.connection()) }
    #expect(error?.message == message)
    #expect(error?.kind == (message == Self.large ? .invalid : .failed))
  }
}
