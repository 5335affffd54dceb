import Synchronization

/// The SDKs' standard retry mode: a quota for each service, which failing requests use up, and full jitter between attempts.
///
/// A service that fails uses up its own quota, not another's. The figures are those of botocore 1.44.
package final class RetryPolicy: Sendable {
  /// What is left, by endpoint prefix; a service that is absent has all of it.
  private let quotas = Mutex<[String: Int]>([:])
  private let random: @Sendable () -> Double
  private let sleeper: @Sendable (Duration) async throws(CancellationError) -> Void

  static let fullQuota: Int = 500
  static let cost: Int = 14
  static let throttlingCost: Int = 5
  static let throttlingBase: Double = 1000
  static let longestDelay: Double = 20_000
  /// How much longer than its own backoff a client waits when a service asks.
  static let longestHint: Double = 5000

  /// - Parameters:
  ///   - random: from 0 to 1, for the jitter.
  ///   - sleep: waits; tests hand in one that only notes the delay.
  package init(
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void = RetryPolicy.sleep
  ) {
    self.random = random
    sleeper = sleep
  }

  /// Waits for a time; ends early with an error where the task is cancelled.
  package static let sleep: @Sendable (Duration) async throws(CancellationError) -> Void = {
    duration async throws(CancellationError) in
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }

  /// Takes from a service's quota what one more attempt costs; nil where too little is left.
  func acquire(for error: AWSError, of service: AWSService) -> Int? {
    let cost = error.isThrottling ? Self.throttlingCost : Self.cost
    return quotas.withLock { quotas in
      let left = quotas[service.endpointPrefix] ?? Self.fullQuota
      guard left >= cost else { return nil }
      quotas[service.endpointPrefix] = left - cost
      return cost
    }
  }

  /// Gives back after a success: what the last retry cost, or 1 for a request that needed none.
  func release(_ cost: Int?, of service: AWSService) {
    quotas.withLock { quotas in
      guard let left = quotas[service.endpointPrefix] else { return }
      let sum = left + (cost ?? 1)
      quotas[service.endpointPrefix] = sum < Self.fullQuota ? sum : nil
    }
  }

  /// Milliseconds before the next attempt.
  ///
  /// - Parameter retry: 0 for the first retry.
  func delay(retry: Int, base: Double, error: AWSError) -> Double {
    let base = error.isThrottling ? Self.throttlingBase : base
    var power = 1.0
    for _ in 0..<min(retry, 30) { power *= 2 }
    let delay = random() * min(base * power, Self.longestDelay)
    guard let hint = error.retryAfter, hint.isFinite else { return delay }
    return max(delay, min(hint, delay + Self.longestHint))
  }

  func wait(_ milliseconds: Double) async throws(CancellationError) {
    try await sleeper(.microseconds(Int64(max(0, milliseconds) * 1000)))
  }
}
