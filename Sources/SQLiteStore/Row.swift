import CSQLite

/// The row at which a statement stands. The first column is 0.
public struct Row: ~Copyable, ~Escapable {
  private let statement: PreparedStatement

  @_lifetime(immortal)
  init(_ statement: PreparedStatement) { self.statement = statement }

  /// How many columns it has.
  public var count: Int { unsafe Int(sqlite3_column_count(statement.pointer)) }

  /// The bytes of its texts and blobs.
  public var size: Int {
    (0..<Int32(count)).reduce(0) { size, column in
      switch unsafe sqlite3_column_type(statement.pointer, column) {
      case SQLITE_TEXT, SQLITE_BLOB: size + Int(unsafe sqlite3_column_bytes(statement.pointer, column))
      default: size
      }
    }
  }

  /// All columns.
  public var values: [SQLValue] { (0..<count).map { self[$0] } }

  /// A column's value, with a copy of its bytes.
  public subscript(index: Int) -> SQLValue {
    let column = Int32(clamping: index)
    switch unsafe sqlite3_column_type(statement.pointer, column) {
    case SQLITE_INTEGER: return .integer(integer(index))
    case SQLITE_FLOAT: return .real(real(index))
    case SQLITE_TEXT: return .text(text(index))
    case SQLITE_BLOB: return .blob(unsafe blob(index).withUnsafeBufferPointer { unsafe Array($0) })
    default: return .null
    }
  }

  /// True for a column without a value.
  public func isNull(_ index: Int) -> Bool {
    unsafe sqlite3_column_type(statement.pointer, Int32(clamping: index)) == SQLITE_NULL
  }

  /// A column as an integer, converted as SQLite does it: null is 0.
  public func integer(_ index: Int) -> Int64 {
    unsafe sqlite3_column_int64(statement.pointer, Int32(clamping: index))
  }

  /// A column as a number, converted as SQLite does it: null is 0.
  public func real(_ index: Int) -> Double {
    unsafe sqlite3_column_double(statement.pointer, Int32(clamping: index))
  }

  /// A column as text: null is empty.
  public func text(_ index: Int) -> String {
    unsafe utf8(index).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// A column's text as it is stored, without a copy.
  @_lifetime(borrow self)
  public func utf8(_ index: Int) -> Span<UInt8> {
    let column = Int32(clamping: index)
    // The text comes first: it may be made only now, which moves it.
    let start = unsafe sqlite3_column_text(statement.pointer, column)
    let count = unsafe Int(sqlite3_column_bytes(statement.pointer, column))
    return unsafe _overrideLifetime(
      Span(_unsafeElements: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)), borrowing: self)
  }

  /// A column's bytes as they are stored, without a copy.
  @_lifetime(borrow self)
  public func blob(_ index: Int) -> Span<UInt8> {
    let column = Int32(clamping: index)
    let start = unsafe sqlite3_column_blob(statement.pointer, column)?.assumingMemoryBound(to: UInt8.self)
    let count = unsafe Int(sqlite3_column_bytes(statement.pointer, column))
    return unsafe _overrideLifetime(
      Span(_unsafeElements: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)), borrowing: self)
  }
}
