import CGlibcCompat
import Glibc
import Synchronization

/// A function's process, which leads a process group of its own: what it starts ends with it.
///
/// A ``ProcessWatcher`` reads what it prints and announces its end.
final class FunctionProcess: Sendable {
  /// Why a process could not be started.
  struct StartFailure: Error, CustomStringConvertible {
    /// The program is at fault, not this machine.
    let isEntrypoint: Bool
    let description: String
  }

  private struct State {
    var hasEnded = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())
  /// Of the process and of its group.
  let id: pid_t
  /// Readable once the process has ended.
  let handle: Descriptor
  /// What it prints, on either of its outputs; nil where that is dropped.
  private let output: Descriptor?
  /// Of ``output``, for those who read it while this object lives.
  let outputNumber: Int32?
  let log: FunctionLog?
  /// Bytes that its group may have in memory; nil for no limit.
  let memoryLimit: Int?
  /// Whether it begins or has an event: nothing grows where nothing runs.
  let isBusy = Atomic<Bool>(true)
  private let onExit: @Sendable (ExitStatus) -> Void

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - log: takes both outputs; nil drops them.
  ///   - onExit: called once.
  init(
    executable: String, environment: [String: String], log: FunctionLog?, memoryLimit: Int?,
    onExit: @escaping @Sendable (ExitStatus) -> Void
  ) throws(StartFailure) {
    self.log = log
    self.memoryLimit = memoryLimit
    self.onExit = onExit
    var ends: [Int32] = [-1, -1]
    if log != nil, unsafe cglibc_pipe_close_on_exec(&ends) != 0 { throw Self.failure("no pipe for its output", errno) }
    let (read, write) = (ends[0], ends[1])
    defer { if write >= 0 { close(write) } }
    let child: pid_t
    let handle: Int32
    do throws(StartFailure) {
      child = try Self.spawn(executable, environment, output: write)
      handle = cglibc_open_process(child)
      if handle < 0 {
        let code = errno
        Glibc.kill(-child, SIGKILL)
        _ = Self.reap(child)
        throw Self.failure("it cannot be watched", code)
      }
    } catch {
      if read >= 0 { close(read) }
      throw error
    }
    id = child
    self.handle = Descriptor(handle)
    if read >= 0 {
      _ = fcntl(read, F_SETFL, O_NONBLOCK)
      output = Descriptor(read)
      outputNumber = read
    } else {
      output = nil
      outputNumber = nil
    }
  }

  private static func spawn(
    _ executable: String, _ environment: [String: String], output: Int32
  ) throws(StartFailure) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if output >= 0 {
      unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The storage, connections and whatever else is open here stay here.
    unsafe cglibc_spawn_close_from(&actions, 3)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // Signals that this process ignores or holds back reach the program.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT] { unsafe sigaddset(&signals, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup(executable), nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, executable, &actions, &attributes, &words, &variables)
    guard code == 0 else {
      throw failure(executable, code, isEntrypoint: [ENOENT, EACCES, ENOEXEC, ENOTDIR, ELOOP, EISDIR].contains(code))
    }
    return child
  }

  private static func failure(_ what: String, _ code: Int32, isEntrypoint: Bool = false) -> StartFailure {
    StartFailure(isEntrypoint: isEntrypoint, description: unsafe "\(what): \(String(cString: strerror(code)))")
  }

  /// Kills the process and all of its group.
  func kill() {
    // Once it is reaped its number may be another's.
    state.withLock { if !$0.hasEnded { _ = Glibc.kill(-id, SIGKILL) } }
  }

  /// Called by the watcher once the process has ended: ends its group, reaps it, and tells those who wait.
  func finish() {
    let waiting = state.withLock { state in
      // Until it is reaped, its number and its group's are nobody else's.
      _ = Glibc.kill(-id, SIGKILL)
      state.hasEnded = true
      defer { state.waiting = [] }
      return state.waiting
    }
    let status = Self.reap(id)
    for continuation in waiting { continuation.resume() }
    onExit(status)
  }

  private static func reap(_ id: pid_t) -> ExitStatus {
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
    return ExitStatus(raw: status)
  }

  func ended() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiting.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }
}

/// How a process ended, in Lambda's words.
struct ExitStatus: Sendable, Hashable, CustomStringConvertible {
  /// As waitpid gives it.
  let raw: Int32

  private static let signals: [Int32: String] = [
    SIGHUP: "hangup", SIGINT: "interrupt", SIGQUIT: "quit", SIGILL: "illegal instruction",
    SIGTRAP: "trace/breakpoint trap", SIGABRT: "aborted", SIGBUS: "bus error", SIGFPE: "floating point exception",
    SIGKILL: "killed", SIGSEGV: "segmentation fault", SIGPIPE: "broken pipe", SIGALRM: "alarm clock",
    SIGTERM: "terminated",
  ]

  var description: String {
    let signal = raw & 0x7F
    if signal != 0 { return "signal: \(Self.signals[signal] ?? "signal \(signal)")" }
    return "exit status \(raw >> 8 & 0xFF)"
  }

  /// The error of an invocation that the process did not answer.
  var words: String {
    raw == 0 ? "Runtime exited without providing a reason" : "Runtime exited with error: \(description)"
  }
}
