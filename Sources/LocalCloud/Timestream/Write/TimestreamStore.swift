import CacheSupport

/// The databases, tables and rows of Timestream.
///
/// Each table has two tables in SQLite: `ts_series_N` with one row a series (its dimensions `d0`, `d1`, … and its measure
/// name), and `ts_rows_N` with one row an instant (`series`, `time` in nanoseconds, `version`, measures `m0`, `m1`, …), kept
/// in the order of series and time. `timestream_columns` says which place has which name and type; a column exists from
/// its first record on.
final class TimestreamStore: Sendable {
  let storage: Storage
  let account: Account
  let clock: WallClock

  init(storage: Storage, account: Account, clock: WallClock) {
    self.storage = storage
    self.account = account
    self.clock = clock
  }

  /// A table as queries and writes see it.
  struct Table: Sendable {
    var id: Int64
    var database: String
    var name: String
    var memoryHours: Int64
    var magneticDays: Int64
    var magneticWrites: Bool
    var schema: TableSchema
    var columns: [Column]

    var series: String { "ts_series_\(id)" }
    var rows: String { "ts_rows_\(id)" }

    /// The column of ``series`` that has the partition key; nil before its first record.
    var partitionColumn: String? {
      guard let dimension = schema.dimension else { return "measure_name" }
      return columns.first { $0.kind == .dimension && $0.name == dimension }?.sql
    }
  }

  struct Column: Sendable, Hashable {
    enum Kind: String, Sendable { case dimension = "DIMENSION", measure = "MEASURE_VALUE", multi = "MULTI" }
    var name: String
    var kind: Kind
    var type: TimestreamType
    var place: Int64

    /// The column of SQLite that holds it.
    var sql: String { kind == .dimension ? "d\(place)" : "m\(place)" }
  }

  private static let namePattern = Input.Pattern(text: "[a-zA-Z0-9_.-]+") { text in
    text.utf8.allSatisfy { QueueAttributes.isNameByte($0) || $0 == UInt8(ascii: ".") }
  }

  static func name(_ member: String, _ input: inout Input, creating: Bool = false) throws(ServiceError)
    -> String
  {
    try input.string(
      member, required: true, length: creating ? 3...256 : 1...256, pattern: creating ? namePattern : nil) ?? ""
  }

  // MARK: Databases

  func createDatabase(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try Self.name("DatabaseName", &input, creating: true)
    let key = try input.string("KmsKeyId", length: 1...2048)
    let tags = try tags(&input, required: false)
    try input.check()
    let now = clock.now
    try storing {
      try storage.database.with { connection in
        if try connection.row("SELECT 1 FROM timestream_databases WHERE name = ?", .text(name)) != nil {
          throw ServiceError.timestream("ConflictException", "A database with the name \(name) already exists.")
        }
        try Self.checkQuota("timestream_databases", Self.databaseLimit, connection)
        try connection.run(
          "INSERT INTO timestream_databases (name, kms_key, created, updated) VALUES (?, ?, ?, ?)", .text(name),
          key.map { .text($0) } ?? .null, .integer(now), .integer(now))
      }
    }
    let made = try database(name)
    try put(tags, on: made["Arn"]?.string ?? "")
    return made
  }

  private static let databaseLimit: Int64 = 500
  private static let tableLimit: Int64 = 50_000

  private static func checkQuota(_ table: String, _ limit: Int64, _ connection: Connection) throws {
    guard try connection.row("SELECT count(*) FROM \(table)")?[0].integer ?? 0 < limit else {
      throw ServiceError.timestream("ServiceQuotaExceededException", "The account has \(limit) of them already.")
    }
  }

  func describeDatabase(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try Self.name("DatabaseName", &input)
    try input.check()
    return try database(name)
  }

  private static let databaseSQL = """
    SELECT name, kms_key, created, updated, (SELECT count(*) FROM timestream_tables t WHERE t.database_id = d.id)
    FROM timestream_databases d
    """

  func database(_ name: String) throws(ServiceError) -> JSON {
    let row = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.row(Self.databaseSQL + " WHERE name = ?", .text(name))
      }
    }
    guard let row else { throw Self.noDatabase(name) }
    return databaseJSON(row)
  }

  private func databaseJSON(_ row: [SQLValue]) -> JSON {
    let name = row[0].text ?? ""
    return [
      "Arn": .string("arn:aws:timestream:\(account.region):\(account.id):database/\(name)"),
      "DatabaseName": .string(name),
      "TableCount": .integer(row[4].integer ?? 0),
      "KmsKeyId": .string(row[1].text ?? "arn:aws:kms:\(account.region):\(account.id):key/timestream-default"),
      "CreationTime": .double(Double(row[2].integer ?? 0) / 1000),
      "LastUpdatedTime": .double(Double(row[3].integer ?? 0) / 1000),
    ]
  }

  func listDatabases(_ input: inout Input) throws(ServiceError) -> JSON {
    let limit = try input.integer("MaxResults", in: 1...20) ?? 20
    let start = try ListToken.read(&input)[0]
    try input.check()
    let rows = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.rows(
          Self.databaseSQL + " WHERE name > ? ORDER BY name LIMIT ?", .text(start), .integer(limit + 1))
      }
    }
    return Self.page(rows, limit, "Databases", token: { ListToken.make($0[0].text ?? "") }) { databaseJSON($0) }
  }

  private static func page(
    _ rows: [[SQLValue]], _ limit: Int64, _ member: String, token: ([SQLValue]) -> JSON, _ json: ([SQLValue]) -> JSON
  ) -> JSON {
    let shown = rows.prefix(Int(limit))
    var answer: JSONObject = [member: .array(shown.map(json))]
    if rows.count > shown.count, let last = shown.last { answer["NextToken"] = token(last) }
    return .object(answer)
  }

  // MARK: Tables

  func createTable(_ input: inout Input) throws(ServiceError) -> JSON {
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
    try storing {
      try storage.database.with { connection in
        try connection.transaction {
          guard
            let parent = try connection.row("SELECT id FROM timestream_databases WHERE name = ?", .text(database))?[0]
          else {
            throw Self.noDatabase(database)
          }
          if try connection.row(
            "SELECT 1 FROM timestream_tables WHERE database_id = ? AND name = ?", parent, .text(name)) != nil
          {
            throw ServiceError.timestream("ConflictException", "A table with the name \(name) already exists.")
          }
          try Self.checkQuota("timestream_tables", Self.tableLimit, connection)
          // An id is never used again, so that a query that is under way cannot meet another table.
          try connection.execute(
            "INSERT OR IGNORE INTO local_state SELECT 'timestream_last_table', coalesce(max(id), 0) FROM timestream_tables; UPDATE local_state SET value = value + 1 WHERE name = 'timestream_last_table'"
          )
          let id =
            try connection.row("SELECT CAST(value AS INTEGER) FROM local_state WHERE name = 'timestream_last_table'")?[
              0
            ].integer ?? 1
          try connection.run(
            "INSERT INTO timestream_tables (id, database_id, name, memory_hours, magnetic_days, magnetic_writes, created, updated, schema) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .integer(id), parent, .text(name), .integer(hours), .integer(days), .text(JSON.object(magnetic).text),
            .integer(now),
            .integer(now), .text(schema.json.text))
          try connection.execute(
            "CREATE TABLE ts_series_\(id) (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, measure_name TEXT NOT NULL)"
          )
          try connection.execute("CREATE INDEX ts_series_\(id)_measure ON ts_series_\(id) (measure_name)")
          try connection.execute(
            "CREATE TABLE ts_rows_\(id) (series INTEGER NOT NULL, time INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (series, time)) WITHOUT ROWID"
          )
        }
      }
    }
    let made = try table(database, name)
    try put(tags, on: made["Arn"]?.string ?? "")
    return made
  }

  /// Changes the retention and the magnetic writes, those that are given.
  func updateTable(_ input: inout Input) throws(ServiceError) -> JSON {
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
    let stored = TableSchema(stored: try table(database, name)["Schema"]?.text)
    let newSchema = try schema.map { schema throws(ServiceError) in try stored.updated(to: schema) }
    try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.run(
          """
          UPDATE timestream_tables SET memory_hours = coalesce(?, memory_hours), magnetic_days = coalesce(?, magnetic_days),
            magnetic_writes = coalesce(?, magnetic_writes), schema = coalesce(?, schema), updated = ?
          WHERE name = ? AND database_id = (SELECT id FROM timestream_databases WHERE name = ?)
          """, hours.map { .integer($0) } ?? .null, days.map { .integer($0) } ?? .null,
          magnetic.map { .text(JSON.object($0).text) } ?? .null, newSchema.map { .text($0.json.text) } ?? .null,
          .integer(clock.now), .text(name), .text(database))
      }
    }
    return try table(database, name)
  }

  func describeTable(_ input: inout Input) throws(ServiceError) -> JSON {
    let database = try Self.name("DatabaseName", &input)
    let name = try Self.name("TableName", &input)
    try input.check()
    return try table(database, name)
  }

  private static let tableSQL = """
    SELECT t.name, d.name, memory_hours, magnetic_days, magnetic_writes, t.created, t.updated, t.schema
    FROM timestream_tables t JOIN timestream_databases d ON d.id = t.database_id
    """

  func table(_ database: String, _ name: String) throws(ServiceError) -> JSON {
    let row = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.row(Self.tableSQL + " WHERE d.name = ? AND t.name = ?", .text(database), .text(name))
      }
    }
    guard let row else {
      _ = try self.database(database)
      throw Self.noTable(name)
    }
    return tableJSON(row)
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

  func listTables(_ input: inout Input) throws(ServiceError) -> JSON {
    let database = try input.string("DatabaseName")
    let limit = try input.integer("MaxResults", in: 1...20) ?? 20
    // The same name may be in several databases.
    let start = try ListToken.read(&input, count: 2)
    try input.check()
    if let database { _ = try self.database(database) }
    let rows = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.rows(
          Self.tableSQL
            + " WHERE (t.name, d.name) > (?1, ?2) AND (?3 IS NULL OR d.name = ?3) ORDER BY t.name, d.name LIMIT ?4",
          .text(start[0]), .text(start[1]), database.map { .text($0) } ?? .null, .integer(limit + 1))
      }
    }
    return Self.page(rows, limit, "Tables", token: { ListToken.make($0[0].text ?? "", $0[1].text ?? "") }) {
      tableJSON($0)
    }
  }
}
