import CacheSupport
import SQLiteStore
import Synchronization

/// A table as it is stored.
struct Table: Sendable {
  let id: Int64
  let description: TableDescription
  /// The attribute that says when an item expires; nil where none does.
  let timeToLive: String?
}

/// The descriptions that have been read, for as long as the storage has them in the same words.
final class TableCache: Sendable {
  private let descriptions = Mutex<[Int64: (stored: String, description: TableDescription)]>([:])
  /// Tables that are remembered; past it the cache starts anew.
  private static let limit = 1000

  /// - Returns: nil where there is no such table.
  func find(_ name: String, _ connection: Connection) throws(ServiceError) -> Table? {
    do throws(DatabaseError) {
      let statement = try connection.statement(
        "SELECT id, description, ttl_attribute FROM dynamodb_tables WHERE name = ?")
      try statement.bind(1, text: name.utf8Span.span)
      guard try statement.step() else { return nil }
      let row = statement.row
      guard let description = description(row.integer(0), name, row.text(1)) else { return nil }
      return Table(id: row.integer(0), description: description, timeToLive: row.isNull(2) ? nil : row.text(2))
    } catch { throw .internal(error) }
  }

  private func description(_ id: Int64, _ name: String, _ stored: String) -> TableDescription? {
    if let known = descriptions.withLock({ $0[id] }), known.stored.hasSameBytes(as: stored) { return known.description }
    guard let description = TableDescription(name: name, stored: stored) else { return nil }
    descriptions.withLock { descriptions in
      if descriptions.count >= Self.limit { descriptions = [:] }
      descriptions[id] = (stored, description)
    }
    return description
  }
}
