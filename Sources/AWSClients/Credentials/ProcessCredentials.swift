import CGlibcCompat
import CacheSupport
import Glibc

/// `credential_process`: a program that prints credentials as JSON.
///
/// It gets the environment that was handed in, no descriptor but the three standard ones, and nothing to read. It has a
/// minute, and prints at most 1 MiB; after that it is killed.
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
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
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

  /// Reads until the program has ended, and reaps it whatever happens.
  consuming func output(within limit: Duration) throws(CredentialError) -> [UInt8] {
    let deadline = ContinuousClock.now + limit
    defer { close(pipe) }
    let output: [UInt8]
    do throws(CredentialError) {
      output = try read(until: deadline)
    } catch {
      end()
      throw error
    }
    // It has closed its output; a program that goes on all the same has until the deadline.
    var status: Int32 = 0
    while true {
      let reaped = unsafe waitpid(id, &status, WNOHANG)
      if reaped == id || (reaped < 0 && errno != EINTR) { break }
      guard ContinuousClock.now < deadline else {
        end()
        throw late
      }
      usleep(5000)
    }
    guard status == 0 else {
      // The low seven bits are the signal that ended it.
      let how = status & 0x7F == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)"
      throw CredentialError("\(program) failed with \(how); its own words are on standard error", isTransient: true)
    }
    return output
  }

  private borrowing func read(until deadline: ContinuousClock.Instant) throws(CredentialError) -> [UInt8] {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      var ready = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let count = unsafe left > 0 ? poll(&ready, 1, Int32(clamping: Int64(left.rounded(.up)))) : 0
      if count < 0, errno == EINTR { continue }
      guard count != 0 else { throw late }
      let length = unsafe Glibc.read(pipe, &buffer, buffer.count)
      if length < 0, errno == EINTR { continue }
      guard length > 0 else { return output }
      output += buffer[..<length]
      guard output.count <= Self.outputLimit else {
        throw CredentialError("\(program) printed more than \(Self.outputLimit) bytes and was killed")
      }
    }
  }

  private var late: CredentialError {
    CredentialError("\(program) gave no credentials in time and was killed", isTransient: true)
  }

  private borrowing func end() {
    kill(id, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
  }
}
