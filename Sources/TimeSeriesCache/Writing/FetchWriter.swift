/// Writes what one fetch gives of one series to both stores, part by part as it comes.
///
/// A source may give an instant more than once: the last value counts. Of one part only an instant's last sample is written.
/// A later part replaces what an earlier one wrote. DynamoDB simply takes the newer item, but Timestream refuses a second value
/// of one version, so that a part with a time in the span of the times already written gets the next version: the fetch's time,
/// and a millisecond for each such part. Parts that follow each other through time, as those of most sources do, all keep the
/// fetch's own. The span takes constant memory, whatever the answer's size; that it may also name a time which was never
/// written does no harm.
struct FetchWriter {
  private let stores: SampleWriter
  private let series: Series
  private let now: Int64
  private var written: TimeRange?
  private var repeats: Int64 = 0
  /// A store that failed is not asked again within this fetch: the message comes again anyway. The other one is.
  private var historyIsDown = false
  private var forecastIsDown = false
  /// What became of all parts.
  private(set) var outcome = SampleWriter.Outcome()

  init(_ stores: SampleWriter, _ series: Series, now: Int64) {
    self.stores = stores
    self.series = series
    self.now = now
  }

  /// True where neither store is asked any more.
  var isDown: Bool { historyIsDown && forecastIsDown }

  /// Splits samples at now, and writes both sides at once.
  ///
  /// - Parameter samples: in the source's order.
  mutating func write(_ samples: [Sample]) async {
    let samples = Self.lastOfEachInstant(samples)
    guard !samples.isEmpty else { return }
    let (past, future) = SampleWriter.split(samples, now: now)
    let version = version(of: past)
    async let pastOutcome = historyIsDown ? nil : stores.history.write(past, of: series, version: version)
    async let futureResult =
      forecastIsDown
      ? nil
      : result { () async throws(StoreError) in
        try await stores.forecast.write(future, of: series.identifier, fetchedAt: now)
      }
    if let written = await pastOutcome { take(written) }
    switch await futureResult {
    case .success(let count)?:
      outcome.forecastItems += count
      if count > 0, let first = future.first, let last = future.last {
        outcome.forecastTimes =
          outcome.forecastTimes?.widened(to: first.time).widened(to: last.time)
          ?? TimeRange(from: first.time, to: last.time)
      }
    case .failure(let error)?:
      outcome.failure = outcome.failure ?? error
      // One item that DynamoDB refuses says nothing of the parts that follow.
      forecastIsDown = error.code != "ValidationException"
    case nil: break
    }
  }

  private mutating func take(_ written: HistoryWrite) {
    outcome.history.add(written)
    guard let failure = written.failure else { return }
    outcome.failure = outcome.failure ?? failure
    historyIsDown = true
  }

  /// The version of a part of the history, ordered by time; the span of what is written then covers it.
  private mutating func version(of samples: [Sample]) -> Int64 {
    guard let first = samples.first, let last = samples.last else { return now }
    if let span = written {
      let repeated = samples.contains { span.from <= $0.time && $0.time <= span.to }
      if repeated { repeats += 1 }
      written = span.widened(to: first.time).widened(to: last.time)
      return repeated ? now + repeats : now
    }
    written = TimeRange(from: first.time, to: last.time)
    return now
  }

  /// Ordered by time, of each instant the last one given.
  static func lastOfEachInstant(_ samples: [Sample]) -> [Sample] {
    let pairs = zip(samples, samples.dropFirst())
    if pairs.allSatisfy({ $0.time < $1.time }) { return samples }
    if pairs.allSatisfy({ $0.time > $1.time }) { return samples.reversed() }
    let order = samples.indices.sorted { (samples[$0].time, $0) < (samples[$1].time, $1) }
    var last: [Sample] = []
    for index in order {
      if samples[index].time == last.last?.time { last.removeLast() }
      last.append(samples[index])
    }
    return last
  }
}
