package import AWSClients
import CacheSupport

/// A history whose rows can be read as they are kept: each instant by itself.
///
/// ``HistoryStore/rows(of:in:limit:)`` makes one sample of all that lies in a millisecond, which is what a reader wants. A copy made of
/// these samples would lose the nanoseconds, and the values of all but the last of the instants that share a millisecond.
package protocol InstantReading: HistoryStore {
  /// The series' samples in a range, oldest first, one for each instant, which is a time and its nanoseconds.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no samples.
  ///   - range: inclusive; of its last millisecond every instant.
  ///   - limit: the most samples, 1 to 100,000; more only where the first millisecond has more.
  /// - Returns: whole milliseconds: a sample that is not there has a later time than the last.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func instants(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows
}

extension HistoryStore {
  /// The samples of a range as finely as the store tells them.
  func finestRows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    guard let store = self as? any InstantReading else {
      return try await rows(of: series, in: range, limit: limit)
    }
    return try await store.instants(of: series, in: range, limit: limit)
  }
}

extension TimestreamHistory: InstantReading {
  package func instants(
    of series: Series, in range: TimeRange, limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await rows(of: series, in: range, limit: limit, byInstant: true)
  }
}

extension InfluxHistory: InstantReading {
  package func instants(
    of series: Series, in range: TimeRange, limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await rows(of: series, in: range, limit: limit, byInstant: true)
  }
}

extension ChunkHistory: InstantReading {
  package func instants(
    of series: Series, in range: TimeRange, limit: Int
  ) async throws(StoreError) -> HistoryRows {
    var found: [Sample] = []
    let reading = ChunkReading(chunks, series.identifier)
    var seen = ChunkReading.Seen()
    try await reading.ascending(in: range, rows: limit + 1) { item, part throws(StoreError) in
      let chunk = try reading.chunk(of: item)
      seen.add(item, rows: chunk.count)
      for sample in chunk.block[chunk.block.rows(in: part)].samples {
        found.append(sample)
        // Enough to see where the last millisecond that fits ends.
        if found.count > limit, sample.time > found[0].time { return .stop }
      }
      return .goOn(after: chunk.block.times.last)
    }
    reading.remember(seen)
    let whole = found.wholeMilliseconds(limit)
    return HistoryRows(
      samples: Array(whole), isCut: whole.count < found.count, bytesMetered: reading.bytesMetered)
  }
}

extension ChunkHistory {
  /// The same store, which tells what capacity each of its calls consumed.
  package func telling(_ body: @escaping @Sendable (ConsumedCapacity) -> Void) -> ChunkHistory {
    var copy = self
    copy.chunks.client.onCapacity = body
    return copy
  }
}

extension [Sample] {
  /// The first samples, so many at the most, without part of a millisecond; more where the first millisecond alone has more.
  func wholeMilliseconds(_ limit: Int) -> ArraySlice<Sample> {
    guard count > limit, limit > 0 else { return self[...] }
    let cut = self[limit].time
    let end = self[..<limit].lastIndex { $0.time != cut }.map { $0 + 1 } ?? startIndex
    return end > startIndex ? self[..<end] : prefix { $0.time == cut }
  }

  /// Removes the samples of the last millisecond.
  mutating func removeTail(of time: Int64) {
    while last?.time == time { removeLast() }
  }
}
