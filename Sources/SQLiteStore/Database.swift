import Synchronization

/// One connection behind a lock: whoever holds it has it alone.
public final class Database: Sendable {
  private let connection: Mutex<Connection>

  public init(
    path: String, readOnly: Bool = false, temporaryFiles: TemporaryFiles? = nil
  ) throws(DatabaseError) {
    connection = Mutex(try Connection(path: path, readOnly: readOnly, temporaryFiles: temporaryFiles))
  }

  public func with<Value, Failure: Error>(
    _ body: (Connection) throws(Failure) -> sending Value
  ) throws(Failure) -> sending Value {
    try connection.withLock { connection throws(Failure) in try body(connection) }
  }
}

/// What SQLite refused, with its own code and the statement; the values are not told.
public struct DatabaseError: Error, CustomStringConvertible {
  public var code: Int32
  public var message: String
  public var sql: String

  public init(code: Int32, message: String, sql: String) {
    self.code = code
    self.message = message
    self.sql = sql
  }

  public var description: String { code == 0 ? message : "SQLite error \(code): \(message) in: \(sql)" }
}
