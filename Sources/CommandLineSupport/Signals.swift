import Foundation
import Glibc
import Synchronization

/// The signals that ask a program to end: Ctrl-C and a request to terminate.
package enum Signals {
  private static let numbers = [SIGINT, SIGTERM]
  /// How often the program was asked.
  private static let count = Atomic(0)
  /// The end of a pipe into which the handler writes.
  private static let notice = Atomic<Int32>(-1)
  private static let waiting = Mutex(Waiting())

  private struct Waiting {
    var hasEnded = false
    var continuations: [CheckedContinuation<Void, Never>] = []
  }

  /// From the call on the first signal asks for the end, which the program then sees to by itself; a second one ends the process at once, and
  /// so does a time without an end. To be called first of all, and once.
  ///
  /// - Parameter limit: how long the end may take; nil for as long as it takes.
  package static func listen(limit: Duration?) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = count.load(ordering: .relaxed)
    notice.store(ends[1], ordering: .sequentiallyConsistent)
    let thread = Thread { [source = ends[0]] in
      var byte: UInt8 = 0
      while unsafe read(source, &byte, 1) < 0, errno == EINTR {}
      end(within: limit)
    }
    thread.name = "signals"
    thread.start()
    for number in numbers { handle(number) }
  }

  /// Lets a signal come to the handler, which a program that this one starts does not inherit.
  private static func handle(_ number: Int32) {
    var action = sigaction()
    // Nothing but what a handler may do (signal-safety(7)): the atomics are there, and the rest is system calls.
    unsafe action.__sigaction_handler.sa_handler = { number in
      guard Signals.count.add(1, ordering: .relaxed).oldValue == 0 else { _exit(128 + number) }
      let before = errno
      var byte: UInt8 = 1
      _ = unsafe write(Signals.notice.load(ordering: .relaxed), &byte, 1)
      errno = before
    }
    action.sa_flags = Int32(SA_RESTART)
    _ = unsafe sigaction(number, &action, nil)
  }

  private static func end(within limit: Duration?) {
    let continuations = waiting.withLock { waiting in
      waiting.hasEnded = true
      defer { waiting.continuations = [] }
      return waiting.continuations
    }
    for continuation in continuations { continuation.resume() }
    guard let limit else { return }
    Thread.sleep(forTimeInterval: limit / .seconds(1))
    Output.errorLine("the end took longer than \(limit): what is under way is left as it is")
    _exit(1)
  }

  /// True once the program was asked to end.
  package static var areAsking: Bool { count.load(ordering: .relaxed) > 0 }

  /// Waits until the program is asked to end; ``listen(limit:)`` comes first.
  package static func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = waiting.withLock { waiting in
        if !waiting.hasEnded { waiting.continuations.append(continuation) }
        return waiting.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  /// A reader that went away becomes an error of the write, not the end of the process.
  package static func ignoreBrokenPipes() { _ = Glibc.signal(SIGPIPE, SIG_IGN) }
}
