import AWSClients
import CacheSupport

extension ChunkStore {
  /// Lists the series that have rows, in DynamoDB's order.
  ///
  /// A Scan gives the items of a series one after the other. Whoever begins a page after a series' last possible item is at the next
  /// series' first one: so about one item is read of a series, however many it has. Where each item of a page is another series', the
  /// pages grow, so that short series cost less than a question each.
  ///
  /// - Parameters:
  ///   - start: the last series of the page before.
  ///   - limit: the most series; a page has fewer where many have expired or have no rows.
  func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    let meter = ReadMeter()
    let client = meter.client(client)
    var page = SeriesPage(series: [], next: start)
    var key = start.map { Self.key(after: $0) }
    var items = 1
    for _ in 0..<Self.mostQuestions {
      guard page.series.count < limit else { break }
      let (asked, from) = (min(items, limit - page.series.count), key)
      let answer = try await StoreError.translating { () async throws(AWSError) in
        try await client.scanAnswer(
          table, projection: "#series, #start, #widths, #expiry, #head",
          names: ["#series": "series", "#start": "start", "#widths": "widths", "#expiry": "expiry", "#head": "head"],
          limit: asked, after: from)
      }
      // The first item of each series of the page.
      var first: [(series: Series, item: ChunkItem)] = []
      var last = page.next
      try forEachItem(of: answer) { item, series, problem throws(StoreError) in
        guard let series, let identifier = try? Identifier(series) else {
          throw StoreError(
            .failed,
            "an item of table '\(table)' cannot be read: its 'series' is no text of 1 to \(Identifier.maximumBytes) bytes"
          )
        }
        if let problem { throw ChunkReading(self, identifier).unreadable(item, problem) }
        if last.map({ !$0.hasSameBytes(as: series) }) ?? true { first.append((Series(identifier), item)) }
        last = series
      }
      let served = try await mapConcurrently(first, limit: Self.askedAtOnce) { one async throws(StoreError) in
        try await isServed(one.item, of: one.series.identifier, meter)
      }
      for (one, isServed) in zip(first, served) where isServed { page.series.append(one.series) }
      page.next = last
      guard answer.lastKey != nil else {
        page.next = nil
        break
      }
      key = first.isEmpty ? answer.lastKey : last.map { Self.key(after: $0) }
      items = first.count == asked ? min(asked * 2, Self.itemsAtOnce) : max(first.count, 1)
    }
    page.bytesMetered = meter.bytes
    return page
  }

  /// Pages that are read for one answer at the most: more than its series need, so that very many expired ones do not make it endless.
  private static let mostQuestions: Int = 2000
  /// The most items of a page.
  private static let itemsAtOnce: Int = 256
  /// Series that are looked at more closely at once.
  private static let askedAtOnce: Int = 8

  /// Where a page begins that has nothing of a series and of those before it.
  private static func key(after series: String) -> Item { ["series": .s(series), "start": .n(Int64.max)] }

  /// True where a series has rows that are served: as a rule its first item tells it.
  private func isServed(
    _ item: ChunkItem, of identifier: Identifier, _ meter: ReadMeter
  ) async throws(StoreError) -> Bool {
    let reading = ChunkReading(self, identifier, meter: meter)
    if !reading.isExpired(item), try reading.head(of: item).count > 0 { return true }
    var isServed = false
    try await reading.descending(from: .max, .head) { item throws(StoreError) in
      isServed = try reading.head(of: item).count > 0
      return !isServed
    }
    return isServed
  }

  /// Hands over the items of a page: with its series, where that was asked for, and what is wrong with it.
  func forEachItem(
    of answer: DynamoDBAnswer, _ body: (ChunkItem, String?, String?) throws(StoreError) -> Void
  ) throws(StoreError) {
    var items = answer.items
    while true {
      var (series, problem): (String?, String?)
      let item: ChunkItem?
      do throws(AWSError) {
        item = try ChunkItem.next(in: &items, series: &series, problem: &problem)
      } catch { throw StoreError(error) }
      guard let item else { return }
      try body(item, series, problem)
    }
  }
}
