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

  /// How the numbers of a table's items and bytes change, and those of its indexes.
  struct Change: Sendable {
    var items: Int64 = 0
    var bytes: Int64 = 0
    var indexes: [IndexEntries.Change] = []
  }

  /// - Parameter old: the size of the item that is there; nil for none.
  func put(_ item: EncodedItem, at key: ItemKey, replacing old: Int?) throws -> Change {
    let indexes = try changeEntries(of: key, hasOld: old != nil, new: StoredItem(bytes: item.bytes, size: item.size))
    let statement = try connection.statement("INSERT OR REPLACE INTO dynamodb_items VALUES (?, ?, ?, ?, ?, ?, ?)")
    try bind(key, to: statement)
    try statement.bind(5, blob: item.bytes.span)
    try statement.bind(6, Int64(item.size))
    try statement.bind(7, expiry(of: item))
    while try statement.step() {}
    return Change(items: old == nil ? 1 : 0, bytes: Int64(item.size) - Int64(old ?? 0), indexes: indexes)
  }

  /// - Parameter old: the size of the item that is there; nil for none.
  func delete(at key: ItemKey, replacing old: Int?) throws -> Change {
    guard let old else { return Change() }
    let indexes = try changeEntries(of: key, hasOld: true, new: nil)
    let statement = try connection.statement(
      "DELETE FROM dynamodb_items WHERE table_id = ? AND part = ? AND hash = ? AND range = ?")
    try bind(key, to: statement)
    while try statement.step() {}
    return Change(items: -1, bytes: -Int64(old), indexes: indexes)
  }

  /// Brings the indexes to what the item will be.
  private func changeEntries(of key: ItemKey, hasOld: Bool, new: StoredItem?) throws -> [IndexEntries.Change] {
    let indexes = table.description.indexes
    guard !indexes.isEmpty else { return [] }
    let before = try (hasOld ? item(at: key) : nil).map { try IndexEntries.Source($0) }
    let after = try new.map { try IndexEntries.Source($0) }
    return try indexes.map { index in
      let entries = IndexEntries(index: index, schema: table.description.schema, connection: connection)
      return try entries.change(of: key, from: before, to: after)
    }
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

/// The counts of the tables and indexes that one transaction changes, to be written once at its end.
struct TableCounts {
  private var changes: [Int64: (items: Int64, bytes: Int64)] = [:]
  private var indexes: [Int64: (items: Int64, bytes: Int64)] = [:]

  mutating func add(_ change: ItemTable.Change, toTable id: Int64) {
    let known = changes[id] ?? (0, 0)
    changes[id] = (known.items + change.items, known.bytes + change.bytes)
    for change in change.indexes { add(items: change.items, bytes: change.bytes, toIndex: change.index.number) }
  }

  mutating func add(items: Int64, bytes: Int64, toIndex number: Int64) {
    let known = indexes[number] ?? (0, 0)
    indexes[number] = (known.items + items, known.bytes + bytes)
  }

  func store(_ connection: Connection) throws(DatabaseError) {
    for (table, changes) in [("dynamodb_tables", changes), ("dynamodb_indexes", indexes)] {
      for (id, change) in changes where change.items != 0 || change.bytes != 0 {
        try connection.run(
          "UPDATE \(table) SET items = items + ?, bytes = bytes + ? WHERE id = ?", .integer(change.items),
          .integer(change.bytes), .integer(id))
      }
    }
  }
}

extension Span<UInt8> {
  /// A copy.
  var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
