import AWSClients
import CacheSupport
import SQLiteStore

/// What indexes need besides the writes of items: they are filled and deleted in pieces that hold up nobody.
extension DynamoDBService {
  /// Enters items that were there before an index was.
  ///
  /// - Returns: false where every index is whole.
  func fill(_ connection: Connection) throws(ServiceError) -> Bool {
    try storing {
      let row = try connection.row(
        """
        SELECT dynamodb_indexes.id, fill_part, fill_hash, fill_range, name, table_id
        FROM dynamodb_indexes JOIN dynamodb_tables ON dynamodb_tables.id = table_id
        WHERE fill_part IS NOT NULL LIMIT 1
        """)
      guard let row, let name = row[4].text, let table = try tables.find(name, connection),
        let index = table.description.indexes.first(where: { $0.number == row[0].integer })
      else { return false }
      let entries = IndexEntries(index: index, schema: table.description.schema, connection: connection)
      var found: [(place: ItemKey, item: IndexEntries.Source)] = []
      var bytes: Int64 = 0
      try connection.forEach(
        """
        SELECT hash, range, size, item FROM dynamodb_items
        WHERE table_id = ? AND (part, hash, range) > (?, ?, ?) ORDER BY part, hash, range LIMIT ?
        """, [row[5], row[1], row[2], row[3], .integer(Int64(Self.sweptItems))]
      ) { row in
        let place = ItemKey(hash: row.blob(0).array, range: row.blob(1).array)
        let stored = StoredItem(bytes: row.blob(3).array, size: Int(row.integer(2)))
        found.append((place, try IndexEntries.Source(stored)))
        bytes += row.integer(2)
        return bytes < Self.sweptBytes
      }
      var counts = TableCounts()
      for (place, item) in found {
        let change = try entries.fill(with: item, at: place)
        counts.add(items: change.items, bytes: change.bytes, toIndex: index.number)
      }
      try counts.store(connection)
      let last: [SQLValue] =
        found.last.map { [.integer($0.place.part), .blob($0.place.hash), .blob($0.place.range)] }
        ?? [.null, .null, .null]
      try connection.run(
        "UPDATE dynamodb_indexes SET fill_part = ?, fill_hash = ?, fill_range = ? WHERE id = ?",
        last + [.integer(index.number)])
      return true
    }
  }

  /// Deletes entries of an index that was deleted, and then what is left of the index.
  ///
  /// - Returns: false where there is nothing left to delete.
  func purgeIndexes(_ connection: Connection) throws(ServiceError) -> Bool {
    try storing {
      guard let id = try connection.row("SELECT id FROM dynamodb_indexes WHERE table_id IS NULL LIMIT 1")?[0] else {
        return false
      }
      var places: [[SQLValue]] = []
      var bytes: Int64 = 0
      try connection.forEach(
        "SELECT part, hash, range, item_hash, item_range, size FROM dynamodb_index_entries WHERE index_id = ? LIMIT ?",
        [id, .integer(Int64(Self.sweptItems))]
      ) { row in
        places.append([id, row[0], row[1], row[2], row[3], row[4]])
        bytes += row.integer(5)
        return bytes < Self.sweptBytes
      }
      for place in places {
        try connection.run(
          "DELETE FROM dynamodb_index_entries WHERE index_id = ? AND part = ? AND hash = ? AND range = ? AND item_hash = ? AND item_range = ?",
          place)
      }
      if places.isEmpty { try connection.run("DELETE FROM dynamodb_indexes WHERE id = ?", id) }
      return true
    }
  }
}
