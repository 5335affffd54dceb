/// Where samples go: what has happened to the history, what is predicted to the forecast.
package struct SampleWriter: Sendable {
  let history: any HistoryStore
  let forecast: any ForecastStore

  package init(history: any HistoryStore, forecast: any ForecastStore) {
    self.history = history
    self.forecast = forecast
  }

  /// What became of samples in both stores.
  package struct Outcome: Sendable, Hashable {
    package var history: HistoryWrite = HistoryWrite()
    /// Forecasts that were written; those for which a newer fetch has written stay, and are not counted.
    package var forecastItems: Int = 0
    /// Forecasts that the store will never take.
    package var forecastRejected: Rejections = Rejections()
    /// The earliest and the latest time of forecasts, those that stayed included.
    package internal(set) var forecastTimes: TimeRange?
    /// Why a part was not written; writing all of it again does no harm.
    package var failure: StoreError?

    /// None yet.
    package init() {}

    /// What neither store will ever take.
    package var rejected: Rejections {
      var all = history.rejected
      all.add(forecastRejected)
      return all
    }

    /// The earliest and the latest time that a store took.
    package var times: TimeRange? {
      guard let past = history.times, let future = forecastTimes else { return history.times ?? forecastTimes }
      return past.widened(to: future)
    }

    /// Adds what became of samples of another series.
    mutating func add(_ other: Self) {
      history.add(other.history)
      forecastItems += other.forecastItems
      forecastRejected.add(other.forecastRejected)
      if let other = other.forecastTimes { forecastTimes = forecastTimes?.widened(to: other) ?? other }
      failure = failure ?? other.failure
    }

    /// True where there was history, and the store will never take any of it.
    package var isAllRejected: Bool { !history.rejected.isEmpty && history.stored == 0 && history.superseded == 0 }
  }

  /// What lies before now has happened; now itself and what follows is predicted.
  static func split(_ samples: [Sample], now: Int64) -> (past: [Sample], future: [Sample]) {
    (samples.filter { $0.time < now }, samples.filter { $0.time >= now })
  }

  /// Begins to write what one fetch gives of one series.
  ///
  /// - Parameter now: the fetch's epoch milliseconds: the split and the version.
  func begin(_ series: Series, now: Int64) -> FetchWriter { FetchWriter(self, series, now: now) }
}

/// Runs a body and keeps what it throws, so that two bodies can run side by side and both end.
func result<Value: Sendable>(
  _ body: () async throws(StoreError) -> Value
) async -> Result<Value, StoreError> {
  do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
}
