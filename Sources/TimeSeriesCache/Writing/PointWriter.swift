import CacheSupport
package import LambdaRuntime

/// Writes points of many series: registers those that are new, splits at the arrival, and writes both stores at once.
///
/// What lies before the arrival, and up to a tolerance after it, has happened: a clock that is a little ahead makes no predictions.
/// What lies later is predicted. The same points written again with the same arrival change nothing.
package struct PointWriter: Sendable {
  let stores: SampleWriter
  private let series: WrittenSeries
  /// Milliseconds.
  private let tolerance: Int64

  /// Series of which forecasts are written at once.
  static let forecastsInFlight: Int = 16
  /// The most samples of one part: of so many a ``HistoryWrite`` names each that was rejected.
  static let samplesPerPart: Int = FirstFew<HistoryWrite.Rejection>.limit

  /// The tolerance of a deployment that names none, in milliseconds.
  package static let usualTolerance: Int64 = 5000
  /// The largest tolerance, in milliseconds: Timestream takes nothing that is 15 minutes ahead of its own clock, for which a second is left.
  package static let largestTolerance: Int64 = 899_000

  /// - Parameter tolerance: how far the clocks of those who write may be ahead, in milliseconds.
  package init(stores: SampleWriter, series: WrittenSeries, tolerance: Int64 = usualTolerance) {
    self.stores = stores
    self.series = series
    self.tolerance = min(max(0, tolerance), Self.largestTolerance)
  }

  /// A sample of what was given to ``write(_:into:arrival:_:)``.
  package struct Place: Sendable, Hashable {
    /// Its series' index.
    package var series: Int
    /// Its index in the series.
    package var sample: Int
  }

  /// A sample that will never be taken as it is.
  package struct Refusal: Sendable, Hashable {
    package var place: Place
    package var reason: String
  }

  /// What became of all samples: each is written, refused or left.
  package struct Outcome: Sendable, Hashable {
    /// Samples that are in a store now, those for which it had a newer version included.
    package var written: Int = 0
    /// In the order of their places.
    package var refused: [Refusal] = []
    /// Samples that were not written for the failure's sake, in the order of their places.
    package var left: [Place] = []
    /// Why some were left; writing all again does no harm.
    package var failure: StoreError?
    /// Series that were registered.
    package var registered: Int = 0
  }

  /// Writes samples.
  ///
  /// - Parameters:
  ///   - points: no series appears twice.
  ///   - bucket: of the writer; a series of another bucket is refused.
  ///   - arrival: of all of them.
  ///   - logger: warned where a series' status could not be kept.
  package func write(
    _ points: [ParsedSeries], into bucket: String, arrival: Arrival, _ logger: LambdaLogger
  ) async -> Outcome {
    var ledger = WriteLedger(points)
    let targets = await targets(points, bucket, arrival.time, &ledger)
    var past: [(place: Range<Int>, series: Int)] = []
    var parts: [SeriesSamples] = []
    var future: [ForecastPart] = []
    for (index, series) in targets {
      let samples = points[index].samples
      let split = samples.firstIndex { $0.time > arrival.time + tolerance } ?? samples.endIndex
      for range in Self.parts(of: samples[..<split]) {
        past.append((range, index))
        parts.append(SeriesSamples(series: series, samples: Array(samples[range])))
      }
      let forecast = ForecastPart(series, index, samples[split...]) { [forecast = stores.forecast] sample in
        forecast.fault(of: sample, of: series.identifier)
      }
      for (place, reason) in forecast.refused { ledger.refuse(Place(series: index, sample: place), reason) }
      if !forecast.samples.isEmpty { future.append(forecast) }
    }
    let (records, forecasts) = (parts, future)
    async let pastOutcomes = records.isEmpty ? [] : stores.history.write(records, version: arrival.version)
    async let futureOutcomes = write(forecasts, arrival.version)
    for (part, outcome) in zip(past, await pastOutcomes) {
      ledger.take(outcome, series: part.series, samples: part.place, of: points[part.series].samples)
    }
    for (part, result) in zip(forecasts, await futureOutcomes) { ledger.take(result, part) }
    await series.note(
      targets.compactMap { index, series in
        ledger.run(of: index, points[index], arrival.time).map { (series.identifier, $0) }
      }, logger)
    return ledger.finished()
  }

  /// The series that may be written; the points of all others are refused or left.
  private func targets(
    _ points: [ParsedSeries], _ bucket: String, _ arrival: Int64, _ ledger: inout WriteLedger
  ) async -> [(index: Int, series: Series)] {
    var named: [(index: Int, series: Series)] = []
    for (index, part) in points.enumerated() {
      do throws(InvalidIdentifier) { named.append((index, try Series(part.series))) } catch {
        ledger.refuseAll(of: index, error.description)
      }
    }
    let (owners, registered) = await series.owners(of: named.map(\.series), bucket: bucket, now: arrival)
    ledger.registered = registered
    var targets: [(index: Int, series: Series)] = []
    for (target, owner) in zip(named, owners) {
      switch owner {
      case .success(.bucket(let owner?)) where owner.hasSameBytes(as: bucket): targets.append(target)
      case .success(.bucket(let owner?)):
        ledger.refuseAll(of: target.index, "the series belongs to bucket '\(owner)', which wrote it first")
      case .success(.bucket(nil)):
        ledger.refuseAll(of: target.index, "the series is registered without a bucket: remove it, and write it again")
      case .success(.source):
        ledger.refuseAll(
          of: target.index, "the series is fetched from a source: write another measurement or another tag")
      case .failure(let error): ledger.leaveAll(of: target.index, error)
      }
    }
    return targets
  }

  /// Ranges of at most ``samplesPerPart`` samples, in none of which two have the same millisecond.
  static func parts(of samples: ArraySlice<Sample>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = samples.startIndex
    for index in samples.indices {
      let isFull = index - start == samplesPerPart
      if isFull || index > start && samples[index].time == samples[index - 1].time {
        parts.append(start..<index)
        start = index
      }
    }
    if start < samples.endIndex { parts.append(start..<samples.endIndex) }
    return parts
  }

  private func write(_ parts: [ForecastPart], _ version: Int64) async -> [Result<Int, StoreError>] {
    await mapConcurrently(parts, limit: Self.forecastsInFlight) { part in
      await result { () async throws(StoreError) in
        try await stores.forecast.write(part.samples, of: part.series.identifier, fetchedAt: version)
      }
    }
  }
}
