import CacheSupport

extension SeriesReader {
  /// The newest rows of some series.
  public struct Latest: Sendable, Hashable {
    /// Without the series that have neither history nor a forecast ahead.
    public var rows: [Series: SeriesRow]
    /// What the history bills for the questions, in bytes.
    public var bytesMetered: Int64

    /// An answer put together by hand.
    package init(rows: [Series: SeriesRow] = [:], bytesMetered: Int64 = 0) {
      self.rows = rows
      self.bytesMetered = bytesMetered
    }
  }

  /// The newest row of each of many series: its newest history or, where it has none, its next forecast.
  ///
  /// The history store is asked about all of them together, see ``HistoryStore/latest(of:)``; forecasts are asked for only of the series
  /// without history.
  ///
  /// - Parameter series: those that have neither are not in the answer.
  /// - Throws: ``StoreError`` where a store cannot be read.
  public func latest(of series: [Series]) async throws(StoreError) -> Latest {
    let distinct = Array(Set(series))
    guard !distinct.isEmpty else { return Latest() }
    let past = try await history.latest(of: distinct)
    var latest = Latest(
      rows: past.samples.mapValues { SeriesRow($0, origin: .history) }, bytesMetered: past.bytesMetered)
    let others = distinct.filter { latest.rows[$0] == nil }
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
      if let sample { latest.rows[one] = SeriesRow(sample, origin: .forecast) }
    }
    return latest
  }

  /// Series of which forecasts are asked for at once.
  private static let forecastsAtOnce: Int = 8
}
