import AWSClients
import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

@Suite struct DynamoDBMigrationTests {
  @Test("Tables and items of the first layouts are there, in their parts, counted, and expire") func oldData() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dynamodb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let hashes = ["a", "\u{E9}", "e\u{301}", "sensor-7", String(repeating: "x", count: 300)]
    do {
      let connection = try Connection(path: folder.appending(path: "local-cloud.sqlite").path, readOnly: false)
      // The tables as they were with two steps.
      try connection.execute(
        "CREATE TABLE schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")
      for step in DynamoDBService.schema.steps.prefix(2) { try connection.execute(step) }
      try connection.execute("INSERT INTO schema_versions VALUES ('dynamodb', 2)")
      try connection.run(
        "INSERT INTO dynamodb_tables VALUES (7, 'ttt', ?, 'r')",
        .text(
          #"{"hash":"p","hashType":"S","billing":"PAY_PER_REQUEST","read":0,"write":0,"created":5,"id":"x","range":"r","rangeType":"N"}"#
        ))
      for hash in hashes {
        for number in [1, 2_000_000_000] {
          let item: Item = ["p": .s(hash), "r": .n(number)]
          try connection.run(
            "INSERT INTO dynamodb_items VALUES (7, ?, ?, ?, ?, ?)", .blob(Array(hash.utf8)),
            .blob(try DecimalNumber(String(number)).sortable), .text(JSON(item: item).text), .integer(10),
            .integer(Int64(number)))
        }
      }
    }
    let tables = try LocalTables(clock: .fixed(1_000_000), folder: folder.path)
    let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
    #expect(table?["ItemCount"] == 10 && table?["TableSizeBytes"] == 100 && table?["TableId"] == "x")
    for hash in hashes {
      let key: Item = ["p": .s(hash), "r": .n(1)]
      #expect(
        try tables.call("GetItem", ["TableName": "ttt", "Key": JSON(item: key)])["Item"] == JSON(item: key))
    }
    try tables.sweep()
    let left = try tables.call("Scan", ["TableName": "ttt"])
    #expect(left["Count"] == 5)
    #expect(left["Items"]?.array?.allSatisfy { $0["r"] == ["N": "2000000000"] } == true)
    // A number that was used is not used again.
    try tables.makeTable("other")
    let number = try tables.service.storage.database.with { connection throws(DatabaseError) in
      try connection.row("SELECT id FROM dynamodb_tables WHERE name = 'other'")?.first
    }
    #expect(number == .integer(8))
  }
}
