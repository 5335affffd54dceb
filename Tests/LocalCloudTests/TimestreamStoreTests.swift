import CacheSupport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// Databases and tables of Timestream, and what becomes of old rows.
@Suite struct TimestreamStoreTests {
  @Test("The sweep takes rows that are too old, series that have none left, and what a crash left of deleted tables")
  func sweep() async throws {
    let store = try WriteRecordsTests.store()
    for (series, ago) in [("a", 0), ("a", 100), ("b", 100)] {
      let dimensions: JSON = [["Name": "id", "Value": .string(series)]]
      let time = WriteRecordsTests.now - Int64(ago) * WriteRecordsTests.hour
      #expect(WriteRecordsTests.write(store, ["Dimensions": dimensions, "Time": .string(String(time))]).count == 3)
    }
    func count(_ table: String) throws -> SQLValue? {
      try store.storage.database.with { connection throws(DatabaseError) in
        try connection.row("SELECT count(*) FROM \(table)")?[0]
      }
    }
    // Memory and magnetic store keep 132 hours: 40 hours on, those of 100 hours ago are over.
    let later = TimestreamStore(
      storage: store.storage, account: Account(), clock: .fixed(WriteRecordsTests.now + 40 * WriteRecordsTests.hour))
    try await store.sweepExpired()
    #expect(try count("ts_rows_1") == .integer(3))
    try await later.sweepExpired()
    #expect(try count("ts_rows_1") == .integer(1))
    #expect(try count("ts_series_1") == .integer(1))

    try store.storage.database.with { connection throws(DatabaseError) in
      try connection.execute("DELETE FROM timestream_tables")
    }
    try await store.sweepExpired()
    #expect(try count("sqlite_master WHERE name LIKE 'ts_%'") == .integer(0))
    // A table that comes after has another number.
    try store.run(store.createTable, ["DatabaseName": "ddd", "TableName": "ttt"])
    #expect(try count("ts_rows_2") == .integer(0))
  }

  @Test("A sweep that is cancelled drops no table that still has rows") func cancelledSweep() async throws {
    let store = try WriteRecordsTests.store()
    #expect(WriteRecordsTests.write(store, [:]) == "1+0")
    try await store.storage.write { connection throws(ServiceError) in
      try storing {
        try connection.execute(
          """
          INSERT INTO ts_rows_1 (series, time, version)
          WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 12000) SELECT 1, n, 1 FROM s;
          DELETE FROM timestream_tables
          """)
      }
    }
    func count(_ table: String) async throws -> SQLValue? {
      try await store.storage.read { connection throws(ServiceError) in
        try storing { try connection.row("SELECT count(*) FROM \(table)")?[0] }
      }
    }
    let cancelled = Task {
      unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
      try await store.dropForgotten()
    }
    try await cancelled.value
    #expect(try await count("ts_rows_1") == .integer(12_001))
    try await store.dropForgotten()
    #expect(try await count("sqlite_master WHERE name LIKE 'ts_%'") == .integer(0))
  }

  @Test("The rows of a deleted table go after the answer, and no task is left") func deleteTable() async throws {
    let store = try WriteRecordsTests.store()
    #expect(WriteRecordsTests.write(store, [:]) == "1+0")
    try store.run(store.deleteTable, ["DatabaseName": "ddd", "TableName": "ttt"])
    let isGone = try await eventually {
      try await store.storage.read { connection throws(ServiceError) in
        try storing { try connection.row("SELECT 1 FROM sqlite_master WHERE name LIKE 'ts_%'") == nil }
      }
    }
    #expect(isGone)
    await store.tasks.stop()
  }

  @Test("An account has at most 500 databases") func databases() throws {
    let store = try WriteRecordsTests.store()
    func made(_ number: Int) throws {
      try store.run(store.createDatabase, ["DatabaseName": .string("database-\(number)")])
    }
    for number in 1..<500 { try made(number) }
    #expect { try made(500) } throws: {
      ($0 as? ServiceError)?.code == "ServiceQuotaExceededException"
    }
  }
}
