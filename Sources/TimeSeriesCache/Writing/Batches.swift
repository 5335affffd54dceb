import Basics

/// Cuts elements into batches and runs a body on each, a bounded number at once; every batch runs, then the first error is
/// thrown, so that one batch's failure leaves no other undone.
func inBatches<Element: Sendable, Result: Sendable>(
  _ elements: [Element], of size: Int, inFlight: Int,
  _ body: @escaping @Sendable ([Element]) async throws(StoreError) -> Result
) async throws(StoreError) -> [Result] {
  let batches = stride(from: 0, to: elements.count, by: size).map { Array(elements[$0..<min($0 + size, elements.count)]) }
  let results: [Swift.Result<Result, StoreError>]
  do {
    results = try await mapConcurrently(batches, limit: inFlight) { batch in
      do throws(StoreError) { return .success(try await body(batch)) } catch { return .failure(error) }
    }
  } catch {
    throw StoreError(.unavailable, "cancelled")
  }
  var values: [Result] = []
  for result in results { values.append(try result.get()) }
  return values
}
