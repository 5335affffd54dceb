import CacheSupport

/// What is done with databases and tables once they are there: changing, deleting, tagging, and forgetting what is too old.
extension TimestreamStore {
  func updateDatabase(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try Self.name("DatabaseName", &input)
    let key = try input.string("KmsKeyId", required: true, length: 1...2048) ?? ""
    try input.check()
    _ = try database(name)
    try change("UPDATE timestream_databases SET kms_key = ?, updated = ? WHERE name = ?", key, clock.now, name)
    return try database(name)
  }

  /// A database with tables in it stays.
  func deleteDatabase(_ input: inout Input) throws(ServiceError) {
    let name = try Self.name("DatabaseName", &input)
    try input.check()
    guard case .object(let found) = try database(name) else { return }
    guard found["TableCount"]?.int64 == 0 else {
      throw .timestream("ValidationException", "The database \(name) cannot be deleted while it has tables.")
    }
    let arn = found["Arn"]?.string ?? ""
    try storing {
      try storage.database.with { connection in
        try connection.transaction {
          try connection.run("DELETE FROM timestream_databases WHERE name = ?", .text(name))
          try connection.run("DELETE FROM timestream_tags WHERE arn = ?", .text(arn))
        }
      }
    }
  }

  /// Its rows go with it.
  func deleteTable(_ input: inout Input) throws(ServiceError) {
    let database = try Self.name("DatabaseName", &input)
    let name = try Self.name("TableName", &input)
    try input.check()
    let arn = try table(database, name)["Arn"]?.string ?? ""
    try storing {
      try storage.database.with { connection in
        try connection.transaction {
          guard let table = try self.find(database, name, connection) else { return }
          try connection.run("DELETE FROM timestream_tables WHERE id = ?", .integer(table.id))
          try connection.run("DELETE FROM timestream_tags WHERE arn = ?", .text(arn))
        }
      }
    }
    try dropForgotten()
  }

  /// Drops the rows of tables that are deleted, those that a crash left, too. Bit by bit: nobody waits for millions of rows.
  private func dropForgotten() throws(ServiceError) {
    let names = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.rows(
          """
          SELECT substr(name, 9) FROM sqlite_master WHERE type = 'table' AND name LIKE 'ts_rows_%'
            AND CAST(substr(name, 9) AS INTEGER) NOT IN (SELECT id FROM timestream_tables)
          """
        ).compactMap { $0[0].text.flatMap { Int64($0) } }
      }
    }
    for id in names {
      try forEachSeries(of: id) { series, connection throws(DatabaseError) in
        try connection.run("DELETE FROM ts_rows_\(id) WHERE series = ?", .integer(series))
      }
      try storing {
        try storage.database.with { connection throws(DatabaseError) in
          try connection.execute("DROP TABLE IF EXISTS ts_rows_\(id); DROP TABLE IF EXISTS ts_series_\(id)")
        }
      }
    }
  }

  /// Calls a body for each series of a table, some at a time: in between others have the storage.
  private func forEachSeries(
    of table: Int64, _ body: (Int64, Connection) throws(DatabaseError) -> Void
  ) throws(ServiceError) {
    var last: Int64 = 0
    while true {
      let next = try storing {
        try storage.database.with { connection in
          try connection.transaction { () -> Int64? in
            // It may have been deleted since.
            guard try connection.row("SELECT 1 FROM sqlite_master WHERE name = ?", .text("ts_series_\(table)")) != nil
            else { return nil }
            let series = try connection.rows(
              "SELECT id FROM ts_series_\(table) WHERE id > ? ORDER BY id LIMIT 20", .integer(last)
            ).compactMap { $0[0].integer }
            for id in series { try body(id, connection) }
            return series.last
          }
        }
      }
      guard let next else { return }
      last = next
    }
  }

  private func change(_ sql: String, _ key: String, _ now: Int64, _ name: String) throws(ServiceError) {
    try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.run(sql, .text(key), .integer(now), .text(name))
      }
    }
  }

  // MARK: Tags

  /// - Throws: where the ARN names nothing that is here.
  private func taggable(_ input: inout Input) throws(ServiceError) -> String {
    let arn = try input.string("ResourceARN", required: true, length: 1...1011) ?? ""
    try input.check()
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "timestream" else {
      throw .timestream("ValidationException", "Invalid ARN: \(arn)")
    }
    guard parts[1] == "aws", parts[3] == account.region, parts[4] == account.id else {
      throw .timestream("ResourceNotFoundException", "The resource \(arn) does not exist.")
    }
    let path = parts[5].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch path.count {
    case 2 where path[0] == "database": _ = try database(path[1])
    case 4 where path[0] == "database" && path[2] == "table": _ = try table(path[1], path[3])
    case 2... where path[0] == "scheduled-query":
      let row = try storing {
        try storage.database.with { connection throws(DatabaseError) in
          try connection.row("SELECT 1 FROM timestream_scheduled_queries WHERE arn = ?", .text(arn))
        }
      }
      guard row != nil else {
        throw .timestream("ResourceNotFoundException", "The scheduled query \(arn) does not exist.")
      }
    default: throw .timestream("ValidationException", "Invalid ARN: \(arn)")
    }
    return arn
  }

  func tagResource(_ input: inout Input) throws(ServiceError) {
    let tags = try tags(&input, required: true)
    let arn = try taggable(&input)
    try put(tags, on: arn)
  }

  /// The tags of a request.
  func tags(_ input: inout Input, required: Bool) throws(ServiceError) -> [(key: String, value: String)] {
    var tags: [(key: String, value: String)] = []
    let elements = try input.array("Tags", required: required, count: 0...200) ?? []
    for var tag in try input.structures(elements, of: "Tags") {
      let key = try tag.string("Key", required: true, length: 1...128) ?? ""
      let value = try tag.string("Value", required: true, length: 0...256) ?? ""
      input.absorb(tag)
      tags.append((key, value))
    }
    return tags
  }

  func put(_ tags: [(key: String, value: String)], on arn: String) throws(ServiceError) {
    guard !tags.isEmpty else { return }
    try storing {
      try storage.database.with { connection in
        try connection.transaction {
          for (key, value) in tags {
            try connection.run(
              "INSERT OR REPLACE INTO timestream_tags VALUES (?, ?, ?)", .text(arn), .text(key), .text(value))
          }
          let count = try connection.row("SELECT count(*) FROM timestream_tags WHERE arn = ?", .text(arn))?[0].integer
          guard count ?? 0 <= 200 else {
            throw ServiceError.timestream("ServiceQuotaExceededException", "A resource has at most 200 tags.")
          }
        }
      }
    }
  }

  func untagResource(_ input: inout Input) throws(ServiceError) {
    let keys = try (try input.array("TagKeys", required: true, count: 0...200) ?? []).map { key throws(ServiceError) in
      guard let key = key.string else {
        throw .coral("SerializationException", "NUMBER_VALUE cannot be converted to String", messageName: "Message")
      }
      return key
    }
    let arn = try taggable(&input)
    try storing {
      try storage.database.with { connection throws(DatabaseError) in
        for key in keys {
          try connection.run(
            "DELETE FROM timestream_tags WHERE arn = ? AND key = ?", .text(arn), .text(key))
        }
      }
    }
  }

  func listTags(_ input: inout Input) throws(ServiceError) -> JSON {
    let limit = try input.integer("MaxResults", in: 1...200) ?? 200
    let start = try ListToken.read(&input)[0]
    let arn = try taggable(&input)
    let rows = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.rows(
          "SELECT key, value FROM timestream_tags WHERE arn = ? AND key > ? ORDER BY key LIMIT ?", .text(arn),
          .text(start), .integer(limit + 1))
      }
    }
    let shown = rows.prefix(Int(limit)).map { (key: $0[0].text ?? "", value: $0[1].text ?? "") }
    var answer: JSONObject = ["Tags": .array(shown.map { ["Key": .string($0.key), "Value": .string($0.value)] })]
    if rows.count > shown.count, let last = shown.last {
      answer["NextToken"] = ListToken.make(last.key)
    }
    return .object(answer)
  }

  // MARK: Retention

  /// Deletes the rows that are older than both stores keep them, and the series that have none left. Queries leave them out from the
  /// first moment on.
  func sweepExpired() throws(ServiceError) {
    try dropForgotten()
    let now = clock.now
    let tables = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.rows("SELECT id, memory_hours, magnetic_days FROM timestream_tables")
      }
    }
    for row in tables {
      guard let id = row[0].integer else { continue }
      let oldest = Self.oldest(now, memoryHours: row[1].integer ?? 0, magneticDays: row[2].integer ?? 0)
      try forEachSeries(of: id) { series, connection throws(DatabaseError) in
        try connection.run(
          "DELETE FROM ts_rows_\(id) WHERE series = ? AND time < ?", .integer(series), .integer(oldest))
        try connection.run(
          "DELETE FROM ts_series_\(id) WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM ts_rows_\(id) WHERE series = ?1)",
          .integer(series))
      }
    }
  }

  /// The first instant that a table still has, nanoseconds.
  static func oldest(_ now: Int64, memoryHours: Int64, magneticDays: Int64) -> Int64 {
    let kept = memoryHours * 3_600_000 + magneticDays * 86_400_000
    let (nanoseconds, overflows) = (now - kept).multipliedReportingOverflow(by: 1_000_000)
    return overflows ? .min : nanoseconds
  }
}
