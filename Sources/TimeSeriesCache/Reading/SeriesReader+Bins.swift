public import CacheSupport

extension SeriesReader {
  /// Reads one page of bins of the merged series, each with what became of its values.
  ///
  /// A row stands for a bin and has the bin's start for its time, a multiple of the width counted from 1970: of the first bin that may be
  /// before the range. Only rows within the range count, and bins in which no value does are left out. History is binned by its
  /// store, forecasts are binned here, and the bin that has the baseline in it combines both, as if all rows had been read and binned. A
  /// bin in which any forecast counts is a forecast.
  ///
  /// With one aggregate a measure keeps its name; with several it becomes `name_avg`, `name_max` and so on. What does not apply is left
  /// out: `avg`, `sum` and `increase` of texts and booleans, and the `increase` of the first value that the whole series has.
  ///
  /// - Parameters:
  ///   - series: an unknown one has an empty page.
  ///   - range: inclusive.
  ///   - width: milliseconds; below 1 it is taken as 1.
  ///   - aggregates: what is wanted of each bin; none is taken as ``Aggregate/avg``.
  ///   - measures: which ones; nil for every measure.
  ///   - start: ``Page/next`` of the page before; nil for the first page.
  ///   - limit: the most bins, 1 to ``maximumLimit``; other values are taken as the nearest of these.
  /// - Throws: ``StoreError`` where a store cannot be read.
  public func bins(
    of series: Series, in range: TimeRange, width: Int64, aggregates: [Aggregate], measures: Set<ByteText>? = nil,
    after start: Continuation? = nil, limit: Int = 1000
  ) async throws(StoreError) -> Page {
    let limit = min(max(limit, 1), Self.maximumLimit)
    let wanted = aggregates.isEmpty ? [.avg] : aggregates
    let increases = wanted.contains(.increase)
    // Where one part ends and the next begins, the counter's values tell by how much it grew.
    let binning = Binning(
      width: width, aggregates: Set(wanted).union(increases ? [.first, .last] : []), measures: measures)
    let lastBin = start.map { binning.start(of: $0.after) }
    guard let rest = range.after(lastBin.map { binning.end(of: $0) }) else {
      let newest = try await baseline(start, of: series, in: range)
      return Page(baseline: newest.time, rows: [], bytesMetered: newest.bytesMetered)
    }
    async let pastAnswer = result { () async throws(StoreError) in
      try await self.history(of: series, in: rest, of: range, by: binning, after: start, limit: limit)
    }
    let latest = increases ? start?.latest : nil
    async let valuesAnswer: Result<HistoryValues, StoreError>? =
      increases && latest == nil
      ? result { () async throws(StoreError) in
        try await history.lastValues(of: series, before: rest.from, measures: binning.measures)
      } : nil
    let past = try await pastAnswer.get()
    let values = try await valuesAnswer?.get()
    var bins = OpenBins(binning, limit: limit, before: latest ?? values?.values ?? [:])
    bins.add(past.answer.bins)
    if !past.answer.isCut {
      try await addForecasts(
        to: &bins, of: series, in: rest, after: past.baseline, readsEarlier: increases && latest == nil)
    }
    var next: Continuation?
    if past.answer.isCut || bins.isFull, let last = bins.last {
      next = Continuation(after: last, baseline: .init(past.baseline))
      next?.latest = bins.latest
    }
    return Page(
      baseline: past.baseline, rows: bins.rows(wanted), next: next,
      bytesMetered: past.answer.bytesMetered + (values?.bytesMetered ?? 0))
  }

  private struct BinnedPast: Sendable {
    var answer: HistoryBins
    var baseline: Int64?
  }

  /// The bins of the history, and the baseline that goes with them.
  private func history(
    of series: Series, in rest: TimeRange, of range: TimeRange, by binning: Binning, after start: Continuation?,
    limit: Int
  ) async throws(StoreError) -> BinnedPast {
    let known = start?.baseline ?? .unknown
    // Where only some measures count, the bins do not tell the newest row: it is asked for at once.
    async let newestAnswer: Result<NewestHistory, StoreError>? =
      known == .unknown && binning.measures != nil
      ? result { () async throws(StoreError) in try await baseline(start, of: series, in: range) } : nil
    var past = BinnedPast(answer: try await history.bins(of: series, in: rest, by: binning, limit: limit))
    var newest = try await newestAnswer?.get()
    past.baseline = past.answer.bins.last?.newest
    switch known {
    case .time(let time): past.baseline = max(time, past.baseline ?? time)
    case .none: break
    case .unknown:
      if newest == nil, past.answer.isCut || past.answer.bins.isEmpty {
        // Of the first page the range is known to hold none, where it has no bins.
        let inRange = start != nil || past.answer.isCut
        newest = try await baseline(start, of: series, in: inRange ? range : nil)
      }
      past.baseline = [past.baseline, newest?.time].compactMap { $0 }.max()
    }
    past.answer.bytesMetered += newest?.bytesMetered ?? 0
    return past
  }

  /// - Parameter readsEarlier: whether forecasts before the page are read as well.
  private func addForecasts(
    to bins: inout OpenBins, of series: Series, in rest: TimeRange, after baseline: Int64?, readsEarlier: Bool
  ) async throws(StoreError) {
    var served = rest
    if readsEarlier {
      // What comes before the page tells by how much a counter has grown at its first value.
      served.from = min(rest.from, TimeExpression.bounds.lowerBound)
    }
    guard let served = served.after(baseline) else { return }
    try await forEachForecast(of: series, in: served) { sample in
      sample.time < rest.from ? bins.skip(sample) : bins.add(sample)
    }
  }

  /// Hands over forecasts that have not expired, oldest first, until the body returns false.
  func forEachForecast(
    of series: Series, in range: TimeRange, pageSize: Int = 1000, _ body: (Sample) -> Bool
  ) async throws(StoreError) {
    let now = clock.now
    var left: TimeRange? = range
    while let range = left {
      let page = try await forecast.page(of: series.identifier, in: range, limit: pageSize, now: now)
      for sample in page.samples where !body(sample) { return }
      left = page.next.flatMap { TimeRange(from: max($0, range.from), to: range.to) }
    }
  }
}
