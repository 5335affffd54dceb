import Glibc
import Synchronization

/// Ends the functions where this program can no longer do it, because it was killed itself.
///
/// It is a shell at the other end of a connection. It is told of every process group that begins or has ended, and kills
/// those that are left once the connection closes, which the kernel sees to however this program ends.
final class ProcessWarden: Sendable {
  private enum State {
    case idle
    /// What the shell has not taken yet waits: it is sent with the next line.
    case running(process: pid_t, connection: Int32, unsent: [UInt8])
    /// It could not be started, or was stopped.
    case over
  }
  private let state = Mutex(State.idle)
  private let trouble: FaultReport

  /// One line a group: `+ 77` where it begins, `- 77` where it has ended.
  private static let script = #"""
    groups=" "
    while read -r sign group; do
      case "$sign$groups" in
      +*) groups="$groups$group " ;;
      -*" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;;
      esac
    done
    for group in $groups; do kill -s KILL -- "-$group"; done
    """#

  /// Bytes that may wait for a shell that takes none.
  private static let mostUnsent: Int = 1 << 20

  init(tell: @escaping @Sendable (String) -> Void = Notice.tell) { trouble = FaultReport(tell: tell) }

  /// Begins to answer for a group; the first starts the shell.
  func add(_ group: pid_t) {
    state.withLock { state in
      if case .idle = state { state = start() }
      send("+ \(group)\n", &state)
    }
  }

  /// Called while the group's number is still its own: before its leader is reaped.
  func remove(_ group: pid_t) { state.withLock { send("- \(group)\n", &$0) } }

  /// Closes the connection and waits until the shell has ended.
  func stop() {
    let running = state.withLock { state in
      defer { state = .over }
      return state
    }
    guard case .running(let process, let connection, _) = running else { return }
    close(connection)
    _ = ChildProcess.reap(process)
  }

  private func start() -> State {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return failed(errno) }
    defer { close(ends[1]) }
    do throws(ChildProcess.Failure) {
      let process = try ChildProcess.spawn(
        "/bin/sh", ["-c", Self.script, "local-cloud-warden"], environment: [:], input: ends[1])
      return .running(process: process, connection: ends[0], unsent: [])
    } catch {
      close(ends[0])
      return failed(error.code)
    }
  }

  private func send(_ line: String, _ state: inout State) {
    guard case .running(let process, let connection, let unsent) = state else { return }
    var bytes = unsent + line.utf8
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let count = unsafe Glibc.send(connection, bytes, bytes.count, flags)
    if count < 0, errno != EAGAIN {
      let end = failed(errno)
      close(connection)
      _ = ChildProcess.reap(process)
      state = end
      return
    }
    // One that is only slow still knows what it was told before; to close its connection would end the functions.
    bytes.removeFirst(max(0, count))
    if bytes.count > Self.mostUnsent {
      _ = failed(EAGAIN)
      bytes.removeLast(line.utf8.count)
    }
    state = .running(process: process, connection: connection, unsent: bytes)
  }

  /// The shell, where it runs, and the bytes that it has not taken.
  var shell: (process: pid_t, unsent: Int)? {
    state.withLock { state in
      guard case .running(let process, _, let unsent) = state else { return nil }
      return (process, unsent.count)
    }
  }

  private func failed(_ code: Int32) -> State {
    let words = unsafe String(cString: strerror(code))
    trouble.failed("functions would outlive this program if it were killed, for their warden has failed: \(words)")
    return .over
  }
}
