import CacheSupport
import Testing
import TimestreamSQL

@testable import LocalCloud

/// Queries as large as the service takes, 256 KiB, and as deep as that allows: each ends in an answer or an error, and soon.
@Suite struct QueryLimitTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var start = "SELECT "
    var opening: String
    var middle: String
    var closing: String
  }

  private static let size = 262_144

  static let shapes: [Shape] = [
    Shape(testDescription: "parentheses", opening: "(", middle: "1", closing: ")"),
    Shape(testDescription: "signs", opening: "- ", middle: "1", closing: ""),
    Shape(testDescription: "NOT", opening: "NOT ", middle: "true", closing: ""),
    Shape(testDescription: "sums", opening: "1+", middle: "1", closing: ""),
    Shape(testDescription: "concatenations", opening: "'a'||", middle: "'a'", closing: ""),
    Shape(testDescription: "conditions", opening: "1=1 AND ", middle: "true", closing: ""),
    Shape(testDescription: "arrays in arrays", opening: "array[", middle: "1", closing: "]"),
    Shape(
      testDescription: "an array's items", start: "SELECT cardinality(array[", opening: "1,", middle: "1])", closing: ""
    ),
    Shape(testDescription: "subscripts", start: "SELECT array[1]", opening: "[1]", middle: "", closing: ""),
    Shape(testDescription: "fields", start: "SELECT row(1)", opening: ".x", middle: "", closing: ""),
    Shape(testDescription: "calls", opening: "abs(", middle: "1", closing: ")"),
    Shape(testDescription: "lambdas", opening: "transform(array[1],x->", middle: "1", closing: ")"),
    Shape(testDescription: "casts", opening: "cast(", middle: "1", closing: " AS bigint)"),
    Shape(testDescription: "types", start: "SELECT cast(1 AS ", opening: "array(", middle: "bigint", closing: ")"),
    Shape(testDescription: "cases", opening: "CASE WHEN true THEN ", middle: "1", closing: " END"),
    Shape(testDescription: "queries as values", opening: "(SELECT ", middle: "1", closing: ")"),
    Shape(testDescription: "queries in FROM", start: "", opening: "SELECT * FROM (", middle: "SELECT 1", closing: ")"),
    Shape(
      testDescription: "common tables", start: "", opening: "WITH a AS (", middle: "SELECT 1", closing: ") SELECT 1"),
    Shape(testDescription: "unions", start: "", opening: "SELECT 1 UNION ", middle: "SELECT 1", closing: ""),
    Shape(
      testDescription: "joins", start: "SELECT 1 FROM (SELECT 1) a", opening: " CROSS JOIN (SELECT 1) b", middle: "",
      closing: ""),
    Shape(
      testDescription: "relations", start: "SELECT 1 FROM ", opening: "(SELECT 1),", middle: "(SELECT 1)", closing: ""),
    Shape(testDescription: "columns", opening: "1,", middle: "1", closing: ""),
    Shape(testDescription: "rows", start: "VALUES ", opening: "(1),", middle: "(1)", closing: ""),
    Shape(testDescription: "options", start: "SELECT 1 IN (", opening: "1,", middle: "2)", closing: ""),
    Shape(testDescription: "ordering", start: "SELECT 1 ORDER BY ", opening: "1,", middle: "1", closing: ""),
    Shape(testDescription: "a text", start: "SELECT length('", opening: "x", middle: "')", closing: ""),
    Shape(testDescription: "a comment", start: "SELECT 1 /*", opening: "x", middle: "*/", closing: ""),
    Shape(testDescription: "unclosed parentheses", opening: "(", middle: "", closing: ""),
    Shape(testDescription: "unclosed brackets", opening: "array[", middle: "", closing: ""),
    Shape(testDescription: "arrows", opening: "x->", middle: "x", closing: ""),
  ]

  /// One after the other, and on a thread of their own: a debug build takes seconds for some, in which other tests wait for Swift's threads.
  @Test("A query of 256 KiB ends in an answer or an error", .serialized, arguments: shapes)
  func large(shape: Shape) async throws {
    let store = TimestreamStore(
      storage: try Storage(folder: nil, schemas: LocalCloud.schemas), account: Account(),
      clock: .fixed(QueryTests.epoch))
    // However slow the machine is.
    let engine = try QueryEngine(store: store, clock: .fixed(QueryTests.epoch), timeLimit: .seconds(600))
    let count =
      (Self.size - shape.start.utf8.count - shape.middle.utf8.count)
      / (shape.opening.utf8.count + shape.closing.utf8.count)
    let sql =
      shape.start + String(repeating: shape.opening, count: count) + shape.middle
      + String(repeating: shape.closing, count: count)
    #expect(sql.utf8.count <= Self.size)
    do throws(ServiceError) {
      let count = try await engine.onThread { budget throws(ServiceError) in
        try engine.run(QueryRequest(sql: sql), now: 0, budget: budget).rows.count
      }
      #expect(count >= 1)
    } catch {
      #expect(error.type.hasSuffix("#ValidationException"), "\(error.message?.prefix(200) ?? "")")
    }
  }
}
