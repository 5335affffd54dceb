import AWSClients
import CacheSupport

extension ChunkItem {
  /// Reads an item of the table, such as the one that did not meet a write's condition.
  ///
  /// - Throws: ``StoreError`` for an item that no writer makes.
  init(item: Item) throws(StoreError) {
    func fault(_ what: String) -> StoreError {
      StoreError(.failed, "an item of the chunks' table cannot be read: \(what)")
    }
    func bytes(_ name: String) throws(StoreError) -> [UInt8] {
      guard let value = item[name] else { return [] }
      guard case .b(let text) = value, let bytes = Base64.decode(text.utf8Span.span) else {
        throw fault("'\(name)' is no bytes")
      }
      return bytes
    }
    guard let start = item["start"]?.number.flatMap({ Int64($0) }) else {
      throw fault("its 'start' is no whole number of 64 bits")
    }
    guard let revision = item["revision"]?.number.flatMap({ Int64($0) }) else {
      throw fault("the 'revision' of the one at \(start) is no whole number of 64 bits")
    }
    var widths: [Int64] = []
    if case .l(let elements)? = item["widths"] {
      widths = elements.compactMap { $0.number.flatMap { Int64($0) } }
      if widths.count != elements.count { widths = [] }
    }
    var expiry: Int64?
    if let value = item["expiry"] {
      guard let seconds = value.number.flatMap({ Int64($0) }) else {
        throw fault("the 'expiry' of the one at \(start) is no whole number of 64 bits")
      }
      expiry = seconds
    }
    self.init(
      start: start, widths: widths, revision: revision, head: try bytes("head"), rows: try bytes("rows"),
      expiry: expiry)
    if let problem { throw fault("of the one at \(start), \(problem)") }
  }

  /// The item as it is in the table.
  func item(of identifier: Identifier) -> Item {
    var item = Self.key(of: identifier, start)
    item["widths"] = .l(widths.map { .n($0) })
    item["revision"] = .n(revision)
    item["head"] = .b(Base64.text(head.span))
    if !rows.isEmpty { item["rows"] = .b(Base64.text(rows.span)) }
    item["expiry"] = expiry.map { .n($0) }
    return item
  }

  /// The key of a series' item.
  static func key(of identifier: Identifier, _ start: Int64) -> Item {
    ["series": .s(identifier.text), "start": .n(start)]
  }

  /// How many bytes DynamoDB counts for the item, a few more rather than fewer.
  ///
  /// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
  func bytes(of identifier: Identifier) -> Int { fixedBytes(of: identifier) + rows.count }

  /// What of ``bytes(of:)`` is not the rows'.
  func fixedBytes(of identifier: Identifier) -> Int {
    let names = "seriesstartwidthsrevisionheadrowsexpiry".utf8.count
    let numbers = Self.bytes(start) + Self.bytes(revision) + (expiry.map(Self.bytes) ?? 0)
    let list = widths.reduce(3) { $0 + 1 + Self.bytes($1) }
    return names + identifier.text.utf8.count + numbers + list + head.count
  }

  /// A number takes a byte for two digits, and one or two more.
  private static func bytes(_ number: Int64) -> Int { String(number.magnitude).utf8.count / 2 + 3 }

  /// The revision of what replaces the item.
  ///
  /// - Parameter now: epoch milliseconds, with which it begins anew where there is no higher one.
  func nextRevision(_ now: Int64) -> Int64 { revision == .max ? now : revision + 1 }

  /// True where DynamoDB may delete the item: it then counts as deleted, whether or not it is.
  ///
  /// - Parameter now: epoch milliseconds.
  func isExpired(_ now: Int64) -> Bool { expiry.map { $0 <= ChunkTiers.seconds(now) } ?? false }
}
