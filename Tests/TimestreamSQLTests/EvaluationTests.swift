import SQLiteStore
import Testing

@testable import TimestreamSQL

/// How often operands are worked out: once, and not at all after one that settles the matter.
@Suite struct EvaluationTests {
  private static let rows = "UNNEST(sequence(1, 2000)) AS t(i)"

  /// Each holds for no row of thousands, unless an operand is worked out more than once.
  static let never = [
    "nullif(random(2), 1) = 1", "nullif(random(2), 1e0) = 1",
    "CASE random(3) WHEN 0 THEN 0 WHEN 1 THEN 0 WHEN 2 THEN 0 ELSE 1 END = 1",
    "CASE sqrt(cast(random(2) AS double)) WHEN 0 THEN 0 WHEN 1 THEN 0 ELSE 1 END = 1",
    "sqrt(cast(random(2) AS double)) BETWEEN 1 AND 0.5", "random(2) BETWEEN 1 AND 0",
    "sqrt(cast(random(2) AS double)) NOT IN (0, 1)", "random(2) NOT IN (0, 1)",
    "if(random(2) = 0, 1, 1) = 0", "coalesce(nullif(random(2), 0), 1) = 0",
    "NOT starts_with(cast(random(1000000) AS varchar) || 'x', '')",
    "transform(array[random(2)], x -> nullif(x + random(2), 1))[1] = 1",
  ]

  @Test("What is another value each time is worked out once for each row", arguments: never)
  func once(condition: String) throws {
    let rows = try QueryPlanTests.rows(
      "SELECT count_if(\(condition)), count(*) FROM \(Self.rows)", QueryPlanTests.connection())
    #expect(rows[1] == "0|2000")
  }

  @Test(
    "A column of a query is one value, however often it is named",
    arguments: [
      "SELECT count(*) FROM (SELECT random(1000000) AS x FROM \(rows)) WHERE x = x + 0 AND x - x = 0",
      "WITH t AS (SELECT random(1000000) AS x FROM \(rows)) SELECT count_if(x = x AND x <= x) FROM t",
      "SELECT count_if(x = y) FROM (SELECT x, x AS y FROM (SELECT rand() AS x FROM \(rows)))",
      "SELECT count_if(x = x) FROM (SELECT rand() AS x FROM \(rows) UNION ALL SELECT rand() FROM \(rows) WHERE i < 0)",
      "SELECT count_if(x = x) FROM (VALUES \(Array(repeating: "(rand())", count: 2000).joined(separator: ", "))) t(x)",
      "SELECT count_if(a = a) FROM (SELECT shuffle(sequence(1, 20)) AS a FROM \(rows) LIMIT 2000)",
    ])
  func columns(text: String) throws {
    #expect(try QueryPlanTests.rows(text, QueryPlanTests.connection())[1] == "2000")
  }

  @Test("An operand of AND and of OR is worked out once: as many hold as should") func shares() throws {
    for condition in ["random(2) = 0 AND i / 1 = i", "random(2) = 0 OR i / 1 < 0"] {
      let count = try QueryPlanTests.rows(
        "SELECT sum(cast(x AS bigint)) FROM (SELECT \(condition) AS x FROM \(Self.rows))", QueryPlanTests.connection())
      // The half of 2000, in which ten standard deviations are 224.
      #expect((776...1224).contains(try #require(Int(count[1]))), "\(condition)")
    }
  }

  @Test("shuffle shuffles for each row") func shuffle() throws {
    let rows = try QueryPlanTests.rows(
      "SELECT count(DISTINCT shuffle(sequence(1, 20))) > 1000 FROM \(Self.rows)",
      QueryPlanTests.connection())
    #expect(rows[1] == "true")
  }

  @Test(
    "A call with a lambda that names no column is worked out for each row",
    arguments: [
      "transform(array[1], x -> random(1000000))", "array_join(shuffle(sequence(1, 20)), ' ')",
      "reduce(array[1], random(1000000), (s, x) -> s, s -> s)", "filter(sequence(1, 30), x -> random(2) = 0)",
      "transform(array[1], x -> transform(array[1], y -> random(1000000)))",
      "zip_with(array[1], array[2], (x, y) -> random(1000000))", "cast(array[random(1000000)] AS array(varchar))",
    ])
  func lambdas(call: String) throws {
    for rows in [
      Self.rows, "(SELECT i FROM \(Self.rows)) q", "weather.readings CROSS JOIN UNNEST(sequence(1, 500)) AS t(i)",
      "(SELECT i FROM \(Self.rows) UNION ALL SELECT 1 WHERE false) q",
    ] {
      let answer = try QueryPlanTests.rows(
        "SELECT count(DISTINCT y) > 1900 FROM (SELECT \(call) AS y FROM \(rows))", QueryPlanTests.connection())
      #expect(answer[1] == "true", "\(rows)")
    }
  }

  @Test(
    "Such a call stands wherever another does",
    arguments: [
      ("SELECT cardinality(transform(array[1], x -> random(5)))", ["1"]),
      ("SELECT count(*) FROM UNNEST(transform(array[1, 2], x -> random(5))) AS t(x)", ["2"]),
      (
        "SELECT i % 2, cardinality(transform(array[max(i)], x -> x + random(5))) FROM UNNEST(sequence(1, 5)) AS t(i) GROUP BY 1 ORDER BY 1",
        ["0|1", "1|1"]
      ),
      (
        "SELECT count(*) FROM UNNEST(sequence(1, 5)) AS t(i) WHERE transform(array[1], x -> random(5))[1] < 5", ["5"]
      ),
      (
        "SELECT count(*) FROM (SELECT i FROM UNNEST(sequence(1, 5)) AS t(i) ORDER BY transform(array[1], x -> random(5))[1])",
        ["5"]
      ),
      (
        "SELECT count(*) FROM (SELECT 1 AS x UNION SELECT 2 ORDER BY transform(array[1], y -> random(5))[1])", ["2"]
      ),
      (
        "SELECT (SELECT cardinality(transform(array[1], x -> i + random(5))) FROM (VALUES 1) v(y)) FROM (VALUES 1, 2) t(i)",
        ["1", "1"]
      ),
      ("SELECT count(x) FROM (VALUES (transform(array[1], y -> random(5))), (array[2])) AS t(x)", ["2"]),
      (
        "SELECT count(*) FROM (VALUES 1, 2) a(i) JOIN (VALUES 1, 2) b(j) ON transform(array[i], x -> x + random(1))[1] = j",
        ["2"]
      ),
    ])
  func places(text: String, rows: [String]) throws {
    #expect(Array(try QueryPlanTests.rows(text, QueryPlanTests.connection()).dropFirst()) == rows)
  }

  // MARK: AND and OR

  /// Operands that may fail, and so are not worked out by SQLite as it likes.
  private static let operands = [
    "true": "1/1 = 1", "false": "1/1 = 2", "∅": "1/cast(null AS bigint) = 1",
    "failed: Division by zero": "1/0 = 1",
  ]

  @Test("AND and OR have three values, and stop where the matter is settled") func chains() throws {
    let fails = "failed: Division by zero"
    for (symbol, settling, otherwise) in [("AND", "false", "true"), ("OR", "true", "false")] {
      for (one, first) in Self.operands {
        for (two, second) in Self.operands {
          for (three, third) in Self.operands {
            var expected = otherwise
            for answer in [one, two, three] {
              if answer == settling || answer == fails {
                expected = answer
                break
              }
              if answer == "∅" { expected = "∅" }
            }
            #expect(
              try SQLFunctionTests.answer("\(first) \(symbol) \(second) \(symbol) \(third)") == expected,
              "\(one) \(symbol) \(two) \(symbol) \(three)")
          }
        }
      }
    }
  }

  @Test("A chain within a chain, in TRY, and over rows")
  func nested() throws {
    #expect(try SQLFunctionTests.answer("(1/1 = 1 AND (1/0 = 1 OR true)) OR 1/1 = 1") == "failed: Division by zero")
    #expect(try SQLFunctionTests.answer("(1/1 = 2 AND (1/0 = 1 OR true)) OR 1/1 = 1") == "true")
    #expect(try SQLFunctionTests.answer("try(1/1 = 1 AND 1/0 = 1)") == "∅")
    #expect(try SQLFunctionTests.answer("try(1/1 = 2 AND 1/0 = 1)") == "false")
    let rows = try QueryPlanTests.rows(
      "SELECT i, i <> 0 AND 6 / i > 2, i = 0 OR 6 / i > 2 FROM (VALUES 0, 1, 3, null) t(i)", QueryPlanTests.connection()
    )
    #expect(Array(rows.dropFirst()) == ["0|false|true", "1|true|true", "3|false|false", "∅|∅|∅"])
  }

  // MARK: IN

  @Test(
    "A NaN is in no list and in no query",
    arguments: [
      ("nan() IN (nan(), 1.0)", "false"), ("nan() IN (1.0, null)", "∅"), ("nan() NOT IN (nan())", "true"),
      ("sqrt(4e0) IN (nan(), 2.0)", "true"), ("sqrt(4e0) IN (nan(), 1.0)", "false"),
      ("nan() IN (SELECT nan())", "false"), ("nan() NOT IN (SELECT nan() UNION ALL SELECT 1.0)", "true"),
      ("1.0 IN (SELECT nan() UNION ALL SELECT 1.0)", "true"), ("nan() IN (SELECT cast(null AS double))", "∅"),
      ("1 IN (SELECT sqrt(1e0))", "true"), ("nan() IN (SELECT 1.0 WHERE false)", "false"),
      ("nan() = ANY (SELECT nan())", "false"), ("nan() <> ALL (SELECT nan())", "true"),
      ("2 = ANY (SELECT sqrt(4e0))", "true"), ("2 <> ALL (SELECT sqrt(4e0))", "false"),
      ("cast(null AS double) <> ALL (SELECT 1.0 WHERE false)", "true"), ("null = ANY (SELECT 1.0)", "∅"),
      ("array[1] = ANY (SELECT array[1e0])", "true"),
      ("date '2020-01-01' = ANY (SELECT timestamp '2020-01-01')", "true"),
    ])
  func found(expression: String, answer: String) throws { #expect(try SQLFunctionTests.answer(expression) == answer) }

  @Test("Ten times the rows beside ten times the list are ten times the work", arguments: ["IN", "= ANY", "<> ALL"])
  func looked(symbol: String) throws {
    func steps(_ count: Int) throws -> Int {
      let connection = try QueryPlanTests.connection()
      let execution = try #require(connection.attachment as? Execution)
      let numbers = "(SELECT sqrt(cast(t.x AS double)) AS x FROM UNNEST(sequence(1, \(count))) AS t(x))"
      _ = connection.takeStepCount()
      _ = try QueryPlanTests.rows(
        "SELECT count(*) FROM \(numbers) WHERE x \(symbol) (SELECT x FROM \(numbers))", connection)
      return connection.takeStepCount() + execution.work
    }
    let (small, large) = (try steps(300), try steps(3000))
    #expect(small > 1000 && large < 15 * small, "\(small), \(large)")
  }
}
