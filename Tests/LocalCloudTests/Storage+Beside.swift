import SQLiteStore

@testable import LocalCloud

extension Storage {
  /// A connection of its own, for what a test looks at or changes beside the cloud.
  var database: Database {
    get throws(DatabaseError) {
      let database = try Database(path: path)
      try database.with { connection throws(DatabaseError) in try connection.execute("PRAGMA foreign_keys = ON") }
      return database
    }
  }
}
