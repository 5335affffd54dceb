import AWSClients
import CacheSupport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud
@testable import TimestreamSQL

/// Timestream's SQL over the wire: columns with their types, rows, and the service's words for what is wrong.
@Suite struct QueryTests {
  static let epoch: Int64 = 1_800_000_000_000  // 2027-01-15 08:00:00

  /// Six records of two series, an hour apart, with a gap; `w` is only in the last.
  static func fill(_ cloud: TestCloud) async throws {
    let client = TimestreamWriteClient(cloud.client)
    func record(_ id: String, _ hour: Int64, _ measures: [TimestreamRecord.Measure]) -> TimestreamRecord {
      TimestreamRecord(
        dimensions: [.init("id", id), .init("site", "north")], measureName: "m", measures: measures,
        time: epoch - hour * 3_600_000)
    }
    _ = try await client.writeRecords(
      [
        record(
          "a", 3,
          [
            .init("v", "1.5", .double), .init("n", "7", .bigint), .init("ok", "true", .boolean),
            .init("s", "x%y", .varchar),
          ]),
        record("a", 2, [.init("v", "-2", .double), .init("n", "-7", .bigint), .init("ok", "false", .boolean)]),
        record("a", 1, [.init("v", "1e10", .double), .init("s", "Zoë", .varchar)]),
        record("b", 3, [.init("v", "0.001", .double), .init("n", "9223372036854775807", .bigint)]),
        record("b", 0, [.init("v", "100", .double), .init("w", "5", .bigint)]),
      ], database: "TimeSeriesDB", table: "identifierTimeSeriesHistory")
  }

  static let table = #""TimeSeriesDB"."identifierTimeSeriesHistory""#

  struct Case: Sendable, CustomTestStringConvertible {
    var sql: String
    /// `name:TYPE`
    var columns: [String]
    /// Cells by `|`, null as `∅`.
    var rows: [String]
    var testDescription: String { sql }
  }

  static let cases: [Case] = [
    Case(sql: "SELECT 1", columns: ["_col0:INTEGER"], rows: ["1"]),
    Case(
      sql: "select 1, 3000000000, 1.5, 'a''b', true, null, 1h, 2d x",
      columns: [
        "_col0:INTEGER", "_col1:BIGINT", "_col2:DOUBLE", "_col3:VARCHAR", "_col4:BOOLEAN", "_col5:UNKNOWN",
        "_col6:INTERVAL_DAY_TO_SECOND", "x:INTERVAL_DAY_TO_SECOND",
      ], rows: ["1|3000000000|1.5|a'b|true|∅|0 01:00:00.000000000|2 00:00:00.000000000"]),
    Case(
      sql: "SELECT * FROM § WHERE id = 'a' AND time = '2027-01-15 05:00:00'",
      columns: [
        "id:VARCHAR", "site:VARCHAR", "measure_name:VARCHAR", "time:TIMESTAMP", "v:DOUBLE", "n:BIGINT", "ok:BOOLEAN",
        "s:VARCHAR", "w:BIGINT",
      ], rows: ["a|north|m|2027-01-15 05:00:00.000000000|1.5|7|true|x%y|∅"]),
    Case(
      sql: "SELECT id, v FROM § ORDER BY v DESC", columns: ["id:VARCHAR", "v:DOUBLE"],
      rows: ["a|1.0E10", "b|100.0", "a|1.5", "b|0.001", "a|-2.0"]),
    Case(
      sql: "SELECT id, n FROM § WHERE id = 'a' ORDER BY n", columns: ["id:VARCHAR", "n:BIGINT"],
      rows: ["a|-7", "a|7", "a|∅"]),
    Case(
      sql: "SELECT id, n FROM § WHERE id = 'a' ORDER BY n DESC", columns: ["id:VARCHAR", "n:BIGINT"],
      rows: ["a|7", "a|-7", "a|∅"]),
    Case(
      sql: "SELECT id, n FROM § WHERE id = 'a' ORDER BY 2 ASC NULLS FIRST", columns: ["id:VARCHAR", "n:BIGINT"],
      rows: ["a|∅", "a|-7", "a|7"]),
    Case(
      sql: "SELECT id, count(*), count(n), max(v), min(time), avg(v), sum(v) FROM § GROUP BY id ORDER BY 1",
      columns: [
        "id:VARCHAR", "_col1:BIGINT", "_col2:BIGINT", "_col3:DOUBLE", "_col4:TIMESTAMP", "_col5:DOUBLE", "_col6:DOUBLE",
      ],
      rows: [
        "a|3|2|1.0E10|2027-01-15 05:00:00.000000000|3.3333333331666665E9|9.9999999995E9",
        "b|2|1|100.0|2027-01-15 05:00:00.000000000|50.0005|100.001",
      ]),
    Case(
      sql: "SELECT max(CASE WHEN id = 'a' THEN time END) AS t, count(DISTINCT id) FILTER (WHERE v > 0) FROM §",
      columns: ["t:TIMESTAMP", "_col1:BIGINT"], rows: ["2027-01-15 07:00:00.000000000|2"]),
    Case(
      sql: "SELECT bin(time, 2h) b, count(*) FROM § GROUP BY bin(time, 2h) ORDER BY b",
      columns: ["b:TIMESTAMP", "_col1:BIGINT"],
      rows: ["2027-01-15 04:00:00.000000000|2", "2027-01-15 06:00:00.000000000|2", "2027-01-15 08:00:00.000000000|1"]),
    Case(sql: "SELECT s FROM § WHERE s LIKE 'x\\%%' ESCAPE '\\'", columns: ["s:VARCHAR"], rows: ["x%y"]),
    Case(sql: "SELECT s FROM § WHERE s LIKE 'Z%' OR s LIKE 'X%'", columns: ["s:VARCHAR"], rows: ["Zoë"]),
    Case(
      sql: "SELECT upper(s), length(s), s || '!' FROM § WHERE s NOT LIKE '%\\%%' ESCAPE '\\'",
      columns: ["_col0:VARCHAR", "_col1:BIGINT", "_col2:VARCHAR"], rows: ["ZOË|3|Zoë!"]),
    Case(sql: "SELECT DISTINCT site FROM §", columns: ["site:VARCHAR"], rows: ["north"]),
    Case(
      sql: "SELECT v FROM § WHERE v BETWEEN -2 AND 1.5 AND id IN ('a', 'c') ORDER BY v", columns: ["v:DOUBLE"],
      rows: ["-2.0", "1.5"]),
    Case(sql: "SELECT v FROM § WHERE NOT (ok IS NULL) AND ok", columns: ["v:DOUBLE"], rows: ["1.5"]),
    Case(
      sql: "SELECT ok, v > 0 FROM § WHERE n IS NOT NULL ORDER BY v", columns: ["ok:BOOLEAN", "_col1:BOOLEAN"],
      rows: ["false|false", "∅|true", "true|true"]),
    Case(
      sql: "SELECT concat(to_iso8601(time), 'Z') AS time FROM § WHERE id = 'a' ORDER BY time DESC LIMIT 1",
      columns: ["time:VARCHAR"], rows: ["2027-01-15T07:00:00.000000000Z"]),
    Case(
      sql: "SELECT to_milliseconds(time), from_milliseconds(-1), time - 90m FROM § WHERE w = 5",
      columns: ["_col0:BIGINT", "_col1:TIMESTAMP", "_col2:TIMESTAMP"],
      rows: ["1800000000000|1969-12-31 23:59:59.999000000|2027-01-15 06:30:00.000000000"]),
    Case(
      sql: "SELECT bin(from_milliseconds(-1), 1s), bin(timestamp '2022-06-17 10:15:20', 30d)",
      columns: ["_col0:TIMESTAMP", "_col1:TIMESTAMP"],
      rows: ["1969-12-31 23:59:59.000000000|2022-05-28 00:00:00.000000000"]),
    Case(
      sql: "SELECT time FROM § WHERE time > ago(3650d) AND time <= '2027-01-15 05:00:00' AND id = 'b'",
      columns: ["time:TIMESTAMP"], rows: ["2027-01-15 05:00:00.000000000"]),
    Case(
      sql: "SELECT coalesce(w, n, 0), abs(v), -n FROM § WHERE id = 'a' ORDER BY time",
      columns: ["_col0:BIGINT", "_col1:DOUBLE", "_col2:BIGINT"], rows: ["7|1.5|-7", "-7|2.0|7", "0|1.0E10|∅"]),
    Case(
      sql: "SELECT T.\"id\" FROM § AS t WHERE t.ID = 'b' /* c */ -- d\n LIMIT 1;", columns: ["id:VARCHAR"], rows: ["b"]),
    Case(
      sql: "SELECT CASE id WHEN 'a' THEN 1 ELSE 2.5 END x, count(*) FROM § GROUP BY id ORDER BY x",
      columns: ["x:DOUBLE", "_col1:BIGINT"], rows: ["1.0|3", "2.5|2"]),
    Case(
      sql: "SELECT cast(n AS double), cast(v AS varchar), cast(time AS varchar) FROM § WHERE n = 7",
      columns: ["_col0:DOUBLE", "_col1:VARCHAR", "_col2:VARCHAR"], rows: ["7.0|1.5|2027-01-15 05:00:00.000000000"]),
    Case(sql: "SELECT id FROM § WHERE id = 'x'' OR ''1''=''1'", columns: ["id:VARCHAR"], rows: []),
    Case(
      sql: "SELECT max(v), count(*) FROM § WHERE id = 'none'", columns: ["_col0:DOUBLE", "_col1:BIGINT"], rows: ["∅|0"]),
    Case(sql: "SHOW DATABASES", columns: ["Database:VARCHAR"], rows: ["TimeSeriesDB"]),
    Case(sql: "SHOW TABLES FROM \"TimeSeriesDB\"", columns: ["Table:VARCHAR"], rows: ["identifierTimeSeriesHistory"]),
    Case(
      sql: "DESCRIBE \"TimeSeriesDB\".\"identifierTimeSeriesHistory\"",
      columns: ["Column:VARCHAR", "Type:VARCHAR", "Timestream attribute type:VARCHAR"],
      rows: [
        "id|varchar|DIMENSION", "site|varchar|DIMENSION", "measure_name|varchar|MEASURE_NAME",
        "time|timestamp|TIMESTAMP", "v|double|MULTI", "n|bigint|MULTI", "ok|boolean|MULTI", "s|varchar|MULTI",
        "w|bigint|MULTI",
      ]),
    Case(
      sql: "SELECT 1 WHERE 1=1" + String(repeating: " OR 1=2", count: 3000), columns: ["_col0:INTEGER"], rows: ["1"]),
  ]

  static let errors: [(sql: String, message: String)] = [
    ("SELECT foo FROM §", "line 1:8: Column 'foo' does not exist"),
    ("SELECT 1\nFROM §\nWHERE  foo = 1", "line 3:8: Column 'foo' does not exist"),
    ("SELECT x.id FROM § t", "line 1:8: Column 'x.id' does not exist"),
    ("SELEC 1", "line 1:1: mismatched input 'SELEC'. Expecting: 'SELECT'"),
    ("SELECT", "line 1:7: mismatched input '<EOF>'. Expecting: an expression"),
    ("SELECT 1 FROM", "line 1:14: mismatched input '<EOF>'. Expecting: a table"),
    ("SELECT 1 2", "line 1:10: mismatched input '2'."),
    ("SELECT 'a", "line 1:8: mismatched input ''': the text is not closed"),
    ("SELECT nope(1)", "line 1:8: Function 'nope' not registered"),
    ("SELECT abs('a')", "line 1:8: Unexpected parameters (varchar) for function abs"),
    ("SELECT sum(id) FROM §", "line 1:8: Unexpected parameters (varchar) for function sum"),
    ("SELECT id, count(*) FROM §", "line 1:8: 'id' must be an aggregate expression or appear in GROUP BY clause"),
    (
      "SELECT v + 1, count(*) FROM § GROUP BY id",
      "line 1:8: 'v' must be an aggregate expression or appear in GROUP BY clause"
    ),
    (
      "SELECT id FROM § WHERE count(*) > 1",
      "line 1:67: WHERE clause cannot contain aggregations, window functions or grouping operations: [count]"
    ),
    ("SELECT max(min(v)) FROM §", "line 1:12: Cannot nest aggregations inside aggregation 'min'"),
    ("SELECT id FROM § WHERE v", "line 1:67: WHERE clause must evaluate to a boolean: actual type double"),
    ("SELECT id FROM § WHERE id = 5", "line 1:70: '=' cannot be applied to varchar, integer"),
    ("SELECT id || 5 FROM §", "line 1:14: '||' cannot be applied to varchar, integer"),
    ("SELECT time + 5 FROM §", "line 1:13: '+' cannot be applied to timestamp, integer"),
    ("SELECT id FROM § WHERE time > 'noon'", "line 1:74: Value cannot be cast to timestamp: noon"),
    ("SELECT id FROM § ORDER BY 2", "line 1:70: ORDER BY position 2 is not in select list"),
    (
      "SELECT DISTINCT id FROM § ORDER BY v",
      "line 1:79: For SELECT DISTINCT, ORDER BY expressions must appear in select list"
    ),
    ("SELECT *", "line 1:8: SELECT * not allowed in queries without FROM clause"),
    ("SELECT 1 FROM t", "line 1:15: Database must be specified when session database is not set"),
    ("SELECT 1 FROM \"abc\".sampleDB", "Requested database 'abc' not found for identifier 'abc.sampleDB' at line 1:15"),
    ("SELECT 1 FROM \"TimeSeriesDB\".nope", "line 1:15: Table 'TimeSeriesDB.nope' does not exist"),
    ("SHOW TABLES FROM nope", "line 1:18: Database 'nope' does not exist"),
    ("SELECT CASE WHEN true THEN 1 ELSE 'a' END", "line 1:8: All CASE results must be the same type"),
    ("SELECT -'a'", "line 1:9: Cannot negate varchar"),
    ("SELECT bin(now(), 0s)", "line 1:8: the second argument of bin must be a positive interval"),
    ("SELECT 2147483647 + 1", "integer addition overflow: 2147483647 + 1"),
    (
      "SELECT sum(n) + sum(n) FROM § WHERE id = 'b'",
      "bigint addition overflow: 9223372036854775807 + 9223372036854775807"
    ),
    ("SELECT 5x", "line 1:8: mismatched input '5x'"),
    ("SELECT timestamp 'x'", "line 1:8: 'x' is not a valid timestamp literal"),
    ("SELECT " + String(repeating: "(", count: 5000) + "1", "line 1:207: the expression is nested deeper than 200"),
    ("SELECT 1" + String(repeating: "+1", count: 1100), "line 1:407: the expression is nested deeper than 200"),
    ("SELECT " + String(repeating: "- ", count: 20000) + "'a'", "line 1:40008: Cannot negate varchar"),
  ]

  private static func text(of type: TimestreamQueryClient.ColumnType) -> String {
    switch type {
    case .scalar(let name): name
    case .other(let json): text(ofType: json)
    }
  }

  private static func text(ofType type: JSON) -> String {
    if let name = type["ScalarType"]?.string { return name }
    if let element = type["ArrayColumnInfo"]?["Type"] { return "ARRAY<\(text(ofType: element))>" }
    if let value = type["TimeSeriesMeasureValueColumnInfo"]?["Type"] { return "TIMESERIES<\(text(ofType: value))>" }
    let members = (type["RowColumnInfo"]?.array ?? []).map { member in
      (member["Name"]?.string.map { $0 + " " } ?? "") + text(ofType: member["Type"] ?? .null)
    }
    return "ROW<\(members.joined(separator: ", "))>"
  }

  /// `[1, 2]` an array, `(1, a)` a row, `{time=value}` a time series.
  private static func text(of datum: TimestreamQueryClient.Datum) -> String {
    switch datum {
    case .scalar(let text): text
    case .null: "∅"
    case .other(let json): text(ofDatum: json)
    }
  }

  private static func text(ofDatum datum: JSON) -> String {
    func list(_ items: [JSON]?) -> String { (items ?? []).map(text(ofDatum:)).joined(separator: ", ") }
    if let text = datum["ScalarValue"]?.string { return text }
    if let items = datum["ArrayValue"]?.array { return "[\(list(items))]" }
    if let row = datum["RowValue"] { return "(\(list(row["Data"]?.array)))" }
    if let points = datum["TimeSeriesValue"]?.array {
      let texts = points.map { "\($0["Time"]?.string ?? "")=\(text(ofDatum: $0["Value"] ?? .null))" }
      return "{\(texts.joined(separator: ", "))}"
    }
    return datum["NullValue"] == true ? "∅" : "?"
  }

  @Test("Queries answer with columns, types and rows, and errors are worded and placed")
  func queries() async throws {
    try await TestCloud.with(clock: .fixed(Self.epoch), polls: false) { cloud async throws in
      try await Self.fill(cloud)
      let client = TimestreamQueryClient(cloud.client)
      for test in Self.cases + QueryLanguageCases.all + QueryListCases.all {
        do throws(AWSError) {
          let page = try await client.rows(test.sql.replacing("§", with: Self.table))
          let columns = page.columns.map { "\($0.name):\(Self.text(of: $0.type))" }
          #expect(columns == test.columns, "\(test.sql)")
          #expect(page.rows.map { $0.map(Self.text(of:)).joined(separator: "|") } == test.rows, "\(test.sql)")
          #expect(
            page.bytesMetered == (test.sql.hasPrefix("SHOW") || test.sql.hasPrefix("DESCRIBE") ? 0 : 10_000_000))
        } catch { Issue.record("\(test.sql.prefix(100)): \(error)") }
      }
      for (sql, message) in Self.errors + QueryLanguageCases.errors + QueryListCases.errors {
        do throws(AWSError) {
          _ = try await client.rows(sql.replacing("§", with: Self.table))
          Issue.record("no error: \(sql.prefix(100))")
        } catch {
          #expect(error.message == message, "\(sql.prefix(100))")
          // What is wrong is told with its place, what fails while it runs is not.
          let isRefused = message.hasPrefix("line ") || message.hasPrefix("Requested database")
          #expect(
            error.code.rawValue == (isRefused ? "ValidationException" : "QueryExecutionException"), "\(sql.prefix(100))"
          )
        }
      }
    }
  }

  @Test("A query that runs too long is cancelled, and the next one runs") func timeLimit() async throws {
    let storage = try Storage(folder: nil, schemas: LocalCloud.schemas)
    let store = TimestreamStore(storage: storage, account: Account(), clock: .fixed(Self.epoch))
    let engine = try QueryEngine(store: store, clock: .fixed(Self.epoch), timeLimit: .milliseconds(50))
    func answer(_ sql: String) async throws -> JSON {
      try JSON(parsing: try await engine.answer(QueryRequest(sql: sql)).body)
    }
    let rows = "(VALUES " + (0..<200).map { "(\($0))" }.joined(separator: ", ") + ")"
    let endless = "SELECT count(*) FROM " + (0..<6).map { "\(rows) AS t\($0)(x)" }.joined(separator: ", ")
    await #expect { try await answer(endless) } throws: {
      ($0 as? ServiceError)?.message == "the query took longer than its time limit and was cancelled"
    }
    // On a busy machine even this one may pass the limit now and then.
    let isAnswered = try await eventually {
      (try? await answer("SELECT 1"))?.text.contains(#""Rows":[{"Data":[{"ScalarValue":"1"}]}]"#) ?? false
    }
    #expect(isAnswered)
  }

  @Test("A table into which nothing was written has no columns") func emptyTable() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let client = TimestreamQueryClient(cloud.client)
      await #expect { try await client.rows("SELECT id FROM \(Self.table)") } throws: {
        ($0 as? AWSError)?.message == "line 1:8: Column 'id' does not exist"
      }
    }
  }

  @Test("The time range and the series reach the index")
  func plan() async throws {
    let storage = try Storage(folder: nil, schemas: LocalCloud.schemas)
    let store = TimestreamStore(storage: storage, account: Account(), clock: .fixed(Self.epoch))
    try store.makeTable()
    var records = Input([
      "DatabaseName": "ddd", "TableName": "ttt",
      "Records": [
        [
          "Dimensions": [["Name": "id", "Value": "a"]], "MeasureName": "m", "MeasureValue": "1",
          "Time": .string(String(Self.epoch)),
        ]
      ],
    ])
    _ = try store.writeRecords(&records)
    let sql = "SELECT time FROM ddd.ttt WHERE id = 'a' AND time BETWEEN ago(1h) AND now()"
    let engine = try QueryEngine(store: store, clock: .fixed(Self.epoch))
    let plan = try engine.readers.read { connection throws(QueryError) in
      let plan = try engine.compile(
        sql, on: connection, now: Self.epoch, parameters: .values([:]), budget: QueryBudget())
      guard case .sql(let compiled, let values) = plan.work else { return [String]() }
      do throws(DatabaseError) {
        return try connection.rows("EXPLAIN QUERY PLAN " + compiled, values).compactMap { $0.last?.text }
      } catch { throw QueryError(error) }
    }
    #expect(
      plan == [
        "SEARCH s0 USING COVERING INDEX ts_series_1_d0 (d0=?)",
        "SEARCH r0 USING PRIMARY KEY (series=? AND time>? AND time<?)",
      ])
  }

  @Test(
    "Doubles are written as Java writes them",
    arguments: [
      (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (0.001, "0.001"), (0.0009999, "9.999E-4"), (9_999_999.0, "9999999.0"),
      (1e7, "1.0E7"), (123.456, "123.456"),
      (1.6554878837710001e9, "1.6554878837710001E9"), (-1.5e-10, "-1.5E-10"), (.nan, "NaN"), (-.infinity, "-Infinity"),
      (1e300, "1.0E300"), (100.0, "100.0"),
    ])
  func java(value: Double, text: String) { #expect(JavaDouble.text(value) == text) }
}
