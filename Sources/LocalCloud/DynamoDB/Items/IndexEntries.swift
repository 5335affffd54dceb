import AWSClients
import CacheSupport
import SQLiteStore

/// The entries of one index, on one connection.
struct IndexEntries {
  let index: SecondaryIndex
  /// The table's keys.
  let schema: KeySchema
  let connection: Connection

  /// How the number of the entries and of their bytes changes, and what the change costs in units.
  struct Change: Sendable {
    let index: SecondaryIndex
    var items: Int64 = 0
    var bytes: Int64 = 0
    var units = 0.0
  }

  /// An item of the table, read once for all of its indexes.
  struct Source {
    let stored: StoredItem
    let tree: Item

    init(_ stored: StoredItem) throws(ServiceError) { (self.stored, tree) = (stored, try stored.tree) }
  }

  private struct Entry {
    let key: ItemKey
    let source: Source
    /// What of the item the index has; nil for all of it.
    let part: Item?

    var tree: Item { part ?? source.tree }

    /// The entry as the storage has it. What is all of an item is stored as the item is.
    var stored: StoredItem {
      get throws(ServiceError) {
        guard let part else { return source.stored }
        let encoded = try EncodedItem(part)
        return StoredItem(bytes: encoded.bytes, size: encoded.size)
      }
    }
  }

  private func entry(of source: Source?) -> Entry? {
    guard let source, let key = index.key(of: source.tree) else { return nil }
    return Entry(key: key, source: source, part: index.part(of: source.tree, in: schema))
  }

  /// Brings the index from what an item was to what it is.
  ///
  /// - Parameter place: the item's own key.
  func change(of place: ItemKey, from old: Source?, to new: Source?) throws -> Change {
    var change = Change(index: index)
    let (before, after) = (entry(of: old), entry(of: new))
    let staysAtKey = before?.key == after?.key
    // Two encodings of one item may differ in the order of its attributes.
    if let before, let after, staysAtKey, before.tree == after.tree { return change }
    let oldSize = try before?.stored.size ?? 0
    if let before {
      try run(
        "DELETE FROM dynamodb_index_entries WHERE index_id = ? AND part = ? AND hash = ? AND range = ? AND item_hash = ? AND item_range = ?",
        before.key, place)
      // An index that is being filled may not have come to the item yet.
      if connection.changes > 0 {
        change.items -= 1
        change.bytes -= Int64(oldSize)
      }
      if !staysAtKey { change.units += CapacityRequest.writeUnits(oldSize) }
    }
    if let after {
      let stored = try after.stored
      try insert(stored, after.key, place, orReplace: true)
      change.items += 1
      change.bytes += Int64(stored.size)
      change.units += CapacityRequest.writeUnits(max(stored.size, staysAtKey ? oldSize : 0))
    }
    return change
  }

  /// Adds the entry of an item that was there before the index was.
  func fill(with item: Source, at place: ItemKey) throws -> Change {
    var change = Change(index: index)
    guard let entry = entry(of: item) else { return change }
    let stored = try entry.stored
    try insert(stored, entry.key, place, orReplace: false)
    if connection.changes > 0 { (change.items, change.bytes) = (1, Int64(stored.size)) }
    return change
  }

  private func insert(
    _ entry: StoredItem, _ key: ItemKey, _ place: ItemKey, orReplace: Bool
  ) throws(DatabaseError) {
    try run(
      "INSERT OR \(orReplace ? "REPLACE" : "IGNORE") INTO dynamodb_index_entries (index_id, part, hash, range, item_hash, item_range, item, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      key, place, .blob(entry.bytes), .integer(Int64(entry.size)))
  }

  private func run(
    _ sql: String, _ key: ItemKey, _ place: ItemKey, _ further: SQLValue...
  ) throws(DatabaseError) {
    try connection.run(
      sql,
      [
        .integer(index.number), .integer(key.part), .blob(key.hash), .blob(key.range), .blob(place.hash),
        .blob(place.range),
      ] + further)
  }
}
