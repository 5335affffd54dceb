import CacheSupport
import SQLiteStore
import TimestreamSQL

/// What writes and queries look up: names, and tables with their columns.
extension TimestreamStore {
  func names(of database: String?, _ connection: Connection) throws(DatabaseError) -> [String] {
    let rows =
      if let database {
        try connection.rows(
          "SELECT t.name FROM timestream_tables t JOIN timestream_databases d ON d.id = t.database_id WHERE d.name = ? ORDER BY t.name",
          .text(database))
      } else { try connection.rows("SELECT name FROM timestream_databases ORDER BY name") }
    return rows.compactMap { $0[0].text }
  }

  func hasDatabase(_ name: String, _ connection: Connection) throws(DatabaseError) -> Bool {
    try connection.row("SELECT 1 FROM timestream_databases WHERE name = ?", .text(name)) != nil
  }

  func find(_ database: String, _ name: String, _ connection: Connection) throws(DatabaseError) -> Table? {
    let row = try connection.row(
      """
      SELECT t.id, memory_hours, magnetic_days, magnetic_writes, schema FROM timestream_tables t
      JOIN timestream_databases d ON d.id = t.database_id WHERE d.name = ? AND t.name = ?
      """, .text(database), .text(name))
    guard let row, let id = row[0].integer, let hours = row[1].integer, let days = row[2].integer else { return nil }
    let columns = try connection.rows(
      "SELECT name, kind, type, place FROM timestream_columns WHERE table_id = ? ORDER BY kind <> 'DIMENSION', place",
      .integer(id)
    ).compactMap { column -> Column? in
      guard let name = column[0].text, let kind = column[1].text.flatMap(Column.Kind.init),
        let type = column[2].text.flatMap(TimestreamType.init(name:)), let place = column[3].integer
      else { return nil }
      return Column(name: name, kind: kind, type: type, place: place)
    }
    let magnetic = row[3].text.flatMap { try? JSON(parsing: $0) }?["EnableMagneticStoreWrites"]?.bool ?? false
    return Table(
      id: id, database: database, name: name, memoryHours: hours, magneticDays: days, magneticWrites: magnetic,
      schema: TableSchema(stored: row[4].text), columns: columns)
  }

  static func noDatabase(_ name: String) -> ServiceError {
    .timestream("ResourceNotFoundException", "The database \(name) does not exist.")
  }

  static func noTable(_ name: String) -> ServiceError {
    .timestream("ResourceNotFoundException", "The table \(name) does not exist.")
  }
}
