import CacheSupport
import Glibc

/// `credential_process`: a program that prints credentials as JSON.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.
struct ProcessCredentials {
  let command: String
  let environment: ProcessEnvironment

  func resolve() async throws(CredentialError) -> TemporaryCredentials {
    let arguments = Self.split(command)
    guard let program = arguments.first else { throw CredentialError("credential_process is empty") }
    let output = try await Self.output(of: arguments)
    guard let json = try? JSON(parsing: output) else { throw CredentialError("\(program) printed no JSON") }
    guard json["Version"]?.int == 1 else {
      throw CredentialError(
        "Unsupported version '\(json["Version"]?.text ?? "none")' for credential process provider, supported versions: 1"
      )
    }
    return try TemporaryCredentials(json, token: "SessionToken", from: program)
  }

  /// Splits at blanks; single and double quotes keep blanks. No shell is asked.
  static func split(_ command: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var started = false
    for character in command {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        started = true
      } else if character.isWhitespace {
        if started || !word.isEmpty { words.append(word) }
        word = ""
        started = false
      } else {
        word.append(character)
      }
    }
    if started || !word.isEmpty { words.append(word) }
    return words
  }

  /// Waits on a thread of its own, so that no thread of the concurrency pool is held.
  private static func output(of arguments: [String]) async throws(CredentialError) -> [UInt8] {
    let result: Result<[UInt8], CredentialError> = await withCheckedContinuation { continuation in
      let box = unsafe Unmanaged.passRetained(
        Work { continuation.resume(returning: run(arguments)) })
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
        continuation.resume(returning: .failure(CredentialError("cannot start a thread for credential_process")))
      }
    }
    return try result.get()
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func run(_ arguments: [String]) -> Result<[UInt8], CredentialError> {
    let program = arguments[0]
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { return .failure(CredentialError("cannot make a pipe for \(program)")) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawnp(&child, program, &actions, nil, &pointers, environ)
    close(ends[1])
    guard code == 0 else {
      return .failure(unsafe CredentialError("cannot start \(program): \(String(cString: strerror(code)))"))
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(ends[0], &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      if output.count < 1 << 20 { output += buffer[..<count] }
    }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      return .failure(
        CredentialError("\(program) failed with status \(status >> 8); its own words are on standard error"))
    }
    return .success(output)
  }
}
