import CSQLite

/// An open database with its prepared statements. It belongs to one thread at a time: see ``Database``.
@safe public final class Connection {
  private let handle: OpaquePointer
  private var statements: [String: PreparedStatement] = [:]
  /// Bytes of the texts of the statements that are kept.
  private(set) var statementBytes = 0
  private var steps = 0
  var hooks = ConnectionHooks()

  /// Statements that are kept prepared; past it the cache starts anew.
  static let cachedStatements: Int = 200
  /// Bytes of the texts of all statements that are kept. A statement takes some 25 times as much; one with more than a sixteenth is not kept.
  static let cachedBytes: Int = 1 << 20

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - readOnly: false makes the file where there is none.
  ///   - temporaryFiles: bounds what statements keep in files while they run; nil bounds nothing.
  /// - Throws: ``DatabaseError`` where the file cannot be opened. A file that is no database is told by the first statement.
  public init(path: String, readOnly: Bool, temporaryFiles: TemporaryFiles? = nil) throws(DatabaseError) {
    var handle: OpaquePointer?
    let flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let code = unsafe sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, temporaryFiles?.name)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      let message = unsafe String(cString: sqlite3_errstr(code))
      unsafe sqlite3_close_v2(handle)
      throw DatabaseError(code: code, message: "\(message): \(path)", sql: "open")
    }
    unsafe self.handle = unsafe handle
    unsafe sqlite3_busy_timeout(handle, 10_000)
    unsafe csqlite_disable_double_quoted_strings(handle)
    countRollbacks()
    // A damaged page is refused when it is read, as far as its form tells.
    try execute("PRAGMA cell_size_check = ON")
  }

  deinit {
    statements = [:]
    unsafe sqlite3_close_v2(handle)
  }

  /// The underlying handle, for the registration of functions.
  public var raw: OpaquePointer { unsafe handle }

  /// What the functions of this connection share; it ends with the connection.
  public var attachment: AnyObject?

  // MARK: Statements

  /// Takes a statement, to bind its values and to step through its rows. It is prepared once: what rows are written with is
  /// taken once for all of them.
  ///
  /// - Parameter sql: one statement.
  public func statement(_ sql: String) throws(DatabaseError) -> Statement {
    Statement(try prepared(sql), of: self)
  }

  /// Runs statements without values, one after the other.
  public func execute(_ sql: String) throws(DatabaseError) {
    var text = sql
    let failure: DatabaseError? = text.withUTF8 { bytes in
      var rest = unsafe Span(_unsafeElements: bytes)
      do throws(DatabaseError) {
        while let next = try prepareFirst(&rest, of: sql) {
          let statement = Statement(next, of: self)
          while try statement.step() {}
        }
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
  }

  /// Runs one statement.
  public func run(_ sql: String, _ values: SQLValue...) throws(DatabaseError) { try run(sql, values) }

  /// Runs one statement.
  public func run(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) {
    let statement = try bound(sql, values)
    while try statement.step() {}
  }

  /// The rows of one statement.
  public func rows(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [[SQLValue]] { try rows(sql, values) }

  /// The rows of one statement.
  public func rows(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> [[SQLValue]] {
    let statement = try bound(sql, values)
    var rows: [[SQLValue]] = []
    while try statement.step() { rows.append(statement.row.values) }
    return rows
  }

  /// The first row, or nil. What comes after it is not read.
  public func row(_ sql: String, _ values: SQLValue...) throws(DatabaseError) -> [SQLValue]? {
    let statement = try bound(sql, values)
    return try statement.step() ? statement.row.values : nil
  }

  /// Calls a body for each row as it is read, until it returns false.
  public func forEach(_ sql: String, _ values: [SQLValue], _ body: (borrowing Row) throws -> Bool) throws {
    let statement = try bound(sql, values)
    while try statement.step(), try body(statement.row) {}
  }

  private func bound(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Statement {
    let statement = try statement(sql)
    for (index, value) in values.enumerated() { try statement.bind(index + 1, value) }
    return statement
  }

  // MARK: Transactions

  /// Runs a body so that all of it holds or none. Within a transaction it is a part of that.
  public func transaction<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws -> Value {
    let isPart = isInTransaction
    try run(isPart ? "SAVEPOINT part" : "BEGIN IMMEDIATE")
    do {
      let value = try body()
      try run(isPart ? "RELEASE part" : "COMMIT")
      return value
    } catch {
      // The failure that brought us here matters more than one of the rollback, which SQLite may have done itself.
      try? execute(isPart ? "ROLLBACK TO part; RELEASE part" : "ROLLBACK")
      throw error
    }
  }

  /// False outside a transaction, also after SQLite itself has rolled one back: where the disk is full, or a write was
  /// interrupted.
  public var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// Runs statements for as long as a check holds; then SQLite interrupts the one that runs.
  ///
  /// An interrupted write takes its whole transaction with it.
  ///
  /// - Parameters:
  ///   - steps: how many steps of SQLite's virtual machine run between two checks; a million take about ten milliseconds.
  ///   - goesOn: runs on this thread, and must not use this connection.
  public func whilst<Value, Failure: Error>(
    every steps: Int32 = 10_000, _ goesOn: () -> Bool, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try withoutActuallyEscaping(goesOn) { goesOn throws(Failure) in
      let check = ProgressCheck(goesOn)
      unsafe sqlite3_progress_handler(
        handle, steps,
        { pointer in
          guard let pointer = unsafe pointer else { return 0 }
          return unsafe Unmanaged<ProgressCheck>.fromOpaque(pointer).takeUnretainedValue().goesOn() ? 0 : 1
        }, unsafe Unmanaged.passUnretained(check).toOpaque())
      defer {
        unsafe sqlite3_progress_handler(handle, 0, nil, nil)
        extendLifetime(check)
      }
      return try body()
    }
  }

  // MARK: Counters

  /// The steps of SQLite's virtual machine since the last time, of the statements that have ended: what work cost, whatever
  /// the machine's speed. A row that is read or written takes some ten of them.
  public func takeStepCount() -> Int {
    defer { steps = 0 }
    return steps
  }

  /// The bytes of the pages that were looked at since the last time.
  public func takeBytesRead() -> Int {
    var pages = 0
    for counter in [SQLITE_DBSTATUS_CACHE_HIT, SQLITE_DBSTATUS_CACHE_MISS] {
      var (count, highest): (Int32, Int32) = (0, 0)
      unsafe sqlite3_db_status(handle, counter, &count, &highest, 1)
      pages += Int(count)
    }
    return pages * 4096
  }

  /// Rows that the last statement changed.
  public var changes: Int { unsafe Int(sqlite3_changes(handle)) }

  /// The key of the row that was inserted last.
  public var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  // MARK: Parts

  /// Ends a statement's use, so that it can be used again.
  func giveBack(_ statement: PreparedStatement) { steps += statement.reset() }

  private func prepared(_ sql: String) throws(DatabaseError) -> PreparedStatement {
    if let known = statements[sql], !known.isBusy { return known }
    var text = sql
    let made: Result<PreparedStatement?, DatabaseError> = text.withUTF8 { bytes in
      var rest = unsafe Span(_unsafeElements: bytes)
      do throws(DatabaseError) { return .success(try prepareFirst(&rest, of: sql)) } catch { return .failure(error) }
    }
    guard let statement = try made.get() else {
      throw DatabaseError(code: SQLITE_MISUSE, message: "there is no statement", sql: sql)
    }
    let bytes = sql.utf8.count
    guard bytes <= Self.cachedBytes / 16 else { return statement }
    if statements.count >= Self.cachedStatements || statementBytes + bytes > Self.cachedBytes {
      (statements, statementBytes) = ([:], 0)
    }
    if statements.updateValue(statement, forKey: sql) == nil { statementBytes += bytes }
    return statement
  }

  /// Prepares the first statement of a text, and leaves what is after it; nil where only blanks and comments are left.
  private func prepareFirst(_ text: inout Span<UInt8>, of sql: String) throws(DatabaseError) -> PreparedStatement? {
    while !text.isEmpty {
      var pointer: OpaquePointer?
      let (code, count) = unsafe text.withUnsafeBufferPointer { bytes in
        unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
          var tail: UnsafePointer<CChar>?
          let code = unsafe sqlite3_prepare_v2(handle, bytes.baseAddress, Int32(clamping: bytes.count), &pointer, &tail)
          let count = unsafe tail.flatMap { tail in unsafe bytes.baseAddress.map { unsafe tail - $0 } }
          return (code, count ?? bytes.count)
        }
      }
      guard code == SQLITE_OK else { throw error(sql) }
      text = text.extracting(count...)
      if let pointer = unsafe pointer { return unsafe PreparedStatement(pointer, sql: sql) }
    }
    return nil
  }

  func error(_ sql: String) -> DatabaseError {
    let code = unsafe sqlite3_extended_errcode(handle)
    // SQLite knows that a commit was refused, not why.
    let refusal = code == csqlite_constraint_commit_hook ? hooks.refusal : nil
    return unsafe DatabaseError(code: code, message: refusal ?? String(cString: sqlite3_errmsg(handle)), sql: sql)
  }
}

/// Carries a closure through SQLite's user data.
private final class ProgressCheck {
  let goesOn: () -> Bool
  init(_ goesOn: @escaping () -> Bool) { self.goesOn = goesOn }
}
