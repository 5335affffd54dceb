import AWSClients
import CSQLite
import CacheSupport
import Foundation
import SQLiteStore
import Testing
import TimestreamSQL

@testable import LocalCloud

/// Data that are damaged: found at the start, found beside the work, met by a request.
@Suite struct DamageTests {
  /// A table of 5,760 items in a file without a log.
  private static func fill(_ folder: String) throws -> [UInt8] {
    let storage = try StorageTests.open(folder)
    try storage.database.with { connection in
      try connection.execute(
        """
        CREATE TABLE facts (id INTEGER NOT NULL, name BLOB NOT NULL, item TEXT NOT NULL, PRIMARY KEY (id, name)) WITHOUT ROWID;
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5759)
        INSERT INTO facts SELECT 1, printf('%08d', i), printf('%060d', i * 7919) FROM n;
        PRAGMA wal_checkpoint(TRUNCATE)
        """)
    }
    storage.close()
    return try Array(Data(contentsOf: URL(filePath: folder + "/local-cloud.sqlite")))
  }

  @Test(
    "Damage is found at the start, and a scan over it is an error, not fewer rows",
    arguments: ["zeros", "noise", "half"])
  func damage(kind: String) throws {
    try StorageTests.with { folder in
      let whole = try Self.fill(folder)
      let pages = whole.count / 4096
      #expect(pages > 100)
      // One that has rows and nothing else.
      let start = (pages - 20) * 4096
      var bytes = whole
      for offset in (kind == "half" ? 2048 : 0)..<4096 {
        bytes[start + offset] = kind == "zeros" ? 0 : UInt8(truncatingIfNeeded: offset &* 193 &+ 31)
      }
      let file = folder + "/local-cloud.sqlite"
      try Data(bytes).write(to: URL(filePath: file))
      #expect(StorageTests.words(folder).hasPrefix("the data in \(folder) are damaged ("))
      // Whoever comes to the page finds it, too.
      let connection = try Connection(path: file, readOnly: true)
      let error = #expect(throws: DatabaseError.self) {
        try connection.rows("SELECT item FROM facts WHERE id = 1 ORDER BY name")
      }
      #expect(error.map { $0.code & 0xFF } == SQLITE_CORRUPT)
    }
  }

  @Test("A look for damage in larger data goes on beside the work, and tells") func later() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var bytes = try Self.fill(folder)
    let start = (bytes.count / 4096 - 20) * 4096
    for offset in 0..<4096 { bytes[start + offset] = 0xFF }
    try Data(bytes).write(to: URL(filePath: folder + "/local-cloud.sqlite"))
    let kept = try DataFolder.kept(at: folder)
    let (texts, text) = AsyncStream<String>.makeStream()
    let check = DataCheck(kept, atOnce: 0) { text.yield($0) }
    try check.look()
    check.goOn()
    for await words in texts {
      #expect(words.hasPrefix("the data in \(folder) are damaged ("))
      break
    }
    check.stop()
  }

  @Test("Damaged data are told as damaged, and nothing of them is changed") func damagedBeforeMigration() throws {
    try StorageTests.with { folder in
      try StorageTests.execute(
        folder,
        """
        PRAGMA journal_mode = WAL; \(StorageTests.oldSteps[0]) PRAGMA user_version = 1;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO local_state SELECT printf('%08d', i), printf('%060d', i) FROM n
        """)
      let file = URL(filePath: folder + "/local-cloud.sqlite")
      var bytes = try Array(Data(contentsOf: file))
      let start = (bytes.count / 4096 - 20) * 4096
      for offset in 0..<4096 { bytes[start + offset] = 0xFF }
      try Data(bytes).write(to: file)
      #expect(StorageTests.words(folder).hasPrefix("the data in \(folder) are damaged ("))
      #expect(try Array(Data(contentsOf: file)) == bytes)
      let version = try Connection(path: file.path, readOnly: true).row("PRAGMA user_version")
      #expect(version == [.integer(1)])
    }
  }

  // MARK: Requests

  /// Puts bytes that mean nothing in the place of a page near the end of a storage's file.
  private static func damage(_ storage: Storage) throws {
    let file = try FileHandle(forUpdating: URL(filePath: storage.path))
    let pages = try file.seekToEnd() / 4096
    #expect(pages > 100)
    try file.seek(toOffset: (pages - 20) * 4096)
    try file.write(contentsOf: Data(repeating: 0xFF, count: 4096))
    try file.close()
  }

  @Test("A scan that meets damage is an error, not fewer items; what lies elsewhere is read") func items() throws {
    try StorageTests.with { folder in
      let count = 5760
      // Its end leaves everything in one file.
      do {
        let tables = try LocalTables(folder: folder)
        defer { tables.service.storage.close() }
        try tables.makeTable()
        try tables.fill(0..<count)
      }
      // Sound when it was opened, and nothing of it read yet.
      let tables = try LocalTables(folder: folder)
      defer { tables.service.storage.close() }
      try Self.damage(tables.service.storage)
      var found = 0
      var start: JSON?
      let error = #expect(throws: ServiceError.self) {
        repeat {
          var input: JSONObject = ["TableName": "ttt", "Select": "COUNT", "Limit": 100]
          input["ExclusiveStartKey"] = start
          let page = try tables.call("Scan", input)
          found += page["Count"]?.int ?? 0
          start = page["LastEvaluatedKey"]
        } while start != nil
      }
      #expect(error?.status == 500 && error?.message == "database disk image is malformed")
      #expect(found > 0 && found < count)
      let item = try tables.call("Scan", ["TableName": "ttt", "Limit": 1])["Items"]?.array?.first
      let key: JSON = ["p": item?["p"] ?? .null, "r": item?["r"] ?? .null]
      #expect(try tables.call("GetItem", ["TableName": "ttt", "Key": key])["Item"] == item)
    }
  }

  @Test("A query that meets damage is an error, not fewer rows") func rows() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func store() throws -> TimestreamStore {
      TimestreamStore(
        storage: try StorageTests.open(folder), account: Account(), clock: .fixed(WriteRecordsTests.now))
    }
    do {
      let store = try store()
      defer { store.storage.close() }
      try store.makeTable()
      for batch in 0..<150 {
        let records = (0..<100).map { number -> JSON in
          [
            "Dimensions": [["Name": "id", "Value": .string("series \(number)")]], "MeasureName": "m",
            "MeasureValue": .string("\(batch)"), "Time": .string(String(WriteRecordsTests.now - Int64(batch))),
          ]
        }
        var input = Input(["DatabaseName": "ddd", "TableName": "ttt", "Records": .array(records)])
        _ = try store.writeRecords(&input)
      }
    }
    let store = try store()
    defer { store.storage.close() }
    let engine = try QueryEngine(store: store, clock: .fixed(WriteRecordsTests.now))
    try Self.damage(store.storage)
    let error = await #expect(throws: ServiceError.self) {
      _ = try await engine.answer(QueryRequest(sql: "SELECT * FROM ddd.ttt"))
    }
    #expect(
      error == .timestream("InternalServerException", "the data of the local cloud is damaged", status: 500))
    #expect(try JSON(parsing: try await engine.answer(QueryRequest(sql: "SELECT 1")).body)["Rows"]?.array?.count == 1)
  }
}
