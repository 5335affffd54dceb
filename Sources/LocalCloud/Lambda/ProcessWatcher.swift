import CGlibcCompat
import Foundation
import Glibc
import Synchronization

/// The thread that watches the functions' processes: it writes down what they print, ends those that take too much memory, and
/// announces their ends.
final class ProcessWatcher: Sendable {
  /// Somebody who waits until what a process has printed is read, and is given the bytes that it has in memory.
  private struct Reader {
    let process: FunctionProcess
    let continuation: CheckedContinuation<Int, Never>
  }

  /// What the thread and its owner share.
  private final class Shared: Sendable {
    struct State {
      var arrivals: [FunctionProcess] = []
      var readers: [Reader] = []
      var isStopping = false
    }
    let state = Mutex(State())
    let warden = ProcessWarden()
    /// Ends the thread's wait.
    let wakeRead: Descriptor
    let wakeWrite: Descriptor

    init(_ wakeRead: Int32, _ wakeWrite: Int32) {
      self.wakeRead = Descriptor(wakeRead)
      self.wakeWrite = Descriptor(wakeWrite)
    }

    func wake() { _ = unsafe write(wakeWrite.number, [0], 1) }
  }
  private let shared: Shared

  /// Milliseconds between two looks at the memory.
  private static let interval: Int32 = 200

  init() throws(FunctionProcess.StartFailure) {
    var ends: [Int32] = [-1, -1]
    guard unsafe cglibc_pipe_close_on_exec(&ends) == 0 else {
      throw FunctionProcess.StartFailure(isEntrypoint: false, description: "no descriptor is left to watch functions")
    }
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    shared = Shared(ends[0], ends[1])
    let thread = Thread { [shared] in Self.run(shared) }
    thread.name = "functions"
    thread.start()
  }

  /// The thread ends once no process is left.
  deinit {
    shared.state.withLock { $0.isStopping = true }
    shared.wake()
  }

  func add(_ process: FunctionProcess) {
    shared.warden.add(process.id)
    shared.state.withLock { $0.arrivals.append(process) }
    shared.wake()
  }

  /// Waits until everything is read that a process has printed by now.
  ///
  /// - Returns: the bytes that it and what it started have in memory.
  func readOut(_ process: FunctionProcess) async -> Int {
    await withCheckedContinuation { continuation in
      shared.state.withLock { $0.readers.append(Reader(process: process, continuation: continuation)) }
      shared.wake()
    }
  }

  // MARK: The thread

  /// A process and the line that it has not ended.
  private struct Watched {
    let process: FunctionProcess
    var line: [UInt8] = []
    var isOpen = true
  }

  /// Bytes of a line that are kept together with its beginning.
  private static let lineLimit: Int = 64 << 10

  private static func run(_ shared: Shared) {
    var all: [Watched] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var lastLook = ContinuousClock.now
    while true {
      let (arrivals, readers, isStopping) = shared.state.withLock { state in
        defer { (state.arrivals, state.readers) = ([], []) }
        return (state.arrivals, state.readers, state.isStopping)
      }
      all += arrivals.map { Watched(process: $0) }
      for reader in readers {
        // One that has ended is read already.
        if let index = all.firstIndex(where: { $0.process === reader.process }), all[index].isOpen {
          read(&all[index], &buffer, isLast: false)
        }
        let id = reader.process.id
        reader.continuation.resume(returning: GroupMemory.sizes(of: [id])[id] ?? 0)
      }
      if isStopping, all.isEmpty { return shared.warden.stop() }
      wait(all, shared, &buffer)
      for index in all.indices where all[index].isOpen { read(&all[index], &buffer, isLast: false) }
      let now = ContinuousClock.now
      if lastLook.duration(to: now) >= .milliseconds(interval) {
        lastLook = now
        checkMemory(all.map(\.process).filter { $0.limitsMemory && $0.isBusy.load(ordering: .relaxed) })
      }
      all.removeAll { watched in
        guard hasEnded(watched.process) else { return false }
        var last = watched
        // What it printed before it ended is in the pipe.
        if last.isOpen { read(&last, &buffer, isLast: true) }
        watched.process.kill()
        shared.warden.remove(watched.process.id)
        watched.process.finish()
        return true
      }
    }
  }

  /// Waits until a process prints or ends, or until the memory is to be looked at.
  private static func wait(_ all: [Watched], _ shared: Shared, _ buffer: inout [UInt8]) {
    var polled = [pollfd(fd: shared.wakeRead.number, events: Int16(POLLIN), revents: 0)]
    for watched in all {
      polled.append(pollfd(fd: watched.process.handle.number, events: Int16(POLLIN), revents: 0))
      if watched.isOpen { polled.append(pollfd(fd: watched.process.outputNumber, events: Int16(POLLIN), revents: 0)) }
    }
    let hasLimits = all.contains { $0.process.limitsMemory }
    _ = unsafe poll(&polled, nfds_t(polled.count), hasLimits ? interval : -1)
    if polled[0].revents != 0 { while unsafe Glibc.read(shared.wakeRead.number, &buffer, buffer.count) > 0 {} }
  }

  private static func hasEnded(_ process: FunctionProcess) -> Bool {
    var polled = pollfd(fd: process.handle.number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&polled, 1, 0) > 0
  }

  /// Reads what a process has printed, and writes down the lines that are whole.
  ///
  /// - Parameter isLast: whether all that is left is written down, whole or not.
  private static func read(_ watched: inout Watched, _ buffer: inout [UInt8], isLast: Bool) {
    let log = watched.process.log
    // Of one that prints without end so much at a time that the others get their turn.
    for _ in 0..<4 {
      let count = unsafe Glibc.read(watched.process.outputNumber, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count == 0 { watched.isOpen = false }
      guard count > 0 else { break }
      watched.process.tail.withLock { $0?.append(buffer[..<count]) }
      // It is read although nobody wants it, for the process would wait.
      guard log != nil else { continue }
      watched.line += buffer[..<count]
      let end = watched.line.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      if end > 0 || watched.line.count > lineLimit {
        let whole = end > 0 ? end : watched.line.count
        log?.write(watched.line[..<whole])
        watched.line.removeFirst(whole)
      }
    }
    if isLast || !watched.isOpen, !watched.line.isEmpty {
      log?.write(watched.line + [UInt8(ascii: "\n")])
      watched.line = []
    }
  }

  /// Kills the groups that have more in memory than they may.
  private static func checkMemory(_ processes: [FunctionProcess]) {
    guard !processes.isEmpty else { return }
    let sizes = GroupMemory.sizes(of: Set(processes.map(\.id)))
    for process in processes {
      guard let size = sizes[process.id], size > process.memory << 20 else { continue }
      process.onExcess()
      process.kill()
      let line =
        "REPORT\tMemory Size: \(process.memory) MB\tMax Memory Used: \(process.memory) MB\tStatus: error\t"
        + "Error Type: Runtime.OutOfMemory\n"
      process.log?.write(Array(line.utf8))
    }
  }
}
