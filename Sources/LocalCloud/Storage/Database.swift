import CSQLite
import Synchronization

/// A value of SQLite's five kinds.
enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// Texts are equal where their bytes are, as SQLite has it; Swift's own comparison takes `é` and `e` with an accent as equal.
  static func == (one: SQLValue, other: SQLValue) -> Bool {
    switch (one, other) {
    case (.null, .null): true
    case (.integer(let one), .integer(let other)): one == other
    case (.real(let one), .real(let other)): one == other
    case (.text(let one), .text(let other)): one.utf8.elementsEqual(other.utf8)
    case (.blob(let one), .blob(let other)): one == other
    default: false
    }
  }

  func hash(into hasher: inout Hasher) {
    switch self {
    case .null: break
    case .integer(let value): hasher.combine(value)
    case .real(let value): hasher.combine(value)
    case .text(var value): value.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .blob(let value): hasher.combine(value)
    }
  }

  var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
  var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
}

/// What SQLite refused, with its own code and the statement; the values are not told.
struct DatabaseError: Error, CustomStringConvertible {
  var code: Int32
  var message: String
  var sql: String
  var description: String { code == 0 ? message : "SQLite error \(code): \(message) in: \(sql)" }
}

/// One connection behind a lock: whoever holds it has it alone.
final class Database: Sendable {
  private let connection: Mutex<Connection>

  init(path: String, readOnly: Bool = false) throws(DatabaseError) {
    connection = Mutex(try Connection(path: path, readOnly: readOnly))
  }

  func with<Value, Failure: Error>(
    _ body: (Connection) throws(Failure) -> sending Value
  ) throws(Failure) -> sending Value {
    try connection.withLock { connection throws(Failure) in try body(connection) }
  }
}

/// An open database with its prepared statements. It belongs to the thread that holds the lock of its ``Database``.
@safe final class Connection {
  private let handle: OpaquePointer
  private var statements: [String: Statement] = [:]

  /// Statements that are kept prepared; past it the cache starts anew.
  private static let cachedStatements = 200

  init(path: String, readOnly: Bool) throws(DatabaseError) {
    var handle: OpaquePointer?
    let flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let code = unsafe sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      let message = unsafe String(cString: sqlite3_errstr(code))
      unsafe sqlite3_close_v2(handle)
      throw DatabaseError(code: code, message: "\(message): \(path)", sql: "open")
    }
    unsafe self.handle = unsafe handle
    unsafe sqlite3_busy_timeout(handle, 10_000)
    unsafe csqlite_disable_double_quoted_strings(handle)
  }

  deinit {
    statements = [:]
    unsafe sqlite3_close_v2(handle)
  }

  /// The underlying handle, for the registration of functions.
  var raw: OpaquePointer { unsafe handle }

  /// Runs statements without values, one after the other.
  func execute(_ sql: String) throws(DatabaseError) {
    guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error(sql) }
  }

  /// Runs one statement.
  func run(_ sql: String, _ values: SQLValue...) throws(DatabaseError) { try run(sql, values) }

  func run(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
    let statement = try start(sql, values)
    defer { statement.reset() }
    while try step(statement, sql) {}
  }

  /// The rows of one statement.
  func rows(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [[SQLValue]] { try rows(sql, values) }

  func rows(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [[SQLValue]] {
    let statement = try start(sql, values)
    defer { statement.reset() }
    var rows: [[SQLValue]] = []
    while try step(statement, sql) { rows.append(Row(statement: statement).values) }
    return rows
  }

  /// The first row, or nil.
  func row(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [SQLValue]? {
    try rows(sql, values).first
  }

  /// Calls a body for each row as it is read, until it returns false.
  func forEach(_ sql: String, _ values: [SQLValue], _ body: (Row) throws -> Bool) throws {
    let statement = try start(sql, values)
    defer { statement.reset() }
    while try step(statement, sql), try body(Row(statement: statement)) {}
  }

  private func start(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Statement {
    let statement = try prepared(sql)
    statement.bind(values)
    return statement
  }

  private func step(_ statement: Statement, _ sql: String) throws(DatabaseError) -> Bool {
    switch statement.step() {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw error(sql)
    }
  }

  /// Runs a body so that all of it holds or none.
  func transaction<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws -> Value {
    try execute("BEGIN IMMEDIATE")
    do {
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      // The failure that brought us here matters more than one of the rollback, which SQLite may have done itself.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// The bytes of the pages that were looked at since the last time.
  func takeBytesRead() -> Int {
    var pages = 0
    for counter in [SQLITE_DBSTATUS_CACHE_HIT, SQLITE_DBSTATUS_CACHE_MISS] {
      var (count, highest): (Int32, Int32) = (0, 0)
      unsafe sqlite3_db_status(handle, counter, &count, &highest, 1)
      pages += Int(count)
    }
    return pages * 4096
  }

  /// Rows that the last statement changed.
  var changes: Int { unsafe Int(sqlite3_changes(handle)) }

  private func prepared(_ sql: String) throws(DatabaseError) -> Statement {
    if let known = statements[sql], !known.isBusy { return known }
    var pointer: OpaquePointer?
    guard unsafe sqlite3_prepare_v2(handle, sql, -1, &pointer, nil) == SQLITE_OK, let pointer = unsafe pointer else {
      throw error(sql)
    }
    let statement = unsafe Statement(pointer)
    if statements.count >= Self.cachedStatements { statements = [:] }
    statements[sql] = statement
    return statement
  }

  private func error(_ sql: String) -> DatabaseError {
    unsafe DatabaseError(
      code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)), sql: sql)
  }
}

/// A prepared statement; it ends with its last reference.
@safe final class Statement {
  fileprivate let pointer: OpaquePointer
  private(set) var isBusy = false

  fileprivate init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

  deinit { unsafe sqlite3_finalize(pointer) }

  fileprivate func bind(_ values: [SQLValue]) {
    isBusy = true
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      switch value {
      case .null: unsafe sqlite3_bind_null(pointer, place)
      case .integer(let value): unsafe sqlite3_bind_int64(pointer, place, value)
      case .real(let value): unsafe sqlite3_bind_double(pointer, place, value)
      case .text(let value): unsafe csqlite_bind_text(pointer, place, value, Int32(value.utf8.count))
      case .blob(let value):
        _ = unsafe value.withUnsafeBytes { unsafe csqlite_bind_blob(pointer, place, $0.baseAddress, Int32($0.count)) }
      }
    }
  }

  fileprivate func step() -> Int32 { unsafe sqlite3_step(pointer) }

  fileprivate func reset() {
    unsafe sqlite3_reset(pointer)
    unsafe sqlite3_clear_bindings(pointer)
    isBusy = false
  }
}

/// The row at which a statement stands.
struct Row {
  let statement: Statement

  var count: Int { unsafe Int(sqlite3_column_count(statement.pointer)) }

  var values: [SQLValue] { (0..<count).map { self[$0] } }

  subscript(index: Int) -> SQLValue {
    let column = Int32(index)
    let pointer = unsafe statement.pointer
    switch unsafe sqlite3_column_type(pointer, column) {
    case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(pointer, column))
    case SQLITE_FLOAT: return unsafe .real(sqlite3_column_double(pointer, column))
    case SQLITE_TEXT:
      guard let text = unsafe sqlite3_column_text(pointer, column) else { return .null }
      let count = unsafe Int(sqlite3_column_bytes(pointer, column))
      return unsafe .text(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      guard let bytes = unsafe sqlite3_column_blob(pointer, column) else { return .blob([]) }
      let count = unsafe Int(sqlite3_column_bytes(pointer, column))
      return unsafe .blob(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return .null
    }
  }
}
