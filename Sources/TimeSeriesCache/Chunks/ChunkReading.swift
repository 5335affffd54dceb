import AWSClients
import CacheSupport

/// One reading of a series' chunks: the questions, in the order that makes the answer whole, and what they cost.
///
/// # Why no row is missing
///
/// An item covers `start..<start + widths.last`, and the items of a series never overlap (see ``ChunkItem/widths``). So the item that
/// covers a time, if there is one, is the nearest that starts at or before it, and the items that start within a range, together with the
/// nearest before it, are all that can have rows of the range. A question begins a little before the range, where ``ChunkHints`` says
/// that its first item will start. If the first item of the answer starts at or before the range, the one that covers the range's
/// beginning is in the answer. Otherwise the nearest item before that first one is asked for: nothing lies between the two, so
/// either it covers the beginning or nothing does.
///
/// An item of history that has expired counts as deleted, though it may still be there: where the retention was made longer since, rows of
/// its time may be in an item that starts earlier. So the questions step past such items. Forecasts have none: rows that are served
/// are later than all that has expired.
///
/// # While the series changes
///
/// Rows are never taken out of a series, and where an item is cut they only move to items that start later. Ascending pages follow them:
/// what was cut after a page was read is read again in a later page, and left out there because it was handed over already. The nearest
/// item is asked for after the first page, consistently, and as the one before that page's first item: an item that was cut in between is
/// then found by its last part before that place, and the question goes further down until an item starts at or before the range.
///
/// Pages are read without consistency, at half the price. So a page may be older than the one before it, and DynamoDB does not isolate a
/// Query from a transaction: in the moment of a cut an answer may have the item as it is after the cut and lack a part. The next
/// answer has it. Cuts are rare: an item is cut once or twice in its life, while it is being filled.
struct ChunkReading {
  let store: ChunkStore
  let identifier: Identifier
  /// Epoch milliseconds.
  let now: Int64
  private let client: DynamoDBClient
  private let meter: ReadMeter

  /// - Parameters:
  ///   - now: tells what has expired, epoch milliseconds; nil asks the store's clock.
  ///   - meter: counts what the questions cost.
  init(_ store: ChunkStore, _ identifier: Identifier, now: Int64? = nil, meter: ReadMeter = ReadMeter()) {
    self.store = store
    self.meter = meter
    self.identifier = identifier
    self.now = now ?? store.clock.now
    client = meter.client(store.client)
  }

  /// What DynamoDB bills for the questions, in bytes: see ``ReadMeter``.
  var bytesMetered: Int64 { meter.bytes }

  /// Which attributes of the items come.
  enum Parts: Sendable {
    case head, all

    var projection: String {
      self == .head ? "#start, #widths, #expiry, #head" : "#start, #widths, #expiry, #head, #rows"
    }
    var names: [String: String] {
      let names = ["#series": "series", "#start": "start", "#widths": "widths", "#expiry": "expiry", "#head": "head"]
      return self == .head ? names : names.merging(["#rows": "rows"]) { $1 }
    }
  }

  /// Rows of an item that nobody has read before.
  static let rowsExpected: Int = 64
  /// How long an item is taken to be, where nobody has read one: a day.
  static let widthExpected: Int64 = 86_400_000

  /// What a question's answer is read for.
  enum Step: Sendable {
    /// More is wanted; the chunk had rows up to this time, if it had any.
    case goOn(after: Int64?)
    case stop
  }

  // MARK: Ascending

  /// Hands over the chunks that may have rows of a range, ascending, until the body wants no more.
  ///
  /// - Parameters:
  ///   - range: inclusive.
  ///   - rows: how many are wanted; nil for all.
  ///   - parts: what the body needs of the items.
  ///   - body: gets the item, and what of the range is later than all that it got before.
  func ascending(
    in range: TimeRange, rows: Int?, _ parts: Parts = .all,
    _ body: (ChunkItem, TimeRange) async throws(StoreError) -> Step
  ) async throws(StoreError) {
    let hint = store.hints[identifier]
    let start = ChunkTiers.start(of: range.from, hint?.width ?? Self.widthExpected)
    var pages = Pages(
      query: query(from: start, to: range.to, ascending: true, parts),
      limit: rows.map { max($0, 0) / max(hint?.rows ?? Self.rowsExpected, 1) &+ 2 })
    var rest = range
    var isFirst = true
    while var items = try await next(&pages) {
      // A page may be empty and not be the last.
      if items.isEmpty, pages.hasMore { continue }
      if isFirst {
        isFirst = false
        if items.first(where: { !isGone($0) }).map({ $0.start > range.from }) ?? true {
          items = try await nearest(before: items.first?.start, in: range, parts) + items
        }
      }
      for item in items where item.last >= rest.from && !isExpired(item) {
        guard case .goOn(let last) = try await body(item, rest) else { return }
        guard let left = rest.after(last) else { return }
        rest = left
      }
    }
  }

  /// The nearest items before a place, ascending, from one that starts at or before the range, or from the first of all.
  ///
  /// There is more than one only where an item is cut meanwhile, or some have expired.
  private func nearest(
    before place: Int64?, in range: TimeRange, _ parts: Parts
  ) async throws(StoreError) -> [ChunkItem] {
    var found: [ChunkItem] = []
    // The place is later than the range's beginning, so that there is a time before it.
    // No item reaches from one cell into the next.
    let first = ChunkTiers.start(of: range.from, ChunkTiers.cell)
    guard place.map({ first < $0 }) ?? true else { return [] }
    var pages = Pages(
      query: query(from: first, to: place.map { $0 - 1 } ?? range.to, ascending: false, parts), limit: 1)
    // If it were older than the first page, it could lack what was cut before that.
    pages.query.consistent = true
    while let items = try await next(&pages) {
      for item in items {
        found.append(item)
        if item.start <= range.from, !isGone(item) { return found.reversed() }
      }
    }
    return found.reversed()
  }

  // MARK: Descending

  /// Hands over the chunks that start at or before a time, descending, until the body returns false: first one, then more at a time.
  func descending(
    from time: Int64, _ parts: Parts, _ body: (ChunkItem) async throws(StoreError) -> Bool
  ) async throws(StoreError) {
    var pages = Pages(query: query(from: .min, to: time, ascending: false, parts), limit: 1)
    while let items = try await next(&pages) {
      for item in items {
        // What is earlier than a chunk that the retention has passed is past it as well, but for what came after one that is gone.
        if isPastRetention(item), !isGone(item) || isCellPastRetention(item) { return }
        if isExpired(item) { continue }
        guard try await body(item) else { return }
      }
    }
  }

  // MARK: Questions

  /// A question that is asked page by page.
  private struct Pages {
    var query: DynamoDBClient.Query
    /// How many items the next page has at the most; nil for as many as DynamoDB gives.
    var limit: Int?
    var start: Item?
    var hasMore = true

    init(query: DynamoDBClient.Query, limit: Int?) {
      self.query = query
      self.limit = limit
    }
  }

  /// More items than 1 MB mostly has: then no limit is set.
  private static let itemsPerPage: Int = 4096

  /// The items of the next page; nil at the end. What was not enough is followed by four times as much.
  private func next(_ pages: inout Pages) async throws(StoreError) -> [ChunkItem]? {
    guard pages.hasMore else { return nil }
    pages.query.limit = pages.limit.flatMap { (1..<Self.itemsPerPage).contains($0) ? $0 : nil }
    let (query, start) = (pages.query, pages.start)
    let answer = try await StoreError.translating { () async throws(AWSError) in
      try await client.answer(query, after: start)
    }
    pages.limit = pages.limit.map { min(max($0, 1), Self.itemsPerPage) * 4 }
    pages.start = answer.lastKey
    pages.hasMore = answer.lastKey != nil
    return try items(of: answer)
  }

  private func items(of answer: DynamoDBAnswer) throws(StoreError) -> [ChunkItem] {
    var found: [ChunkItem] = []
    try store.forEachItem(of: answer) { item, series, problem throws(StoreError) in
      if let problem { throw unreadable(item, problem) }
      found.append(item)
    }
    return found
  }

  private func query(from: Int64, to: Int64, ascending: Bool, _ parts: Parts) -> DynamoDBClient.Query {
    var query = DynamoDBClient.Query(
      table: store.table, keyCondition: "#series = :series AND #start BETWEEN :from AND :to",
      projection: parts.projection, names: parts.names,
      values: [":series": .s(identifier.text), ":from": .n(from), ":to": .n(to)])
    query.ascending = ascending
    return query
  }
}
