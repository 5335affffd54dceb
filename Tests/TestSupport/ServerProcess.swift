import CacheSupport
public import Foundation

/// A server that is a program of its own, for as long as a body runs.
public enum ServerProcess {
  struct Failure: Error { let description: String }

  /// Runs a body while a program serves, and ends the program, whatever the body does.
  ///
  /// - Parameters:
  ///   - ready: gets each line that the program writes to standard error, and says where it serves once it does.
  ///   - body: gets what `ready` said, and the process.
  /// - Throws: where the program ends or says nothing for a minute, and what the body throws.
  public static func with<Value>(
    _ program: URL, _ arguments: [String], environment: [String: String]? = nil,
    ready: @escaping @Sendable (String) -> String?, _ body: (String, Process) async throws -> Value
  ) async throws -> Value {
    let process = Process()
    let log = Pipe()
    process.executableURL = program
    process.arguments = arguments
    if let environment { process.environment = environment }
    process.standardError = log
    process.standardOutput = FileHandle.nullDevice
    let (ends, end) = AsyncStream<Void>.makeStream()
    process.terminationHandler = { _ in end.finish() }
    let lines = log.lines()
    try process.run()
    let outcome: Result<Value, any Error>
    do {
      let found = await within(.seconds(300)) { () async -> Result<String, Failure> in
        var last = ""
        for await line in lines {
          last = line
          if let place = ready(line) { return .success(place) }
        }
        return .failure(Failure(description: "\(program.lastPathComponent) has ended: \(last)"))
      }
      guard let found else { throw Failure(description: "\(program.lastPathComponent) did not start within a minute") }
      outcome = .success(try await body(try found.get(), process))
    } catch { outcome = .failure(error) }
    process.terminate()
    for await _ in ends {}
    return try outcome.get()
  }
}

extension Pipe {
  /// The lines that are written into it, until it is closed.
  fileprivate func lines() -> AsyncStream<String> {
    let (lines, next) = AsyncStream<String>.makeStream()
    let handle = fileHandleForReading
    let reader = Thread {
      var rest: [UInt8] = []
      // Foundation's own reading ends the process where a signal interrupts it.
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe read(handle.fileDescriptor, &bytes, bytes.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        rest += bytes[..<count]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          next.yield(String(decoding: rest[..<end], as: UTF8.self))
          rest.removeSubrange(...end)
        }
      }
      next.finish()
    }
    reader.start()
    return lines
  }
}
