import CacheSupport

/// What is written of one chunk in one step: the chunk itself, and the parts that are cut from it.
struct ChunkPlan: Sendable {
  /// The chunk; of a new one, the first of its span.
  var item: ChunkItem
  /// New items, each in the place of none.
  var parts: [ChunkItem] = []
  /// The samples that these items have.
  var written: [ChunkSample] = []
  /// The samples that belong to other parts, and are written in a later step.
  var left: [ChunkSample] = []
  /// Samples that can never be written, and why.
  var rejected: [(sample: ChunkSample, reason: String)] = []
}

/// Plans what is written of a chunk, so that no item is larger than it should be.
struct ChunkPlanner: Sendable {
  let identifier: Identifier
  let policy: ChunkPolicy
  /// Epoch milliseconds.
  let now: Int64

  /// Rows in a span, packed.
  private struct Packed {
    var item: ChunkItem
    var rows: ArraySlice<ChunkRow>
    var bytes: Int
    /// More bytes than these are too many, where they can be cut.
    var limit: Int

    /// True where no item can hold it, or no reader would take it.
    var isTooLarge: Bool

    /// True where cutting it does not help: it has the rows of one millisecond alone.
    var isNarrowest: Bool { rows.first?.sample.time == rows.last?.sample.time }

    /// True where it need not be cut.
    ///
    /// - Parameter share: how much of the limit it may take.
    func fits(_ share: Double = 1) -> Bool {
      if isNarrowest { return true }
      if isTooLarge { return false }
      let limit = min(Double(limit) * share, Double(ChunkTiers.mostBytes))
      let most = rows.count < ChunkTiers.leastRows ? min(8 * limit, Double(ChunkTiers.mostBytes)) : limit
      return Double(bytes) <= most
    }
  }

  private func pack(_ rows: ArraySlice<ChunkRow>, _ item: ChunkItem) -> Packed {
    var item = item
    let packed = ChunkCodec.pack(Array(rows))
    (item.head, item.rows) = (packed.head, packed.rows)
    let fixed = item.fixedBytes(of: identifier)
    let bytes = fixed + item.rows.count
    return Packed(
      item: item, rows: rows, bytes: bytes, limit: max(ChunkTiers.targetBytes, ChunkTiers.mostFixedShare * fixed),
      isTooLarge: bytes > ChunkTiers.mostBytes || !ChunkLimits.allow(Array(rows)))
  }

  /// An item that is not there yet, still without rows.
  ///
  /// Its revision begins with the time: one that DynamoDB deletes and somebody makes anew never has a revision that it had before.
  private func new(_ start: Int64, _ width: Int64) -> ChunkItem {
    ChunkItem(
      start: start, widths: [width], revision: now, head: [], rows: [],
      expiry: policy == .history(retentionDays: nil) ? nil : 0)
  }

  /// - Parameters:
  ///   - old: nil where there is no item yet.
  ///   - start: of the item, and its width while it is not there.
  ///   - merge: has new rows.
  func plan(_ old: ChunkItem?, start: Int64, width: Int64, _ merge: ChunkMerge) -> ChunkPlan {
    var item = old ?? new(start, width)
    if let old { item.revision = old.nextRevision(now) }
    let whole = pack(merge.rows[...], item)
    if whole.fits() {
      return whole.isTooLarge
        ? withoutTooMany(merge, item, old)
        : ChunkPlan(item: finished(whole.item, merge.rows, old), written: merge.new)
    }
    return old == nil ? first(whole, merge) : cut(whole, merge, old)
  }

  /// The item with its expiry.
  private func finished(_ item: ChunkItem, _ rows: [ChunkRow], _ old: ChunkItem?) -> ChunkItem {
    var item = item
    item.expiry = policy.expiry(of: item, rows: rows, replacing: old)
    return item
  }

  /// The rows of one millisecond that are too many for an item: the first of the new ones are written, as far as they fit.
  private func withoutTooMany(_ merge: ChunkMerge, _ item: ChunkItem, _ old: ChunkItem?) -> ChunkPlan {
    func rows(_ count: Int) -> [ChunkRow] { merge.rows(withNew: count) }
    var (low, high) = (0, merge.new.count)
    while low < high - 1 {
      let middle = (low + high) / 2
      if pack(rows(middle)[...], item).isTooLarge { high = middle } else { low = middle }
    }
    let packed = pack(rows(low)[...], item)
    let reason =
      "the samples of one millisecond are more than an item takes: \(ChunkTiers.mostBytes) bytes, \(ChunkLimits.rows) rows"
    return ChunkPlan(
      item: finished(packed.item, rows(low), old), written: Array(merge.new[..<low]),
      rejected: merge.new[low...].map { ($0, reason) })
  }

  /// A new item that is cut as soon as it is made: it has the rows of the first of the spans, and the others' items are made later.
  private func first(_ whole: Packed, _ merge: ChunkMerge) -> ChunkPlan {
    var packed = whole
    while !packed.fits() {
      let width = self.width(of: packed)
      var item = packed.item
      item.widths.append(width)
      let end = item.end
      packed = pack(packed.rows.prefix { $0.sample.time < end }, item)
    }
    let end = packed.item.end
    if packed.isTooLarge {
      // Alone in their millisecond: the next step finds out which of them fit.
      packed = pack([], packed.item)
      return ChunkPlan(item: finished(packed.item, [], nil), left: merge.new)
    }
    return ChunkPlan(
      item: finished(packed.item, merge.rows, nil), written: merge.new.filter { $0.sample.time < end },
      left: merge.new.filter { $0.sample.time >= end })
  }

  /// Cuts an item: what it has moves to the parts in one step, and so do new rows where their part need not be cut again.
  private func cut(_ whole: Packed, _ merge: ChunkMerge, _ old: ChunkItem?) -> ChunkPlan {
    let width = self.width(of: whole)
    var item = whole.item
    item.widths.append(width)
    var plan = ChunkPlan(item: item)
    var isOwnPacked = false
    for span in whole.rows.split(at: width) {
      guard let first = span.first else { continue }
      let start = ChunkTiers.start(of: first.sample.time, width)
      let isOwn = start == item.start
      var part = pack(span, isOwn ? item : new(start, width))
      let samples = merge.new.filter { start <= $0.sample.time && $0.sample.time < part.item.end }
      if part.fits(), !part.isTooLarge {
        plan.written += samples
      } else {
        plan.left += samples
        let end = part.item.end
        part = pack(merge.old.filter { start <= $0.sample.time && $0.sample.time < end }[...], part.item)
      }
      if isOwn {
        plan.item = part.item
        isOwnPacked = true
      } else if !part.rows.isEmpty {
        part.item = finished(part.item, Array(part.rows), nil)
        if !part.item.isExpired(now) { plan.parts.append(part.item) }
      }
    }
    if !isOwnPacked { plan.item = pack([], item).item }
    plan.item = finished(plan.item, merge.rows, old)
    return plan
  }

  /// Into which width a chunk is cut: the widest of whose parts three of four would have some room left; where there is none, the narrowest.
  private func width(of whole: Packed) -> Int64 {
    let widths = ChunkTiers.widths(below: whole.item.widths.last ?? 1)
    let bytesOfRow = Double(whole.item.rows.count) / Double(max(whole.rows.count, 1))
    var chosen = widths.first ?? 1
    for width in widths {
      let spans = whole.rows.split(at: width)
      let isFar = spans.count { Double($0.count) * bytesOfRow > 2 * Double(whole.limit) }
      // A part that does not fit moves with the rows alone that it had.
      var (count, bytes) = (0, ChunkTiers.mostBytes + spans.count * (whole.bytes - whole.item.rows.count))
      if 4 * (spans.count - isFar) >= 3 * spans.count {
        let packed = spans.map { pack($0, new(whole.item.start, width)) }
        count = packed.count { $0.fits(ChunkTiers.fillShare) }
        bytes += packed.reduce(0) { $0 + ($1.fits() && !$1.isTooLarge ? $1.item.rows.count : 0) }
      }
      guard bytes <= ChunkTiers.mostTransactionBytes || width == widths.first else { break }
      chosen = width
      if 4 * count >= 3 * spans.count { break }
    }
    return chosen
  }
}

extension ArraySlice<ChunkRow> {
  /// Rows, ascending by time, cut at the multiples of a width.
  fileprivate func split(at width: Int64) -> [ArraySlice<ChunkRow>] {
    var spans: [ArraySlice<ChunkRow>] = []
    var first = startIndex
    while first < endIndex {
      let (end, overflows) = ChunkTiers.start(of: self[first].sample.time, width).addingReportingOverflow(width)
      // Where the span ends, by halves: there may be many rows.
      var (low, high) = (first + 1, endIndex)
      while low < high {
        let middle = (low + high) / 2
        if overflows || self[middle].sample.time < end { low = middle + 1 } else { high = middle }
      }
      spans.append(self[first..<low])
      first = low
    }
    return spans
  }
}
