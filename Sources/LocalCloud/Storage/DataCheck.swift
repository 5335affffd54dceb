import Foundation
import Glibc
import SQLiteStore
import Synchronization

/// Looks through the data for damage: small data before they are opened for writing, larger ones beside the work.
final class DataCheck: Sendable {
  private let folder: DataFolder
  private let atOnce: Int
  private let tell: @Sendable (String) -> Void
  private struct State {
    var isDone = false
    var isStopped = false
    var interrupter: Interrupter?
  }
  private let state = Mutex(State())

  /// - Parameters:
  ///   - atOnce: bytes of data up to which the start waits for the look.
  ///   - tell: is told of damage that is found later.
  init(_ folder: DataFolder, atOnce: Int = Storage.startCheckBytes, tell: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.atOnce = atOnce
    self.tell = tell
  }

  /// Looks through the data where they are small, before anything of them is changed.
  ///
  /// - Throws: ``DataFolder/Failure`` of damage.
  func look() throws(DataFolder.Failure) {
    let size = Self.size(folder)
    guard size <= atOnce else { return }
    // SQLite takes an empty file for an empty database.
    if size > 0 {
      switch try check() {
      case .sound: break
      case .damaged(let words): throw Storage.damaged(folder, words)
      case .unfinished: return
      }
    }
    state.withLock { $0.isDone = true }
  }

  /// Looks through data that were too large before, on a thread of its own.
  func goOn() {
    guard !state.withLock(\.isDone) else { return }
    let thread = Thread { [self] in
      do throws(DataFolder.Failure) {
        guard case .damaged(let words) = try check() else { return }
        tell(Storage.damaged(folder, words).description)
      } catch {
        tell(error.description)
      }
    }
    thread.name = "data check"
    thread.start()
  }

  private static func size(_ folder: DataFolder) -> Int {
    var status = stat()
    return unsafe stat(Storage.path(in: folder), &status) == 0 ? Int(status.st_size) : 0
  }

  private func check() throws(DataFolder.Failure) -> Connection.Soundness {
    do throws(DatabaseError) {
      let connection = try Connection(path: Storage.path(in: folder), readOnly: true)
      return try connection.quickCheck { interrupter in
        let isStopped = state.withLock { state in
          state.interrupter = interrupter
          return state.isStopped
        }
        if isStopped { return interrupter.interrupt() }
        DispatchQueue.global().asyncAfter(deadline: .now() + (Storage.checkLimit / .seconds(1))) {
          interrupter.interrupt()
        }
      }
    } catch {
      throw Storage.failure(error, folder)
    }
  }

  /// Ends a check that still runs.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      return state.interrupter
    }?.interrupt()
  }
}
