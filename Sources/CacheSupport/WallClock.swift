import Glibc

/// Where "now" comes from. It is handed in, so that no logic asks the system for the date and a test can stop it.
public struct WallClock: Sendable {
  private let read: @Sendable () -> Int64

  /// A clock that asks a function for the time in epoch milliseconds.
  public init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

  /// Milliseconds since 1970-01-01T00:00:00Z.
  public var now: Int64 { read() }

  /// The clock of this machine.
  public static let system: WallClock = WallClock {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// A clock that always shows the same time, for tests.
  ///
  /// - Parameter milliseconds: epoch milliseconds.
  public static func fixed(_ milliseconds: Int64) -> WallClock { WallClock { milliseconds } }
}
