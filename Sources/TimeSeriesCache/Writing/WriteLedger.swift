import CacheSupport

/// Keeps account of what becomes of each sample of one write.
struct WriteLedger {
  private enum Fate { case open, written, refused, left }

  private var fates: [[Fate]]
  private var reasons: [PointWriter.Place: String] = [:]
  private var histories: [TimeRange?]
  private var failure: StoreError?
  /// Series that were registered.
  var registered = 0

  init(_ points: [ParsedSeries]) {
    fates = points.map { Array(repeating: .open, count: $0.samples.count) }
    histories = Array(repeating: nil, count: points.count)
  }

  mutating func refuse(_ place: PointWriter.Place, _ reason: String) {
    fates[place.series][place.sample] = .refused
    reasons[place] = reason
  }

  mutating func refuseAll(of series: Int, _ reason: String) {
    for sample in fates[series].indices { refuse(.init(series: series, sample: sample), reason) }
  }

  mutating func leaveAll(of series: Int, _ error: StoreError) {
    for sample in fates[series].indices { fates[series][sample] = .left }
    fail(error)
  }

  /// What the history said of a part.
  ///
  /// - Parameters:
  ///   - part: the indices of its samples, in which no millisecond appears twice.
  ///   - samples: all of the series.
  mutating func take(_ write: HistoryWrite, series: Int, samples part: Range<Int>, of samples: [Sample]) {
    for sample in part { fates[series][sample] = write.failure == nil ? .written : .left }
    for rejection in write.rejected.first {
      guard let sample = part.first(where: { samples[$0].time == rejection.time }) else { continue }
      refuse(.init(series: series, sample: sample), rejection.reason)
    }
    if let times = write.times { histories[series] = histories[series]?.widened(to: times) ?? times }
    if let failure = write.failure { fail(failure) }
  }

  /// What the forecasts' store said of a series.
  mutating func take(_ result: Result<Int, StoreError>, _ part: ForecastPart) {
    let fate: Fate = if case .success = result { .written } else { .left }
    for sample in part.places.joined() { fates[part.index][sample] = fate }
    if case .failure(let error) = result { fail(error) }
  }

  /// Throttling and outages pass; where another error is among them, that one is told.
  private mutating func fail(_ error: StoreError) {
    if failure.map({ $0.kind != .failed && error.kind == .failed }) ?? true { failure = error }
  }

  /// What the series' status is told; nil where nothing was done.
  func run(of index: Int, _ points: ParsedSeries, _ arrival: Int64) -> SeriesRun? {
    let written = fates[index].count { $0 == .written }
    let refused = fates[index].indices.filter { fates[index][$0] == .refused }
    guard written > 0 || !refused.isEmpty else { return nil }
    var run = SeriesRun(time: arrival, stored: written, rejected: refused.count, history: histories[index])
    if let first = refused.first, let reason = reasons[.init(series: index, sample: first)] {
      let verb = refused.count == 1 ? "was" : "were"
      run.failure = "\(refused.count) of \(fates[index].count) points \(verb) rejected: \(reason)"
    }
    for (sample, fate) in zip(points.samples, fates[index]) where fate == .written {
      for measure in sample.measures where run.measures.count < SeriesStatus.measuresKept {
        run.measures.insert(ByteText(measure.name))
      }
    }
    return run
  }

  /// The account, once everything has ended.
  func finished() -> PointWriter.Outcome {
    var outcome = PointWriter.Outcome(failure: failure, registered: registered)
    for series in fates.indices {
      for (sample, fate) in fates[series].enumerated() {
        let place = PointWriter.Place(series: series, sample: sample)
        switch fate {
        case .written: outcome.written += 1
        case .refused: outcome.refused.append(.init(place: place, reason: reasons[place] ?? "the store refused it"))
        case .open, .left: outcome.left.append(place)
        }
      }
    }
    return outcome
  }
}
