package import CacheSupport
import Synchronization

/// When something to be written arrived, and which version its points have.
package struct Arrival: Sendable, Hashable {
  /// Epoch milliseconds: the time of points that have none, and what tells history from forecast.
  package var time: Int64
  /// Of two values of one instant the one of the higher version stays; of one version, the one that was stored first.
  package var version: Int64

  package init(time: Int64, version: Int64) {
    self.time = time
    self.version = version
  }

  /// Of a message: it has the same version whenever it is delivered.
  package init(sentAt time: Int64) { self.init(time: time, version: time) }
}

/// Gives each request of a process its arrival.
///
/// The version is the time in milliseconds, or one more than the one before where that is higher: of two requests in one millisecond, or
/// around a clock that is set back, the later one wins. Between processes the clocks decide.
package final class Arrivals: Sendable {
  private let clock: WallClock
  private let last = Mutex<Int64>(0)

  package init(_ clock: WallClock) { self.clock = clock }

  /// The arrival of what is here now.
  package func next() -> Arrival {
    let time = clock.now
    return Arrival(time: time, version: version(from: time))
  }

  /// A version after all those before it.
  package func nextVersion() -> Int64 { version(from: clock.now) }

  private func version(from time: Int64) -> Int64 {
    last.withLock { last in
      last = max(time, last + 1)
      return last
    }
  }
}
