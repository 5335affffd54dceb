import SQLiteStore
import Testing
import TimestreamSQL

/// What another program does: Timestream's SQL over SQLite tables of its own.
@Suite struct QueryPlanTests {
  /// A weather station's table, which knows nothing of Timestream.
  struct Weather: QueryCatalog {
    func databases() -> [String] { ["weather"] }
    func tables(of database: String) -> [String]? { database == "weather" ? ["readings"] : nil }
    func table(_ name: String, of database: String) -> QueryTable? {
      guard database == "weather", name == "readings" else { return nil }
      return QueryTable(
        database: database, name: name,
        columns: [
          .init("station", .dimension, .varchar), .init("time", .time, .timestamp, stored: "at \"ns\""),
          .init("temperature", .measure, .double), .init("rain", .measure, .boolean),
        ], source: .rows("my readings"))
    }
  }

  static func connection() throws -> Connection {
    let connection = try Connection(path: ":memory:", readOnly: false)
    try connection.prepareForQueries()
    try connection.execute(
      #"""
      CREATE TABLE "my readings" (station TEXT, "at ""ns""" INTEGER, temperature REAL, rain INTEGER);
      INSERT INTO "my readings" VALUES ('north', 0, -1.5, 0), ('north', 3600000000000, 2.5, 1),
        ('south', 0, 20.25, 0), ('south', 3600000000000, NULL, NULL);
      """#)
    return connection
  }

  static func rows(
    _ text: String, _ connection: Connection, parameters: QueryPlan.Parameters = .values([:])
  ) throws -> [String] {
    let budget = QueryBudget()
    let plan = try QueryPlan.compile(text, catalog: Weather(), budget: budget, now: 0, parameters: parameters)
    var rows = [plan.columns.map { "\($0.name) \($0.type.name)" }.joined(separator: "|")]
    try plan.forEachRow(on: connection, budget: budget) { row in
      rows.append(zip(plan.columns, row).map { $0.type.text($1) ?? "∅" }.joined(separator: "|"))
      return true
    }
    return rows
  }

  @Test(
    "Queries run over tables of another program",
    arguments: [
      (
        "SELECT station, avg(temperature) AS mean FROM weather.readings WHERE time >= timestamp '1970-01-01' GROUP BY station ORDER BY 1",
        ["station varchar|mean double", "north|0.5", "south|20.25"]
      ),
      (
        "SELECT * FROM weather.readings WHERE rain",
        [
          "station varchar|time timestamp|temperature double|rain boolean",
          "north|1970-01-01 01:00:00.000000000|2.5|true",
        ]
      ),
      ("SHOW DATABASES", ["Database varchar", "weather"]),
      ("SHOW TABLES FROM weather LIKE 'r%'", ["Table varchar", "readings"]),
      ("SHOW TABLES FROM weather LIKE 'x%'", ["Table varchar"]),
      (
        "DESCRIBE weather.readings",
        [
          "Column varchar|Type varchar|Timestream attribute type varchar", "station|varchar|DIMENSION",
          "time|timestamp|TIMESTAMP", "temperature|double|MEASURE_VALUE", "rain|boolean|MEASURE_VALUE",
        ]
      ),
    ])
  func own(text: String, expected: [String]) throws { #expect(try Self.rows(text, Self.connection()) == expected) }

  @Test("What the catalog has not is refused in the service's words") func unknown() throws {
    let connection = try Self.connection()
    #expect(throws: QueryError("Table 'weather.x' does not exist", at: .init(line: 1, column: 15))) {
      try Self.rows("SELECT 1 FROM weather.x", connection)
    }
    #expect(throws: QueryError("Database 'x' does not exist", at: .init(line: 1, column: 18))) {
      try Self.rows("SHOW TABLES FROM x", connection)
    }
  }

  @Test("A plan tells what it reads, and what its WHERE leaves of a column") func reads() throws {
    let connection = try Self.connection()
    let plan = try QueryPlan.compile(
      "SELECT 1 FROM weather.readings WHERE station IN ('a', 'b') AND time BETWEEN ago(1h) AND now()",
      catalog: Weather(), budget: QueryBudget(), now: 7_200_000_000_000)
    #expect(plan.reads.map(\.table) == ["readings"])
    let time = try plan.reads[0].bounds(of: "time", on: connection, budget: QueryBudget())
    #expect(time.from == .integer(3_600_000_000_000))
    #expect(time.to == .integer(7_200_000_000_000))
    #expect(time.values == nil)
    #expect(
      try plan.reads[0].bounds(of: "station", on: connection, budget: QueryBudget()).values == [.text("a"), .text("b")])
    // A common table is not there by itself, and so bounds nothing.
    let common = try QueryPlan.compile(
      "WITH a AS (SELECT 1 x) SELECT 1 FROM weather.readings WHERE time > from_milliseconds((SELECT count(*) FROM a))",
      catalog: Weather(), budget: QueryBudget(), now: 0)
    #expect(try common.reads[0].bounds(of: "time", on: connection, budget: QueryBudget()).from == nil)
    // What the column is compared with may take long: it ends with the query's budget.
    let endless = try QueryPlan.compile(
      "SELECT 1 FROM weather.readings WHERE false AND time < from_milliseconds((SELECT count(*) FROM UNNEST(sequence(1, 9000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 9000)) AS b(y) CROSS JOIN UNNEST(sequence(1, 9000)) AS c(z)))",
      catalog: Weather(), budget: QueryBudget(), now: 0)
    #expect(throws: QueryError.self) {
      try endless.reads[0].bounds(of: "time", on: connection, budget: QueryBudget(.init(time: .milliseconds(200))))
    }
  }

  @Test("Names without values get the types of their places, or values") func parameters() throws {
    let text = "SELECT station FROM weather.readings WHERE temperature > @least AND time < @before"
    let plan = try QueryPlan.compile(text, catalog: Weather(), budget: QueryBudget(), now: 0, parameters: .open)
    #expect(plan.parameters.map { "\($0.name) \($0.type.name)" } == ["least double", "before timestamp"])
    let values = QueryPlan.Parameters.values([
      "least": (.real(2), .double), "before": (.integer(1), .timestamp),
    ])
    #expect(try Self.rows(text, Self.connection(), parameters: values) == ["station varchar", "south"])
  }

  @Test("A cancelled budget ends the query that runs") func cancelled() throws {
    let connection = try Self.connection()
    let budget = QueryBudget()
    let plan = try QueryPlan.compile(
      "SELECT count(*) FROM unnest(sequence(1, 2000)) a, unnest(sequence(1, 2000)) b, unnest(sequence(1, 2000)) c",
      catalog: Weather(), budget: budget, now: 0)
    budget.cancel()
    #expect(throws: QueryError.failed("the query was cancelled")) {
      try plan.forEachRow(on: connection, budget: budget) { _ in true }
    }
  }
}
