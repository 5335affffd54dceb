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
    /// Why a part was not written; writing all of it again does no harm.
    public var failure: StoreError?
  }

  /// What lies before now has happened; now itself and what follows is predicted.
  static func split(_ samples: [Sample], now: Int64) -> (past: [Sample], future: [Sample]) {
    (samples.filter { $0.time < now }, samples.filter { $0.time >= now })
  }

  /// - Parameters:
  ///   - samples: times unlike each other.
  ///   - now: the fetch's epoch milliseconds: the split and the version.
  /// - Returns: what became of the samples in both stores, whichever failed.
  public func write(_ samples: [Sample], of identifier: Identifier, now: Int64) async -> Outcome {
    let (past, future) = Self.split(samples, now: now)
    async let pastOutcome = history.write(past, of: identifier, version: now)
    async let futureResult = result { () async throws(StoreError) in
      try await forecast.write(future, of: identifier, fetchedAt: now)
    }
    let (written, items) = await (pastOutcome, futureResult)
    var outcome = Outcome(history: written, failure: written.failure)
    switch items {
    case .success(let count): outcome.forecastItems = count
    case .failure(let error): outcome.failure = outcome.failure ?? error
    }
    return outcome
  }
}

/// Runs a body and keeps what it throws, so that two bodies can run side by side and both end.
func result<Value: Sendable>(
  _ body: () async throws(StoreError) -> Value
) async -> Result<Value, StoreError> {
  do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
}
