import Foundation
import Testing

@testable import SQLiteStore

@Suite struct ConnectionTests {
  /// Runs a body with a database of its own.
  static func withConnection<Value>(_ body: (Connection, String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sqlite-store-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "data").path
    let connection = try Connection(path: path, readOnly: false)
    try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
    return try body(connection, path)
  }

  static let values: [SQLValue] = [
    .null, .integer(.min), .integer(.max), .real(-0.5), .text(""), .text("a\u{0}b"), .text("e\u{301}"), .blob([]),
    .blob([0, 255]),
  ]

  @Test("A value comes back as it was bound", arguments: values) func roundTrip(_ value: SQLValue) throws {
    try Self.withConnection { (connection, _) throws in
      #expect(try connection.rows("SELECT ?, typeof(?1)", value).map { $0[0] } == [value])
    }
  }

  @Test("A statement is taken once and bound many times, and rows are read without copies") func manyRows() throws {
    try Self.withConnection { (connection, _) throws in
      try connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, data BLOB)")
      do {
        let insert = try connection.statement("INSERT INTO t VALUES (?, ?, ?)")
        for id in 0..<100 as Range<Int64> {
          try insert.bind(1, id)
          try insert.bind(2, text: Array("n\(id)".utf8).span)
          try insert.bind(3, blob: [UInt8(id)].span)
          try insert.run()
        }
      }
      var found: [String] = []
      let select = try connection.statement("SELECT id, name, data FROM t WHERE id >= ? ORDER BY id")
      try select.bind(1, 97 as Int64)
      while try select.step() {
        let row = select.row
        let name = row.utf8(1)
        let data = row.blob(2)
        found.append("\(row.integer(0)) \(name.count) \(data[0])")
      }
      #expect(found == ["97 3 97", "98 3 98", "99 3 99"])
    }
  }

  @Test("A parameter that is not there is an error, and a statement that is in use is prepared again") func misuse()
    throws
  {
    try Self.withConnection { (connection, _) throws in
      #expect(throws: DatabaseError.self) { try connection.run("SELECT ?", .integer(1), .integer(2)) }
      #expect(throws: DatabaseError.self) { try connection.run(" -- nothing") }
      let outer = try connection.statement("SELECT value FROM json_each('[1,2]')")
      var pairs: [Int64] = []
      while try outer.step() {
        let inner = try connection.statement("SELECT value FROM json_each('[1,2]')")
        while try inner.step() { pairs.append(outer.row.integer(0) * 10 + inner.row.integer(0)) }
      }
      #expect(pairs == [11, 12, 21, 22])
    }
  }

  @Test("Steps grow with the rows that are looked at, and not with those that are there") func steps() throws {
    try Self.withConnection { (connection, _) throws in
      try connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, other INTEGER)")
      func cost(rows: Int, _ sql: String) throws -> Int {
        try connection.execute("DELETE FROM t")
        try connection.run(
          "INSERT INTO t WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?) SELECT n, n FROM s",
          .integer(Int64(rows)))
        _ = connection.takeStepCount()
        _ = try connection.rows(sql)
        return connection.takeStepCount()
      }
      let scan = "SELECT count(*) FROM t WHERE other = 7"
      #expect(try cost(rows: 1000, scan) > 5 * cost(rows: 100, scan))
      let search = "SELECT other FROM t WHERE id = 7"
      let cost = try (cost(rows: 100, search), cost(rows: 1000, search))
      #expect(cost.0 == cost.1 && cost.0 > 0)
      #expect(connection.takeStepCount() == 0)
    }
  }

  @Test("A transaction within another is a part of it") func parts() throws {
    struct Stop: Error {}
    try Self.withConnection { (connection, _) throws in
      try connection.execute("CREATE TABLE t (id INTEGER)")
      try connection.transaction {
        try connection.run("INSERT INTO t VALUES (1)")
        #expect(throws: Stop.self) {
          try connection.transaction {
            try connection.run("INSERT INTO t VALUES (2)")
            throw Stop()
          }
        }
        #expect(connection.isInTransaction)
        try connection.transaction { try connection.run("INSERT INTO t VALUES (3)") }
      }
      #expect(try connection.rows("SELECT id FROM t") == [[.integer(1)], [.integer(3)]])
      #expect(connection.rollbackCount == 0)
    }
  }

  @Test("A statement that never ends is interrupted, and takes its transaction along") func interrupts() throws {
    try Self.withConnection { (connection, _) throws in
      try connection.execute("CREATE TABLE t (id INTEGER); BEGIN")
      var checks = 0
      let goesOn = {
        checks += 1
        return checks < 3
      }
      #expect(throws: DatabaseError.self) {
        try connection.whilst(every: 1000, goesOn) {
          try connection.run(
            "INSERT INTO t WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT n FROM s")
        }
      }
      #expect(checks == 3)
      #expect(!connection.isInTransaction)
      #expect(connection.rollbackCount == 1)
      #expect(try connection.rows("SELECT count(*) FROM t") == [[.integer(0)]])
    }
  }

  @Test("A reader sees one state while another connection writes, and a checkpoint waits for nobody") func snapshots()
    throws
  {
    try Self.withConnection { (connection, path) throws in
      var pages: [Int] = []
      connection.afterCommit { pages.append($0) }
      try connection.execute("CREATE TABLE t (id INTEGER)")
      let reader = try Connection(path: path, readOnly: false)
      try reader.run("BEGIN")
      #expect(try reader.row("SELECT count(*) FROM t") == [.integer(0)])
      try connection.run("INSERT INTO t VALUES (1)")
      #expect(try reader.row("SELECT count(*) FROM t") == [.integer(0)])
      // The reader needs what it sees.
      #expect(try !connection.checkpoint())
      try reader.run("COMMIT")
      #expect(try reader.row("SELECT count(*) FROM t") == [.integer(1)])
      #expect(try connection.checkpoint())
      try connection.run("INSERT INTO t VALUES (2)")
      #expect(pages.count == 3 && pages[2] < pages[1])
    }
  }

  @Test("Statements are kept for the next time, large ones are not, and all of them are bounded") func kept() throws {
    try Self.withConnection { (connection, _) throws in
      for number in 0..<100 {
        let list = (0..<1000).map { "\($0 + number)" }.joined(separator: ", ")
        #expect(try connection.row("SELECT 1 IN (\(list))") == [.integer(number <= 1 ? 1 : 0)])
        #expect(connection.statementBytes <= Connection.cachedBytes)
      }
      #expect(connection.statementBytes > 0)
      let before = connection.statementBytes
      for _ in 0..<3 {
        _ = try connection.row("SELECT '\(String(repeating: "x", count: Connection.cachedBytes / 16))'")
      }
      #expect(connection.statementBytes == before)
    }
  }
}

@Suite struct AllowanceTests {
  @Test("What is refused takes nothing, not even for a moment") func refused() async {
    let allowance = Allowance(100)
    // Somebody always has two, so that 99 are never left.
    #expect(allowance.take(2))
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<4 {
        group.addTask {
          (0..<20_000).allSatisfy { _ in
            // One asks for what is never there; the others for what always is.
            guard number > 0 else { return !allowance.take(99) }
            defer { allowance.give(number) }
            return allowance.take(number)
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
    #expect(allowance.taken == 2)
    #expect(!allowance.take(.max) && allowance.take(98) && !allowance.take(1))
  }
}
