import CGlibcCompat
import CacheSupport
import Glibc

/// `credential_process`: a program that prints credentials as JSON.
///
/// It gets the environment that was handed in, no descriptor but the three standard ones, and nothing to read. It has a
/// minute, and prints at most 1 MiB; after that it is killed, with all that it started and that stayed in its process group.
/// What it leaves running when it ends well is its own business.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.
struct ProcessCredentials {
  let command: String
  let environment: ProcessEnvironment
  var limit: Duration = .seconds(60)

  func resolve() async throws(CredentialError) -> TemporaryCredentials {
    guard let arguments = ShellWords.split(command) else {
      throw CredentialError("credential_process has a quote that is not closed")
    }
    guard let program = arguments.first else { throw CredentialError("credential_process is empty") }
    let output = try await output(of: arguments)
    guard let json = try? JSON(parsing: output) else { throw CredentialError("\(program) printed no JSON") }
    guard json["Version"]?.int == 1 else {
      throw CredentialError(
        "Unsupported version '\(json["Version"]?.text ?? "none")' for credential process provider, supported versions: 1"
      )
    }
    return try TemporaryCredentials(json, token: "SessionToken", from: program)
  }

  /// Waits on a thread of its own, so that no thread of the concurrency pool is held.
  private func output(of arguments: [String]) async throws(CredentialError) -> [UInt8] {
    let result: Result<[UInt8], CredentialError> = await withCheckedContinuation { continuation in
      let box = unsafe Unmanaged.passRetained(
        Work {
          do throws(CredentialError) {
            let child = try ChildProcess(arguments, environment: environment)
            continuation.resume(returning: .success(try child.output(within: limit)))
          } catch { continuation.resume(returning: .failure(error)) }
        })
      var thread = pthread_t()
      let code = unsafe pthread_create(
        &thread, nil,
        { context in
          guard let context = unsafe context else { return nil }
          unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
          return nil
        }, box.toOpaque())
      if code == 0 {
        pthread_detach(thread)
      } else {
        unsafe box.release()
        continuation.resume(
          returning: .failure(CredentialError("cannot start a thread for credential_process", isTransient: true)))
      }
    }
    return try result.get()
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A running program and the end of the pipe that its standard output goes to.
private struct ChildProcess: ~Copyable {
  private let program: String
  private let id: pid_t
  private let pipe: Int32

  static let outputLimit: Int = 1 << 20

  init(_ arguments: [String], environment: ProcessEnvironment) throws(CredentialError) {
    program = arguments[0]
    guard let path = Self.find(arguments[0], in: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin") else {
      throw CredentialError("cannot start \(program): it is in no folder of PATH")
    }
    var ends: [Int32] = [0, 0]
    guard unsafe cglibc_pipe_close_on_exec(&ends) == 0 else {
      throw CredentialError("cannot make a pipe for \(program)", isTransient: true)
    }
    defer { close(ends[1]) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    // Connections and whatever else is open here stay here.
    unsafe cglibc_spawn_close_from(&actions, 3)
    // Signals that this process ignores or holds back reach the program.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGTERM] { unsafe sigaddset(&signals, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    // It leads a process group of its own, so that one signal reaches all that it starts.
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var variables: [UnsafeMutablePointer<CChar>?] =
      unsafe environment.all.map { unsafe strdup("\($0.name)=\($0.value)") } + [nil]
    defer { unsafe variables.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, path, &actions, &attributes, &words, &variables)
    guard code == 0 else {
      close(ends[0])
      throw unsafe CredentialError("cannot start \(program): \(String(cString: strerror(code)))")
    }
    id = child
    pipe = ends[0]
  }

  /// Where the environment's own `PATH` has the program; a name with a slash is a path already.
  private static func find(_ program: String, in path: String) -> String? {
    if program.utf8.contains(UInt8(ascii: "/")) { return program }
    let places = path.utf8.split(separator: UInt8(ascii: ":")).map { "\(Substring($0))/\(program)" }
    return places.first { unsafe access($0, X_OK) == 0 }
  }

  /// How often it is looked whether the program has ended while nothing comes, in milliseconds.
  private static let interval: Double = 10

  /// Reads until the program has ended, and reaps it whatever happens.
  ///
  /// What it started may go on and keep the pipe open: only the program itself is waited for.
  consuming func output(within limit: Duration) throws(CredentialError) -> [UInt8] {
    let deadline = ContinuousClock.now + limit
    defer { close(pipe) }
    var output: [UInt8] = []
    do throws(CredentialError) {
      var isOpen = true
      while true {
        // Asked before the pipe is read empty: what a program that has ended printed is there by then.
        let hasEnded = self.hasEnded
        while isOpen, isReadable(within: 0) { isOpen = try read(into: &output) }
        if hasEnded { break }
        let left = (deadline - .now) / .milliseconds(1)
        guard left > 0 else { throw late }
        let pause = min(left, Self.interval).rounded(.up)
        if isOpen { _ = isReadable(within: Int32(pause)) } else { usleep(useconds_t(pause * 1000)) }
      }
    } catch {
      kill(-id, SIGKILL)
      _ = reap()
      throw error
    }
    let status = reap()
    guard status == 0 else {
      // The low seven bits are the signal that ended it.
      let how = status & 0x7F == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
      throw CredentialError("\(program) failed with \(how); its own words are on standard error", isTransient: true)
    }
    return output
  }

  /// True where the program has ended; it is not reaped, so that its number and its group stay its own.
  private var hasEnded: Bool {
    var info = unsafe siginfo_t()
    guard unsafe waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return errno == ECHILD }
    return unsafe info.si_signo == SIGCHLD
  }

  /// - Parameter milliseconds: 0 does not wait.
  private borrowing func isReadable(within milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&ready, 1, milliseconds) > 0
  }

  /// - Returns: false at the end of the output.
  private borrowing func read(into output: inout [UInt8]) throws(CredentialError) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    let length = unsafe Glibc.read(pipe, &buffer, buffer.count)
    if length < 0, errno == EINTR { return true }
    guard length > 0 else { return false }
    output += buffer[..<length]
    guard output.count <= Self.outputLimit else {
      throw CredentialError("\(program) printed more than \(Self.outputLimit) bytes and was killed")
    }
    return true
  }

  private var late: CredentialError {
    CredentialError("\(program) gave no credentials in time and was killed", isTransient: true)
  }

  /// Waits for the program's end and returns its status.
  private borrowing func reap() -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
