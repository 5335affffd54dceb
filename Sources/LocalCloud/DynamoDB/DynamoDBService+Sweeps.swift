import AWSClients
import CacheSupport
import SQLiteStore

/// What DynamoDB does by itself, in pieces that hold up nobody: others write between them.
extension DynamoDBService {
  /// A piece ends at this many items, or at this many bytes of them.
  static let sweptItems = 500
  static let sweptBytes: Int64 = 4 << 20
  /// What expired before then stays; five years, in seconds.
  static let expiryYears: Int64 = 5 * 365 * 86_400

  var sweeps: [Sweep] {
    pieces.map { name, piece in
      Sweep(name: name, every: .seconds(2)) { () async throws(ServiceError) in
        while !Task.isCancelled, try await storage.write(piece) {}
      }
    }
  }

  typealias Piece = @Sendable (Connection) throws(ServiceError) -> Bool

  /// The sweeps by name; each does a piece of its work, and tells whether there may be more.
  var pieces: [(name: String, piece: Piece)] {
    [
      ("the removal of deleted tables' items", purge), ("noting when items expire", noteExpiry),
      ("the removal of expired items", expire), ("the filling of indexes", fill),
      ("the removal of deleted indexes' entries", purgeIndexes),
    ]
  }

  /// Deletes items of a table that was deleted, and then what is left of the table.
  ///
  /// - Returns: false where there is nothing left to delete.
  func purge(_ connection: Connection) throws(ServiceError) -> Bool {
    try storing {
      guard let id = try connection.row("SELECT id FROM dynamodb_tables WHERE name IS NULL LIMIT 1")?[0] else {
        return false
      }
      var places: [[SQLValue]] = []
      var bytes: Int64 = 0
      try connection.forEach(
        "SELECT part, hash, range, size FROM dynamodb_items WHERE table_id = ? LIMIT ?",
        [id, .integer(Int64(Self.sweptItems))]
      ) { row in
        places.append([id, row[0], row[1], row[2]])
        bytes += row.integer(3)
        return bytes < Self.sweptBytes
      }
      for place in places {
        try connection.run(
          "DELETE FROM dynamodb_items WHERE table_id = ? AND part = ? AND hash = ? AND range = ?", place)
      }
      if places.isEmpty { try connection.run("DELETE FROM dynamodb_tables WHERE id = ?", id) }
      return true
    }
  }

  /// Notes when items expire that were there before their table had a time to live.
  ///
  /// - Returns: false where all are noted.
  func noteExpiry(_ connection: Connection) throws(ServiceError) -> Bool {
    try storing {
      let row = try connection.row(
        """
        SELECT id, ttl_part, ttl_hash, ttl_range, ttl_attribute FROM dynamodb_tables
        WHERE ttl_part IS NOT NULL AND name IS NOT NULL LIMIT 1
        """)
      guard let row, let attribute = row[4].text else { return false }
      let place = ByteText(attribute)
      var last: [SQLValue] = []
      var changes: [[SQLValue]] = []
      var bytes: Int64 = 0
      try connection.forEach(
        """
        SELECT part, hash, range, size, item FROM dynamodb_items
        WHERE table_id = ? AND (part, hash, range) > (?, ?, ?) ORDER BY part, hash, range LIMIT ?
        """, [row[0], row[1], row[2], row[3], .integer(Int64(Self.sweptItems))]
      ) { item in
        last = [item[0], item[1], item[2]]
        let tree = try Item(encoded: item.blob(4))
        if let expiry = ItemTable.expiry(tree[place]) { changes.append([.integer(expiry), row[0]] + last) }
        bytes += item.integer(3)
        return bytes < Self.sweptBytes
      }
      for change in changes {
        try connection.run(
          "UPDATE dynamodb_items SET expires = ? WHERE table_id = ? AND part = ? AND hash = ? AND range = ?", change)
      }
      try connection.run(
        "UPDATE dynamodb_tables SET ttl_part = ?, ttl_hash = ?, ttl_range = ? WHERE id = ?",
        (last.isEmpty ? [.null, .null, .null] : last) + [row[0]])
      return true
    }
  }

  /// Deletes items that have expired; those more than five years past are left, as DynamoDB leaves them.
  ///
  /// An item's note may be an older one, from before its table's time to live was changed: the item itself decides.
  ///
  /// - Returns: false where none is left.
  func expire(_ connection: Connection) throws(ServiceError) -> Bool {
    let now = clock.now / 1000
    let oldest = now - Self.expiryYears
    return try storing {
      var noted: [(place: [SQLValue], size: Int, item: Item)] = []
      var bytes: Int64 = 0
      try connection.forEach(
        """
        SELECT table_id, part, hash, range, size, item FROM dynamodb_items INDEXED BY dynamodb_expiry
        WHERE expires < ? AND expires > ? LIMIT ?
        """, [.integer(now), .integer(oldest), .integer(Int64(Self.sweptItems))]
      ) { row in
        let tree = try Item(encoded: row.blob(5))
        noted.append(([row[0], row[1], row[2], row[3]], Int(row.integer(4)), tree))
        bytes += row.integer(4)
        return bytes < Self.sweptBytes
      }
      guard !noted.isEmpty else { return false }
      var counts = TableCounts()
      for (place, size, item) in noted {
        let name = try connection.row("SELECT name FROM dynamodb_tables WHERE id = ?", place[0])?[0].text
        let table = try name.flatMap { try tables.find($0, connection) }
        let expiry = table?.timeToLive.flatMap { ItemTable.expiry(item[$0]) }
        if let table, let expiry, expiry < now, expiry > oldest, let hash = place[2].blob, let range = place[3].blob {
          let change = try ItemTable(table: table, connection: connection).delete(
            at: ItemKey(hash: hash, range: range), replacing: size)
          counts.add(change, toTable: table.id)
        } else {
          try connection.run(
            "UPDATE dynamodb_items SET expires = ? WHERE table_id = ? AND part = ? AND hash = ? AND range = ?",
            [expiry.map { .integer($0) } ?? .null] + place)
        }
      }
      try counts.store(connection)
      return true
    }
  }
}
