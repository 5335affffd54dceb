import Synchronization

/// So many bytes, from which several threads take and to which they give back.
package final class Allowance: Sendable {
  package let limit: Int
  private let held = Atomic(0)

  package init(_ limit: Int) { self.limit = limit }

  /// Bytes that are taken.
  package var taken: Int { held.load(ordering: .relaxed) }

  /// - Returns: false where so many are not there; then nothing was taken, not even for a moment.
  package func take(_ count: Int) -> Bool {
    var before = taken
    while true {
      let (after, overflows) = before.addingReportingOverflow(count)
      guard !overflows, after <= limit else { return false }
      let (isTaken, found) = held.weakCompareExchange(expected: before, desired: after, ordering: .relaxed)
      if isTaken { return true }
      before = found
    }
  }

  package func give(_ count: Int) { held.wrappingSubtract(count, ordering: .relaxed) }
}
