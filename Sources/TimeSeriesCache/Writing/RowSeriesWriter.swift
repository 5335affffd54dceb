package import CacheSupport

/// Writes what one fetch gives of several written series, page by page: as ``FetchWriter`` does for one.
///
/// A series that the process has not met yet is registered before the first of its samples is stored. One that is another's is
/// refused: its samples count as rejected. What the series of a page have of history is written together, their forecasts side
/// by side, and a store that failed for one of them is not asked again within the fetch.
package struct RowSeriesWriter {
  /// What became of one series.
  package struct Written: Sendable, Hashable {
    package let series: Series
    package internal(set) var outcome: SampleWriter.Outcome
    /// The names of what it has.
    package internal(set) var measures: Set<ByteText>
  }

  private struct State {
    var writer: FetchWriter
    var measures: Set<ByteText> = []
    /// Why its samples are not taken.
    var refusal: String?
    /// True where it could not be registered: nothing of it is stored in this fetch.
    var isUnknown = false

    mutating func note(_ name: String) {
      let name = ByteText(name)
      if !measures.contains(name) { measures.insert(name) }
    }
  }

  /// Forecasts of how many series are written at once.
  static let seriesInFlight: Int = 8

  private let stores: SampleWriter
  private let registered: WrittenSeries
  private let bucket: String
  private let now: Int64
  private var states: [State] = []
  private var series: [Series] = []
  private var numbers: [Series: Int] = [:]
  private var historyIsDown = false
  private var forecastIsDown = false

  /// - Parameters:
  ///   - bucket: that owns the series.
  ///   - now: the fetch's epoch milliseconds.
  init(_ stores: SampleWriter, _ registered: WrittenSeries, bucket: String, now: Int64) {
    self.stores = stores
    self.registered = registered
    self.bucket = bucket
    self.now = now
  }

  /// True where neither store is asked any more.
  var isDown: Bool { historyIsDown && forecastIsDown }

  /// What became of all parts, in the order of the series' first ones.
  var written: [Written] {
    zip(series, states).map { Written(series: $0, outcome: $1.writer.outcome, measures: $1.measures) }
  }

  /// What became of all series together.
  var outcome: SampleWriter.Outcome {
    states.reduce(into: SampleWriter.Outcome()) { $0.add($1.writer.outcome) }
  }

  /// Writes a page's samples.
  ///
  /// - Parameter parts: no series appears twice.
  mutating func write(_ parts: [SeriesSamples]) async {
    await meet(parts.map(\.series).filter { numbers[$0] == nil })
    var past: [Int64: [(number: Int, part: SeriesSamples)]] = [:]
    var future: [(number: Int, part: SeriesSamples)] = []
    for part in parts {
      guard let number = numbers[part.series], !states[number].isUnknown else { continue }
      if let refusal = states[number].refusal {
        states[number].writer.refuse(part.samples, because: refusal)
        continue
      }
      for sample in part.samples { for measure in sample.measures { states[number].note(measure.name) } }
      guard let ready = states[number].writer.prepare(part.samples) else { continue }
      if !ready.past.isEmpty {
        past[ready.version, default: []].append((number, SeriesSamples(series: part.series, samples: ready.past)))
      }
      if !ready.future.isEmpty { future.append((number, SeriesSamples(series: part.series, samples: ready.future))) }
    }
    let (records, forecasts) = (past, future)
    async let pastOutcomes = historyIsDown ? [] : writeHistory(records)
    async let futureOutcomes = forecastIsDown ? [] : writeForecasts(forecasts)
    for (number, outcome) in await pastOutcomes {
      states[number].writer.take(outcome)
      historyIsDown = historyIsDown || states[number].writer.historyIsDown
    }
    for ((number, part), outcome) in zip(forecasts, await futureOutcomes) {
      states[number].writer.take(outcome, of: part.samples)
      forecastIsDown = forecastIsDown || states[number].writer.forecastIsDown
    }
  }

  /// Registers series that this fetch has not met yet.
  private mutating func meet(_ new: [Series]) async {
    guard !new.isEmpty else { return }
    let (owners, _) = await registered.owners(of: new, bucket: bucket, now: now)
    for (series, owner) in zip(new, owners) {
      var state = State(writer: stores.begin(series, now: now))
      switch owner {
      case .success(.bucket(let other?)) where other.hasSameBytes(as: bucket): break
      case .success(.bucket(let other)):
        state.refusal = "the series belongs to \(other.map { "bucket '\($0)'" } ?? "no bucket"), not to '\(bucket)'"
      case .success(.source): state.refusal = "the series is one that a source knows: nobody else may write it"
      case .failure(let error):
        // The message comes again, and with it all of its samples.
        state.writer.fail(error)
        state.isUnknown = true
      }
      numbers[series] = states.count
      states.append(state)
      self.series.append(series)
    }
  }

  private func writeHistory(
    _ parts: [Int64: [(number: Int, part: SeriesSamples)]]
  ) async -> [(number: Int, outcome: HistoryWrite)] {
    var outcomes: [(number: Int, outcome: HistoryWrite)] = []
    for (version, parts) in parts.sorted(by: { $0.key < $1.key }) {
      let written = await stores.history.write(parts.map(\.part), version: version)
      outcomes += zip(parts, written).map { ($0.number, $1) }
    }
    return outcomes
  }

  private func writeForecasts(
    _ parts: [(number: Int, part: SeriesSamples)]
  ) async -> [Result<Int, StoreError>] {
    await mapConcurrently(parts.map(\.part), limit: Self.seriesInFlight) { [stores, now] part in
      await result { () async throws(StoreError) in
        try await stores.forecast.write(part.samples, of: part.series.identifier, fetchedAt: now)
      }
    }
  }
}
