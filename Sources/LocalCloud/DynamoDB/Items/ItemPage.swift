import AWSClients
import CacheSupport
import SQLiteStore

/// A page of Query or Scan, written as its rows are read.
struct ItemPage {
  private let request: PageRequest
  private var writer = AnswerWriter(capacity: 16 << 10)
  private var count = 0
  private var evaluated = 0
  private var bytes = 0
  private var isCut = false
  /// The last item's key; the arrays keep their room from row to row.
  private var last = ItemKey(hash: [], range: [])

  /// A page ends at 1 MB, counted before the filter.
  static let byteLimit: Int = 1 << 20

  init(_ request: PageRequest) {
    self.request = request
    guard !request.countsOnly else { return }
    writer.member("Items")
    writer.json.raw("[")
  }

  /// Takes a row with the item, its size, its hash and its range key.
  ///
  /// - Returns: false where the page is full, and the row is not part of it.
  mutating func take(_ row: borrowing Row) throws(ServiceError) -> Bool {
    let size = Int(row.integer(1))
    guard evaluated != request.limit, evaluated == 0 || bytes + size <= Self.byteLimit else {
      isCut = true
      return false
    }
    evaluated += 1
    bytes += size
    Self.copy(row.blob(2), to: &last.hash)
    Self.copy(row.blob(3), to: &last.range)
    try take(row.blob(0))
    return true
  }

  private mutating func take(_ item: Span<UInt8>) throws(ServiceError) {
    let tree = request.filter == nil && request.projection == nil ? nil : try Item(encoded: item)
    if let filter = request.filter, let tree, !filter.holds(for: tree) { return }
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

  mutating func answer(of table: TableDescription) -> Answer {
    if !request.countsOnly { writer.json.raw("]") }
    writer.member("Count", .integer(count))
    writer.member("ScannedCount", .integer(evaluated))
    // DynamoDB does not look whether anything follows when it stops at the limit.
    if isCut || evaluated == request.limit {
      writer.member("LastEvaluatedKey")
      writer.json.write(table.item(of: last))
    }
    writer.member("ConsumedCapacity", request.capacityUnits(bytes))
    return writer.answer()
  }
}
