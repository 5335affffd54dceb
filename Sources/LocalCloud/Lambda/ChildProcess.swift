import CGlibcCompat
import Glibc

/// Starts programs and takes in their ends.
enum ChildProcess {
  /// Starts a program that leads a process group of its own and has no descriptor but the three standard ones.
  ///
  /// - Parameters:
  ///   - arguments: without the program's own name.
  ///   - input: what it reads from; nil for nothing.
  ///   - output: where both of its outputs go; nil drops them.
  /// - Throws: the code of the error that kept it from starting.
  static func spawn(
    _ executable: String, _ arguments: [String] = [], environment: [String: String], input: Int32? = nil,
    output: Int32? = nil
  ) throws(Failure) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let input {
      unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    if let output {
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
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, executable, &actions, &attributes, &words, &variables)
    guard code == 0 else { throw Failure(code: code) }
    return child
  }

  struct Failure: Error {
    let code: Int32
  }

  /// Waits for the end of a child.
  static func reap(_ id: pid_t) -> ExitStatus {
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
    return ExitStatus(raw: status)
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
