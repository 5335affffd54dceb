import Foundation
import SQLiteStore
import Testing

@testable import LocalCloud

/// Opening the storage: whose the folder is, what is wrong with it, and what is found in it.
@Suite struct StorageTests {
  /// Runs a body with a folder that is there for it alone.
  static func with(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  static func open(_ folder: String, isDurable: Bool = false) throws -> Storage {
    try Storage(folder: folder, schemas: LocalCloud.schemas, isDurable: isDurable)
  }

  /// What opening a folder says is wrong.
  static func words(_ folder: String) -> String {
    do {
      try open(folder).close()
      return "nothing"
    } catch {
      return "\(error)"
    }
  }

  static func execute(_ folder: String, _ sql: String) throws {
    try Connection(path: folder + "/local-cloud.sqlite", readOnly: false).execute(sql)
  }

  // MARK: What is wrong

  @Test("A folder that cannot be used says why, and what to do") func folders() throws {
    try Self.with { folder in
      let file = folder + "/file"
      try Data("x".utf8).write(to: URL(filePath: file))
      let inItsPlace = "cannot be used: there is a file in its place: choose another folder with --data"
      #expect(Self.words(file) == "the folder \(file) \(inItsPlace)")
      #expect(Self.words(file + "/below") == "the folder \(file)/below \(inItsPlace)")
      #expect(Self.words("/proc/nothing").hasPrefix("the folder /proc/nothing cannot be used: "))
      let long = folder + "/" + String(repeating: "a", count: 300)
      #expect(Self.words(long) == "the folder \(long) cannot be used: its name is too long")
      let first = try Self.open(folder + "/a/b")
      #expect(
        Self.words(folder + "/a/b")
          == "another local cloud uses the folder \(folder)/a/b: end it, or choose another folder with --data")
      first.close()
      for path in [folder + "/a", folder + "/a/b"] {
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(rights as? Int == 0o700)
      }
    }
  }

  @Test("A folder without rights is told as that", .enabled(if: getuid() != 0)) func rights() throws {
    try Self.with { folder in
      try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder)
      #expect(Self.words(folder + "/a").contains("this user may not write there"))
      #expect(Self.words(folder).contains("this user may not write there"))
    }
  }

  static let codes: [(code: Int32, words: String)] = [
    (EACCES, "this user may not write there: choose another folder with --data, or change its rights"),
    (EROFS, "the file system is read-only: choose another folder with --data"),
    (ENOSPC, "no space is left: make room, or choose another folder with --data"),
    (EIO, "Input/output error"),
  ]

  @Test("What the system refuses has words", arguments: codes) func system(code: Int32, words: String) {
    #expect(DataFolder.failure("/d", code).description == "the folder /d cannot be used: \(words)")
  }

  @Test("A file that is no database is told as that") func noDatabase() throws {
    try Self.with { folder in
      let file = folder + "/local-cloud.sqlite"
      try Data(String(repeating: "something else ", count: 1000).utf8).write(to: URL(filePath: file))
      #expect(
        Self.words(folder) == "\(file) is no database, or damaged: move it away, or choose another folder with --data")
    }
  }

  @Test("Data of a newer version are left alone", arguments: ["schema_versions", "user_version"])
  func newer(place: String) throws {
    try Self.with { folder in
      try Self.open(folder).close()
      try Self.execute(
        folder,
        place == "user_version"
          ? "PRAGMA user_version = 9" : "UPDATE schema_versions SET version = 99 WHERE module = 'sqs'")
      #expect(
        Self.words(folder).hasSuffix(
          "were written by a newer version of the local cloud: start that one, or choose another folder with --data"))
    }
  }

  // MARK: What goes

  @Test("Once its folder is gone, nothing is written any more") func deleted() throws {
    try Self.with { folder in
      let storage = try Self.open(folder + "/data")
      defer { storage.close() }
      func note(_ value: Int64) throws(ServiceError) {
        try storage.writeAndWait { connection throws(ServiceError) in
          try storing { try connection.run("INSERT INTO local_state VALUES (?, 'x')", .text("\(value)")) }
        }
      }
      try note(1)
      try FileManager.default.moveItem(atPath: folder + "/data", toPath: folder + "/moved")
      let error = #expect(throws: ServiceError.self) { try note(2) }
      #expect(error?.message == "the data's folder was moved or deleted: nothing is stored any more, start again")
      try FileManager.default.moveItem(atPath: folder + "/moved", toPath: folder + "/data")
      try note(3)
      let rows = try storage.database.with { connection in
        try connection.rows("SELECT name FROM local_state ORDER BY name")
      }
      #expect(rows == [[.text("1")], [.text("3")]])
    }
  }

  @Test("Where the data were deleted, what reads fails, and makes no new file") func deletedBesideReaders() throws {
    try Self.with { folder in
      let storage = try Self.open(folder)
      defer { storage.close() }
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        try FileManager.default.removeItem(atPath: folder + "/" + name)
      }
      #expect(throws: ServiceError.self) {
        try storage.read { connection throws(ServiceError) in
          try storing { try connection.row("SELECT count(*) FROM sqlite_master") }
        }
      }
      #expect(throws: DatabaseError.self) { _ = try QueryReaders(path: storage.path) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  // MARK: What is kept

  @Test("How much a commit waits for is told to SQLite") func durability() throws {
    func synchronous(_ storage: Storage) throws -> SQLValue? {
      defer { storage.close() }
      return try storage.writeAndWait { connection throws(ServiceError) in
        try storing { try connection.row("PRAGMA synchronous")?.first }
      }
    }
    try Self.with { folder in
      let found = [
        try synchronous(Self.open(folder)), try synchronous(Self.open(folder, isDurable: true)),
        try synchronous(Storage(folder: nil, schemas: LocalCloud.schemas)),
      ]
      #expect(found == [.integer(1), .integer(2), .integer(0)])
    }
  }

  @Test("What clouds for one run left behind is removed, and nothing else") func leftovers() throws {
    try Self.with { folder in
      let prefix = folder + "/local-cloud-ephemeral-"
      func make(_ path: String, hasLock: Bool) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: path + "/local-cloud.sqlite"))
        if hasLock { try Data().write(to: URL(filePath: path + "/lock")) }
      }
      try make(prefix + "killed", hasLock: true)
      try make(prefix + "made-at-the-moment.new", hasLock: true)
      try make(prefix + "without-a-lock", hasLock: false)
      try make(folder + "/local-cloud-of-somebody", hasLock: true)
      try FileManager.default.createSymbolicLink(
        atPath: prefix + "link", withDestinationPath: folder + "/local-cloud-of-somebody")
      let running = try DataFolder.temporary(in: folder)
      #expect(!FileManager.default.fileExists(atPath: prefix + "killed"))
      let next = try DataFolder.temporary(in: folder)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
      #expect(
        Set(left) == [
          running.path, next.path, prefix + "made-at-the-moment.new", prefix + "without-a-lock", prefix + "link",
          folder + "/local-cloud-of-somebody",
        ])
      running.remove()
      next.remove()
      #expect(!FileManager.default.fileExists(atPath: running.path))
      #expect(FileManager.default.fileExists(atPath: folder + "/local-cloud-of-somebody/local-cloud.sqlite"))
    }
  }

  @Test("Data from before modules had versions are taken over", arguments: 1...4) func old(version: Int) throws {
    try Self.with { folder in
      try Self.execute(
        folder, Self.oldSteps.prefix(version).joined(separator: "\n") + "PRAGMA user_version = \(version)")
      try Self.execute(
        folder,
        """
        INSERT INTO local_state VALUES ('key', 'value');
        INSERT INTO ssm_parameters VALUES ('/a', 'String', 'kept', 3, 1);
        INSERT INTO dynamodb_tables VALUES (7, 'ttt', '{}', NULL);
        INSERT INTO timestream_databases VALUES (1, 'ddd', NULL, 1, 1)
        """)
      for _ in 0..<2 {
        let storage = try Self.open(folder)
        let found = try storage.database.with { connection in
          try connection.row(
            """
            SELECT (SELECT value FROM local_state), (SELECT value FROM ssm_versions), (SELECT name FROM dynamodb_tables),
              (SELECT name FROM timestream_databases), (SELECT count(*) FROM timestream_tags),
              (SELECT count(*) FROM timestream_scheduled_queries), (SELECT count(*) FROM dynamodb_tokens)
            """)
        }
        storage.close()
        #expect(
          found == [
            .text("value"), .text("kept"), .text("ttt"), .text("ddd"), .integer(0), .integer(0), .integer(0),
          ])
      }
    }
  }

  /// The tables as they were before each module had a version of its own: one step a version.
  static let oldSteps: [String] = [
    """
    CREATE TABLE dynamodb_tables (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, ttl_attribute TEXT);
    CREATE TABLE dynamodb_items (
      table_id INTEGER NOT NULL REFERENCES dynamodb_tables(id) ON DELETE CASCADE,
      hash BLOB NOT NULL, range BLOB NOT NULL, item TEXT NOT NULL, size INTEGER NOT NULL, expires INTEGER,
      PRIMARY KEY (table_id, hash, range)) WITHOUT ROWID;
    CREATE INDEX dynamodb_expiry ON dynamodb_items (expires) WHERE expires IS NOT NULL;

    CREATE TABLE sqs_queues (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, created INTEGER NOT NULL,
      modified INTEGER NOT NULL, purged INTEGER);
    CREATE TABLE sqs_messages (
      id INTEGER PRIMARY KEY, queue_id INTEGER NOT NULL REFERENCES sqs_queues(id) ON DELETE CASCADE,
      message_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, attributes TEXT NOT NULL, sent INTEGER NOT NULL,
      visible INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0, first_received INTEGER, receipt TEXT, source TEXT);
    CREATE INDEX sqs_visible ON sqs_messages (queue_id, visible, id);

    CREATE TABLE ssm_parameters (
      name TEXT PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, modified INTEGER NOT NULL);

    CREATE TABLE timestream_databases (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kms_key TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL);
    CREATE TABLE timestream_tables (
      id INTEGER PRIMARY KEY, database_id INTEGER NOT NULL REFERENCES timestream_databases(id), name TEXT NOT NULL,
      memory_hours INTEGER NOT NULL, magnetic_days INTEGER NOT NULL, magnetic_writes TEXT NOT NULL,
      created INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE (database_id, name));
    CREATE TABLE timestream_columns (
      table_id INTEGER NOT NULL REFERENCES timestream_tables(id) ON DELETE CASCADE, name TEXT NOT NULL,
      kind TEXT NOT NULL, type TEXT NOT NULL, place INTEGER NOT NULL, UNIQUE (table_id, name));
    CREATE TABLE local_state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    """,
    """
    CREATE TABLE timestream_tags (
      arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID;
    """,
    """
    ALTER TABLE timestream_tables ADD COLUMN schema TEXT;
    CREATE TABLE timestream_scheduled_queries (
      arn TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, request TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL,
      previous INTEGER, next INTEGER, last_run TEXT, failed_runs TEXT NOT NULL, token TEXT);
    """,
    """
    CREATE TABLE dynamodb_tokens (token TEXT PRIMARY KEY, digest BLOB NOT NULL, ended INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX dynamodb_tokens_ended ON dynamodb_tokens (ended);
    """,
  ]
}
