import CacheSupport
import Synchronization

/// Asks a move to end; it does once the pages that are under way are in the target.
package final class MoveStop: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package func request() { flag.store(true, ordering: .relaxed) }
  package var isRequested: Bool { flag.load(ordering: .relaxed) }
}

/// A series of which something has to be told.
package struct SeriesNote<Note: Sendable & Hashable>: Sendable, Hashable {
  package var series: Series
  package var note: Note
}

/// What a move has done, for whoever started it.
package struct MoveReport: Sendable, Hashable {
  /// How a move ended.
  package enum Ending: Sendable, Hashable {
    /// All that there was to do was done, but for the series that failed.
    case finished
    /// It was asked to end.
    case stopped
    /// So many series failed that the cause is none of theirs.
    case tooManyFailed
  }

  package var ending: Ending = .finished
  package var totals: MoveTotals = MoveTotals()
  /// Series that could not be read or written to their end, and why.
  package var failures: FirstFew<SeriesNote<StoreError>> = FirstFew()
  /// What the target did not take in this run, of the first ten series that have any, by their names.
  package var rejections: [SeriesNote<Rejections>] = []
  /// Of a comparison.
  package var differences: FirstFew<RowDifference> = FirstFew()

  package init() {}

  /// True where both stores have the same now, as far as the move looked.
  package var isGood: Bool {
    ending == .finished && failures.isEmpty && totals.rejected == 0 && differences.isEmpty
  }
}

/// Keeps the state of a move, and saves it after each page.
actor MoveLedger {
  private(set) var state: MoveState
  private(set) var report = MoveReport()
  private var rejections: [Series: Rejections] = [:]
  private let save: (@Sendable (MoveState) throws -> Void)?
  private let observe: @Sendable (MoveTotals, Int) -> Void
  /// Series that are known to the move so far.
  private var known: Int

  /// Series that may fail in one run before it ends.
  static let mostFailures: Int = 100
  /// Failed series that are kept to be tried again; of more the move ends.
  static let mostFailed: Int = 1000

  /// - Parameters:
  ///   - save: nil for what leaves no trace, such as a comparison.
  ///   - observe: told of each page what is counted, and how many series are known.
  init(
    _ state: MoveState, save: (@Sendable (MoveState) throws -> Void)?,
    observe: @escaping @Sendable (MoveTotals, Int) -> Void
  ) {
    self.state = state
    self.save = save
    self.observe = observe
    known = state.totals.series
  }

  /// Takes note of series that are to be moved.
  func expect(_ count: Int) {
    known += count
    observe(state.totals, known)
  }

  /// Takes note of a page of the source's list.
  ///
  /// - Returns: its series that are neither through nor have failed; each once.
  func expect(_ page: SeriesPage) -> [Series] {
    var seen: Set<Series> = []
    let left = page.series.filter { series in
      guard seen.insert(series).inserted else { return false }
      switch state.series[series] {
      case .done, .failed: return false
      case .underWay, nil: return true
      }
    }
    state.totals.sourceBytes += page.bytesMetered
    expect(left.count)
    return left
  }

  /// Takes note of a page that is in the target.
  func add(_ part: MoveTotals, of series: Series, through time: Int64) throws {
    // What failed before stays marked until it is through: it is on no page of the list that is still to come.
    if case .failed = state.series[series] {
      state.series[series] = .failed(through: time)
    } else {
      state.series[series] = .underWay(through: time)
    }
    state.totals.add(part)
    observe(state.totals, known)
    try save?(state)
  }

  func note(_ rejected: Rejections, of series: Series) {
    guard !rejected.isEmpty else { return }
    guard rejections[series] != nil || rejections.count < FirstFew<Int>.limit else { return }
    rejections[series, default: Rejections()].add(rejected)
  }

  func note(_ differences: FirstFew<RowDifference>) { report.differences.add(differences) }

  /// Takes note of a series that is through.
  func finish(_ series: Series) throws {
    if case .failed = state.series[series] {
      state.series[series] = state.isListed ? nil : .done
    } else {
      state.series[series] = .done
    }
    state.totals.series += 1
    observe(state.totals, known)
    try save?(state)
  }

  /// Takes note of a series that cannot be read or written.
  ///
  /// - Returns: false where so many have failed that the move had better end.
  func fail(_ series: Series, _ error: StoreError) throws -> Bool {
    report.failures.add(SeriesNote(series: series, note: error))
    state.series[series] = .failed(through: state.series[series]?.through)
    try save?(state)
    return report.failures.count < Self.mostFailures && state.failed.count < Self.mostFailed
  }

  /// Takes note of a page of the list whose series are through or have failed.
  ///
  /// - Parameter next: where the next page starts; nil at the end.
  func finishPage(next: String?) throws {
    state.series = state.series.filter { if case .failed = $0.value { true } else { false } }
    state.page = next
    state.isListed = next == nil
    try save?(state)
  }

  func end(_ ending: MoveReport.Ending) -> MoveReport {
    var report = report
    report.rejections = rejections.sorted { $0.key.identifier < $1.key.identifier }
      .map { SeriesNote(series: $0.key, note: $0.value) }
    report.ending = ending
    report.totals = state.totals
    return report
  }
}
