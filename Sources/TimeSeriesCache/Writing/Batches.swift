import CacheSupport

/// Cuts elements into batches and runs a body on each, a bounded number at once.
///
/// - Returns: the results of the batches that ran: all of them, but where the task is cancelled.
func inBatches<Element: Sendable, Result: Sendable>(
  _ elements: [Element], of size: Int, inFlight: Int, _ body: @escaping @Sendable ([Element]) async -> Result
) async -> [Result] {
  let batches = stride(from: 0, to: elements.count, by: size).map {
    Array(elements[$0..<min($0 + size, elements.count)])
  }
  return await mapConcurrently(batches, limit: inFlight, body)
}
