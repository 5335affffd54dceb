public import AWSClients
public import CacheSupport

/// History in a table of DynamoDB: the rows of a span of time packed into one item.
public struct ChunkHistory: HistoryStore {
  var chunks: ChunkStore

  /// History in a table whose keys are `series` (text) and `start` (number), and whose TTL attribute is `expiry`.
  ///
  /// - Parameters:
  ///   - client: credentials, region and endpoints.
  ///   - table: a name or an ARN; the table exists.
  ///   - retentionDays: how long rows are kept after the end of their chunk; nil for ever.
  ///   - clock: tells what has expired.
  public init(_ client: AWSClient, table: String, retentionDays: Int? = nil, clock: WallClock = .system) {
    chunks = ChunkStore(client, table: table, policy: .history(retentionDays: retentionDays), clock: clock)
  }

  /// Writes samples, merged row by row into the items that hold their times; eight items at a time.
  ///
  /// An item is written under the condition that nobody else has changed it; where somebody has, the samples are merged into what it is
  /// now, up to 25 times. Where nothing is new nothing is written.
  public func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    await chunks.write(samples, of: series.identifier, version: version)
  }

  /// Writes samples of several series, eight items at a time.
  public func write(_ parts: [SeriesSamples], version: Int64) async -> [HistoryWrite] {
    await chunks.write(parts.map { ($0.series.identifier, $0.samples) }, version: version)
  }

  /// One Query without consistency, unless the answer is longer than a page of DynamoDB, or begins elsewhere than was expected.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    try await chunks.rows(of: series.identifier, in: range, limit: limit)
  }

  /// Reads one item, unless the newest have no rows.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    try await chunks.newest(of: series.identifier, in: range)
  }
}
