import CacheSupport
import SQLiteStore

extension TimestreamStore {
  private static let tableLimit: Int64 = 50_000

  func createTable(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let database = try Self.name("DatabaseName", &input)
    let name = try Self.name("TableName", &input, creating: true)
    let retention = Input(try input.object("RetentionProperties") ?? [:], path: "retentionProperties")
    let magnetic = try MagneticStoreWrites.read(&input) ?? [:]
    let schema = try TableSchema.read(&input) ?? .measure
    var checked = retention
    let given = input.object["RetentionProperties"] != nil
    let hours = try checked.integer("MemoryStoreRetentionPeriodInHours", required: given, in: 1...8766) ?? 6
    let days = try checked.integer("MagneticStoreRetentionPeriodInDays", required: given, in: 1...73_000) ?? 73_000
    input.absorb(checked)
    let tags = try tags(&input, required: false)
    try input.check()
    let now = clock.now
    return .writing { [self] connection throws(ServiceError) in
      let parent = try storing {
        try connection.row("SELECT id FROM timestream_databases WHERE name = ?", .text(database))
      }
      guard let parent else { throw Self.noDatabase(database) }
      let known = try storing {
        try connection.row(
          "SELECT 1 FROM timestream_tables WHERE database_id = ? AND name = ?", parent[0], .text(name))
      }
      guard known == nil else {
        throw .timestream("ConflictException", "A table with the name \(name) already exists.")
      }
      try Self.checkQuota("timestream_tables", Self.tableLimit, connection)
      try storing {
        let id = try Self.nextTableID(connection)
        try connection.run(
          "INSERT INTO timestream_tables (id, database_id, name, memory_hours, magnetic_days, magnetic_writes, created, updated, schema) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          .integer(id), parent[0], .text(name), .integer(hours), .integer(days), .text(JSON.object(magnetic).text),
          .integer(now), .integer(now), .text(schema.json.text))
        try connection.execute(
          """
          CREATE TABLE ts_series_\(id) (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, measure_name TEXT NOT NULL);
          CREATE INDEX ts_series_\(id)_measure ON ts_series_\(id) (measure_name);
          CREATE TABLE ts_rows_\(id) (series INTEGER NOT NULL, time INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (series, time)) WITHOUT ROWID
          """)
      }
      try put(tags, on: arn(database, name), connection)
      return Answer(["Table": try table(database, name, connection)])
    }
  }

  /// An id is never used again, so that a query that is under way cannot meet another table.
  private static func nextTableID(_ connection: Connection) throws(DatabaseError) -> Int64 {
    try connection.execute(
      "INSERT OR IGNORE INTO local_state SELECT 'timestream_last_table', coalesce(max(id), 0) FROM timestream_tables; UPDATE local_state SET value = value + 1 WHERE name = 'timestream_last_table'"
    )
    return try connection.row("SELECT CAST(value AS INTEGER) FROM local_state WHERE name = 'timestream_last_table'")?[0]
      .integer ?? 1
  }

  /// Changes the retention and the magnetic writes, those that are given.
  func updateTable(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let database = try Self.name("DatabaseName", &input)
    let name = try Self.name("TableName", &input)
    let magnetic = try MagneticStoreWrites.read(&input)
    let schema = try TableSchema.read(&input)
    var retention = Input(try input.object("RetentionProperties") ?? [:], path: "retentionProperties")
    let given = input.object["RetentionProperties"] != nil
    let hours = try retention.integer("MemoryStoreRetentionPeriodInHours", required: given, in: 1...8766)
    let days = try retention.integer("MagneticStoreRetentionPeriodInDays", required: given, in: 1...73_000)
    input.absorb(retention)
    try input.check()
    let now = clock.now
    return .writing { [self] connection throws(ServiceError) in
      let row = try tableRow(database, name, connection)
      let stored = TableSchema(stored: row[7].text)
      let newSchema = try schema.map { schema throws(ServiceError) in try stored.updated(to: schema) }
      try storing {
        try connection.run(
          """
          UPDATE timestream_tables SET memory_hours = coalesce(?, memory_hours), magnetic_days = coalesce(?, magnetic_days),
            magnetic_writes = coalesce(?, magnetic_writes), schema = coalesce(?, schema), updated = ?
          WHERE name = ? AND database_id = (SELECT id FROM timestream_databases WHERE name = ?)
          """, hours.map { .integer($0) } ?? .null, days.map { .integer($0) } ?? .null,
          magnetic.map { .text(JSON.object($0).text) } ?? .null, newSchema.map { .text($0.json.text) } ?? .null,
          .integer(now), .text(name), .text(database))
      }
      memories.forget()
      return Answer(["Table": try table(database, name, connection)])
    }
  }

  /// The table is gone at once; its rows go piece by piece.
  func deleteTable(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let database = try Self.name("DatabaseName", &input)
    let name = try Self.name("TableName", &input)
    try input.check()
    return .writing { [self] connection throws(ServiceError) in
      _ = try tableRow(database, name, connection)
      try storing {
        try connection.run(
          "DELETE FROM timestream_tables WHERE name = ? AND database_id = (SELECT id FROM timestream_databases WHERE name = ?)",
          .text(name), .text(database))
        try connection.run("DELETE FROM timestream_tags WHERE arn = ?", .text(arn(database, name)))
      }
      memories.forget()
      return Answer([:]) { [self] in tasks.run { [self] in await telling(dropForgotten) } }
    }
  }

  func describeTable(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let database = try Self.name("DatabaseName", &input)
    let name = try Self.name("TableName", &input)
    try input.check()
    return .reading { [self] connection throws(ServiceError) in
      Answer(["Table": try table(database, name, connection)])
    }
  }

  func listTables(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let database = try input.string("DatabaseName")
    let limit = try input.integer("MaxResults", in: 1...20) ?? 20
    // The same name may be in several databases.
    let start = try ListToken.read(&input, count: 2)
    try input.check()
    return .reading { [self] connection throws(ServiceError) in
      if let database { _ = try self.database(database, connection) }
      let rows = try storing {
        try connection.rows(
          Self.tableSQL
            + " WHERE (t.name, d.name) > (?1, ?2) AND (?3 IS NULL OR d.name = ?3) ORDER BY t.name, d.name LIMIT ?4",
          .text(start[0]), .text(start[1]), database.map { .text($0) } ?? .null, .integer(limit + 1))
      }
      return Self.page(rows, limit, "Tables", token: { ListToken.make($0[0].text ?? "", $0[1].text ?? "") }) {
        tableJSON($0)
      }
    }
  }

  // MARK: Rows

  private static let tableSQL = """
    SELECT t.name, d.name, memory_hours, magnetic_days, magnetic_writes, t.created, t.updated, t.schema
    FROM timestream_tables t JOIN timestream_databases d ON d.id = t.database_id
    """

  /// - Throws: ResourceNotFoundException.
  func table(_ database: String, _ name: String, _ connection: Connection) throws(ServiceError) -> JSON {
    tableJSON(try tableRow(database, name, connection))
  }

  private func tableRow(
    _ database: String, _ name: String, _ connection: Connection
  ) throws(ServiceError) -> [SQLValue] {
    let row = try storing {
      try connection.row(Self.tableSQL + " WHERE d.name = ? AND t.name = ?", .text(database), .text(name))
    }
    if let row { return row }
    _ = try self.database(database, connection)
    throw Self.noTable(name)
  }

  private func arn(_ database: String, _ table: String) -> String {
    "arn:aws:timestream:\(account.region):\(account.id):database/\(database)/table/\(table)"
  }

  func arn(of table: Table) -> String { arn(table.database, table.name) }

  private func tableJSON(_ row: [SQLValue]) -> JSON {
    let (name, database) = (row[0].text ?? "", row[1].text ?? "")
    var magnetic = row[4].text.flatMap { try? JSON(parsing: $0) }?.object ?? [:]
    if magnetic["EnableMagneticStoreWrites"] == nil { magnetic["EnableMagneticStoreWrites"] = false }
    return [
      "Arn": .string(arn(database, name)),
      "TableName": .string(name), "DatabaseName": .string(database), "TableStatus": "ACTIVE",
      "RetentionProperties": [
        "MemoryStoreRetentionPeriodInHours": .integer(row[2].integer ?? 0),
        "MagneticStoreRetentionPeriodInDays": .integer(row[3].integer ?? 0),
      ],
      "CreationTime": .double(Double(row[5].integer ?? 0) / 1000),
      "LastUpdatedTime": .double(Double(row[6].integer ?? 0) / 1000),
      "MagneticStoreWriteProperties": .object(magnetic),
      "Schema": TableSchema(stored: row[7].text).json,
    ]
  }
}
