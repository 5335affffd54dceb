import CacheSupport

/// Which series selectors choose: one for each measure of each series in the identifiers' table, or two where a selector tells
/// history and forecast apart.
struct PrometheusSelection: Sendable {
  /// A series of the answer.
  struct Match: Sendable, Hashable {
    var series: Series
    var measure: ByteText
    /// Nil for both.
    var origin: SeriesRow.Origin?
    /// With the measure as the name and, where the origins are told apart, with the origin.
    var labels: PrometheusLabels
  }

  let store: any PrometheusStore
  /// Which series the caller's key lets it read.
  let mayRead: @Sendable (SeriesEntry) -> Bool

  var limits = PrometheusLimits()

  /// The series that match all of some conditions, ordered by their labels.
  ///
  /// - Parameter limit: more than these are an error.
  /// - Returns: the series, and what the caller should know about those that are missing.
  func matches(
    _ matchers: [LabelMatcher], limit: Int
  ) async throws(PrometheusError) -> (matches: [Match], warnings: [String]) {
    var others = matchers
    let names = others.removeAll(of: PromQLSelector.name)
    let origins = Self.origins(others.removeAll(of: PrometheusLabels.origin))
    var entries: [(entry: SeriesEntry, labels: PrometheusLabels)] = []
    for entry in try await candidates(others) where mayRead(entry) {
      let labels = PrometheusLabels(entry)
      if others.allSatisfy({ $0.accepts(labels[$0.label]) }) { entries.append((entry, labels)) }
      guard !Task.isCancelled else { throw .tooLate }
    }
    let (rows, warnings) = try await newest(
      entries.filter { $0.entry.status?.measures.isEmpty ?? true }.map(\.entry.series))
    var matches: [Match] = []
    for (entry, labels) in entries {
      var measures = entry.status?.measures ?? []
      if measures.isEmpty {
        measures = rows[entry.series]?.measures.filter { $0.value.sample != nil }.map { ByteText($0.name) } ?? []
      }
      for measure in measures where names.allSatisfy({ $0.accepts(measure) }) {
        let named = labels.with(PromQLSelector.name, measure)
        for origin in origins {
          guard matches.count < limit else {
            throw PrometheusError(
              .execution,
              "the selector matches more than \(limit) series: narrow it by series=, measurement= or other labels")
          }
          let labels = origin.map { named.with(PrometheusLabels.origin, ByteText($0.rawValue)) } ?? named
          matches.append(Match(series: entry.series, measure: measure, origin: origin, labels: labels))
        }
      }
    }
    return (matches.sorted { $0.labels < $1.labels }, warnings)
  }

  /// What may match: one series where its identifier is given, those of a measurement where that is, else all.
  private func candidates(_ matchers: [LabelMatcher]) async throws(PrometheusError) -> [SeriesEntry] {
    do throws(StoreError) {
      if let text = matchers.value(of: PrometheusLabels.series) {
        guard let identifier = try? Identifier(text.text) else { return [] }
        return try await store.entry(identifier).map { [$0] } ?? []
      }
      let measurement = matchers.value(of: PrometheusLabels.measurement)
      let prefix = measurement.flatMap { SeriesKey(measurement: $0)?.text } ?? ""
      if let entries = try await store.entries(prefix: prefix, limit: limits.entries) { return entries }
    } catch {
      throw PrometheusError(error)
    }
    throw PrometheusError(
      .execution,
      "more than \(limits.entries) series would have to be looked through: narrow the selector by series= or measurement="
    )
  }

  /// The newest rows of series that have no status yet, whose measures nobody knows otherwise.
  private func newest(
    _ series: [Series]
  ) async throws(PrometheusError) -> (rows: [Series: SeriesRow], warnings: [String]) {
    guard !series.isEmpty else { return ([:], []) }
    let left = series.count - limits.unknown
    let warnings =
      left > 0
      ? [
        "\(left) series are left out: nothing is known of their measures before their next fetch; name them by series="
      ] : []
    do throws(StoreError) {
      return (try await store.latest(of: Array(series.prefix(limits.unknown))).rows, warnings)
    } catch {
      throw PrometheusError(error)
    }
  }

  /// Nil alone where nothing is asked: both origins are one series.
  private static func origins(_ matchers: [LabelMatcher]) -> [SeriesRow.Origin?] {
    guard !matchers.isEmpty else { return [nil] }
    return [SeriesRow.Origin.forecast, .history].filter { origin in
      matchers.allSatisfy { $0.accepts(ByteText(origin.rawValue)) }
    }
  }
}

extension [LabelMatcher] {
  /// Takes out the conditions on one label.
  fileprivate mutating func removeAll(of label: ByteText) -> [LabelMatcher] {
    let taken = filter { $0.label == label }
    removeAll { $0.label == label }
    return taken
  }

  /// The value that a label must have; nil where more than one may be right.
  fileprivate func value(of label: ByteText) -> ByteText? {
    first { $0.label == label && $0.comparison == .equal && !$0.value.text.isEmpty }?.value
  }
}

extension MeasureValue {
  /// The value as Prometheus has it, a boolean as 1 or 0; nil for a text.
  var sample: Double? {
    switch self {
    case .double(let value): value
    case .bigint(let value): Double(value)
    case .boolean(let value): value ? 1 : 0
    case .varchar: nil
    }
  }
}
