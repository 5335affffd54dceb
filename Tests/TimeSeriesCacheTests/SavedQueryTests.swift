import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Queries in files: their headers, and values that become literals and nothing else.
@Suite(.timeLimit(.minutes(10))) struct SavedQueryTests {
  private static func bound(_ kind: String, _ value: String) throws(SavedQuery.Failure) -> String {
    try SavedQuery("-- @p \(kind): a value\n{p}").sql([("p", value)], database: "d\"b", now: 1_000_000)
  }

  @Test("A header says what a query is for and what it takes") func header() throws {
    let query = try SavedQuery(
      """
      -- The newest readings,
      --   newest first.
      --
      -- @table table sensors: the table: of the readings
      -- @past duration 1h: how far back
      -- @who text: a device
      SELECT * FROM {table} WHERE time > ago({past}) AND device = {who} -- {no} place
      """)
    #expect(query.words == ["The newest readings,", "newest first."])
    #expect(
      query.parameters == [
        .init(name: "table", kind: .table, standard: "sensors", words: "the table: of the readings"),
        .init(name: "past", kind: .duration, standard: "1h", words: "how far back"),
        .init(name: "who", kind: .text, standard: nil, words: "a device"),
      ])
    #expect(
      try query.sql([("who", "x"), ("past", "2h"), ("past", "2d")], database: "db", now: 0)
        == "SELECT * FROM \"db\".\"sensors\" WHERE time > ago(172800000ms) AND device = 'x' -- {no} place")
  }

  @Test(
    "A value becomes a literal of its type",
    arguments: [
      ("table", "a\"; DROP", "\"d\"\"b\".\"a\"\"; DROP\""), ("name", "te\"mp", "\"te\"\"mp\""), ("name", "1", "\"1\""),
      ("text", "it's {p} -- '", "'it''s {p} -- '''"), ("text", "", "''"), ("text", "\"", "'\"'"),
      ("number", "2", "2E0"), ("number", "-0.5", "(-0.5E0)"), ("number", "1e300", "1E+300"), ("integer", "-7", "(-7)"),
      ("integer", "9223372036854775807", "9223372036854775807"), ("duration", "90s", "90000ms"),
      ("duration", "1w", "604800000ms"), ("time", "now-10s", "from_milliseconds(990000)"),
      ("time", "1969-12-31T23:59:59Z", "from_milliseconds((-1000))"),
    ])
  func literal(kind: String, value: String, sql: String) throws { #expect(try Self.bound(kind, value) == sql) }

  /// Within quotes a value would end them; a quote with a combining mark is a quote to a parser.
  @Test("No text ends its quotes", arguments: ["'\u{301} OR 1=1", "''", "\\'", "\u{0}'", "'/*"])
  func hostile(text: String) throws {
    let bytes = Array(try Self.bound("text", text).utf8)
    let inner = bytes.dropFirst().dropLast()
    #expect(bytes.first == UInt8(ascii: "'") && bytes.last == UInt8(ascii: "'"))
    var quotes = 0
    for byte in inner {
      if byte == UInt8(ascii: "'") { quotes += 1 } else { #expect(quotes.isMultiple(of: 2)); quotes = 0 }
    }
    #expect(quotes.isMultiple(of: 2))
  }

  @Test(
    "What a parameter does not take is refused by its name",
    arguments: [
      ("table", ""), ("name", "a\nb"), ("name", String(repeating: "n", count: 257)),
      ("text", String(repeating: "t", count: 2049)), ("number", "0x1p3"), ("number", "nan"), ("number", "1e999"),
      ("number", "1; DROP"), ("number", ""), ("number", "\"1\""), ("integer", "1.5"),
      ("integer", "9223372036854775808"),
      ("duration", "0s"), ("duration", "1h)"), ("duration", "-1h"), ("time", "soon"), ("time", "now)"),
    ])
  func refused(kind: String, value: String) {
    #expect { try Self.bound(kind, value) } throws: { "\($0)".hasPrefix("the parameter 'p' is '\(value)': give ") }
  }

  @Test("A parameter that is missing or unknown is named") func missing() throws {
    let query = try SavedQuery("-- @p text: a device\n{p}")
    #expect(throws: SavedQuery.Failure(description: "give a value: --parameter p=… (a device)")) {
      try query.sql([], database: "d", now: 0)
    }
    #expect(throws: SavedQuery.Failure(description: "there is no parameter 'q'; the query takes p")) {
      try query.sql([("p", "a"), ("q", "b")], database: "d", now: 0)
    }
  }

  @Test(
    "A file that is wrong says where",
    arguments: [
      ("-- @p text\nSELECT {p}", "line 1: a parameter is written as `-- @name type default: words`"),
      ("-- a\n-- @P text: x\nSELECT {P}", "line 2: a parameter is written as `-- @name type default: words`"),
      (
        "-- @p texts: x\nSELECT {p}",
        "line 1: the type of a parameter is one of table, name, text, number, integer, duration, time"
      ),
      ("-- @p text: x\n-- @p text: y\nSELECT {p}", "the parameter 'p' is declared twice"),
      ("-- @p text: x\nSELECT '{p}' -- {p}", "the parameter 'p' is used nowhere outside quotes and comments"),
      ("-- @p text: x\nSELECT \"{p}\" /* {p}", "the parameter 'p' is used nowhere outside quotes and comments"),
      ("SELECT {q}", "{q} names no parameter of the query"), ("SELECT {", "{} names no parameter of the query"),
      ("-- words alone\n \n", "there is no SQL in it"),
      (
        "-- @p duration forever: x\nSELECT {p}",
        "the parameter 'p' is 'forever': give a length of time such as 30s, 15m, 24h, 7d"
      ),
    ])
  func wrong(text: String, reason: String) {
    #expect(throws: SavedQuery.Failure(description: reason)) { try SavedQuery(text) }
  }

  @Test("Lines may end with two bytes") func lineEnds() throws {
    let text = "-- Words.\n-- @p number 1: a value\nSELECT {p}\nFROM t"
    let (one, two) = (try SavedQuery(text), try SavedQuery(text.replacing("\n", with: "\r\n")))
    #expect(one.words == two.words && one.parameters == two.parameters && one.pieces == two.pieces)
  }

  @Test("As many parameters as there may be, and one more") func bounds() throws {
    func text(_ count: Int) -> String {
      (0..<count).map { "-- @p\($0) text: x\n" }.joined() + (0..<count).map { "{p\($0)}" }.joined()
    }
    #expect(try SavedQuery(text(SavedQuery.maximumParameters)).parameters.count == SavedQuery.maximumParameters)
    #expect(throws: SavedQuery.Failure(description: "it declares 33 parameters; 32 are the most")) {
      try SavedQuery(text(SavedQuery.maximumParameters + 1))
    }
  }

  private static let folder = SharedData.package.appending(path: "Infra/queries")

  @Test("Every query that ships can be read and run without a parameter") func shipped() throws {
    let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
    #expect(files.count == 5)
    for file in files {
      let query = try SavedQuery(try String(contentsOf: file, encoding: .utf8))
      #expect(!query.words.isEmpty && query.parameters.allSatisfy { $0.standard != nil && !$0.words.isEmpty })
      let sql = try query.sql([], database: "TimeSeriesDB", now: 0)
      #expect(sql.contains("\"TimeSeriesDB\".") && !sql.contains("{"))
    }
  }
}
