import Glibc
import Synchronization

/// The log of a function: what all of its processes print, in one file that is replaced once it is full. The one before it is
/// kept, or dropped where it cannot be renamed.
final class FunctionLog: Sendable {
  private struct State {
    var descriptor: Int32 = -1
    var size = 0
  }
  let path: String
  private let limit: Int
  private let state = Mutex(State())
  private let writing: FaultReport
  private let renaming: FaultReport

  /// Bytes of one file. The log has two of them at most.
  static let usualLimit: Int = 10 << 20

  /// - Parameter tell: what cannot be written is no reason to stop its function, but is told.
  init(path: String, limit: Int = usualLimit, tell: @escaping @Sendable (String) -> Void = Notice.tell) {
    self.path = path
    self.limit = limit
    writing = FaultReport(tell: tell)
    renaming = FaultReport(tell: tell)
  }

  deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

  /// Appends what was printed.
  func write(_ bytes: some Collection<UInt8>) {
    var rest = Array(bytes)[...]
    state.withLock { state in
      while !rest.isEmpty {
        if state.descriptor >= 0, state.size >= limit { replace(&state) }
        if state.descriptor < 0 { open(&state) }
        guard state.descriptor >= 0 else { return }
        let part = rest.prefix(max(1, limit - state.size))
        let count = unsafe part.withUnsafeBytes { unsafe Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return complain(errno) }
        writing.succeeded("the log \(path) is written again")
        state.size += count
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Begins a new file.
  private func replace(_ state: inout State) {
    close(state.descriptor)
    state.descriptor = -1
    if unsafe rename(path, path + ".1") == 0 {
      return renaming.succeeded("the log \(path) is renamed again once it is full")
    }
    let words = unsafe String(cString: strerror(errno))
    renaming.failed("the log \(path) is full and begins anew, for it cannot be renamed to \(path).1: \(words)")
    open(&state, O_TRUNC)
  }

  private func open(_ state: inout State, _ further: Int32 = 0) {
    state.descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | further, 0o600)
    guard state.descriptor >= 0 else { return complain(errno) }
    state.size = max(0, Int(lseek(state.descriptor, 0, SEEK_END)))
  }

  private func complain(_ code: Int32) {
    writing.failed(unsafe "the log \(path) cannot be written: \(String(cString: strerror(code)))")
  }
}
