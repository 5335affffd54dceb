import CacheSupport
import Foundation
import Synchronization

/// The threads on which requests run: a fixed number, so that neither the HTTP server's threads nor Swift's own, which
/// are few, ever wait for the storage.
final class RequestThreads: Sendable {
  private struct State {
    var work = Deque<@Sendable () -> Void>()
    var isStopped = false
  }
  private let state = Mutex(State())
  /// Counts the pieces of work that nobody has taken.
  private let waiting = DispatchSemaphore(value: 0)
  private let count: Int

  /// Room for JSON and expressions as deep as they are taken.
  static let stackSize: Int = 8 << 20

  init(count: Int) {
    self.count = count
    for number in 0..<count {
      let thread = Thread { [self] in while let work = next() { work() } }
      thread.name = "request \(number)"
      thread.stackSize = Self.stackSize
      thread.start()
    }
  }

  /// Runs a body on one of the threads, in the order of the calls. After ``stop()`` it runs at once, on the caller's.
  func run(_ body: @escaping @Sendable () -> Void) {
    let isStopped = state.withLock { state in
      if !state.isStopped { state.work.append(body) }
      return state.isStopped
    }
    if isStopped { body() } else { waiting.signal() }
  }

  private func next() -> (@Sendable () -> Void)? {
    waiting.wait()
    return state.withLock { $0.work.popFirst() }
  }

  /// Lets the threads end once they have done what is waiting.
  func stop() {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      return !state.isStopped
    }
    if isFirst { for _ in 0..<count { waiting.signal() } }
  }
}
