import CSQLite
import Synchronization

/// The memory that SQLite takes from the machine, for all connections of the process together.
public enum SQLiteHeap {
  /// Bytes that are taken.
  public static var used: Int { Int(sqlite3_memory_used()) }

  /// Bytes that were taken a moment ago, for those who ask often: SQLite's own answer waits for the lock that every allocation takes, so
  /// one thread at a time asks for it, and the others have the answer of the last.
  public static var lastUsed: Int {
    if !isLooking.exchange(true, ordering: .acquiring) {
      seen.store(used, ordering: .relaxed)
      isLooking.store(false, ordering: .releasing)
    }
    return seen.load(ordering: .relaxed)
  }

  private static let seen = Atomic(0)
  private static let isLooking = Atomic(false)

  /// Lets SQLite take no more than this: what asks for more, be it a query or a write, fails with `SQLITE_NOMEM`. The process lives on.
  ///
  /// It is a fence for what nothing else has stopped: whoever runs statements of others ends them well before, so that no write meets it.
  ///
  /// - Parameter bytes: for the whole process.
  public static func limit(to bytes: Int) { sqlite3_hard_heap_limit64(Int64(bytes)) }
}
