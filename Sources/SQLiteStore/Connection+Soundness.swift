import CSQLite
import Synchronization

extension Connection {
  /// What a look through the pages of a database found.
  public enum Soundness: Sendable, Hashable {
    case sound
    /// What is wrong first, in SQLite's words.
    case damaged(String)
    /// It was interrupted before the end.
    case unfinished
  }

  /// Looks through all pages, without comparing tables with their indexes (`PRAGMA quick_check`). It takes about two seconds a
  /// gigabyte.
  ///
  /// - Parameter started: is given what interrupts it.
  public func quickCheck(_ started: (Interrupter) -> Void) throws(DatabaseError) -> Soundness {
    let interrupter = unsafe Interrupter(raw)
    defer { interrupter.end() }
    started(interrupter)
    do throws(DatabaseError) {
      let words = try row("PRAGMA quick_check(1)")?.first?.text ?? ""
      return words == "ok" ? .sound : .damaged(words)
    } catch {
      switch error.code & 0xFF {
      case SQLITE_INTERRUPT: return .unfinished
      case SQLITE_CORRUPT: return .damaged(error.message)
      default: throw error
      }
    }
  }

  /// Asks before each commit whether it may be. Where a text comes back, the transaction is rolled back, and fails with it.
  public func beforeCommit(_ refusal: @escaping () -> String?) {
    hooks.beforeCommit = refusal
    // The connection closes the handle before it goes.
    _ = unsafe sqlite3_commit_hook(
      raw,
      { owner in
        guard let owner = unsafe owner else { return 0 }
        let connection = unsafe Unmanaged<Connection>.fromOpaque(owner).takeUnretainedValue()
        connection.hooks.refusal = connection.hooks.beforeCommit?()
        return connection.hooks.refusal == nil ? 0 : 1
      }, unsafe Unmanaged.passUnretained(self).toOpaque())
  }

  /// True where the file is not at its path any more: what is written to it, nobody finds.
  public var fileHasMoved: Bool {
    var hasMoved: Int32 = 0
    return unsafe sqlite3_file_control(raw, nil, SQLITE_FCNTL_HAS_MOVED, &hasMoved) == SQLITE_OK && hasMoved != 0
  }
}

/// Interrupts what a connection is at.
@safe public final class Interrupter: Sendable {
  // SQLite lets any thread interrupt a connection that is open, which it is until `end`.
  private nonisolated(unsafe) let handle: OpaquePointer
  private let hasEnded = Mutex(false)

  init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

  public func interrupt() { hasEnded.withLock { if !$0 { unsafe sqlite3_interrupt(handle) } } }

  func end() { hasEnded.withLock { $0 = true } }
}
