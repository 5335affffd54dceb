import CacheSupport

/// Copies the history of series from one store to another, or compares both.
///
/// A series is read page by page. What the target has of a page's time is laid beside it, and what it does not have as it is in the source is
/// written: so a second run reads, and writes nothing. The state is saved after each page, so that a run which was killed repeats one page of
/// each series that was under way.
///
/// **Versions.** No store tells the versions of its rows through ``HistoryStore``, and Timestream never does. A copy has the *seconds* of its
/// move's beginning as version, where a fetch has milliseconds: so it never replaces a row that a function has fetched or somebody has
/// written into the target, whatever the times of both; any later fetch replaces it; and a later move, whose version is higher, brings what
/// has been corrected in the source since. With ``Options/overwrites`` a copy has the milliseconds of its move's beginning: then it replaces
/// whatever was written to the target before, as is needed to go back to a store that has older rows of its own.
package struct HistoryMove: Sendable {
  /// What is done with the rows.
  package enum Action: Sendable, Hashable {
    case copy
    /// Compares, and writes nothing.
    case verify
    /// Counts the rows of the source, and asks the target nothing.
    case count
  }

  /// How a move is done.
  package struct Options: Sendable {
    package var action: Action = .copy
    /// Rows of a page, 1 to 100,000: what a series that is under way holds in memory of each store.
    package var pageRows: Int = 10_000
    /// Series that are under way at once, at least 1.
    package var seriesAtOnce: Int = 4
    /// The series to move; nil for all that the source lists.
    package var series: [Series]?

    package init() {}
  }

  private let source: any HistoryStore
  private let target: any HistoryStore
  private let options: Options
  /// Gives a page of series as ``HistoryStore/series(after:limit:)`` does.
  package typealias List = @Sendable (String?, Int) async throws(StoreError) -> SeriesPage

  private let list: List?
  private let resolve: @Sendable (Series) async throws(StoreError) -> Series
  private let sleep: @Sendable (Duration) async -> Void

  /// Series of one page of the source's list: as many as a store gives, because Timestream bills each page as it does for all of the table.
  static let seriesPerPage: Int = 1000
  /// How long to wait before a question or a write that failed for a cause that may pass is tried again.
  static let pauses: [Duration] = [1, 2, 4, 8, 16].map { .seconds($0) }

  /// - Parameters:
  ///   - list: gives the series where options name none; nil asks the source.
  ///   - resolve: gives a series of the source's list its measurement and tags, where the list does not tell them.
  ///   - sleep: waits before something is tried again.
  package init(
    from source: any HistoryStore, to target: any HistoryStore, _ options: Options = Options(), list: List? = nil,
    resolve: @escaping @Sendable (Series) async throws(StoreError) -> Series = { series async throws(StoreError) in
      series
    },
    sleep: @escaping @Sendable (Duration) async -> Void
  ) {
    self.source = source
    self.target = target
    self.options = options
    self.resolve = resolve
    self.list = list
    self.sleep = sleep
  }

  /// The version of copies that are written by a move which begins now.
  ///
  /// - Parameter overwrites: whether copies replace what the target already has from others.
  package static func version(now: Int64, overwrites: Bool) -> Int64 { max(1, overwrites ? now : now / 1000) }

  /// Moves from where the state stands.
  ///
  /// - Parameters:
  ///   - state: of the move that is gone on from, or one that begins.
  ///   - save: keeps the state; nil keeps none.
  ///   - observe: told of each page what is counted, and how many series are known so far.
  /// - Throws: ``StoreError`` where the source's series cannot be listed, and what `save` throws.
  package func run(
    _ state: MoveState, stop: MoveStop = MoveStop(), save: (@Sendable (MoveState) throws -> Void)? = nil,
    observe: @escaping @Sendable (MoveTotals, Int) -> Void = { _, _ in }
  ) async throws -> MoveReport {
    let ledger = MoveLedger(state, save: save, observe: observe)
    let failed = state.failed
    await ledger.expect(failed.count)
    guard try await run(failed, ledger, stop) else { return await ledger.end(.tooManyFailed) }
    if stop.isRequested { return await ledger.end(.stopped) }
    var isListed = state.isListed
    var start = state.page
    while !isListed {
      let page = try await page(after: start, stop)
      let left = await ledger.expect(page)
      guard try await run(left, ledger, stop) else { return await ledger.end(.tooManyFailed) }
      if stop.isRequested { return await ledger.end(.stopped) }
      try await ledger.finishPage(next: page.next)
      start = page.next
      isListed = start == nil
    }
    return await ledger.end(.finished)
  }

  private func page(after start: String?, _ stop: MoveStop) async throws(StoreError) -> SeriesPage {
    if let series = options.series { return SeriesPage(series: series) }
    return try await patiently(stop) { () async throws(StoreError) in
      guard let list else { return try await source.series(after: start, limit: Self.seriesPerPage) }
      return try await list(start, Self.seriesPerPage)
    }
  }

  /// - Returns: false where too many failed.
  private func run(_ series: [Series], _ ledger: MoveLedger, _ stop: MoveStop) async throws -> Bool {
    let results = try await mapConcurrently(series, limit: options.seriesAtOnce) { one async throws -> Bool in
      if stop.isRequested { return true }
      do { try await run(one, ledger, stop) } catch let error as StoreError {
        if try await ledger.fail(one, error) { return true }
        stop.request()
        return false
      }
      return true
    }
    return results.allSatisfy { $0 }
  }

  private func run(_ named: Series, _ ledger: MoveLedger, _ stop: MoveStop) async throws {
    let series = try await patiently(stop) { () async throws(StoreError) in try await resolve(named) }
    let state = await ledger.state
    var walk = HistoryWalk(
      source, series, in: state.range.after(state.series[named]?.through), limit: options.pageRows,
      isFine: options.action != .verify || areBothFine)
    while !stop.isRequested {
      let (asked, next) = try await patiently(stop) { [walk] () async throws(StoreError) in
        var asked = walk
        let page = try await asked.next()
        return (asked, page)
      }
      guard let page = next else { return try await ledger.finish(named) }
      walk = asked
      var part = MoveTotals()
      part.rows = page.samples.count
      part.sourceBytes = page.bytesMetered
      switch options.action {
      case .count: break
      case .verify: try await verify(page, of: series, &part, ledger, stop)
      case .copy: try await copy(page, of: series, named, state.version, &part, ledger, stop)
      }
      try await ledger.add(part, of: named, through: page.range.to)
    }
  }

  /// True where both stores tell instants apart that share a millisecond; otherwise they are compared by the millisecond.
  package var areBothFine: Bool { source is any InstantReading && target is any InstantReading }

  private func verify(
    _ page: HistoryWalk.Page, of series: Series, _ part: inout MoveTotals, _ ledger: MoveLedger, _ stop: MoveStop
  ) async throws {
    let (differences, same, bytes) = try await patiently(stop) { () async throws(StoreError) in
      var comparison = SeriesComparison(
        HistoryWalk(target, series, in: page.range, limit: options.pageRows, isFine: areBothFine))
      var differences = FirstFew<RowDifference>()
      var same = 0
      try await comparison.run(page.samples) { finding in
        func note(_ sample: Sample, _ kind: @autoclosure () -> RowDifference.Kind) {
          differences.add(
            RowDifference(series: series, time: sample.time, nanoseconds: sample.nanoseconds, kind: kind()))
        }
        switch finding {
        case .same: same += 1
        case .missing(let sample): note(sample, .missing)
        case .extra(let sample): note(sample, .extra)
        case .differs(let sample, let other): note(sample, .values(sample.differences(from: other)))
        }
      }
      return (differences, same, comparison.bytesMetered)
    }
    part.same = same
    part.differing = differences.count
    part.targetBytes = bytes
    await ledger.note(differences)
  }

  private func copy(
    _ page: HistoryWalk.Page, of series: Series, _ named: Series, _ version: Int64, _ part: inout MoveTotals,
    _ ledger: MoveLedger, _ stop: MoveStop
  ) async throws {
    guard let first = page.samples.first, let last = page.samples.last else { return }
    let span = TimeRange(from: first.time, to: last.time)
    let (wanted, bytes) = try await patiently(stop) { () async throws(StoreError) in
      var comparison = SeriesComparison(HistoryWalk(target, series, in: span, limit: options.pageRows))
      var wanted: [Sample] = []
      try await comparison.run(page.samples) { finding in
        switch finding {
        case .same, .extra: break
        case .missing(let sample), .differs(let sample, _): wanted.append(sample)
        }
      }
      return (wanted, comparison.bytesMetered)
    }
    part.same = page.samples.count - wanted.count
    part.targetBytes = bytes
    guard !wanted.isEmpty else { return }
    let outcome = try await write(wanted, of: series, version, stop)
    part.superseded = outcome.superseded
    part.rejected = outcome.rejected.count
    part.written = max(0, wanted.count - part.superseded - part.rejected)
    await ledger.note(outcome.rejected, of: named)
  }

  /// Writes samples; where the store fails for a cause that may pass, all of them again, which does no harm.
  private func write(
    _ samples: [Sample], of series: Series, _ version: Int64, _ stop: MoveStop
  ) async throws(StoreError) -> HistoryWrite {
    // What an attempt that failed has stored is there already for the next one.
    var stored = 0
    var outcome = try await patiently(stop) { () async throws(StoreError) in
      let outcome = await target.write(samples, of: series, version: version)
      guard let failure = outcome.failure else { return outcome }
      stored += outcome.stored
      throw failure
    }
    outcome.superseded = max(0, outcome.superseded - stored)
    return outcome
  }

  /// Tries again what failed for a cause that may pass.
  private func patiently<Value>(
    _ stop: MoveStop, _ body: () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    for pause in Self.pauses {
      do throws(StoreError) { return try await body() } catch {
        guard error.kind != .failed, !stop.isRequested else { throw error }
        await sleep(pause)
      }
    }
    return try await body()
  }
}
