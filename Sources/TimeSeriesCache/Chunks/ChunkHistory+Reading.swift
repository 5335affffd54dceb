public import CacheSupport

/// What chunks answer with less than all rows of a range.
extension ChunkHistory {
  /// Reads the range's chunks; those whose head tells that none of their rows meets the condition are not decoded.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func rows(
    of series: Series, in range: TimeRange, limit: Int, where condition: MeasureCondition
  ) async throws(StoreError) -> HistoryRows {
    try await chunks.rows(of: series.identifier, in: range, limit: limit, where: condition)
  }

  /// Reads the range's chunks; one that lies in one bin is not decoded, unless an increase is wanted.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func bins(
    of series: Series, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    try await chunks.bins(of: series.identifier, in: range, by: binning, limit: limit)
  }

  /// Reads chunks backwards until each of the measures was found.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func lastValues(
    of series: Series, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues {
    try await chunks.lastValues(of: series.identifier, before: time, measures: measures)
  }

  /// Reads one item of each series, of eight series at once.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func latest(of series: [Series]) async throws(StoreError) -> LatestHistory {
    let answers = try await mapConcurrently(series, limit: 8) { one async throws(StoreError) in
      try await chunks.newestSample(of: one.identifier)
    }
    var latest = LatestHistory(samples: [:])
    for (one, answer) in zip(series, answers) {
      latest.samples[one] = answer.samples.last
      latest.bytesMetered += answer.bytesMetered
    }
    return latest
  }

  /// Reads and decodes the range's chunks.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func moments(of series: Series, in range: TimeRange) async throws(StoreError) -> HistoryMoments {
    try await chunks.moments(of: series.identifier, in: range)
  }

  /// Reads the range's chunks; those whose head tells that all numbers are within the bounds are not decoded.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func outliers(
    of series: Series, in range: TimeRange, beyond bounds: [ByteText: OutlierBound], limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await chunks.outliers(of: series.identifier, in: range, beyond: bounds, limit: limit)
  }

  /// Lists the table's series with about one item read of each, in DynamoDB's order.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or a chunk cannot be read.
  public func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    try await chunks.series(after: start, limit: limit)
  }
}
