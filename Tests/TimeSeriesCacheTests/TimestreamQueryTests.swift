import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The text of queries: nothing that comes from outside is read as SQL.
@Suite struct TimestreamQueryTests {
  static let table = TimestreamTable(database: "d\"b", table: "t")

  @Test("A query quotes every name and text") func quoting() throws {
    let query = TimestreamQuery(Self.table).selectAll().where(.equal("identifier", "x' OR '1'='1"))
      .within(try #require(TimeRange(from: -1, to: 2))).order(by: .time).limit(5)
    #expect(
      query.sql
        == #"SELECT * FROM "d""b"."t" WHERE "identifier" = 'x'' OR ''1''=''1' AND "time" >= from_milliseconds((-1)) AND "time" < from_milliseconds(3) ORDER BY "time" ASC LIMIT 5"#
    )
  }

  @Test("Bounds beyond what Timestream keeps are asked as its own") func bounds() throws {
    let sql = TimestreamQuery(Self.table).selectAll().within(try #require(TimeRange(from: .min, to: .max))).sql
    #expect(
      sql.hasSuffix(
        #"WHERE "time" >= from_milliseconds((-9223372036854)) AND "time" < from_milliseconds(9223372036854)"#))
  }

  static let literals: [(TimestreamLiteral, String)] = [
    (.text("it's é, e\u{301} -- \"\""), "'it''s é, e\u{301} -- \"\"'"), (.text(""), "''"), (.integer(5), "5"),
    (.integer(-5), "(-5)"), (.integer(.min), "(-9223372036854775807 - 1)"), (.double(5), "5E0"),
    (.double(-0.25), "(-0.25E0)"), (.double(1e300), "1E+300"), (.double(.nan), "nan()"),
    (.double(-.infinity), "(-infinity())"), (.boolean(true), "true"), (.time(-1), "from_milliseconds((-1))"),
    (.duration(90_000), "90000ms"), (.duration(-1), "(0ms - 1ms)"),
  ]

  @Test("A literal is one operand, whatever it holds", arguments: literals)
  func literal(literal: TimestreamLiteral, sql: String) { #expect(literal.sql == sql) }

  @Test("Each literal is read as the value that it stands for") func literalsAreRead() async throws {
    try await TestCloud.with { cloud in
      let literals: [TimestreamLiteral] = [
        .text("it's é, e\u{301}"), .integer(.min), .integer(.max), .double(-0.25), .double(1e300), .boolean(false),
        .time(1_500), .duration(90_000),
      ]
      var query = TimestreamQuery(
        TimestreamQuery(TimestreamTable(database: "d", table: "t")).select(.literal(.integer(1))))
      query = literals.reduce(query) { $0.select(.literal($1)) }
      let sql = try #require(query.sql.split(separator: " FROM").first).description
      let answer = try await TimestreamHistory(cloud.client, database: "d", table: "t").query.rows(sql)
      #expect(
        answer.rows.map { $0.map { $0.text ?? "" } } == [
          [
            "it's é, e\u{301}", "-9223372036854775808", "9223372036854775807", "-0.25", "1.0E300", "false",
            "1970-01-01 00:00:01.500000000", "0 00:01:30.000000000",
          ]
        ])
    }
  }
}
