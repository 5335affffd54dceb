import CSQLite

/// The use of a prepared statement: its values are bound, its rows stepped through. It ends with this value, which gives the
/// statement back to its connection.
public struct Statement: ~Copyable {
  private let prepared: PreparedStatement
  private let connection: Connection

  init(_ prepared: PreparedStatement, of connection: Connection) {
    self.prepared = prepared
    self.connection = connection
    prepared.isBusy = true
  }

  deinit { connection.giveBack(prepared) }

  // MARK: Values

  /// Binds a value to a parameter; the first one is 1.
  public borrowing func bind(_ place: Int, _ value: SQLValue) throws(DatabaseError) {
    switch value {
    case .null: try check(unsafe sqlite3_bind_null(prepared.pointer, Int32(clamping: place)))
    case .integer(let value): try bind(place, value)
    case .real(let value): try bind(place, value)
    case .text(var value): try check(value.withUTF8 { unsafe bindText(place, $0) })
    case .blob(let value): try bind(place, blob: value.span)
    }
  }

  /// Binds an integer.
  public borrowing func bind(_ place: Int, _ value: Int64) throws(DatabaseError) {
    try check(unsafe sqlite3_bind_int64(prepared.pointer, Int32(clamping: place), value))
  }

  /// Binds a number; NaN becomes null.
  public borrowing func bind(_ place: Int, _ value: Double) throws(DatabaseError) {
    try check(unsafe sqlite3_bind_double(prepared.pointer, Int32(clamping: place), value))
  }

  /// Binds UTF-8 as text. SQLite takes a copy.
  public borrowing func bind(_ place: Int, text: Span<UInt8>) throws(DatabaseError) {
    try check(unsafe text.withUnsafeBufferPointer { unsafe bindText(place, $0) })
  }

  /// Binds bytes. SQLite takes a copy.
  public borrowing func bind(_ place: Int, blob: Span<UInt8>) throws(DatabaseError) {
    let code = unsafe blob.withUnsafeBytes { bytes in
      unsafe csqlite_bind_blob(prepared.pointer, Int32(clamping: place), bytes.baseAddress, UInt64(bytes.count))
    }
    try check(code)
  }

  private borrowing func bindText(_ place: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    unsafe csqlite_bind_text(
      prepared.pointer, Int32(clamping: place),
      UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
      UInt64(bytes.count))
  }

  private borrowing func check(_ code: Int32) throws(DatabaseError) {
    if code != SQLITE_OK { throw connection.error(prepared.sql) }
  }

  // MARK: Rows

  /// Goes to the next row.
  ///
  /// - Returns: false behind the last one.
  public borrowing func step() throws(DatabaseError) -> Bool {
    switch unsafe sqlite3_step(prepared.pointer) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw connection.error(prepared.sql)
    }
  }

  /// The row at which the statement stands.
  public var row: Row {
    @_lifetime(borrow self)
    get { Row(self.prepared) }
  }

  /// Runs it to its end, and goes back to its start. The values stay bound.
  public borrowing func run() throws(DatabaseError) {
    defer { rewind() }
    while try step() {}
  }

  /// Goes back to the start. The values stay bound.
  public borrowing func rewind() {
    // What the last step failed with has been told.
    unsafe sqlite3_reset(prepared.pointer)
  }
}
