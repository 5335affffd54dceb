/// Splits what a source gave at now, and writes both parts at once.
public struct SampleWriter: Sendable {
  private let history: any HistoryStore
  private let forecast: any ForecastStore

  public init(history: any HistoryStore, forecast: any ForecastStore) {
    self.history = history
    self.forecast = forecast
  }

  public struct Outcome: Sendable, Hashable {
    public var history = HistoryWrite()
    public var forecastItems = 0
  }

  /// What lies before now has happened; now itself and what follows is predicted.
  static func split(_ samples: [Sample], now: Int64) -> (past: [Sample], future: [Sample]) {
    (samples.filter { $0.time < now }, samples.filter { $0.time >= now })
  }

  /// - Parameters:
  ///   - samples: times unlike each other.
  ///   - now: the fetch's epoch milliseconds: the split and the version.
  /// - Throws: `StoreError` after both stores were tried; writing the same samples again does no harm.
  public func write(_ samples: [Sample], of identifier: Identifier, now: Int64) async throws(StoreError) -> Outcome {
    let (past, future) = Self.split(samples, now: now)
    async let pastResult = result { () async throws(StoreError) in
      try await history.write(past, of: identifier, version: now)
    }
    async let futureResult = result { () async throws(StoreError) in
      try await forecast.write(future, of: identifier, fetchedAt: now)
    }
    let (pastWritten, futureWritten) = await (pastResult, futureResult)
    return Outcome(history: try pastWritten.get(), forecastItems: try futureWritten.get())
  }
}

/// Runs a body and keeps what it throws, so that two bodies can run side by side and both end.
func result<Value: Sendable>(
  _ body: () async throws(StoreError) -> Value
) async -> Result<Value, StoreError> {
  do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
}
