extension ChunkPolicy {
  /// How long a cut item of forecasts is kept after what it was made for and the seven days of its last row, in seconds: its parts,
  /// which DynamoDB deletes in any order, are gone before it.
  static let partsGoFirst: Int64 = 86_400

  /// Epoch seconds from which a row of forecasts is not served; nil for history, whose rows have the expiry of their item.
  func expiry(of row: ChunkRow) -> Int64? {
    guard case .forecast = self else { return nil }
    return Self.sum(ChunkTiers.seconds(max(row.sample.time, row.version)), DynamoDBForecast.keptSeconds)
  }

  /// True where a row is no longer served, and goes with the next write of its item.
  ///
  /// - Parameter now: epoch milliseconds.
  func isExpired(_ row: ChunkRow, _ now: Int64) -> Bool {
    expiry(of: row).map { $0 <= ChunkTiers.seconds(now) } ?? false
  }

  /// Why a sample is too old to be taken; nil where it is not.
  ///
  /// - Parameter now: epoch milliseconds.
  func fault(of time: Int64, _ now: Int64) -> String? {
    guard case .history(let days?) = self else { return nil }
    let (kept, overflows) = Int64(days).multipliedReportingOverflow(by: 86_400_000)
    let (oldest, isBeyond) = now.subtractingReportingOverflow(kept)
    guard !overflows, !isBeyond, time < oldest else { return nil }
    return "the sample is older than the retention of \(days) days"
  }

  /// Epoch seconds from which DynamoDB may delete an item; nil where it is kept for ever.
  ///
  /// An item that was cut says where the parts are, so that it must stay as long as any of them: its expiry never becomes earlier.
  ///
  /// - Parameters:
  ///   - item: as it is written, but for its expiry.
  ///   - rows: of the item and of all parts that are cut from it now.
  ///   - old: what it replaces.
  func expiry(of item: ChunkItem, rows: [ChunkRow], replacing old: ChunkItem?) -> Int64? {
    let isCut = item.widths.count > 1
    let wasCut = (old?.widths.count ?? 1) > 1
    var expiry: Int64?
    switch self {
    case .history(let days):
      guard let days else { return nil }
      let (kept, overflows) = Int64(days).multipliedReportingOverflow(by: 86_400)
      if overflows { return nil }
      expiry = Self.sum(ChunkTiers.secondsUp(isCut ? item.firstEnd : item.end), kept)
    case .forecast:
      expiry = rows.lazy.compactMap { self.expiry(of: $0) }.max()
      if isCut { expiry = max(expiry ?? .min, leastExpiry(of: item)) }
    }
    if wasCut, let before = old?.expiry, let now = expiry { expiry = max(before, now) }
    return wasCut && old?.expiry == nil ? nil : expiry
  }

  /// The least expiry that each item has from which this one was cut; nil where that is not known without them.
  func expiryOfParents(of item: ChunkItem) -> Int64? {
    guard case .forecast = self else { return nil }
    return leastExpiry(of: item)
  }

  private func leastExpiry(of item: ChunkItem) -> Int64 {
    Self.sum(ChunkTiers.secondsUp(item.firstEnd), DynamoDBForecast.keptSeconds + Self.partsGoFirst)
  }

  private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, overflows) = one.addingReportingOverflow(other)
    return overflows ? .max : sum
  }
}
