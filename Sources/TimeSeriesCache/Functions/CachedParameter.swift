import AWSClients
import CacheSupport
import LambdaRuntime
import Synchronization

/// A parameter's value, read again after five minutes; or a fixed one.
///
/// Where it is in use, it is read shortly before that, in the background. While it cannot be read for causes that may pass,
/// the value that is known counts for up to an hour more; each such failure goes to `report`. Nobody waits longer than two
/// seconds for a new value while the one that is known counts. A parameter that is gone, or that may not be read, counts for
/// its five minutes only.
struct CachedParameter: Sendable {
  private typealias Held = ExpiringValue<String, AWSError>

  private enum Value: Sendable {
    case fixed(String)
    case read(Held, Held.Renewal)
  }

  private let value: Value

  /// Milliseconds for which a value is taken as it is.
  static let lifetime: Int64 = 5 * 60_000
  /// Milliseconds for which it is kept after that while it cannot be read.
  static let grace: Int64 = 60 * 60_000

  init(
    clock: WallClock, random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    report: (@Sendable (AWSError) -> Void)? = nil, read: @escaping @Sendable () async throws(AWSError) -> String
  ) {
    let timing = Held.Timing(ahead: 30_000, part: 10, grace: Self.grace, pause: 30_000, pauseWithout: 1000)
    let held = Held(clock: clock, timing: timing, random: random, sleep: sleep, report: report)
    value = .read(held) { () async throws(AWSError) in
      Held.Fresh(try await read(), end: clock.now + Self.lifetime)
    }
  }

  /// A value that never changes.
  init(fixed text: String) { value = .fixed(text) }

  /// - Throws: ``AWSError`` where it cannot be read and nothing is known that may still count.
  func value() async throws(AWSError) -> String {
    switch value {
    case .fixed(let text): text
    case .read(let held, let renew): try await held.value(renew)
    }
  }

  /// Lets the next caller wait until the parameter is read again; where that fails, what is known stays in use.
  func expire() {
    if case .read(let held, _) = value { held.expire() }
  }

  /// The value where nobody has to wait for it, as for nearly every request, else nil.
  ///
  /// - Throws: ``AWSError`` where it could not be read a moment ago and nothing is known that may still count.
  func valueAtHand() throws(AWSError) -> String? {
    switch value {
    case .fixed(let text): text
    case .read(let held, let renew): try held.valueAtHand(renew)
    }
  }
}

/// The cached parameters of a process, by name.
final class CachedParameters: Sendable {
  private let parameters = Mutex<[ByteText: CachedParameter]>([:])
  private let ssm: SSMClient
  private let clock: WallClock
  private let logger: LambdaLogger

  init(ssm: SSMClient, clock: WallClock, logger: LambdaLogger) {
    self.ssm = ssm
    self.clock = clock
    self.logger = logger
  }

  subscript(name: String) -> CachedParameter {
    parameters.withLock { parameters in
      if let known = parameters[ByteText(name)] { return known }
      let report: @Sendable (AWSError) -> Void = { [logger] error in
        logger.error(
          "a parameter cannot be read; the value that is known stays in use for now",
          ["parameter": .string(name), "error": .string(error.description)])
      }
      let new = CachedParameter(clock: clock, report: report) { [ssm] () async throws(AWSError) in
        try await ssm.parameter(name)
      }
      parameters[ByteText(name)] = new
      return new
    }
  }
}
