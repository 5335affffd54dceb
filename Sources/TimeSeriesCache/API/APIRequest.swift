import CacheSupport
import LambdaRuntime

/// One request, and what its answer has to keep to.
struct APIRequest: Sendable {
  let event: HTTPEvent
  let context: LambdaContext
  let time: AnswerTime
  let takesGzip: Bool

  init(_ event: HTTPEvent, _ context: LambdaContext, clock: WallClock) {
    self.event = event
    self.context = context
    time = AnswerTime(context, clock: clock)
    takesGzip = Representation.takesGzip(event.headers["accept-encoding"])
  }

  /// Asks a store until the answer must go out; its failure goes to the log, and what it means to the client.
  func asked<Value: Sendable>(
    _ body: @escaping @Sendable () async throws(StoreError) -> Value
  ) async throws(APIError) -> Value {
    do throws(StoreError) { return try await time.run(body) } catch {
      context.logger.error("a store failed", ["error": .string(error.description)])
      throw APIError(error)
    }
  }

  /// The same for a page or the like, and writes to the metrics how long that took and what is billed for it.
  func measured<Value: Sendable>(
    _ bytesMetered: (Value) -> Int64, _ body: @escaping @Sendable () async throws(StoreError) -> Value
  ) async throws(APIError) -> Value {
    let clock = ContinuousClock()
    let start = clock.now
    let value = try await asked(body)
    let milliseconds = (clock.now - start) / .milliseconds(1)
    context.logger.metrics([CacheMetric.mergeTime(milliseconds), CacheMetric.bytesMetered(bytesMetered(value))])
    return value
  }
}
