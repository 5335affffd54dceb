import CacheSupport
import SQLiteStore
import Testing

@testable import LocalCloud

/// What writing and sweeping cost, in steps of SQLite's machine.
@Suite struct WriteCostTests {
  /// The body of a request with 100 records of a series each, from a number on.
  private static func request(series: Int, records: Int = 100, from start: Int = 0) -> [JSON] {
    (start..<start + records).map { index in
      [
        "Dimensions": [["Name": "id", "Value": .string("s\(index % series)")]], "MeasureName": "m",
        "MeasureValueType": "MULTI", "Time": .string(String(WriteRecordsTests.now - Int64(index))),
        "MeasureValues": [["Name": "v", "Value": "1.5", "Type": "DOUBLE"]],
      ]
    }
  }

  private static func write(_ store: TimestreamStore, _ records: [JSON]) throws {
    for start in stride(from: 0, to: records.count, by: 100) {
      let part = Array(records[start..<min(start + 100, records.count)])
      var input = Input(["DatabaseName": "ddd", "TableName": "ttt", "Records": .array(part)])
      _ = try store.writeRecords(&input)
    }
  }

  @Test("A write costs the same whatever the table holds") func writes() throws {
    func cost(stored: Int) throws -> Int {
      let store = try WriteRecordsTests.store()
      try Self.write(store, Self.request(series: stored, records: stored))
      _ = store.storage.takeStepCount()
      try Self.write(store, Self.request(series: 100, from: 10_000))
      return store.storage.takeStepCount()
    }
    let (few, many) = try (cost(stored: 200), cost(stored: 2000))
    #expect(few > 0 && many < few + few / 4, "\(few) steps beside \(many)")
  }

  @Test("A new measure name costs the same whatever the number of series") func measureNames() throws {
    func cost(series: Int) throws -> Int {
      let store = try WriteRecordsTests.store()
      try Self.write(store, Self.request(series: series, records: series))
      // Nothing is remembered in the next store.
      let next = TimestreamStore(storage: store.storage, account: Account(), clock: .fixed(WriteRecordsTests.now))
      _ = store.storage.takeStepCount()
      #expect(WriteRecordsTests.write(next, ["MeasureName": "new"]) == "1+0")
      return store.storage.takeStepCount()
    }
    let (few, many) = try (cost(series: 100), cost(series: 1000))
    #expect(few > 0 && many < few + few / 4, "\(few) steps beside \(many)")
  }

  @Test("A sweep goes in pieces, of one long series, too") func pieces() throws {
    let store = try WriteRecordsTests.store()
    #expect(WriteRecordsTests.write(store, [:]) == "1+0")
    try store.storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        try connection.run(
          """
          INSERT INTO ts_rows_1 (series, time, version)
          WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 12000) SELECT 1, n, 1 FROM s
          """)
      }
    }
    func piece() throws -> (next: Int64?, left: Int64?) {
      try store.storage.writeAndWait { connection throws(ServiceError) in
        try storing {
          let next = try store.sweepPiece(of: 1, from: 0, before: 1_000_000, connection)
          return (next, try connection.row("SELECT count(*) FROM ts_rows_1")?[0].integer)
        }
      }
    }
    let pieces = try [piece(), piece(), piece()]
    #expect(pieces.map(\.next) == [1, 1, nil])
    #expect(pieces.map(\.left) == [7001, 2001, 1])
  }

  @Test("A series that a failed or undone write made is not remembered") func undone() throws {
    let store = try WriteRecordsTests.store()
    #expect(WriteRecordsTests.write(store, [:]) == "1+0")
    // The commit fails after the record was written.
    let series: JSON = [["Name": "id", "Value": "other"]]
    let operation = store.writeRecords
    let body: JSON = [
      "DatabaseName": "ddd", "TableName": "ttt",
      "Records": [
        [
          "Dimensions": series, "MeasureName": "m", "MeasureValue": "1", "Time": .string(String(WriteRecordsTests.now)),
        ]
      ],
    ]
    let request = OperationRequest(http: ServerRequest(method: "POST", path: "/", body: body.bytes))
    guard case .writing(let write) = try operation.begin(request) else {
      Issue.record("WriteRecords does not write")
      return
    }
    #expect(throws: ServiceError.self) {
      try store.storage.writeAndWait { connection throws(ServiceError) in
        _ = try write(connection)
        try storing { try connection.execute("ROLLBACK") }
      }
    }
    #expect(WriteRecordsTests.write(store, ["Dimensions": series]) == "1+0")
    let rows = try store.storage.read { connection throws(ServiceError) in
      try storing {
        try connection.rows("SELECT count(*) FROM ts_rows_1 JOIN ts_series_1 ON series = id GROUP BY key")
      }
    }
    #expect(rows == [[.integer(1)], [.integer(1)]])
  }
}
