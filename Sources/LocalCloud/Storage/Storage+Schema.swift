import CacheSupport
import SQLiteStore

extension Storage {
  /// Runs the steps that the data have not seen, each in a transaction with the note that it has run.
  static func migrate(_ connection: Connection, _ schemas: [StorageSchema]) throws(DatabaseError) {
    try connection.execute(
      "CREATE TABLE IF NOT EXISTS schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")
    try takeOver(connection)
    for schema in schemas where !schema.steps.isEmpty {
      let row = try connection.row("SELECT version FROM schema_versions WHERE module = ?", .text(schema.module))
      let version = row?.first?.integer ?? 0
      guard version <= Int64(schema.steps.count) else {
        throw DatabaseError(
          code: 0, message: "the data of \(schema.module) \(writtenByNewer)", sql: "schema_versions")
      }
      for (index, step) in schema.steps.enumerated() where Int64(index) >= version {
        try connection.execute(
          "BEGIN; \(step); INSERT OR REPLACE INTO schema_versions VALUES ('\(schema.module)', \(index + 1)); COMMIT")
      }
    }
  }

  private static let writtenByNewer =
    "were written by a newer version of the local cloud: start that one, or choose another folder with --data"

  /// Data from before each module had a version of its own, told by one `user_version` for all: the steps of each that it stands for.
  private static func takeOver(_ connection: Connection) throws(DatabaseError) {
    let version = try connection.row("PRAGMA user_version")?.first?.integer ?? 0
    guard version > 0 else { return }
    guard version <= 4 else {
      throw DatabaseError(code: 0, message: "the data \(writtenByNewer)", sql: "PRAGMA user_version")
    }
    let steps = [
      "dynamodb": version >= 4 ? 2 : 1, "sqs": 1, "ssm": 1, "timestream": min(version, 3), "state": 1,
    ]
    for (module, count) in steps {
      try connection.run("INSERT OR IGNORE INTO schema_versions VALUES (?, ?)", .text(module), .integer(count))
    }
    try connection.execute("PRAGMA user_version = 0")
  }

  /// What the cloud itself remembers.
  static let ownSchema = StorageSchema(
    module: "state", steps: ["CREATE TABLE local_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)"])
}
