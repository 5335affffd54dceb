import CSQLite
import SQLiteStore

/// The table-valued function `ts_each(list)`: a row with `item` and `ordinal` for each item of a ``QueryList``, in order, from 1.
///
/// `ts_each(list, column)` is the same for each row that has the column: SQLite works a query that names no column out once for all rows.
///
/// An empty list has one row of the ordinal 0, so that what is made of the rows can tell it from null, which has none.
///
/// See <https://www.sqlite.org/vtab.html>.
enum EachTable {
  /// - Parameter execution: lives as long as the connection.
  static func register(_ connection: Connection, _ execution: Execution) throws(DatabaseError) {
    let shared = unsafe Unmanaged.passUnretained(execution).toOpaque()
    let code = unsafe sqlite3_create_module_v2(connection.raw, "ts_each", module, shared, nil)
    guard code == SQLITE_OK else { throw DatabaseError(code: code, message: "cannot register", sql: "ts_each") }
  }

  /// Where a scan of one list stands.
  private final class Scan {
    var bytes: [UInt8] = []
    /// Where the item behind this one starts.
    var next = 0
    var item = SQLValue.null
    var ordinal: Int64 = 0
    var isAtEnd = true
    private let execution: Execution

    init(_ execution: Execution) { self.execution = execution }

    deinit { execution.release(bytes.count) }

    func start(_ bytes: [UInt8]?) throws(QueryFault) {
      execution.release(self.bytes.count)
      self.bytes = []
      try execution.hold(bytes?.count ?? 0)
      self.bytes = bytes ?? []
      (next, item, ordinal, isAtEnd) = (0, .null, 0, bytes == nil)
      if !self.bytes.isEmpty { advance() }
    }

    func advance() {
      guard let found = QueryList.item(of: bytes, at: next) else {
        isAtEnd = true
        return
      }
      (item, next) = (found.value, found.end)
      ordinal += 1
    }
  }

  /// SQLite knows the first member alone.
  @unsafe private struct Table {
    var base: sqlite3_vtab
    let execution: Unmanaged<Execution>
  }

  /// SQLite knows the first member alone.
  @unsafe private struct Cursor {
    var base: sqlite3_vtab_cursor
    let scan: Unmanaged<Scan>
  }

  /// Tells SQLite what a scan failed with, in memory that SQLite frees.
  private static func refuse(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ fault: QueryFault) -> Int32 {
    guard let table = unsafe cursor?.pointee.pVtab else { return SQLITE_ERROR }
    let words = Array(fault.marked.utf8) + [0]
    guard let memory = unsafe sqlite3_malloc64(UInt64(words.count)) else { return SQLITE_NOMEM }
    unsafe memory.copyMemory(from: words, byteCount: words.count)
    unsafe sqlite3_free(table.pointee.zErrMsg)
    unsafe table.pointee.zErrMsg = unsafe memory.assumingMemoryBound(to: CChar.self)
    return SQLITE_ERROR
  }

  private static func scan(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Scan? {
    guard let cursor = unsafe cursor else { return nil }
    return unsafe UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: Cursor.self).pointee.scan
      .takeUnretainedValue()
  }

  private static let itemColumn: Int32 = 0
  private static let ordinalColumn: Int32 = 1
  private static let listColumn: Int32 = 2
  private static let rowColumn: Int32 = 3

  /// Made once and kept, for every connection refers to it. Nothing writes to it after this.
  private nonisolated(unsafe) static let module: UnsafeMutablePointer<sqlite3_module> = {
    let module = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
    var methods = sqlite3_module()
    // Without xCreate it needs no CREATE VIRTUAL TABLE.
    unsafe methods.xConnect = { database, shared, _, _, table, _ in
      guard let shared = unsafe shared else { return SQLITE_MISUSE }
      let code = unsafe sqlite3_declare_vtab(
        database, "CREATE TABLE x (item, ordinal INTEGER, list HIDDEN, row HIDDEN)")
      guard code == SQLITE_OK else { return code }
      let made = UnsafeMutablePointer<Table>.allocate(capacity: 1)
      unsafe made.initialize(to: Table(base: sqlite3_vtab(), execution: .fromOpaque(shared)))
      unsafe table?.pointee = unsafe UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab.self)
      return SQLITE_OK
    }
    unsafe methods.xDisconnect = { table in
      guard let table = unsafe table else { return SQLITE_OK }
      unsafe UnsafeMutableRawPointer(table).assumingMemoryBound(to: Table.self).deallocate()
      return SQLITE_OK
    }
    unsafe methods.xBestIndex = { _, info in
      guard let info = unsafe info else { return SQLITE_ERROR }
      var hasList = false
      for index in 0..<Int(unsafe info.pointee.nConstraint) {
        let constraint = unsafe info.pointee.aConstraint[index]
        guard constraint.iColumn == listColumn || constraint.iColumn == rowColumn,
          Int32(constraint.op) == SQLITE_INDEX_CONSTRAINT_EQ
        else { continue }
        // It comes from a table that is not read yet in this order of joins.
        guard constraint.usable != 0 else { return SQLITE_CONSTRAINT }
        if constraint.iColumn == listColumn { hasList = true }
        unsafe info.pointee.aConstraintUsage[index].argvIndex = constraint.iColumn == listColumn ? 1 : 2
        unsafe info.pointee.aConstraintUsage[index].omit = 1
        unsafe info.pointee.estimatedCost = 100
        unsafe info.pointee.estimatedRows = 100
      }
      return hasList ? SQLITE_OK : SQLITE_CONSTRAINT
    }
    unsafe methods.xOpen = { table, cursor in
      guard let table = unsafe table else { return SQLITE_MISUSE }
      let execution = unsafe UnsafeMutableRawPointer(table).assumingMemoryBound(to: Table.self).pointee.execution
        .takeUnretainedValue()
      let made = UnsafeMutablePointer<Cursor>.allocate(capacity: 1)
      unsafe made.initialize(to: Cursor(base: sqlite3_vtab_cursor(), scan: .passRetained(Scan(execution))))
      unsafe cursor?.pointee = unsafe UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
      return SQLITE_OK
    }
    unsafe methods.xClose = { cursor in
      guard let cursor = unsafe cursor else { return SQLITE_OK }
      let made = unsafe UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: Cursor.self)
      unsafe made.pointee.scan.release()
      unsafe made.deallocate()
      return SQLITE_OK
    }
    unsafe methods.xFilter = { cursor, _, _, count, values in
      let list = unsafe count > 0 ? values.flatMap { unsafe SQLValue($0[0]) } : nil
      do throws(QueryFault) { unsafe try scan(cursor)?.start(list?.blob) } catch { return unsafe refuse(cursor, error) }
      return SQLITE_OK
    }
    unsafe methods.xNext = { cursor in
      guard let scan = unsafe scan(cursor) else { return SQLITE_ERROR }
      if scan.ordinal == 0 { scan.isAtEnd = true } else { scan.advance() }
      return SQLITE_OK
    }
    unsafe methods.xEof = { cursor in unsafe scan(cursor)?.isAtEnd ?? true ? 1 : 0 }
    unsafe methods.xColumn = { cursor, context, column in
      guard let scan = unsafe scan(cursor) else { return SQLITE_ERROR }
      let value: SQLValue =
        switch column {
        case itemColumn: scan.item
        case ordinalColumn: .integer(scan.ordinal)
        default: .null
        }
      unsafe value.reply(to: context)
      return SQLITE_OK
    }
    unsafe methods.xRowid = { cursor, row in
      unsafe row?.pointee = scan(cursor)?.ordinal ?? 0
      return SQLITE_OK
    }
    unsafe module.initialize(to: methods)
    return unsafe module
  }()
}
