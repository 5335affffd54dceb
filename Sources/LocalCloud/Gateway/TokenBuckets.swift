import Synchronization

/// The requests that routes with limits may still take: a bucket each, which fills with time.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>.
final class TokenBuckets: Sendable {
  struct Key: Hashable, Sendable {
    var api: String
    var stage: String
    var route: String
  }
  private struct Bucket {
    var tokens: Double
    /// Epoch milliseconds.
    var filled: Int64
  }
  /// As many as there are routes that were asked for.
  private let buckets = Mutex<[Key: Bucket]>([:])

  /// Takes one token.
  ///
  /// - Parameter now: epoch milliseconds; a clock that goes back fills nothing.
  /// - Returns: false where there is none.
  func take(_ key: Key, _ throttle: Throttle, now: Int64) -> Bool {
    if throttle.rate == nil, throttle.burst == nil { return true }
    let rate = throttle.rate ?? Throttle.account.rate
    let burst = Double(throttle.burst ?? Throttle.account.burst)
    return buckets.withLock { buckets in
      var bucket = buckets[key] ?? Bucket(tokens: burst, filled: now)
      let (elapsed, overflows) = now.subtractingReportingOverflow(bucket.filled)
      if !overflows, elapsed > 0 { bucket.tokens = min(burst, bucket.tokens + Double(elapsed) * rate / 1000) }
      bucket.filled = max(bucket.filled, now)
      let isTaken = rate > 0 && bucket.tokens >= 1
      if isTaken { bucket.tokens -= 1 }
      buckets[key] = bucket
      return isTaken
    }
  }
}
