import CacheSupport
import SQLiteStore
import Testing

@testable import LocalCloud

@Suite struct ItemSweepTests {
  @Test("A sweep that fails holds up none of the others, and does its work once it can") func faults() async throws {
    let tables = try LocalTables()
    try tables.makeTable()
    try tables.fill(0..<3)
    try tables.call("DeleteTable", ["TableName": "ttt"])
    let (service, storage) = (tables.service, tables.service.storage)
    func sweep() async -> [String] {
      var faults: [String] = []
      for sweep in service.sweeps {
        do throws(ServiceError) { try await sweep.run() } catch {
          faults.append("\(sweep.name): \(error.message ?? error.type)")
        }
      }
      return faults
    }
    func left() throws -> Int64? {
      try storage.read { connection throws(ServiceError) in
        try storing { try connection.row("SELECT count(*) FROM dynamodb_items")?[0].integer }
      }
    }
    func change(_ sql: String) throws {
      try storage.writeAndWait { connection throws(ServiceError) in try storing { try connection.execute(sql) } }
    }
    try change("CREATE TRIGGER kept BEFORE DELETE ON dynamodb_items BEGIN SELECT RAISE(ABORT, 'no room'); END")
    #expect(await sweep() == ["the removal of deleted tables' items: no room"])
    #expect(try left() == 3)
    try change("DROP TRIGGER kept")
    #expect(await sweep() == [])
    #expect(try left() == 0)
  }

  @Test(
    "A time to live may be any number: what is no time of the last five years expires nothing",
    arguments: [true, false])
  func numbers(isFirst: Bool) throws {
    let tables = try LocalTables()
    try tables.makeTable()
    let specification: JSONObject = [
      "TableName": "ttt", "TimeToLiveSpecification": ["AttributeName": "t", "Enabled": true],
    ]
    // Noted as items come, or afterwards.
    if isFirst { try tables.call("UpdateTimeToLive", specification) }
    let now = LocalTables.now / 1000
    let numbers = [
      "1E125", "-1E125", "9.9999999999999999999999999999999999999E125", "1E-130", "0.1", "0", "-1",
      "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "\(now + 1)",
      "\(now - DynamoDBService.expiryYears - 1)",
    ]
    for (number, value) in (numbers + ["\(now - 1)", "\(now - 1).5"]).enumerated() {
      try tables.call(
        "PutItem",
        [
          "TableName": "ttt",
          "Item": ["p": ["S": .string(value)], "r": ["N": .string("\(number)")], "t": ["N": .string(value)]],
        ])
    }
    if !isFirst { try tables.call("UpdateTimeToLive", specification) }
    try tables.sweep()
    let items = try tables.call("Scan", ["TableName": "ttt"])["Items"]?.array ?? []
    #expect(Set(items.compactMap { $0["p"]?["S"]?.string }) == Set(numbers))
  }
}
