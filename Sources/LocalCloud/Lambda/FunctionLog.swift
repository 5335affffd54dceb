import Foundation
import Glibc
import Synchronization

/// The log of a function: what all of its processes print, in one file that is replaced once it is full. The one before it is
/// kept.
final class FunctionLog: Sendable {
  private struct State {
    var descriptor: Int32 = -1
    var size = 0
    var hasFailed = false
  }
  private let path: String
  private let limit: Int
  private let state = Mutex(State())

  /// Bytes of one file. The log has two of them at most.
  static let usualLimit: Int = 10 << 20

  init(path: String, limit: Int = usualLimit) {
    self.path = path
    self.limit = limit
  }

  deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

  /// Appends what was printed.
  func write(_ bytes: some Collection<UInt8>) {
    var rest = Array(bytes)[...]
    state.withLock { state in
      while !rest.isEmpty {
        if state.descriptor >= 0, state.size >= limit {
          close(state.descriptor)
          state.descriptor = -1
          _ = unsafe rename(path, path + ".1")
        }
        if state.descriptor < 0 { open(&state) }
        guard state.descriptor >= 0 else { return }
        let part = rest.prefix(max(1, limit - state.size))
        let count = unsafe part.withUnsafeBytes { unsafe Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return complain(errno, &state) }
        state.size += count
        rest = rest.dropFirst(count)
      }
    }
  }

  private func open(_ state: inout State) {
    state.descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard state.descriptor >= 0 else { return complain(errno, &state) }
    state.size = max(0, Int(lseek(state.descriptor, 0, SEEK_END)))
  }

  /// Once: a log that cannot be written is no reason to stop its function.
  private func complain(_ code: Int32, _ state: inout State) {
    guard !state.hasFailed else { return }
    state.hasFailed = true
    let words = unsafe "local-cloud: the log \(path) cannot be written: \(String(cString: strerror(code)))\n"
    FileHandle.standardError.write(Data(words.utf8))
  }
}
