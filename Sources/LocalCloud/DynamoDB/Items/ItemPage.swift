import AWSClients
import CacheSupport
import SQLiteStore

/// A page of Query or Scan, written as its rows are read. It also ends where its filter has taken much work.
struct ItemPage {
  private let request: PageRequest
  private let source: ItemSource
  /// Where whole items are, for entries of an index that have less than is wanted.
  private let items: ItemTable?
  private var writer = AnswerWriter(capacity: 16 << 10)
  private var count = 0
  private var evaluated = 0
  /// What the rows have, by which reading them is paid.
  private var bytes = 0
  /// What the page has: of an item that is fetched whole, all.
  private var pageBytes = 0
  private var fetchedUnits = 0.0
  private var isCut = false
  private var evaluation = Evaluation()
  /// The last row's place; the arrays keep their room from row to row.
  private var last = ItemSource.Position(key: ItemKey(hash: [], range: []))

  /// A page ends at 1 MB, counted before the filter.
  static let byteLimit: Int = 1 << 20

  init(_ request: PageRequest, of source: ItemSource, _ connection: Connection) {
    (self.request, self.source) = (request, source)
    items = request.needsTable(source) ? ItemTable(table: source.table, connection: connection) : nil
    guard !request.countsOnly else { return }
    writer.member("Items")
    writer.json.raw("[")
  }

  /// Takes a row with the item, its size, its hash and its range key, and for an index those of the table.
  ///
  /// - Returns: false where the page is full, and the row is not part of it.
  mutating func take(_ row: borrowing Row) throws -> Bool {
    let size = Int(row.integer(1))
    guard evaluated != request.limit, evaluated == 0 || (pageBytes + size <= Self.byteLimit && !evaluation.isHalfSpent)
    else { return cut() }
    var place: ItemKey?
    if source.index != nil { place = ItemKey(hash: row.blob(4).array, range: row.blob(5).array) }
    var whole: StoredItem?
    if let items, let place { whole = try items.item(at: place) }
    let pageSize = whole?.size ?? size
    guard evaluated == 0 || pageBytes + pageSize <= Self.byteLimit else { return cut() }
    evaluated += 1
    bytes += size
    pageBytes += pageSize
    Self.copy(row.blob(2), to: &last.key.hash)
    Self.copy(row.blob(3), to: &last.key.range)
    last.item = place
    if let whole {
      fetchedUnits += CapacityRequest.readUnits(whole.size, consistent: request.consistent)
      try take(whole.bytes.span)
    } else {
      try take(row.blob(0))
    }
    return true
  }

  /// Ends the page before the row.
  private mutating func cut() -> Bool {
    isCut = true
    return false
  }

  private mutating func take(_ item: Span<UInt8>) throws(ServiceError) {
    let tree = request.filter == nil && request.projection == nil ? nil : try Item(encoded: item)
    if let filter = request.filter, let tree, try !evaluation.holds(filter, for: tree) { return }
    count += 1
    guard !request.countsOnly else { return }
    if count > 1 { writer.json.raw(",") }
    if let projection = request.projection, let tree {
      writer.json.write(projection.part(of: tree))
    } else {
      writer.json.raw(item)
    }
  }

  private static func copy(_ bytes: Span<UInt8>, to array: inout [UInt8]) {
    array.removeAll(keepingCapacity: true)
    unsafe bytes.withUnsafeBufferPointer { unsafe array.append(contentsOf: $0) }
  }

  mutating func answer() -> Answer {
    if !request.countsOnly { writer.json.raw("]") }
    writer.member("Count", .integer(count))
    writer.member("ScannedCount", .integer(evaluated))
    // DynamoDB does not look whether anything follows when it stops at the limit.
    if isCut || evaluated == request.limit {
      writer.member("LastEvaluatedKey")
      writer.json.write(source.item(of: last))
    }
    let read = CapacityRequest.readUnits(bytes, consistent: request.consistent)
    var units = ConsumedUnits(table: source.index == nil ? read : fetchedUnits)
    if let index = source.index { units.add(read, to: index) }
    writer.member("ConsumedCapacity", request.capacity.json(request.tableAsNamed, units))
    return writer.answer()
  }
}
