import SQLiteStore
import TimestreamSQL

/// The databases and tables of the store, as queries see them at one instant.
struct StoreCatalog: QueryCatalog {
  let store: TimestreamStore
  /// Sees what is committed.
  let connection: Connection
  /// Epoch milliseconds.
  let now: Int64

  func databases() throws(DatabaseError) -> [String] { try store.names(of: nil, connection) }

  func tables(of database: String) throws(DatabaseError) -> [String]? {
    try store.hasDatabase(database, connection) ? try store.names(of: database, connection) : nil
  }

  func table(_ name: String, of database: String) throws(DatabaseError) -> QueryTable? {
    try store.find(database, name, connection)?.queried(now: now)
  }
}

extension TimestreamStore.Table {
  /// The table for queries. One into which nothing was written has no columns; what is older than the retention is not seen.
  func queried(now: Int64) -> QueryTable {
    let dimensions = columns.filter { $0.kind == .dimension }.map(\.queried)
    let measures = columns.filter { $0.kind != .dimension }.map(\.queried)
    let between = [QueryTable.Column("measure_name", .measureName, .varchar), .init("time", .time, .timestamp)]
    return QueryTable(
      database: database, name: name, columns: columns.isEmpty ? [] : dimensions + between + measures,
      source: .series(series, rows: rows),
      since: TimestreamStore.oldest(now, memoryHours: memoryHours, magneticDays: magneticDays))
  }
}

extension TimestreamStore.Column {
  fileprivate var queried: QueryTable.Column {
    let kind: QueryTable.Column.Kind =
      switch self.kind {
      case .dimension: .dimension
      case .measure: .measure
      case .multi: .multi
      }
    return QueryTable.Column(name, kind, type, stored: sql)
  }
}
