import Glibc
import SQLiteStore

extension Storage {
  /// Data of so many bytes are looked through for damage at the start, which takes some milliseconds; larger ones beside the work.
  static let startCheckBytes: Int = 8 << 20
  /// How long a look for damage may take.
  static let checkLimit: Duration = .seconds(30)

  /// Opens the file of a folder, as the one connection that writes.
  ///
  /// - Parameter isDurable: whether what is answered survives the end of the machine, and not only of this process.
  /// - Throws: ``DataFolder/Failure``.
  static func open(
    _ folder: DataFolder, isDurable: Bool, _ schemas: [StorageSchema], _ check: DataCheck
  ) throws(DataFolder.Failure) -> Database {
    let path = path(in: folder)
    // SQLite gives its further files the rights of the first.
    let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw DataFolder.failure(folder.path, errno) }
    Glibc.close(file)
    // Damage is told as damage, not by the step of a schema that comes across it.
    try check.look()
    let synchronous = folder.isTemporary ? "OFF" : isDurable ? "FULL" : "NORMAL"
    do throws(DatabaseError) {
      let database = try Database(path: path)
      try database.with { connection throws(DatabaseError) in
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.execute("PRAGMA synchronous = \(synchronous)")
        // What the log grew beyond this is given back once it starts anew.
        try connection.execute("PRAGMA journal_size_limit = \(Checkpoints.mostPages * 4096)")
        try connection.execute("PRAGMA foreign_keys = ON")
        // What a savepoint may have to undo stays in memory: a file for it could be left behind by a kill.
        try connection.execute("PRAGMA temp_store = MEMORY")
        try migrate(connection, schemas)
        connection.beforeCommit { [unowned connection] in
          connection.fileHasMoved
            ? "the data's folder was moved or deleted: nothing is stored any more, start again" : nil
        }
      }
      return database
    } catch {
      throw failure(error, folder)
    }
  }

  static let fileName: String = "local-cloud.sqlite"

  static func path(in folder: DataFolder) -> String { path(inFolder: folder.path) }

  static func path(inFolder folder: String) -> String { "\(folder)/\(fileName)" }

  /// What SQLite's error means for the data, and what to do.
  static func failure(_ error: DatabaseError, _ folder: DataFolder) -> DataFolder.Failure {
    switch error.code & 0xFF {
    // Words of our own.
    case 0: DataFolder.Failure(description: "\(folder.path): \(error.message)")
    case 11: damaged(folder, error.message)
    case 26:
      DataFolder.Failure(
        description:
          "\(path(in: folder)) is no database, or damaged: move it away, or choose another folder with --data")
    case 13: DataFolder.failure(folder.path, ENOSPC)
    case 3, 8: DataFolder.failure(folder.path, EACCES)
    case 5, 6:
      DataFolder.Failure(description: "another program holds \(path(in: folder)): end it, and start again")
    default: DataFolder.Failure(description: "\(path(in: folder)) cannot be opened: \(error.message)")
    }
  }

  static func damaged(_ folder: DataFolder, _ words: String) -> DataFolder.Failure {
    DataFolder.Failure(
      description:
        "the data in \(folder.path) are damaged (\(words.replacing("\n", with: " "))): put back a copy, or choose another folder with --data"
    )
  }
}
