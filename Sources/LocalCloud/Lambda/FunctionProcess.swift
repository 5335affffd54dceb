import Foundation
import Glibc
import Synchronization

/// A child process whose end is announced once.
final class FunctionProcess: Sendable {
  private struct State {
    var hasEnded = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())
  let id: Int32
  /// Bytes of a log after which the next process begins a new one.
  private static let logLimit = 10 << 20

  /// - Parameters:
  ///   - log: a file to which both outputs are appended; nil drops them.
  ///   - onExit: called once, with words for the status.
  init(
    executable: String, environment: [String: String], log: String?, onExit: @escaping @Sendable (String) -> Void
  ) throws {
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    var output = FileHandle.nullDevice
    if let log {
      // One old log is kept; what is older goes.
      let size = try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
      if let size, size > Self.logLimit { unsafe rename(log, log + ".1") }
      // Appending, so that several processes can share the file.
      let descriptor = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: log]) }
      output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
    process.standardOutput = output
    process.standardError = output
    let ending = Ending()
    process.terminationHandler = { process in
      let status =
        process.terminationReason == .uncaughtSignal
        ? "signal \(process.terminationStatus)" : "exit status \(process.terminationStatus)"
      ending.announce(status)
    }
    try process.run()
    id = process.processIdentifier
    ending.listen { [self] status in
      let waiting = state.withLock { state in
        state.hasEnded = true
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
      onExit(status)
    }
  }

  func kill() {
    // Once it has ended its number may be another's.
    state.withLock { if !$0.hasEnded { _ = Glibc.kill(id, SIGKILL) } }
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

/// Brings a status and the one who listens for it together, whichever comes first.
private final class Ending: Sendable {
  private struct State {
    var status: String?
    var listener: (@Sendable (String) -> Void)?
  }
  private let state = Mutex(State())

  func announce(_ status: String) {
    let listener = state.withLock { state in
      state.status = status
      return state.listener
    }
    listener?(status)
  }

  func listen(_ listener: @escaping @Sendable (String) -> Void) {
    let status = state.withLock { state in
      state.listener = listener
      return state.status
    }
    if let status { listener(status) }
  }
}
