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
  /// What it prints, on either of its outputs.
  private let output: Descriptor
  /// Of ``output``, for those who read it while this object lives.
  var outputNumber: Int32 { output.number }
  /// Where that goes; nil where it is dropped.
  let log: FunctionLog?
  /// What it has printed for the event that it has, where somebody asks for it.
  let tail = Mutex<LogTail?>(nil)
  /// Megabytes that its group may have in memory.
  let memory: Int
  /// Whether it is killed for more.
  let limitsMemory: Bool
  /// Whether it begins or has an event: nothing grows where nothing runs.
  let isBusy = Atomic<Bool>(true)
  private let onExit: @Sendable (ExitStatus) -> Void
  /// Called before it is killed for the memory that it has.
  let onExcess: @Sendable () -> Void

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - log: takes both outputs; nil drops them.
  ///   - memory: megabytes that it and what it starts may have.
  ///   - limitsMemory: whether it is killed for more.
  ///   - onExcess: called before it is killed for the memory that it has.
  ///   - onExit: called once.
  init(
    executable: String, environment: [String: String], log: FunctionLog?, memory: Int = 128, limitsMemory: Bool = false,
    onExcess: @escaping @Sendable () -> Void = {}, onExit: @escaping @Sendable (ExitStatus) -> Void
  ) throws(StartFailure) {
    self.log = log
    self.memory = memory
    self.limitsMemory = limitsMemory
    self.onExcess = onExcess
    self.onExit = onExit
    var ends: [Int32] = [-1, -1]
    if unsafe cglibc_pipe_close_on_exec(&ends) != 0 { throw Self.failure("no pipe for its output", errno) }
    let (read, write) = (ends[0], ends[1])
    defer { close(write) }
    let child: pid_t
    let handle: Int32
    do throws(StartFailure) {
      do throws(ChildProcess.Failure) {
        child = try ChildProcess.spawn(executable, environment: environment, output: write)
      } catch {
        let entrypoint = [ENOENT, EACCES, ENOEXEC, ENOTDIR, ELOOP, EISDIR]
        throw Self.failure(executable, error.code, isEntrypoint: entrypoint.contains(error.code))
      }
      handle = cglibc_open_process(child)
      if handle < 0 {
        let code = errno
        Glibc.kill(-child, SIGKILL)
        _ = ChildProcess.reap(child)
        throw Self.failure("it cannot be watched", code)
      }
    } catch {
      close(read)
      throw error
    }
    id = child
    self.handle = Descriptor(handle)
    _ = fcntl(read, F_SETFL, O_NONBLOCK)
    output = Descriptor(read)
  }

  /// It is given an event.
  func begin(_ invocation: Invocation) {
    isBusy.store(true, ordering: .relaxed)
    tail.withLock { $0 = invocation.options.wantsLog ? LogTail() : nil }
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
    let status = ChildProcess.reap(id)
    for continuation in waiting { continuation.resume() }
    onExit(status)
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
