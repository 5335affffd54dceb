import Foundation
import Glibc
import SQLiteStore
import Synchronization

/// Looks through the data for damage: small data before anything starts, larger ones beside the work.
final class DataCheck: Sendable {
  private let later = Mutex<(isStopped: Bool, interrupter: Interrupter?)>((false, nil))

  /// - Parameters:
  ///   - atOnce: bytes of data up to which the start waits for the look.
  ///   - tell: is told of damage that is found later.
  /// - Throws: ``DataFolder/Failure`` of damage that is found at once.
  init(
    _ folder: DataFolder, atOnce: Int = Storage.startCheckBytes, tell: @escaping @Sendable (String) -> Void
  ) throws(DataFolder.Failure) {
    if Self.size(folder) <= atOnce {
      switch try check(folder) {
      case .sound: return
      case .damaged(let words): throw Storage.damaged(folder, words)
      case .unfinished: break
      }
    }
    let thread = Thread { [self] in
      do throws(DataFolder.Failure) {
        guard case .damaged(let words) = try check(folder) else { return }
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

  private func check(_ folder: DataFolder) throws(DataFolder.Failure) -> Connection.Soundness {
    do throws(DatabaseError) {
      let connection = try Connection(path: Storage.path(in: folder), readOnly: true)
      return try connection.quickCheck { interrupter in
        let isStopped = later.withLock { later in
          later.interrupter = interrupter
          return later.isStopped
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
    later.withLock { later in
      later.isStopped = true
      return later.interrupter
    }?.interrupt()
  }
}
