import SQLiteStore
import Testing
import TimestreamSQL

/// Parentheses in FROM: around queries, around joins, and both.
@Suite struct QuerySyntaxTests {
  @Test(
    "Joins and queries stand in parentheses",
    arguments: [
      ("((SELECT 1 x) a JOIN (SELECT 1 x, 2 y) b ON a.x = b.x)", "x integer|x integer|y integer / 1|1|2"),
      (
        "(((SELECT 1 x) a CROSS JOIN (SELECT 2 y) b) CROSS JOIN (SELECT 3 z) c)",
        "x integer|y integer|z integer / 1|2|3"
      ),
      ("((SELECT 1 x) a)", "x integer / 1"),
      ("(((SELECT 1 x)) a)", "x integer / 1"),
      ("((SELECT 1 x))", "x integer / 1"),
      ("((SELECT 1 x) UNION ALL (SELECT 2)) a", "x integer / 1 / 2"),
      ("((SELECT 1 x) ORDER BY x LIMIT 1) a", "x integer / 1"),
      ("((VALUES 1, 2) a (x) LEFT JOIN (SELECT 1 y) b ON x = y)", "x integer|y integer / 1|1 / 2|∅"),
      (
        "(SELECT 0 w) o JOIN ((SELECT 1 x) a CROSS JOIN (SELECT 2 y) b) ON w < x",
        "w integer|x integer|y integer / 0|1|2"
      ),
    ])
  func relations(from: String, expected: String) throws {
    let rows = try QueryPlanTests.rows("SELECT * FROM \(from)", QueryPlanTests.connection())
    #expect(rows.joined(separator: " / ") == expected)
  }
}
