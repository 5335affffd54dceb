import SQLiteStore
import Testing

@testable import TimestreamSQL

/// What queries hold while they run, in bytes that are counted: each has a bound, and so have all together.
@Suite struct QueryMemoryTests {
  private static let megabyte = 1 << 20

  /// What a query answers, and the most that it held.
  static func answer(
    _ text: String, _ limits: QueryBudget.Limits = .init(), memory: QueryMemory = .init(limit: 1 << 30)
  ) throws -> (rows: [String], most: Int) {
    let connection = try QueryPlanTests.connection()
    let execution = try #require(connection.attachment as? Execution)
    let budget = QueryBudget(limits, memory: memory)
    let plan = try QueryPlan.compile(text, catalog: QueryPlanTests.Weather(), budget: budget, now: 0)
    var rows: [String] = []
    do throws(QueryError) {
      try plan.forEachRow(on: connection, budget: budget) { row throws(QueryError) in
        rows.append(zip(plan.columns, row).map { $0.type.text($1) ?? "∅" }.joined(separator: "|"))
        return true
      }
    } catch { rows.append("\(error.kind): \(error.message)") }
    // Whatever came of it.
    #expect(memory.bytes == 0)
    return (rows, execution.mostHeldBytes)
  }

  /// Calls that hold some megabytes each.
  static let large = [
    "SELECT cardinality(array_agg(rpad('a', 1000, 'a'))) FROM UNNEST(sequence(1, 2500)) AS t(x)",
    "SELECT length(reverse(rpad('a', 400000, 'a')))",
    "SELECT cardinality(array_distinct(split(rpad('a', 100000, 'ab'), 'b')))",
    "SELECT count(*) FROM UNNEST(split(rpad('a', 400000, 'ab'), 'b')) AS t(x)",
    "SELECT reduce(split(rpad('a', 400000, 'ab'), 'b'), 0, (s, x) -> s, s -> s)",
    "SELECT count(*) FROM UNNEST(repeat(rpad('a', 1000, 'a'), 800)) a(x) CROSS JOIN UNNEST(repeat(rpad('a', 1000, 'a'), 800)) b(y) CROSS JOIN UNNEST(repeat(rpad('a', 1000, 'a'), 800)) c(z) LIMIT 1",
  ]

  @Test("A query ends where its functions and aggregations hold more than its budget", arguments: large)
  func one(text: String) throws {
    let (rows, most) = try Self.answer(text, .init(memory: 2 * Self.megabyte))
    #expect(rows == ["failed: the query holds more than 2 MB in its functions and aggregations"])
    #expect(most <= 2 * Self.megabyte)
  }

  @Test("A query ends where all together hold more than there is for them", arguments: large)
  func all(text: String) throws {
    let (rows, most) = try Self.answer(text, memory: .init(limit: 2 * Self.megabyte))
    #expect(rows == ["failed: all queries together hold more than 2 MB in their functions and aggregations"])
    #expect(most <= 2 * Self.megabyte)
  }

  @Test("TRY does not keep a query that holds too much") func tried() throws {
    let (rows, _) = try Self.answer(
      "SELECT try(cardinality(split(rpad('a', 999999, 'a'), 'b')))", .init(memory: Self.megabyte))
    #expect(rows == ["failed: the query holds more than 1 MB in its functions and aggregations"])
  }

  @Test(
    "What a call needs it gives back: ten times the rows hold as much",
    arguments: [
      "sum(cardinality(array_distinct(split(rpad('a', 20000, 'ab'), 'b'))))",
      "sum(reduce(split(rpad(cast(x AS varchar), 20000, 'ab'), 'b'), 0, (s, y) -> s + 1, s -> s))",
      "max(length(reverse(rpad(cast(x AS varchar), 20000, 'ab'))))",
    ])
  func givenBack(call: String) throws {
    func most(_ count: Int) throws -> Int {
      try Self.answer("SELECT \(call) FROM (SELECT x FROM UNNEST(sequence(1, \(count))) AS t(x))").most
    }
    let (few, many) = (try most(3), try most(30))
    #expect(few > 10_000)
    // The longer sequence is all that is more.
    #expect(many <= few + 40 * 9)
  }

  @Test("A list is unnested in as much as it has, however often") func unnested() throws {
    func most(_ count: Int) throws -> Int {
      try Self.answer(
        "SELECT count(*) FROM UNNEST(sequence(1, \(count))) AS t(x) CROSS JOIN UNNEST(repeat(rpad('a', 1000, 'a'), 100)) AS u(y)"
      ).most
    }
    let (few, many) = (try most(3), try most(30))
    #expect(few > 100_000 && many <= few + 40 * 9)
  }

  @Test("A row that no page takes is refused before it is copied") func row() throws {
    let half = "rpad('a', 500001, 'a')"
    #expect(
      try Self.answer("SELECT \(half), \(half)").rows == [
        "failed: Query aborted as max page response size has been exceeded by the output result row"
      ])
    #expect(try Self.answer("SELECT length(\(half)), length(\(half))").rows == ["500001|500001"])
  }

  @Test("A value is no larger than 4 MB, whoever makes it") func values() throws {
    let million = "rpad('a', 1000000, 'a')"
    for large in [
      "\(million) || \(million) || \(million) || \(million) || \(million)", "replace(\(million), 'a', 'bbbbb')",
      "array_join(repeat('a', 100000), rpad('b', 100, 'b'))",
    ] {
      #expect(try Self.answer("SELECT length(\(large))").rows == ["failed: a value is larger than 4 MB"])
    }
  }

  @Test("A query ends where SQLite itself takes too much for its values") func sqlite() throws {
    let columns = (0..<40).map { _ in "length(t.x || t.x || t.x || t.x)" }.joined(separator: ", ")
    #expect(
      try Self.answer(
        "SELECT \(columns) FROM UNNEST(array[rpad('a', 1000000, 'a')]) AS t(x)",
        memory: .init(limit: 1 << 30, sqliteLimit: 1)
      ).rows == ["failed: the query needs more memory than the local cloud has for queries"])
  }

  // MARK: Common tables

  @Test("Common tables are paid for by what they take, as often as they are used") func commonTables() async throws {
    func text(_ size: Int, _ uses: Int) -> String {
      let list = Array(repeating: "1/1", count: size).joined(separator: ", ")
      let tables = (0..<uses).map { "(SELECT x FROM a) t\($0)" }.joined(separator: " UNION ALL SELECT 1 FROM ")
      return "WITH a AS (SELECT 1 IN (\(list)) AS x) SELECT 1 FROM \(tables)"
    }
    let (once, oncePlan) = await QueryBudgetTests.compile(text(1000, 1))
    let (often, oftenPlan) = await QueryBudgetTests.compile(text(1000, 11))
    _ = (try oncePlan.get(), try oftenPlan.get())
    let table = 1000 * "ts_divide(?1, ?1), ".utf8.count
    #expect(once.bytes > 2 * table && often.bytes > once.bytes + 10 * table)
    // A small text, of which SQLite would make far more than it may take.
    let doubled = (1...10).map { ", t\($0) AS (SELECT x FROM t\($0 - 1) UNION ALL SELECT x FROM t\($0 - 1))" }.joined()
    let list = Array(repeating: "1/1", count: 1000).joined(separator: ", ")
    let (budget, plan) = await QueryBudgetTests.compile(
      "WITH t0 AS (SELECT 1 IN (\(list)) AS x)\(doubled) SELECT x FROM t10")
    guard case .failure(let error) = plan else {
      Issue.record("it was compiled")
      return
    }
    #expect(error.message == "the query is too large: it becomes more than 8388608 bytes of SQL")
    #expect(budget.nodes < 50_000)
  }
}
