import CacheSupport

extension InfluxHistory {
  /// A page of the database's series, in InfluxDB's order.
  ///
  /// A page starts with the last series of the page before, which shows whether others have come or gone meanwhile; then the place is
  /// looked for anew. A series of another writer whose key is no ``Series``, for it has a control character, is left out.
  ///
  /// - Throws: ``StoreError`` where InfluxDB fails, its answer cannot be read, or `start` is not one of its own.
  public func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    var offset = 0
    var last: ByteText?
    if let start {
      guard let mark = SeriesMark(start) else {
        throw StoreError(.failed, "the page of series to start from is not one of InfluxDB's")
      }
      (offset, last) = (mark.offset, mark.key)
    }
    var keys = try await keys(from: max(0, offset - 1), limit: limit + 2)
    if let last {
      if keys.first != last {
        // Some have come or gone: read on from the beginning until the keys are behind the last one.
        offset = 0
        repeat {
          keys = try await self.keys(from: offset, limit: Self.keysPerSearch)
          if let place = keys.firstIndex(where: { $0 > last }) {
            offset += place
            keys = try await self.keys(from: offset, limit: limit + 1)
            break
          }
          offset += keys.count
        } while !keys.isEmpty
      } else {
        keys.removeFirst()
      }
    }
    let page = keys.prefix(limit)
    let next = keys.count > limit ? page.last.map { SeriesMark(offset: offset + page.count, key: $0).text } : nil
    return SeriesPage(series: page.compactMap { Self.series($0) }, next: next)
  }

  /// Keys of one request while a place is looked for.
  private static let keysPerSearch: Int = 10_000

  private func keys(from offset: Int, limit: Int) async throws(StoreError) -> [ByteText] {
    let answer = try await connection.ask(InfluxQuestion("SHOW SERIES LIMIT \(limit) OFFSET \(offset)"))
    var keys: [ByteText] = []
    for block in answer.blocks {
      var rows = answer.rows(of: block)
      while try rows.next() { if let key = try rows.text(0) { keys.append(ByteText(key)) } }
    }
    return keys
  }

  /// The series of a key; nil for what is none.
  static func series(_ text: ByteText) -> Series? {
    guard let key = InfluxLine.key(text.text) else { return nil }
    let place = InfluxPlace(key)
    if place.isOfSource { return (try? Identifier(key.tags[0].value.text)).map { Series($0) } }
    return try? Series(key)
  }
}

/// Where a page of series ended: how many there were before it and in it, and the last of them.
private struct SeriesMark {
  var offset: Int
  var key: ByteText

  init(offset: Int, key: ByteText) { (self.offset, self.key) = (offset, key) }

  init?(_ text: String) {
    guard let blank = text.utf8.firstIndex(of: UInt8(ascii: " ")), let offset = Int(text[..<blank]), offset > 0,
      offset < .max / 2
    else { return nil }
    self.init(offset: offset, key: ByteText(text[text.utf8.index(after: blank)...]))
  }

  var text: String { "\(offset) \(key)" }
}
