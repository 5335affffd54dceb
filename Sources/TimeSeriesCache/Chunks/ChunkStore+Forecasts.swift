import CacheSupport

extension ChunkStore {
  /// The forecasts of a range that have not expired, up to a limit.
  ///
  /// - Parameter now: epoch milliseconds; what expires at or before it is left out.
  func forecasts(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage {
    var page = ForecastPage(samples: [])
    var memory = RowMemory()
    let reading = ChunkReading(self, identifier, now: now)
    try await reading.forEachSample(in: range, rows: limit) { sample in
      if page.samples.count == limit || memory.isFull {
        page.next = sample.time
        return false
      }
      memory.add(sample)
      page.samples.append(sample)
      return true
    }
    return page
  }

  /// Reads one item, unless the newest have no rows.
  ///
  /// A forecast is never earlier than its fetch, so that it expires seven days after its own time: if the newest has expired, all have.
  func hasForecast(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool {
    var newest: Int64?
    let reading = ChunkReading(self, identifier, now: now)
    try await reading.descending(from: .max, .head) { item throws(StoreError) in
      newest = try reading.head(of: item).times?.to
      return newest == nil
    }
    guard let newest else { return false }
    let (end, overflows) = newest.addingReportingOverflow(DynamoDBForecast.keptSeconds * 1000)
    return overflows || end > now
  }
}
