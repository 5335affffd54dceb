/// Reads a series page by page, from the oldest row to the newest.
///
/// A store such as Timestream reads, and bills, all of the range that it is asked for, also where it answers with its first rows alone: to ask
/// for all that is left, page after page, would cost the square of the rows. So the first question alone is for the whole range; those that
/// follow are for about as much time as a page had, more where it turns out to be too little.
struct HistoryWalk {
  /// Rows, and the time that they are all the rows of.
  struct Page: Sendable {
    /// Possibly none.
    var samples: [Sample]
    var range: TimeRange
    var bytesMetered: Int64
  }

  private let store: any HistoryStore
  private let series: Series
  private let limit: Int
  private let isFine: Bool
  /// What has not been read; nil at the end.
  private(set) var rest: TimeRange?
  /// Milliseconds to ask for; nil for all that is left.
  private var width: Int64?

  /// - Parameters:
  ///   - range: nil for nothing.
  ///   - limit: rows of a page, 1 to 100,000.
  ///   - isFine: whether instants are told apart that share a millisecond, where the store can.
  init(_ store: any HistoryStore, _ series: Series, in range: TimeRange?, limit: Int, isFine: Bool = true) {
    self.store = store
    self.series = series
    self.limit = limit
    self.isFine = isFine
    rest = range
  }

  /// The next page; nil at the end.
  ///
  /// After an error the same page is asked for again.
  mutating func next() async throws(StoreError) -> Page? {
    guard let rest else { return nil }
    let (sum, overflows) = rest.from.addingReportingOverflow((width ?? .max) - 1)
    guard let window = TimeRange(from: rest.from, to: overflows ? rest.to : min(rest.to, sum)) else { return nil }
    let answer =
      isFine
      ? try await store.finestRows(of: series, in: window, limit: limit)
      : try await store.rows(of: series, in: window, limit: limit)
    var samples = answer.samples
    if !isFine { for place in samples.indices { samples[place].nanoseconds = 0 } }
    guard let first = answer.samples.first, let last = answer.samples.last else {
      // An answer without rows that is not all of them cannot be gone on from.
      guard !answer.isCut else {
        throw StoreError(.failed, "the store gave an empty page of \(series) and no next one")
      }
      // A gap, whose length nobody knows.
      widen(by: 4)
      self.rest = rest.after(window.to)
      return Page(samples: [], range: window, bytesMetered: answer.bytesMetered)
    }
    let end = answer.isCut ? last.time : window.to
    if answer.isCut {
      let (span, overflows) = last.time.subtractingReportingOverflow(first.time)
      width = overflows || span > .max / 2 ? nil : span + span / 4 + 1
    } else if answer.samples.count < limit / 2 {
      widen(by: 2)
    }
    self.rest = rest.after(end)
    return Page(
      samples: answer.samples, range: TimeRange(from: rest.from, to: end) ?? window,
      bytesMetered: answer.bytesMetered)
  }

  private mutating func widen(by factor: Int64) {
    guard let before = width else { return }
    let (product, overflows) = before.multipliedReportingOverflow(by: factor)
    width = overflows ? nil : product
  }
}
