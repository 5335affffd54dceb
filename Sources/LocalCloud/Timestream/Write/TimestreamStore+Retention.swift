import CacheSupport
import SQLiteStore

/// Forgetting what is too old, and what is left of deleted tables: piece by piece, so that in between others write.
extension TimestreamStore {
  /// How many rows one piece deletes at most, and how many series it looks at.
  static let sweptRows: Int64 = 5000
  static let sweptSeries: Int64 = 100

  /// The first instant that a table still has, nanoseconds.
  static func oldest(_ now: Int64, memoryHours: Int64, magneticDays: Int64) -> Int64 {
    let kept = memoryHours * 3_600_000 + magneticDays * 86_400_000
    let (nanoseconds, overflows) = (now - kept).multipliedReportingOverflow(by: 1_000_000)
    return overflows ? .min : nanoseconds
  }

  /// Deletes the rows that are older than both stores keep them, and the series that have none left. Queries leave them out from the
  /// first moment on.
  func sweepExpired() async throws(ServiceError) {
    try await dropForgotten()
    let now = clock.now
    let tables = try await storage.read { connection throws(ServiceError) in
      try storing {
        try connection.rows("SELECT id, memory_hours, magnetic_days FROM timestream_tables").map {
          ($0[0].integer ?? 0, Self.oldest(now, memoryHours: $0[1].integer ?? 0, magneticDays: $0[2].integer ?? 0))
        }
      }
    }
    for (id, oldest) in tables {
      guard try await sweep(id, before: oldest) else { return }
    }
  }

  /// Runs what nobody waits for, and says on the terminal why it failed. What is left over the next sweep does.
  func telling(_ body: () async throws(ServiceError) -> Void) async {
    do throws(ServiceError) { try await body() } catch {
      // The storage closes before a task may have seen that it is cancelled.
      if !Task.isCancelled { Notice.tell("Timestream's old rows could not be deleted: \(error.message ?? error.type)") }
    }
  }

  /// Drops the rows of tables that are deleted, those that a crash left, too.
  func dropForgotten() async throws(ServiceError) {
    let tables = try await storage.read { connection throws(ServiceError) in
      try storing {
        try connection.rows(
          """
          SELECT substr(name, 9) FROM sqlite_master WHERE type = 'table' AND name LIKE 'ts\\_rows\\_%' ESCAPE '\\'
            AND CAST(substr(name, 9) AS INTEGER) NOT IN (SELECT id FROM timestream_tables)
          """
        ).compactMap { $0[0].text.flatMap { Int64($0) } }
      }
    }
    for id in tables {
      // A table that is dropped with all its rows would hold up the writer.
      guard try await sweep(id, before: .max) else { return }
      try await storage.write { connection throws(ServiceError) in
        try storing {
          try connection.execute("DROP TABLE IF EXISTS ts_rows_\(id); DROP TABLE IF EXISTS ts_series_\(id)")
        }
      }
    }
  }

  /// - Returns: false where the task was cancelled before the end.
  private func sweep(_ table: Int64, before time: Int64) async throws(ServiceError) -> Bool {
    var next: Int64? = 0
    while let series = next {
      guard !Task.isCancelled else { return false }
      next = try await storage.write { [self] connection throws(ServiceError) in
        try storing { try sweepPiece(of: table, from: series, before: time, connection) }
      }
    }
    return true
  }

  /// Deletes what is older than a time, of some series.
  ///
  /// - Returns: the series from which to go on; nil at the end.
  func sweepPiece(
    of table: Int64, from first: Int64, before time: Int64, _ connection: Connection
  ) throws(DatabaseError) -> Int64? {
    // It may have been dropped since.
    guard try connection.row("SELECT 1 FROM sqlite_master WHERE name = ?", .text("ts_series_\(table)")) != nil else {
      return nil
    }
    memories.forget()
    let series = try connection.rows(
      "SELECT id FROM ts_series_\(table) WHERE id >= ? ORDER BY id LIMIT ?", .integer(first),
      .integer(Self.sweptSeries + 1)
    ).compactMap { $0[0].integer }
    var deleted: Int64 = 0
    for id in series.prefix(Int(Self.sweptSeries)) {
      guard deleted < Self.sweptRows else { return id }
      // Up to the first row that is one too many for this piece.
      let end = try connection.row(
        "SELECT time FROM ts_rows_\(table) WHERE series = ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?", .integer(id),
        .integer(time), .integer(Self.sweptRows - deleted))?[0].integer
      try connection.run(
        "DELETE FROM ts_rows_\(table) WHERE series = ? AND time < ?", .integer(id), .integer(end ?? time))
      deleted += Int64(connection.changes)
      if end != nil { return id }
      try connection.run(
        "DELETE FROM ts_series_\(table) WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM ts_rows_\(table) WHERE series = ?1)",
        .integer(id))
    }
    return series.count > Self.sweptSeries ? series.last : nil
  }
}
