import CSQLite

/// A compiled statement, kept by its connection for the next one who needs it.
@safe final class PreparedStatement {
  let pointer: OpaquePointer
  let sql: String
  /// True while somebody has it.
  var isBusy = false

  init(_ pointer: OpaquePointer, sql: String) {
    unsafe self.pointer = unsafe pointer
    self.sql = sql
  }

  deinit { unsafe sqlite3_finalize(pointer) }

  /// Ends the run and forgets the values.
  ///
  /// - Returns: the steps of SQLite's virtual machine that it took.
  func reset() -> Int {
    // What the last step failed with has been told.
    unsafe sqlite3_reset(pointer)
    unsafe sqlite3_clear_bindings(pointer)
    isBusy = false
    return unsafe Int(sqlite3_stmt_status(pointer, SQLITE_STMTSTATUS_VM_STEP, 1))
  }
}
