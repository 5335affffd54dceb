import CacheSupport
import SQLiteStore

extension TimestreamStore {
  private static let databaseLimit: Int64 = 500

  func createDatabase(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let name = try Self.name("DatabaseName", &input, creating: true)
    let key = try input.string("KmsKeyId", length: 1...2048)
    let tags = try tags(&input, required: false)
    try input.check()
    let now = clock.now
    return .writing { [self] connection throws(ServiceError) in
      if try storing({ try hasDatabase(name, connection) }) {
        throw .timestream("ConflictException", "A database with the name \(name) already exists.")
      }
      try Self.checkQuota("timestream_databases", Self.databaseLimit, connection)
      try storing {
        try connection.run(
          "INSERT INTO timestream_databases (name, kms_key, created, updated) VALUES (?, ?, ?, ?)", .text(name),
          key.map { .text($0) } ?? .null, .integer(now), .integer(now))
      }
      try put(tags, on: arn(ofDatabase: name), connection)
      return Answer(["Database": try database(name, connection)])
    }
  }

  func describeDatabase(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let name = try Self.name("DatabaseName", &input)
    try input.check()
    return .reading { [self] connection throws(ServiceError) in
      Answer(["Database": try database(name, connection)])
    }
  }

  func listDatabases(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let limit = try input.integer("MaxResults", in: 1...20) ?? 20
    let start = try ListToken.read(&input)[0]
    try input.check()
    return .reading { [self] connection throws(ServiceError) in
      let rows = try storing {
        try connection.rows(
          Self.databaseSQL + " WHERE name > ? ORDER BY name LIMIT ?", .text(start), .integer(limit + 1))
      }
      return Self.page(rows, limit, "Databases", token: { ListToken.make($0[0].text ?? "") }) { databaseJSON($0) }
    }
  }

  func updateDatabase(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let name = try Self.name("DatabaseName", &input)
    let key = try input.string("KmsKeyId", required: true, length: 1...2048) ?? ""
    try input.check()
    let now = clock.now
    return .writing { [self] connection throws(ServiceError) in
      try storing {
        try connection.run(
          "UPDATE timestream_databases SET kms_key = ?, updated = ? WHERE name = ?", .text(key), .integer(now),
          .text(name))
      }
      return Answer(["Database": try database(name, connection)])
    }
  }

  /// A database with tables in it stays.
  func deleteDatabase(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let name = try Self.name("DatabaseName", &input)
    try input.check()
    return .writing { [self] connection throws(ServiceError) in
      guard try database(name, connection)["TableCount"]?.int64 == 0 else {
        throw .timestream("ValidationException", "The database \(name) cannot be deleted while it has tables.")
      }
      try storing {
        try connection.run("DELETE FROM timestream_databases WHERE name = ?", .text(name))
        try connection.run("DELETE FROM timestream_tags WHERE arn = ?", .text(arn(ofDatabase: name)))
      }
      return Answer([:])
    }
  }

  // MARK: Rows

  private static let databaseSQL = """
    SELECT name, kms_key, created, updated, (SELECT count(*) FROM timestream_tables t WHERE t.database_id = d.id)
    FROM timestream_databases d
    """

  /// - Throws: ResourceNotFoundException.
  func database(_ name: String, _ connection: Connection) throws(ServiceError) -> JSON {
    let row = try storing { try connection.row(Self.databaseSQL + " WHERE name = ?", .text(name)) }
    guard let row else { throw Self.noDatabase(name) }
    return databaseJSON(row)
  }

  private func databaseJSON(_ row: [SQLValue]) -> JSON {
    let name = row[0].text ?? ""
    return [
      "Arn": .string(arn(ofDatabase: name)),
      "DatabaseName": .string(name),
      "TableCount": .integer(row[4].integer ?? 0),
      "KmsKeyId": .string(row[1].text ?? "arn:aws:kms:\(account.region):\(account.id):key/timestream-default"),
      "CreationTime": .double(Double(row[2].integer ?? 0) / 1000),
      "LastUpdatedTime": .double(Double(row[3].integer ?? 0) / 1000),
    ]
  }

  private func arn(ofDatabase name: String) -> String {
    "arn:aws:timestream:\(account.region):\(account.id):database/\(name)"
  }
}
