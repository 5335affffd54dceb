/// Runs a body for each element, at most `limit` at a time, and returns the results in the elements' order.
///
/// Elements are drawn only as places come free, so a lazy sequence stays lazy. The first error cancels the bodies that run and
/// is thrown once they have ended; no other is started. A cancellation from outside reaches each body, which decides what
/// becomes of its element.
package func mapConcurrently<Element: Sendable, Result: Sendable, Failure: Error>(
  _ elements: some Sequence<Element>, limit: Int, _ body: @escaping @Sendable (Element) async throws(Failure) -> Result
) async throws(Failure) -> [Result] {
  typealias Outcome = Swift.Result<Result, Failure>
  let outcome: Swift.Result<[Result], Failure> = await withTaskGroup(of: (Int, Outcome).self) { group in
    var iterator = elements.makeIterator()
    var results: [Result?] = []
    var failure: Failure?
    func start() -> Bool {
      guard failure == nil, let element = iterator.next() else { return false }
      let index = results.count
      results.append(nil)
      group.addTask {
        do throws(Failure) { return (index, .success(try await body(element))) } catch {
          return (index, .failure(error))
        }
      }
      return true
    }
    for _ in 0..<max(1, limit) where !start() { break }
    while let (index, outcome) = await group.next() {
      switch outcome {
      case .success(let result): results[index] = result
      case .failure(let error):
        failure = failure ?? error
        group.cancelAll()
      }
      _ = start()
    }
    return failure.map { .failure($0) } ?? .success(results.compactMap { $0 })
  }
  return try outcome.get()
}
