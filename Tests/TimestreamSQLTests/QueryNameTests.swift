import CacheSupport
import SQLiteStore
import Testing

@testable import TimestreamSQL

/// Names are bytes, in which the capitals of ASCII alone are the same as small letters.
@Suite struct QueryNameTests {
  /// The two spellings of é, and another letter that Unicode has in two sizes.
  static let (one, other) = ("\u{E9}", "e\u{301}")

  struct Catalog: QueryCatalog {
    func databases() -> [String] { ["d"] }
    func tables(of database: String) -> [String]? { ["t"] }
    func table(_ name: String, of database: String) -> QueryTable? {
      QueryTable(
        database: "d", name: "t",
        columns: [
          .init(QueryNameTests.one, .measure, .bigint, stored: "a"),
          .init(QueryNameTests.other, .measure, .bigint, stored: "b"),
        ], source: .rows("t"))
    }
  }

  static func plan(_ text: String, _ parameters: QueryPlan.Parameters = .values([:])) throws -> QueryPlan {
    try QueryPlan.compile(text, catalog: Catalog(), budget: QueryBudget(), now: 0, parameters: parameters)
  }

  static func answer(_ text: String) throws -> [String] {
    let connection = try Connection(path: ":memory:", readOnly: false)
    try connection.prepareForQueries()
    try connection.execute("CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 2)")
    do {
      let plan = try plan(text)
      var rows: [String] = []
      try plan.forEachRow(on: connection, budget: QueryBudget()) { row in
        rows.append(zip(plan.columns, row).map { $0.type.text($1) ?? "∅" }.joined(separator: "|"))
        return true
      }
      return rows
    } catch let error as QueryError { return [error.text] }
  }

  @Test(
    "Names that Swift takes as equal are two",
    arguments: [
      ("SELECT \"\(one)\", \"\(other)\" FROM d.t", "1|2"),
      ("SELECT \"\(one)\".x, \"\(other)\".x FROM (SELECT 1 x) \"\(one)\", (SELECT 2 x) \"\(other)\"", "1|2"),
      ("SELECT \"\(other)\".x FROM (SELECT 1 x) \"\(one)\"", "line 1:8: Column '\(other).x' does not exist"),
      ("SELECT \"\(other)\".* FROM (SELECT 1 x) \"\(one)\"", "line 1:8: Unable to resolve reference \(other)"),
      (
        "SELECT r.\"\(one)\", r.\"\(other)\" FROM (SELECT cast(row(1, 2) AS row(\"\(one)\" bigint, \"\(other)\" bigint)) r)",
        "1|2"
      ),
      ("SELECT reduce(array[5], 0, (\"\(one)\", \"\(other)\") -> \"\(other)\", s -> s)", "5"),
      ("WITH \"\(one)\" AS (SELECT 1 x), \"\(other)\" AS (SELECT 2 x) SELECT x FROM \"\(other)\"", "2"),
      ("SELECT max(transform(array[1], \"\(one)\" -> \"\(other)\")[1]) FROM d.t", "2"),
      // Capitals of ASCII are small letters, others are letters of their own.
      ("SELECT A.X FROM (SELECT 1 x) a", "1"), ("SELECT r.A FROM (SELECT cast(row(1) AS row(a bigint)) r)", "1"),
      ("SELECT \"Ä\" FROM (SELECT 1 AS \"ä\")", "line 1:8: Column 'Ä' does not exist"),
      ("SELECT \"Ä\".x FROM (SELECT 1 x) \"ä\"", "line 1:8: Column 'Ä.x' does not exist"),
    ])
  func names(text: String, answer: String) throws { #expect(try Self.answer(text) == [answer]) }

  @Test("Parameters, and what a WHERE leaves of a column, are told apart by bytes") func parameters() throws {
    // Å and the sign of the unit, both letters.
    let (letter, unit) = ("\u{C5}", "\u{212B}")
    let text = "SELECT \"\(Self.one)\" < @\(letter), '' < @\(unit) FROM d.t"
    let open = try Self.plan(text, .open)
    #expect(open.parameters.map { "\($0.type.name)" } == ["bigint", "varchar"])
    let error = #expect(throws: QueryError.self) { try Self.plan(text, .values([letter: (.integer(1), .bigint)])) }
    #expect(error.map { ByteText($0.message) } == ByteText("The query parameter '@\(unit)' has no value"))
    let connection = try Connection(path: ":memory:", readOnly: false)
    try connection.prepareForQueries()
    let read = try Self.plan("SELECT 1 FROM d.t WHERE \"\(Self.one)\" = 5").reads[0]
    #expect(try read.bounds(of: Self.one, on: connection, budget: QueryBudget()).from == .integer(5))
    #expect(try read.bounds(of: Self.other, on: connection, budget: QueryBudget()).from == nil)
  }

  @Test("The members of two rows have one name where its bytes are") func members() {
    func row(_ name: String) -> TimestreamType { .row([.init(name: name, type: .bigint)]) }
    #expect(row(Self.one) != row(Self.other))
    #expect(TimestreamType.common(row(Self.one), row(Self.other)) == .row([.init(name: nil, type: .bigint)]))
  }
}

/// Intervals divided by numbers.
@Suite struct IntervalDivisionTests {
  @Test(
    "An interval by a number is rounded towards zero, and not by way of a double",
    arguments: [
      ("49s / 49", "0 00:00:01.000000000"), ("1ns / 2", "0 00:00:00.000000000"),
      ("-7ns / 2", "-0 00:00:00.000000003"), ("interval '-7' second / 2", "-0 00:00:03.500000000"),
      ("9007199254740993ns / 1", "104 05:59:59.254740993"), ("1h / 0.5", "0 02:00:00.000000000"),
      ("1s / 3.0", "0 00:00:00.333333333"), ("1h / 0", "failed: Division by zero"),
      ("1h / 0.0", "failed: Division by zero"), ("1d / 1e-300", "failed: interval overflow"),
      ("1d / nan()", "failed: interval overflow"), ("1h / cast(null AS bigint)", "∅"), ("try(1h / 0)", "∅"),
      ("interval '7' month / 2", "0-3"), ("interval '1' year / 0", "failed: Division by zero"),
    ])
  func divided(expression: String, answer: String) throws { #expect(try SQLFunctionTests.answer(expression) == answer) }
}
