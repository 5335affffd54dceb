import Foundation
import Synchronization
import Testing

@testable import LocalCloud

/// The threads on which requests run.
@Suite struct RequestThreadsTests {
  /// Something that a request holds.
  private final class Body: Sendable {
    static let alive = Atomic<Int>(0)
    init() { Self.alive.add(1, ordering: .relaxed) }
    deinit { Self.alive.subtract(1, ordering: .relaxed) }
  }

  @Test("A request that is done is let go of, also where something always waits") func letsGo() {
    let threads = RequestThreads(count: 1)
    let (first, second, isAtSecond) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    threads.run { first.wait() }
    for _ in 0..<1000 {
      let body = Body()
      threads.run { withExtendedLifetime(body) {} }
    }
    threads.run {
      isAtSecond.signal()
      second.wait()
    }
    // It waits as long as the one before it holds the thread.
    threads.run {}
    first.signal()
    isAtSecond.wait()
    #expect(Body.alive.load(ordering: .relaxed) < 10)
    second.signal()
    threads.stop()
  }
}
