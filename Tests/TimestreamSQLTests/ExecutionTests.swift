import SQLiteStore
import Testing

@testable import TimestreamSQL

/// What queries cost while they run, counted; and how they end.
@Suite struct ExecutionTests {
  /// The work of a query's functions.
  static func work(_ text: String) throws -> Int {
    let connection = try QueryPlanTests.connection()
    let execution = try #require(connection.attachment as? Execution)
    _ = try QueryPlanTests.rows(text, connection)
    return execution.work
  }

  private static func numbers(_ count: Int) -> String {
    "(SELECT cast(t.x AS double) AS x FROM (SELECT 1 AS one) CROSS JOIN UNNEST(sequence(1, \(count))) AS t(x))"
  }

  @Test(
    "Aggregates over windows cost as much for each row, however many there are before",
    arguments: [
      "stddev(x)", "variance(x)", "skewness(x)", "kurtosis(x)", "corr(x, x)", "covar_pop(x, x)", "max_by(x, x)",
      "min_by(x, -x)", "bitwise_or_agg(cast(x AS bigint))", "max(x, 3)", "sum(sqrt(x))",
      "sum(x)", "avg(x)", "sum(cast(x AS bigint))", "last_value(x) IGNORE NULLS", "first_value(x) IGNORE NULLS",
    ])
  func windows(call: String) throws {
    for frame in ["", " ROWS BETWEEN 100 PRECEDING AND CURRENT ROW", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"] {
      // The n largest of a frame whose rows go are looked for again: that is told by the frame, not by the rows.
      if call.hasPrefix("max(x, 3)"), frame.contains("100") { continue }
      func work(_ count: Int) throws -> Int {
        try Self.work(
          "SELECT max(y) FROM (SELECT cast(\(call.hasPrefix("max(x,") ? "cardinality(\(call) OVER (ORDER BY x\(frame)))" : "\(call) OVER (ORDER BY x\(frame))") AS double) AS y FROM \(Self.numbers(count)))"
        )
      }
      let (small, large) = (try work(500), try work(5000))
      #expect(small > 500 && large <= 13 * small, "\(frame)")
    }
  }

  @Test("reduce costs as much for each item, however long the list is") func reduce() throws {
    func work(_ count: Int) throws -> Int {
      try Self.work("SELECT reduce(sequence(1, \(count)), 0, (s, x) -> s + x, s -> s)")
    }
    let (small, large) = (try work(1000), try work(10_000))
    #expect(small > 1000 && large <= 11 * small)
  }

  @Test("Windows whose rows go give what the same rows give as a group") func sliding() throws {
    let calls = ["stddev(x)", "kurtosis(x)", "skewness(x)", "corr(x, y)", "regr_slope(x, y)", "sum(sqrt(x))"]
    let rows = (0..<40).map { "(\($0), \(($0 * 7919) % 101) + 0.5, \(($0 * 104_729) % 97) + 0.25)" }.joined(
      separator: ", ")
    let table = "(VALUES \(rows)) t(i, x, y)"
    for call in calls {
      let windows = try QueryPlanTests.rows(
        "SELECT \(call) OVER (ORDER BY i ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM \(table) ORDER BY i",
        QueryPlanTests.connection()
      ).dropFirst()
      for (row, window) in windows.enumerated() {
        let group = try QueryPlanTests.rows(
          "SELECT \(call) FROM \(table) WHERE i BETWEEN \(row - 6) AND \(row)", QueryPlanTests.connection())[1]
        guard let one = Double(window), let other = Double(group), one.isFinite else {
          #expect(window == group, "\(call) \(row)")
          continue
        }
        #expect(abs(one - other) <= 1e-9 * max(1, abs(other)), "\(call) \(row)")
      }
    }
  }

  @Test("A pattern is compiled once in a query") func patterns() throws {
    let connection = try QueryPlanTests.connection()
    let execution = try #require(connection.attachment as? Execution)
    let before = execution.compiledPatterns
    _ = try QueryPlanTests.rows(
      "SELECT count(*) FROM \(Self.numbers(500)) WHERE regexp_like(cast(x AS varchar), '^[0-9]+')", connection)
    #expect(execution.compiledPatterns - before == 1)
  }

  @Test(
    "A query that is cancelled ends at its next step, also within TRY",
    arguments: [
      "SELECT reduce(sequence(1, 9000), 0, (s, x) -> s + x, s -> s) FROM \(numbers(5000))",
      "SELECT try(reduce(sequence(1, 9000), 0, (s, x) -> s + x, s -> s)) FROM \(numbers(5000))",
      "SELECT count(*) FROM \(numbers(9000)) a CROSS JOIN \(numbers(9000)) b CROSS JOIN \(numbers(9000)) c",
      "SELECT stddev(a.x) OVER (ORDER BY a.x) FROM \(numbers(9000)) a CROSS JOIN \(numbers(9000)) b",
    ])
  func cancelled(text: String) throws {
    let (connection, budget) = (try QueryPlanTests.connection(), QueryBudget())
    let plan = try QueryPlan.compile(text, catalog: QueryPlanTests.Weather(), budget: budget, now: 0)
    budget.cancel()
    #expect { try plan.forEachRow(on: connection, budget: budget) { _ in true } } throws: {
      ($0 as? QueryError)?.message == "the query was cancelled"
    }
    #expect(try QueryPlanTests.rows("SELECT 1", connection) == ["_col0 integer", "1"])
  }
}
