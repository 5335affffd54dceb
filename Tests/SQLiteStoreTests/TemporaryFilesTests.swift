import SQLiteStore
import Testing

/// What statements keep in files while they run is counted, bounded, and given back.
@Suite struct TemporaryFilesTests {
  private static let megabyte = 1 << 20

  /// Statements that keep some 12 MB, more than SQLite's cache: sorted, as an index, as a table.
  static let statements: [String] = {
    let rows =
      "(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT x, randomblob(100) AS b FROM n)"
    return [
      "SELECT x FROM \(rows) ORDER BY b", "SELECT count(DISTINCT b) FROM \(rows)",
      "WITH t AS MATERIALIZED (SELECT * FROM \(rows)) SELECT count(*) FROM t a, (SELECT 1 FROM t LIMIT 1)",
    ]
  }()

  @Test("A statement that needs more than there is fails, and the next one runs", arguments: statements)
  func bounded(sql: String) throws {
    let files = try TemporaryFiles(limit: 4 * Self.megabyte)
    let connection = try Connection(path: ":memory:", readOnly: false, temporaryFiles: files)
    let error = #expect(throws: DatabaseError.self) { try connection.run(sql) }
    // SQLITE_FULL
    #expect(error?.code == 13)
    #expect(files.bytes == 0)
    #expect(try connection.row("SELECT 1") == [.integer(1)])
  }

  @Test("What is kept is counted while the statement runs", arguments: statements) func counted(sql: String) throws {
    let files = try TemporaryFiles(limit: 200 * Self.megabyte)
    let connection = try Connection(path: ":memory:", readOnly: false, temporaryFiles: files)
    do {
      let statement = try connection.statement(sql)
      #expect(try statement.step())
      if sql.hasSuffix("ORDER BY b") { #expect(files.bytes > 8 * Self.megabyte) }
    }
    #expect(files.bytes == 0)
    #expect(try connection.rows("SELECT count(*) FROM (\(Self.statements[0]))") == [[.integer(100_000)]])
    #expect(files.bytes == 0)
  }

  @Test("The database itself is not counted, nor bounded") func database() throws {
    let files = try TemporaryFiles(limit: 0)
    try ConnectionTests.withConnection { _, path in
      let connection = try Connection(path: path, readOnly: false, temporaryFiles: files)
      try connection.execute("CREATE TABLE t (b BLOB)")
      try connection.transaction {
        for _ in 0..<300 { try connection.run("INSERT INTO t VALUES (randomblob(10000))") }
      }
      #expect(try connection.checkpoint(restarts: true))
      let other = try Connection(path: path, readOnly: true, temporaryFiles: files)
      #expect(try other.row("SELECT count(*) FROM t") == [.integer(300)])
      #expect(files.bytes == 0)
    }
  }
}
