import CacheSupport
import LambdaRuntime

/// How long a request may take: until shortly before the function's deadline, and before API Gateway's 29 seconds.
struct AnswerTime: Sendable {
  var deadline: Int64
  var clock: WallClock

  /// Milliseconds after which API Gateway no longer waits, with a little to spare.
  static let longest: Int64 = 27_000
  /// Where nobody sets a deadline, as in a run by hand: a day.
  static let withoutDeadline: Int64 = 86_400_000

  init(_ context: LambdaContext, clock: WallClock) {
    deadline = context.deadline
    self.clock = clock
  }

  /// Milliseconds that are left.
  var left: Int64 { deadline == .max ? Self.withoutDeadline : max(0, min(deadline - clock.now - 1000, Self.longest)) }

  /// Runs a body until the answer must go out.
  ///
  /// - Throws: what the body throws, or ``StoreError/Kind/timedOut``.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let left = left
    let first = await within(.milliseconds(left)) { await result(body) }
    return try (first ?? .failure(StoreError(.timedOut, "no answer within \(left) ms"))).get()
  }
}
