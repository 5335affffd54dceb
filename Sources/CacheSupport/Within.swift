/// Runs a body and waits for at most a time; nil where it took longer, or where the waiting task is cancelled.
///
/// The body is then cancelled but not waited for: unlike a task group's, the answer comes in time even where the body waits
/// for something that cannot be cancelled.
///
/// - Parameter sleep: ends when the time is over; tests hand in one that ends when they say so.
package func within<Value: Sendable>(
  _ limit: Duration, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
  _ body: @escaping @Sendable () async -> Value
) async -> Value? {
  let (answers, answer) = AsyncStream<Value?>.makeStream(bufferingPolicy: .bufferingOldest(1))
  let executor = preferredExecutor()
  let running = Task(executorPreference: executor) { answer.yield(await body()) }
  let timer = Task(executorPreference: executor) {
    // Cancelled as soon as the body has ended.
    do { try await sleep(limit) } catch { return }
    answer.yield(nil)
  }
  var first: Value?
  for await value in answers {
    first = value
    break
  }
  timer.cancel()
  running.cancel()
  return first
}
