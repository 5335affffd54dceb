import Synchronization

/// What became of a batch's identifiers so far; it can be closed while some of them still run.
final class FetchLedger: Sendable {
  private struct State {
    var reports: [Identifier: FetchReport] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Keeps an identifier's report.
  ///
  /// - Returns: false where the ledger is closed: nobody will look at the report.
  @discardableResult
  func note(_ report: FetchReport, of identifier: Identifier) -> Bool {
    state.withLock { state in
      guard !state.isClosed else { return false }
      state.reports[identifier] = report
      return true
    }
  }

  /// Takes no more reports, and gives out those that it has: identifiers without one were not started.
  func close() -> [Identifier: FetchReport] {
    state.withLock { state in
      state.isClosed = true
      return state.reports
    }
  }
}
