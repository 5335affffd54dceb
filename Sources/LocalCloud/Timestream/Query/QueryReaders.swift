import SQLiteStore
import Synchronization
import TimestreamSQL

/// Connections that know the functions of Timestream's SQL. Each query has one of its own and holds up neither writes nor other queries.
final class QueryReaders: Sendable {
  private let path: String
  private let temporaryFiles: TemporaryFiles
  /// Those that no query uses at the moment.
  private let idle = Mutex<[Database]>([])
  private static let idleLimit = 4

  /// Bytes on disk that all queries may take for what they sort and materialise.
  static let temporaryBytes: Int = 4 << 30

  /// - Throws: where the storage cannot be read.
  init(path: String) throws(DatabaseError) {
    self.path = path
    temporaryFiles = try TemporaryFiles(limit: Self.temporaryBytes)
    give(try make())
  }

  private func make() throws(DatabaseError) -> Database {
    // A folder that was deleted meanwhile stays deleted.
    let reader = try Database(path: path, readOnly: true, temporaryFiles: temporaryFiles)
    try reader.with { connection throws(DatabaseError) in try connection.prepareForQueries() }
    return reader
  }

  private func give(_ reader: Database) {
    idle.withLock { if $0.count < Self.idleLimit { $0.append(reader) } }
  }

  /// Reads one state of the storage.
  func read<Value: Sendable>(_ body: (Connection) throws(QueryError) -> Value) throws(QueryError) -> Value {
    let reader: Database
    if let known = idle.withLock({ $0.popLast() }) {
      reader = known
    } else {
      do throws(DatabaseError) { reader = try make() } catch { throw QueryError(error) }
    }
    defer { give(reader) }
    return try reader.with { connection throws(QueryError) in try body(connection) }
  }
}
