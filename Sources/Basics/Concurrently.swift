/// Runs a body for each element, at most `limit` at a time, and returns the results in the elements' order.
///
/// Elements are drawn only as places come free, so a lazy sequence stays lazy. The first error cancels the others and is
/// thrown once they have ended.
public func mapConcurrently<Element: Sendable, Result: Sendable>(
  _ elements: some Sequence<Element>, limit: Int, _ body: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    var iterator = elements.makeIterator()
    var results: [Result?] = []
    func start() -> Bool {
      guard let element = iterator.next() else { return false }
      let index = results.count
      results.append(nil)
      group.addTask { (index, try await body(element)) }
      return true
    }
    for _ in 0..<max(1, limit) where !start() { break }
    while let (index, result) = try await group.next() {
      results[index] = result
      _ = start()
    }
    return results.compactMap { $0 }
  }
}
