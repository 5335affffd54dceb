import AWSClients
import CacheSupport
import SQLiteStore

/// An item as it came out of the storage.
struct StoredItem: Sendable {
  var bytes: [UInt8]
  var size: Int

  /// The item as a tree.
  var tree: Item {
    get throws(ServiceError) { try Item(encoded: bytes.span) }
  }
}

/// The items of a table, on one connection.
struct ItemTable {
  let table: Table
  let connection: Connection

  /// Nil where there is no such item.
  func item(at key: ItemKey) throws(DatabaseError) -> StoredItem? {
    let statement = try connection.statement(
      "SELECT item, size FROM dynamodb_items WHERE table_id = ? AND part = ? AND hash = ? AND range = ?")
    try bind(key, to: statement)
    guard try statement.step() else { return nil }
    let row = statement.row
    return StoredItem(bytes: row.blob(0).array, size: Int(row.integer(1)))
  }

  /// Nil where there is no such item.
  func size(at key: ItemKey) throws(DatabaseError) -> Int? {
    let statement = try connection.statement(
      "SELECT size FROM dynamodb_items WHERE table_id = ? AND part = ? AND hash = ? AND range = ?")
    try bind(key, to: statement)
    return try statement.step() ? Int(statement.row.integer(0)) : nil
  }

  private func bind(_ key: ItemKey, to statement: borrowing Statement) throws(DatabaseError) {
    try statement.bind(1, table.id)
    try statement.bind(2, key.part)
    try statement.bind(3, blob: key.hash.span)
    try statement.bind(4, blob: key.range.span)
  }

  // MARK: Writing

  /// How the numbers of a table's items and bytes change.
  struct Change: Sendable {
    var items: Int64 = 0
    var bytes: Int64 = 0
  }

  /// - Parameter old: the size of the item that is there; nil for none.
  func put(_ item: EncodedItem, at key: ItemKey, replacing old: Int?) throws(DatabaseError) -> Change {
    let statement = try connection.statement("INSERT OR REPLACE INTO dynamodb_items VALUES (?, ?, ?, ?, ?, ?, ?)")
    try bind(key, to: statement)
    try statement.bind(5, blob: item.bytes.span)
    try statement.bind(6, Int64(item.size))
    try statement.bind(7, expiry(of: item))
    while try statement.step() {}
    return Change(items: old == nil ? 1 : 0, bytes: Int64(item.size) - Int64(old ?? 0))
  }

  /// - Parameter old: the size of the item that is there; nil for none.
  func delete(at key: ItemKey, replacing old: Int?) throws(DatabaseError) -> Change {
    guard let old else { return Change() }
    let statement = try connection.statement(
      "DELETE FROM dynamodb_items WHERE table_id = ? AND part = ? AND hash = ? AND range = ?")
    try bind(key, to: statement)
    while try statement.step() {}
    return Change(items: -1, bytes: -Int64(old))
  }

  private func expiry(of item: EncodedItem) -> SQLValue {
    guard let attribute = table.timeToLive else { return .null }
    return Self.expiry(item.value(of: EncodedName(attribute))).map { .integer($0) } ?? .null
  }

  /// The second at which an item expires; nil for one that does not.
  static func expiry(_ value: AttributeValue?) -> Int64? {
    value?.number.flatMap { Double($0) }.flatMap { Int64(exactly: $0.rounded(.down)) }
  }
}

/// The counts of the tables that one transaction changes, to be written once at its end.
struct TableCounts {
  private var changes: [Int64: ItemTable.Change] = [:]

  mutating func add(_ change: ItemTable.Change, toTable id: Int64) {
    changes[id, default: ItemTable.Change()].items += change.items
    changes[id, default: ItemTable.Change()].bytes += change.bytes
  }

  func store(_ connection: Connection) throws(DatabaseError) {
    for (id, change) in changes where change.items != 0 || change.bytes != 0 {
      try connection.run(
        "UPDATE dynamodb_tables SET items = items + ?, bytes = bytes + ? WHERE id = ?", .integer(change.items),
        .integer(change.bytes), .integer(id))
    }
  }
}

extension Span<UInt8> {
  /// A copy.
  var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
