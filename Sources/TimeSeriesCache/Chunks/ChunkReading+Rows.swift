import CacheSupport

extension ChunkReading {
  // MARK: Decoding

  /// What a chunk is like.
  func head(of item: ChunkItem) throws(StoreError) -> ChunkHead {
    do throws(ChunkError) { return try ChunkCodec.unpackHead(item.head) } catch {
      throw unreadable(item, "its head: \(error.description)")
    }
  }

  /// A chunk's rows, in columns.
  func chunk(of item: ChunkItem) throws(StoreError) -> Chunk {
    do throws(ChunkError) { return try ChunkCodec.decode(PackedChunk(head: item.head, rows: item.rows)) } catch {
      throw unreadable(item, "its rows: \(error.description)")
    }
  }

  /// An item that no writer made; the same question fails again.
  func unreadable(_ item: ChunkItem, _ reason: String) -> StoreError {
    StoreError(
      .failed,
      "the chunk of '\(identifier)' that starts at \(item.start), in table '\(store.table)', cannot be read: \(reason)")
  }

  // MARK: Expiry

  /// True where nothing of an item is served any more.
  func isExpired(_ item: ChunkItem) -> Bool {
    item.isExpired(now) || isPastRetention(item)
  }

  /// True for an item of history that counts as deleted: another one may cover its time since.
  func isGone(_ item: ChunkItem) -> Bool { store.policy != .forecast && item.isExpired(now) }

  /// True where the retention has passed since the item's end.
  func isPastRetention(_ item: ChunkItem) -> Bool { isPastRetention(item.last) }

  /// True where the retention has passed since the end of the item's cell.
  func isCellPastRetention(_ item: ChunkItem) -> Bool {
    let (end, overflows) = ChunkTiers.start(of: item.start, ChunkTiers.cell).addingReportingOverflow(
      ChunkTiers.cell - 1)
    return !overflows && isPastRetention(end)
  }

  private func isPastRetention(_ last: Int64) -> Bool {
    guard case .history(let days?) = store.policy else { return false }
    let (kept, isTooLong) = Int64(days).multipliedReportingOverflow(by: 86_400_000)
    let (end, isTooLate) = last.addingReportingOverflow(kept)
    return !isTooLong && !isTooLate && end < now
  }

  // MARK: Rows

  /// Hands over the rows of a range chunk by chunk, one row for each millisecond, ascending, until the body returns false.
  ///
  /// - Parameters:
  ///   - rows: how many are wanted; nil for all.
  ///   - isOfUse: false where a chunk's head tells that the body has no use for its rows.
  func forEachBlock(
    in range: TimeRange, rows: Int?, where isOfUse: ((ChunkHead) -> Bool)? = nil, _ body: (SeriesBlock) -> Bool
  ) async throws(StoreError) {
    var seen = Seen()
    defer { remember(seen) }
    try await ascending(in: range, rows: rows) { item, part throws(StoreError) in
      if let isOfUse {
        let head = try self.head(of: item)
        if !isOfUse(head) {
          seen.add(item, rows: head.count)
          return .goOn(after: head.times?.to)
        }
      }
      let chunk = try self.chunk(of: item)
      seen.add(item, rows: chunk.count)
      return body(served(chunk, in: part)) ? .goOn(after: chunk.block.times.last) : .stop
    }
  }

  /// As ``forEachBlock(in:rows:where:_:)``, row by row.
  func forEachSample(
    in range: TimeRange, rows: Int?, where isOfUse: ((ChunkHead) -> Bool)? = nil, _ body: (Sample) -> Bool
  ) async throws(StoreError) {
    try await forEachBlock(in: range, rows: rows, where: isOfUse) { $0.samples.allSatisfy(body) }
  }

  /// Hands over what of a chunk is in a range, one sample for each millisecond, ascending, until the body returns false.
  func forEachSample(
    of item: ChunkItem, in range: TimeRange, _ body: (Sample) -> Bool
  ) throws(StoreError) -> Step {
    let chunk = try chunk(of: item)
    return served(chunk, in: range).samples.allSatisfy(body) ? .goOn(after: chunk.block.times.last) : .stop
  }

  /// The rows of a chunk in a range that are served, one for each millisecond.
  private func served(_ chunk: Chunk, in range: TimeRange) -> SeriesBlock {
    let rows = chunk.block.rows(in: range)
    guard let first = rows.first else { return SeriesBlock() }
    // The later rows expire later, or as their version says; as a rule none has.
    let earliest = ChunkRow(sample: Sample(time: chunk.block.times[first], measures: []), version: .min)
    if !store.policy.isExpired(earliest, now) { return chunk.block[rows].merged }
    return SeriesBlock(chunk.allRows()[rows].filter { !store.policy.isExpired($0, now) }.map(\.sample)).merged
  }

  // MARK: Hints

  /// What the chunks of a reading were like.
  struct Seen {
    private var width: Int64?
    private var items = 0
    private var rows = 0

    mutating func add(_ item: ChunkItem, rows: Int) {
      width = width ?? item.widths.last
      items += 1
      self.rows += rows
    }

    var hint: ChunkHints.Hint? { width.map { ChunkHints.Hint(width: $0, rows: max(1, rows / items)) } }
  }

  func remember(_ seen: Seen) { if let hint = seen.hint { store.hints[identifier] = hint } }
}
