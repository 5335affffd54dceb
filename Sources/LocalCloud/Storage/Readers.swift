import SQLiteStore
import Synchronization

/// Connections that read what is committed, each from a state of its own; they wait for no writer.
final class Readers: Sendable {
  /// How many are kept open while nobody reads with them. There are never more than threads that read.
  static let idleLimit: Int = 8
  /// How long a read may take; then it is interrupted. The write-ahead log cannot be cut while somebody reads from its start.
  static let timeLimit: Duration = .seconds(60)

  private let path: String
  private let idle = Mutex<[Database]>([])

  init(path: String) { self.path = path }

  /// Runs a body that sees one state of the storage.
  func with<Value: Sendable>(_ body: (Connection) throws(ServiceError) -> Value) throws(ServiceError) -> Value {
    let reader = try take()
    defer { idle.withLock { if $0.count < Self.idleLimit { $0.append(reader) } } }
    return try reader.with { connection throws(ServiceError) in
      do throws(DatabaseError) { try connection.run("BEGIN") } catch { throw .internal(error) }
      // Nothing is lost with a transaction that has only read.
      defer { if connection.isInTransaction { try? connection.run("ROLLBACK") } }
      return try connection.limited(to: Self.timeLimit) { () throws(ServiceError) in try body(connection) }
    }
  }

  private func take() throws(ServiceError) -> Database {
    if let reader = idle.withLock({ $0.popLast() }) { return reader }
    do throws(DatabaseError) {
      // A folder that was deleted meanwhile stays deleted.
      return try Database(path: path, readOnly: true)
    } catch { throw .internal(error) }
  }
}
