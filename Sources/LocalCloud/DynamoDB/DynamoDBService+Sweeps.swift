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
    [
      Sweep(every: .seconds(2)) {
        for piece in pieces {
          // What cannot be swept now is swept the next time: what has expired is served to nobody who minds.
          while !Task.isCancelled, (try? await storage.write(piece)) ?? false {}
        }
      }
    ]
  }

  typealias Piece = @Sendable (Connection) throws(ServiceError) -> Bool

  /// Each does a piece of its work, and tells whether there may be more.
  var pieces: [Piece] { [purge, noteExpiry, expire] }

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
        let attribute = try connection.row(
          "SELECT ttl_attribute FROM dynamodb_tables WHERE id = ? AND name IS NOT NULL", place[0])?[0].text
        let expiry = attribute.flatMap { ItemTable.expiry(item[$0]) }
        if let expiry, expiry < now, expiry > oldest, let id = place[0].integer {
          try connection.run(
            "DELETE FROM dynamodb_items WHERE table_id = ? AND part = ? AND hash = ? AND range = ?", place)
          counts.add(ItemTable.Change(items: -1, bytes: -Int64(size)), toTable: id)
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
