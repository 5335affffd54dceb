import Foundation
import SQLiteStore
import Testing

@testable import TimestreamSQL

/// What a query costs is counted, not timed: the nodes that were made or visited, and the bytes of SQL that were written.
@Suite struct QueryBudgetTests {
  /// Compiles on a thread with the stack that ``QueryBudget/stack`` promises to be enough.
  static func compile(_ text: String, _ limits: QueryBudget.Limits = .init()) async -> (
    budget: QueryBudget, plan: Result<QueryPlan, QueryError>
  ) {
    await onStack {
      let budget = QueryBudget(limits)
      do throws(QueryError) {
        return (budget, .success(try .compile(text, catalog: QueryPlanTests.Weather(), budget: budget, now: 0)))
      } catch { return (budget, .failure(error)) }
    }
  }

  /// Runs a body on such a thread.
  static func onStack<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.stackSize = QueryBudget.stack
      thread.start()
    }
  }

  static func repeating(_ part: String, _ count: Int, _ separator: String = "") -> String {
    Array(repeating: part, count: count).joined(separator: separator)
  }

  /// Queries of a size.
  static let lists: [(name: String, text: @Sendable (Int) -> String)] = [
    ("OR", { "SELECT 1 FROM weather.readings WHERE " + repeating("temperature = 1", $0 * 50, " OR ") }),
    ("OR as a value", { "SELECT " + repeating("1/1 = 1", $0 * 50, " OR ") }),
    ("AND in OR as a value", { "SELECT " + repeating("(true AND 1/1 = 1 AND 1/2 = 1)", $0 * 10, " OR ") }),
    (
      "GROUP BY",
      { count in
        let keys = (0..<(count * 5)).map { "temperature + \($0)" }.joined(separator: ", ")
        return "SELECT \(keys) FROM weather.readings GROUP BY \(keys)"
      }
    ),
    (
      "GROUP BY ordinals",
      { count in
        let numbers = 1...(count * 5)
        return "SELECT \(numbers.map { "temperature + \($0)" }.joined(separator: ", ")) FROM weather.readings GROUP BY "
          + numbers.map(String.init).joined(separator: ", ")
      }
    ),
    (
      "ORDER BY names",
      { count in
        let names = (1...(count * 10)).map { "c\($0)" }
        return "SELECT \(names.map { "1 \($0)" }.joined(separator: ", ")) ORDER BY \(names.joined(separator: ", "))"
      }
    ),
    (
      "common tables",
      { count in
        "WITH " + (0..<(count * 5)).map { "t\($0) AS (SELECT \($0) x)" }.joined(separator: ", ") + " SELECT x FROM t1"
      }
    ),
    ("lambdas", { "SELECT " + repeating("transform(array[1], x -> x + 1 + x)", $0 * 5, ", ") }),
    ("IN", { "SELECT 1 IN (" + repeating("1, ", $0 * 50) + "2)" }),
    ("joins", { "SELECT 1 FROM " + repeating("(SELECT 1 x) a", $0, " CROSS JOIN ") }),
  ]

  @Test("Ten times the query is ten times the work", arguments: lists.indices) func linear(index: Int) async throws {
    let (name, text) = Self.lists[index]
    let (small, smallPlan) = await Self.compile(text(10))
    let (large, largePlan) = await Self.compile(text(100))
    _ = try (smallPlan.get(), largePlan.get())
    #expect(Double(large.nodes) < 12 * Double(small.nodes), "\(name): \(small.nodes), \(large.nodes) nodes")
    #expect(Double(large.bytes) < 13 * Double(small.bytes), "\(name): \(small.bytes), \(large.bytes) bytes")
  }

  @Test("Constants that SQLite would compare with each other are few") func constants() async throws {
    func values(_ condition: (Int) -> String) async throws -> Int {
      let text = "SELECT 1 FROM weather.readings WHERE " + (0..<20_000).map(condition).joined(separator: " OR ")
      guard case .sql(_, let values) = try await Self.compile(text).plan.get().work else { return -1 }
      return values.count
    }
    #expect(try await values { "station = '\($0)'" } == 2)
    #expect(try await values { _ in "1 = 2" } == 2)
    let error = await #expect(throws: QueryError.self) { try await values { "time > timestamp '1970-01-01' + \($0)s" } }
    #expect(error?.message == "the query is too large: it has more than 10000 constants")
    let list = (0..<20_000).map(String.init).joined(separator: ", ")
    guard case .sql(_, let one) = try await Self.compile("SELECT 1 IN (\(list))").plan.get().work else { return }
    #expect(one.count == 2)
  }

  @Test("Long lists and alternatives hold what the short ones hold", arguments: [10, 1000]) func long(count: Int) throws
  {
    let names = ["'north'"] + (1..<count).map { "'\($0)'" }
    let connection = try QueryPlanTests.connection()
    let select = "SELECT count(*) c FROM weather.readings WHERE"
    #expect(
      try QueryPlanTests.rows("\(select) station IN (\(names.joined(separator: ", ")))", connection) == [
        "c bigint", "2",
      ])
    #expect(
      try QueryPlanTests.rows("\(select) station NOT IN (\(names.joined(separator: ", ")), NULL)", connection)
        == ["c bigint", "0"])
    #expect(
      try QueryPlanTests.rows(
        "\(select) " + names.map { "station = \($0)" }.joined(separator: " OR "), connection) == ["c bigint", "2"])
    let numbers = [2.5] + (1..<count).map { Double($0) * 1000 }
    #expect(
      try QueryPlanTests.rows(
        "\(select) " + numbers.map { "temperature = \($0)" }.joined(separator: " OR "), connection)
        == ["c bigint", "1"])
  }

  /// Queries within queries, each level the same text around the one below.
  static let chains: [(name: String, before: String, middle: String, after: String)] = [
    ("counted", "count(*)+(SELECT ", "count(*)", ")"),
    ("tried", "count(*)+try((SELECT ", "count(*)", "))"),
    ("compared", "if(count(*) = all(SELECT ", "count(*)", "), 1, 2)"),
    ("existing", "count(*) > 0 AND exists(SELECT ", "count(*) > 1", ")"),
    ("correlated", "max(temperature)+(SELECT ", "max(temperature)", " FROM weather.readings)"),
  ]

  @Test("A query within a query is bound once", arguments: chains.indices) func nested(index: Int) async throws {
    let (name, before, middle, after) = Self.chains[index]
    func text(_ count: Int) -> String {
      "SELECT " + Self.repeating(before, count) + middle + Self.repeating(after, count) + " FROM weather.readings"
    }
    let (small, smallPlan) = await Self.compile(text(4))
    let (large, largePlan) = await Self.compile(text(40))
    _ = try (smallPlan.get(), largePlan.get())
    #expect(large.nodes < 12 * small.nodes, "\(name): \(small.nodes), \(large.nodes) nodes")
  }

  @Test("Depth is counted through subqueries", arguments: [(60, 190), (30, 190), (150, 1), (2, 120)])
  func depth(queries: Int, terms: Int) async throws {
    let end = ")" + Self.repeating("+1", terms)
    for start in ["SELECT (", "SELECT abs(1) FROM unnest(array[("] {
      let close = start.contains("unnest") ? end + "])" : end
      let text = Self.repeating(start, queries) + "SELECT 1" + Self.repeating(close, queries)
      guard case .failure(let error) = await Self.compile(text).plan else {
        Issue.record("it was compiled")
        continue
      }
      #expect(error.message == "the expression is nested deeper than 200")
    }
  }

  /// Queries that nest one thing in itself, with what they answer, and how deep they may be at least. It is less than the budget's depth
  /// where one level becomes several of SQLite's, whose parser before version 3.46 has a stack of 100.
  static let towers: [(name: String, least: Int, text: @Sendable (Int) -> String, answer: @Sendable (Int) -> String)] =
    [
      ("call", 30, { "SELECT " + repeating("abs(", $0) + "1" + repeating(")", $0) }, { _ in "1" }),
      ("try", 10, { "SELECT " + repeating("try(", $0) + "1" + repeating(")", $0) }, { _ in "1" }),
      ("coalesce", 18, { "SELECT " + repeating("coalesce(NULL, ", $0) + "1" + repeating(")", $0) }, { _ in "1" }),
      ("sum", 198, { "SELECT 1" + repeating("+1", $0) }, { "\($0 + 1)" }),
      ("concatenation", 200, { "SELECT length('a'" + repeating("||'a'", $0) + ")" }, { "\($0 + 1)" }),
      ("NOT", 200, { "SELECT " + repeating("NOT ", $0 / 2 * 2) + "true" }, { _ in "true" }),
      ("AND", 31, { "SELECT " + repeating("(true AND ", $0) + "true" + repeating(")", $0) }, { _ in "true" }),
      ("CASE", 18, { "SELECT " + repeating("CASE WHEN true THEN ", $0) + "1" + repeating(" END", $0) }, { _ in "1" }),
      ("cast", 198, { "SELECT " + repeating("cast(", $0) + "1" + repeating(" AS bigint)", $0) }, { _ in "1" }),
      ("array", 15, { "SELECT " + repeating("array[", $0) + "1" + repeating("][1]", $0) }, { _ in "1" }),
      ("scalar query", 5, { "SELECT " + repeating("(SELECT ", $0) + "1" + repeating(")", $0) }, { _ in "1" }),
      ("IN", 8, { "SELECT " + repeating("if(1 IN (SELECT ", $0) + "1" + repeating("), 1, 2)", $0) }, { _ in "1" }),
      ("FROM", 15, { repeating("SELECT x FROM (", $0) + "SELECT 1 AS x" + repeating(")", $0) }, { _ in "1" }),
      (
        "FROM with groups", 15,
        {
          repeating("SELECT count(*) AS x FROM (", $0) + "SELECT 1 AS x" + repeating(") GROUP BY x", $0)
        }, { _ in "1" }
      ),
      (
        "lambdas", 2,
        {
          "SELECT " + repeating("array_max(transform(array[1], x -> ", $0) + "x" + repeating("+1", 150)
            + repeating("))", $0)
        }, { _ in "151" }
      ),
      (
        "reduce", 3,
        {
          "SELECT " + repeating("reduce(array[1], 0, (s, x) -> ", $0) + "s + x" + repeating(", s -> s)", $0)
        }, { _ in "1" }
      ),
    ]

  /// What says that a query is nested too deep.
  private static let refusals = [
    "the expression is nested deeper than 200", "the query is nested deeper, or longer, than SQLite takes",
    "lambdas are nested deeper than 10",
  ]

  @Test("The deepest query of each kind that is not refused is compiled and run", arguments: towers.indices)
  func deepest(index: Int) async throws {
    let (name, least, text, answer) = Self.towers[index]
    /// Whether a query of a depth is answered.
    func fits(_ depth: Int) async throws -> Bool {
      let text = text(depth)
      let outcome = await Self.onStack { Result { try QueryPlanTests.rows(text, QueryPlanTests.connection()) } }
      do {
        #expect(try outcome.get().last == answer(depth), "\(name): \(depth)")
        return true
      } catch let error as QueryError {
        #expect(error.kind == .invalid && Self.refusals.contains(error.message), "\(name): \(depth): \(error)")
        return false
      }
    }
    var (deepest, refused) = (0, 201)
    while refused - deepest > 1 {
      let middle = (deepest + refused) / 2
      if try await fits(middle) { deepest = middle } else { refused = middle }
    }
    #expect(deepest >= least, "\(name): \(deepest)")
    // What SQLite refuses has been read, bound and compiled before.
    for depth in [150, 190, 195, 196, 197, 198, 199, 200] { _ = try await fits(depth) }
  }

  @Test("What stands beside each other is not deep") func beside() async throws {
    let sum = Self.repeating("1", 150, "+")
    let text = "SELECT \(sum), (SELECT \(sum)) FROM (SELECT \(sum)) a WHERE 1 IN (SELECT \(sum))"
    #expect(try await Self.compile(text).plan.get().columns.count == 2)
  }

  /// Small texts that stand for more than there is.
  static let bombs: [(text: String, message: String)] = [
    (
      // The operand stands beside each WHEN.
      "SELECT " + repeating("CASE ", 40) + "1" + repeating(" WHEN 1 THEN 1 WHEN 2 THEN 2 END", 40),
      "the query is too large: it takes more than 1000000 steps to understand"
    ),
    (
      "WITH t0 AS (SELECT row(1, 1) x)"
        + (1...40).map { ", t\($0) AS (SELECT row(x, x) x FROM t\($0 - 1))" }.joined() + " SELECT x FROM t40",
      "the type of the column 'x' has too many parts"
    ),
    (
      "WITH t0 AS (SELECT 1 x)"
        + (1...40).map { ", t\($0) AS (SELECT \(repeating("array[", 20))x\(repeating("]", 20)) x FROM t\($0 - 1))" }
        .joined() + " SELECT x FROM t40",
      "the type of the column 'x' has too many parts"
    ),
    (
      "SELECT " + repeating("transform(array[1], x -> ", 10) + "1" + repeating(")", 10) + " FROM weather.readings, "
        + repeating("weather.readings", 150, ", ") + " WHERE " + repeating("reduce(array[1], 0, (a, b) -> ", 9)
        + repeating("1", 150, "+") + repeating(", s -> s)", 9) + " = 1",
      ""
    ),
  ]

  @Test("What stands for more than a budget is refused", arguments: bombs.indices) func explosions(index: Int)
    async throws
  {
    let (text, message) = Self.bombs[index]
    let (budget, plan) = await Self.compile(text)
    #expect(budget.nodes <= budget.limits.nodes + 10_000)
    guard !message.isEmpty else { return }
    guard case .failure(let error) = plan else {
      Issue.record("it was compiled")
      return
    }
    #expect(error.message == message)
    #expect(error.kind == .invalid)
  }

  @Test("A budget without time, and one that was cancelled, end the binding of a query") func over() async throws {
    let text = "SELECT " + Self.repeating("1", 2000, ", ")
    let (_, late) = await Self.compile(text, .init(time: .zero))
    #expect(throws: QueryError.failed("the query took longer than its time limit and was cancelled")) {
      try late.get()
    }
    let budget = QueryBudget()
    budget.cancel()
    #expect(throws: QueryError.failed("the query was cancelled")) {
      try QueryPlan.compile(text, catalog: QueryPlanTests.Weather(), budget: budget, now: 0)
    }
    let (_, small) = await Self.compile("SELECT 'some text'", .init(bytes: 5))
    #expect(throws: QueryError("the query is too large: it becomes more than 5 bytes of SQL", at: nil)) {
      try small.get()
    }
  }
}
