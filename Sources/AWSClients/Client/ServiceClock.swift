import CacheSupport
import Synchronization

/// This machine's clock, and what is known of how far the services' clock is from it.
final class ServiceClock: Sendable {
  private let machine: WallClock
  /// Milliseconds to add to this machine's clock.
  private let offset = Atomic<Int64>(0)

  init(_ machine: WallClock) { self.machine = machine }

  /// The services' time, as far as it is known: epoch milliseconds.
  var now: Int64 { machine.now + skew }

  var corrected: WallClock { WallClock { self.now } }

  var skew: Int64 { offset.load(ordering: .relaxed) }

  /// Takes over the clock of a service that refused our date.
  ///
  /// - Parameter skewUsed: that of the attempt which was refused; another request may have corrected it meanwhile.
  /// - Returns: true where the clocks were far enough apart to explain the refusal.
  func learn(from error: AWSError, skewUsed: Int64) -> Bool {
    guard let server = error.serverTime else { return false }
    let skew = server * 1000 - machine.now
    guard abs(skew - skewUsed) > 4 * 60_000 else { return false }
    offset.store(skew, ordering: .relaxed)
    return true
  }
}
