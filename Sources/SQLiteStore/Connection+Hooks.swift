import CSQLite

/// What a connection notices by itself.
struct ConnectionHooks {
  /// Transactions that were rolled back, whoever did it.
  var rollbacks = 0
  /// Told the length of the write-ahead log, in pages, after each commit.
  var afterCommit: ((Int) -> Void)?
  /// Asked before each commit why it may not be.
  var beforeCommit: (() -> String?)?
  /// Why the last commit was refused.
  var refusal: String?
}

extension Connection {
  /// How many transactions have been rolled back, by a statement or by SQLite itself; a savepoint alone does not count. What
  /// was remembered of a transaction holds as long as this number does.
  public var rollbackCount: Int { hooks.rollbacks }

  /// Calls a body after each commit with the number of pages in the write-ahead log. SQLite then moves nothing into the file by
  /// itself: see ``checkpoint(restarts:)``.
  public func afterCommit(_ body: @escaping (_ pages: Int) -> Void) {
    hooks.afterCommit = body
    // The connection closes the handle before it goes.
    _ = unsafe sqlite3_wal_hook(
      raw,
      { owner, _, _, pages in
        guard let owner = unsafe owner else { return SQLITE_OK }
        unsafe Unmanaged<Connection>.fromOpaque(owner).takeUnretainedValue().hooks.afterCommit?(Int(pages))
        return SQLITE_OK
      }, unsafe Unmanaged.passUnretained(self).toOpaque())
  }

  func countRollbacks() {
    _ = unsafe sqlite3_rollback_hook(
      raw,
      { owner in
        guard let owner = unsafe owner else { return }
        unsafe Unmanaged<Connection>.fromOpaque(owner).takeUnretainedValue().hooks.rollbacks += 1
      }, unsafe Unmanaged.passUnretained(self).toOpaque())
  }

  /// Moves what is committed from the write-ahead log into the file, as far as no reader needs the log.
  ///
  /// - Parameter restarts: false never waits, and may run beside a writer. True also waits for readers, as long as the connection
  ///   waits for locks, so that the next commit writes at the log's start.
  /// - Returns: whether all of it was moved.
  public func checkpoint(restarts: Bool = false) throws(DatabaseError) -> Bool {
    var (pages, moved): (Int32, Int32) = (0, 0)
    let mode = restarts ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE
    switch unsafe sqlite3_wal_checkpoint_v2(raw, nil, mode, &pages, &moved) {
    case SQLITE_OK: return pages == moved
    // Somebody else is at it, or a reader does not let go.
    case SQLITE_BUSY: return false
    default: throw error("wal_checkpoint")
    }
  }

  /// How long statements wait for another connection's lock; ten seconds unless told.
  public func waitForLocks(milliseconds: Int32) { unsafe sqlite3_busy_timeout(raw, milliseconds) }
}
