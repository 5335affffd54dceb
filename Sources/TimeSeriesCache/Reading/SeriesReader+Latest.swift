import CacheSupport

extension SeriesReader {
  /// The newest row of each of many series: its newest history or, where it has none, its next forecast.
  ///
  /// The history store is asked about all of them together, see ``HistoryStore/latest(of:)``; forecasts are asked for only of the series
  /// without history.
  ///
  /// - Parameter series: those that have neither are not in the answer.
  /// - Throws: ``StoreError`` where a store cannot be read.
  public func latest(of series: [Series]) async throws(StoreError) -> [Series: SeriesRow] {
    let distinct = Array(Set(series))
    guard !distinct.isEmpty else { return [:] }
    var rows = try await history.latest(of: distinct).samples.mapValues { SeriesRow($0, origin: .history) }
    let others = distinct.filter { rows[$0] == nil }
    let forecasts = try await mapConcurrently(others, limit: Self.forecastsAtOnce) {
      one async throws(StoreError) -> Sample? in
      var next: Sample?
      guard let ahead = TimeRange(from: clock.now, to: TimeExpression.bounds.upperBound) else { return nil }
      try await forEachForecast(of: one, in: ahead, pageSize: 10) { sample in
        next = sample
        return false
      }
      return next
    }
    for (one, sample) in zip(others, forecasts) {
      if let sample { rows[one] = SeriesRow(sample, origin: .forecast) }
    }
    return rows
  }

  /// Series of which forecasts are asked for at once.
  private static let forecastsAtOnce: Int = 8
}
