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
  private(set) var historyIsDown = false
  private(set) var forecastIsDown = false
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
    guard let part = prepare(samples) else { return }
    async let pastOutcome = historyIsDown ? nil : stores.history.write(part.past, of: series, version: part.version)
    async let futureResult =
      forecastIsDown
      ? nil
      : result { () async throws(StoreError) in
        try await stores.forecast.write(part.future, of: series.identifier, fetchedAt: now)
      }
    if let written = await pastOutcome { take(written) }
    if let count = await futureResult { take(count, of: part.future) }
  }

  /// What is ready for the stores: each side ordered by time, of each instant one sample.
  struct Part: Sendable {
    var past: [Sample]
    var future: [Sample]
    /// Of the past.
    var version: Int64
  }

  /// Splits samples at now; nil where there are none.
  ///
  /// - Parameter samples: in the source's order.
  mutating func prepare(_ samples: [Sample]) -> Part? {
    let samples = Self.lastOfEachInstant(samples)
    guard !samples.isEmpty else { return nil }
    let (past, future) = SampleWriter.split(samples, now: now)
    return Part(past: past, future: taken(Self.oneOfEachMillisecond(future)), version: version(of: past))
  }

  /// The forecasts that the store takes; the others are rejected.
  private mutating func taken(_ samples: [Sample]) -> [Sample] {
    samples.filter { sample in
      guard let reason = stores.forecast.fault(of: sample, of: series.identifier) else { return true }
      outcome.forecastRejected.add(.init(time: sample.time, reason: reason))
      return false
    }
  }

  /// Adds what became of a part's past.
  mutating func take(_ written: HistoryWrite) {
    outcome.history.add(written)
    guard let failure = written.failure else { return }
    outcome.failure = outcome.failure ?? failure
    historyIsDown = true
  }

  /// Adds how many samples of a part's future were written.
  mutating func take(_ written: Result<Int, StoreError>, of future: [Sample]) {
    switch written {
    case .success(let count):
      outcome.forecastItems += count
      if count > 0, let first = future.first, let last = future.last {
        outcome.forecastTimes =
          outcome.forecastTimes?.widened(to: first.time).widened(to: last.time)
          ?? TimeRange(from: first.time, to: last.time)
      }
    case .failure(let error):
      outcome.failure = outcome.failure ?? error
      // One item that DynamoDB refuses says nothing of the parts that follow.
      forecastIsDown = error.code != "ValidationException"
    }
  }

  /// Takes note of samples that are not given to the stores: they will never be taken.
  mutating func refuse(_ samples: [Sample], because reason: String) {
    for sample in samples { outcome.history.rejected.add(.init(time: sample.time, reason: reason)) }
  }

  /// Takes note of why samples are not given to the stores; all of them come again.
  mutating func fail(_ failure: StoreError) { outcome.failure = outcome.failure ?? failure }

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

  /// Ordered by time, of each instant the last one given: an instant is a nanosecond.
  static func lastOfEachInstant(_ samples: [Sample]) -> [Sample] {
    func instant(_ sample: Sample) -> (Int64, Int32) { (sample.time, sample.nanoseconds) }
    let pairs = zip(samples, samples.dropFirst())
    if pairs.allSatisfy({ instant($0) < instant($1) }) { return samples }
    if pairs.allSatisfy({ instant($0) > instant($1) }) { return samples.reversed() }
    let order = samples.indices.sorted {
      (samples[$0].time, samples[$0].nanoseconds, $0) < (samples[$1].time, samples[$1].nanoseconds, $1)
    }
    var last: [Sample] = []
    for index in order {
      if let before = last.last, instant(samples[index]) == instant(before) { last.removeLast() }
      last.append(samples[index])
    }
    return last
  }

  /// Samples in order of time, with those of one millisecond made one: forecasts keep no finer times. Of two values of one name the later
  /// counts.
  private static func oneOfEachMillisecond(_ samples: [Sample]) -> [Sample] {
    var merged: [Sample] = []
    merged.reserveCapacity(samples.count)
    for var sample in samples {
      sample.nanoseconds = 0
      if let last = merged.indices.last, merged[last].time == sample.time {
        merged[last].measures.merge(sample.measures)
      } else {
        merged.append(sample)
      }
    }
    return merged
  }
}
