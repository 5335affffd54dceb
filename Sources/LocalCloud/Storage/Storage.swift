import CacheSupport
import Foundation
import Glibc
import Synchronization

/// The local cloud's one SQLite file.
final class Storage: Sendable {
  /// Every write, and reads that must see them, go through here.
  let database: Database
  /// Opens further connections for queries that may take long; they see what is committed.
  let path: String
  let folder: String
  private let temporaryFolder: URL?
  /// Held as long as this process uses the folder.
  private let lock: Int32

  /// - Parameter folder: where the file is kept; nil keeps it in a folder that goes when this object does.
  init(folder: String?) throws {
    let url: URL
    if let folder {
      url = URL(filePath: folder, directoryHint: .isDirectory)
      temporaryFolder = nil
    } else {
      url = FileManager.default.temporaryDirectory.appending(
        path: "local-cloud-\(RandomID.uuid())", directoryHint: .isDirectory)
      temporaryFolder = url
    }
    // Keys and what functions logged are the owner's business.
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    self.folder = url.path
    path = url.appending(path: "local-cloud.sqlite").path
    // Two clouds on one folder would poll the same queues.
    lock = unsafe open(url.appending(path: "lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw DatabaseError(code: 0, message: "another local cloud uses the folder \(url.path)", sql: "lock")
    }
    // SQLite gives its further files the rights of the first.
    close(unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
    database = try Database(path: path)
    try database.with { connection throws(DatabaseError) in
      try connection.execute("PRAGMA journal_mode = WAL")
      // A crash of the machine may lose the last transactions; a crash of this process loses none.
      try connection.execute("PRAGMA synchronous = \(temporaryFolder == nil ? "NORMAL" : "OFF")")
      try connection.execute("PRAGMA foreign_keys = ON")
      try Self.migrate(connection)
    }
  }

  deinit {
    close(lock)
    if let temporaryFolder { try? FileManager.default.removeItem(at: temporaryFolder) }
  }

  /// The schema, one step a version; `PRAGMA user_version` says how many have been taken.
  private static let steps: [String] = [
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

  private static func migrate(_ connection: Connection) throws(DatabaseError) {
    let version = try connection.row("PRAGMA user_version")?.first?.integer ?? 0
    guard version <= Int64(steps.count) else {
      throw DatabaseError(
        code: 0, message: "the data were written by a newer version of the local cloud", sql: "PRAGMA user_version")
    }
    for (index, step) in steps.enumerated() where Int64(index) >= version {
      try connection.execute("BEGIN;" + step + "; PRAGMA user_version = \(index + 1); COMMIT")
    }
  }
}
