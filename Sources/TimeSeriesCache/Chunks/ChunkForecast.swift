public import AWSClients
public import CacheSupport

/// Forecasts in a table of DynamoDB: the rows of a span of time packed into one item.
public struct ChunkForecast: ForecastStore {
  let chunks: ChunkStore

  /// Forecasts in a table whose keys are `series` (text) and `start` (number), and whose TTL attribute is `expiry`.
  ///
  /// - Parameters:
  ///   - client: credentials, region and endpoints.
  ///   - table: a name or an ARN; the table exists.
  ///   - clock: tells what has expired.
  public init(_ client: AWSClient, table: String, clock: WallClock = .system) {
    chunks = ChunkStore(client, table: table, policy: .forecast, clock: clock)
  }

  /// Forecasts in a store with their policy.
  init(_ chunks: ChunkStore) { self.chunks = chunks }

  /// Writes samples, merged row by row into the items that hold their times; the newest fetch of each row wins, in whatever order they come.
  ///
  /// - Returns: how many are there now as they were given; those of a newer fetch stay and are not counted, nor are those that have
  ///   expired already.
  /// - Throws: ``StoreError``; for a sample that is larger than an item may be, with the code `ValidationException`, once the others were
  ///   written.
  public func write(
    _ samples: [Sample], of identifier: Identifier, fetchedAt: Int64
  ) async throws(StoreError) -> Int {
    let outcome = await chunks.write(samples, of: identifier, version: fetchedAt)
    if let failure = outcome.failure { throw failure }
    if let rejection = outcome.rejected.first.first {
      throw StoreError(
        .failed,
        "\(outcome.rejected.count) of \(samples.count) forecasts of '\(identifier)' are refused, the one at \(rejection.time) because \(rejection.reason)",
        code: "ValidationException")
    }
    return outcome.stored
  }

  /// A sample is refused where it alone is more than an item holds, or its time is beyond what is taken.
  public func fault(of sample: Sample, of identifier: Identifier) -> String? {
    chunks.fault(of: sample, identifier, chunks.clock.now)
  }

  public func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage {
    try await chunks.forecasts(of: identifier, in: range, limit: limit, now: now)
  }

  public func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool {
    try await chunks.hasForecast(identifier, now: now)
  }
}
