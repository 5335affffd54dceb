import SQLiteStore
import Synchronization

/// Moves what is committed from the write-ahead log into the file, beside the writer, so that no write waits for it; and keeps
/// the log from growing for ever under readers and writers that never rest.
final class Checkpoints: Sendable {
  /// The pages in the log from which on they are moved: 4 MiB.
  static let pagesToMove: Int = 1000
  /// The pages from which on the writer itself waits for the readers, so that the log starts anew: 64 MiB.
  static let mostPages: Int = 16_000
  /// How long it then waits, in milliseconds, each time that another ``pagesToMove`` have come.
  static let longestWait: Int32 = 100

  private let database: Database
  private let isMoving = Atomic<Bool>(false)
  private let pages = Atomic<Int>(0)
  /// The length at which the writer tries again.
  private let nextRestart: Atomic<Int>
  private let mostPages: Int

  /// - Parameter writer: the connection whose commits are watched.
  init(
    of writer: Database, path: String, threads: RequestThreads, mostPages: Int = Checkpoints.mostPages
  ) throws(DatabaseError) {
    database = try Database(path: path)
    self.mostPages = mostPages
    nextRestart = Atomic(mostPages)
    writer.with { connection in
      connection.afterCommit { [self] pages in
        self.pages.store(pages, ordering: .relaxed)
        guard pages >= Self.pagesToMove, !isMoving.exchange(true, ordering: .acquiring) else { return }
        threads.run { [self] in
          // What cannot be moved now is moved after the next commit.
          _ = try? database.with { connection throws(DatabaseError) in try connection.checkpoint() }
          isMoving.store(false, ordering: .releasing)
        }
      }
    }
  }

  /// The pages in the log after the last commit.
  var length: Int { pages.load(ordering: .relaxed) }

  /// Called by the writer between its transactions.
  func keepShort(_ connection: Connection) {
    let length = length
    if length < mostPages { return nextRestart.store(mostPages, ordering: .relaxed) }
    guard length >= nextRestart.load(ordering: .relaxed) else { return }
    nextRestart.store(length + min(mostPages, Self.pagesToMove), ordering: .relaxed)
    connection.waitForLocks(milliseconds: Self.longestWait)
    // The log is only longer than it should be where this fails.
    _ = try? connection.checkpoint(restarts: true)
    connection.waitForLocks(milliseconds: 10_000)
  }
}
