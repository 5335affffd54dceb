import AWSClients
import CacheSupport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// What indexes cost, and what a template says of them; Tests/Conformance/test_dynamodb_indexes.py has their language.
@Suite struct IndexTests {
  private static func index(_ name: String, _ keys: String...) -> JSON {
    [
      "IndexName": .string(name), "Projection": ["ProjectionType": "ALL"],
      "KeySchema": .array(
        zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0), "KeyType": .string($0.1)] }),
    ]
  }

  /// A table of `p`, `r` with a global index by `v` and `r`.
  private static func makeTable(_ tables: LocalTables) throws {
    try tables.call(
      "CreateTable",
      [
        "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "r", "AttributeType": "N"],
          ["AttributeName": "v", "AttributeType": "S"],
        ],
        "KeySchema": [
          ["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "r", "KeyType": "RANGE"],
        ], "GlobalSecondaryIndexes": [index("byValue", "v", "r")],
      ])
  }

  private static func counts(_ tables: LocalTables) throws -> [SQLValue]? {
    try tables.service.storage.database.with { connection throws(DatabaseError) in
      try connection.row(
        "SELECT (SELECT count(*) FROM dynamodb_index_entries), (SELECT count(*) FROM dynamodb_indexes)")
    }
  }

  @Test("A page of an index goes on from its key, and a write costs the same whatever is there") func costs() throws {
    func costs(_ count: Int) throws -> [Int] {
      let tables = try LocalTables()
      try Self.makeTable(tables)
      try tables.fill(0..<count)
      var costs: [Int] = []
      for backward in [false, true] {
        costs.append(
          try tables.steps {
            let page = try tables.call(
              "Query",
              [
                "TableName": "ttt", "IndexName": "byValue", "KeyConditionExpression": "v = :v", "Limit": 5,
                "Select": "COUNT", "ExpressionAttributeValues": [":v": ["S": "a value of some length"]],
                "ScanIndexForward": .bool(!backward),
                "ExclusiveStartKey": [
                  "p": ["S": "p50"], "r": ["N": "50"], "v": ["S": "a value of some length"],
                ],
              ])
            #expect(page["Count"] == 5)
          })
      }
      costs.append(
        try tables.steps {
          try tables.call(
            "PutItem",
            ["TableName": "ttt", "Item": ["p": ["S": "p50"], "r": ["N": "50"], "v": ["S": "another"]]])
        })
      costs.append(try tables.steps { try tables.call("DescribeTable", ["TableName": "ttt"]) })
      costs.append(try tables.steps { try tables.call("DeleteTable", ["TableName": "ttt"]) })
      return costs
    }
    let (few, many) = (try costs(100), try costs(1000))
    #expect(few == many && few.allSatisfy { $0 > 0 })
  }

  @Test("An index is filled and deleted in pieces, and counted through them, whatever is written meanwhile")
  func pieces() throws {
    let tables = try LocalTables()
    let service = tables.service
    try tables.makeTable()
    let count = 3 * DynamoDBService.sweptItems
    try tables.fill(0..<count)
    func pieces(_ piece: @escaping DynamoDBService.Piece, between: () throws -> Void = {}) throws -> [Int] {
      var costs: [Int] = []
      var goesOn = true
      while goesOn {
        costs.append(try tables.steps { goesOn = try service.storage.writeAndWait(piece) })
        try between()
      }
      return costs
    }
    try tables.call(
      "UpdateTable",
      [
        "TableName": "ttt", "GlobalSecondaryIndexUpdates": [["Create": Self.index("byValue", "v")]],
        "AttributeDefinitions": [["AttributeName": "v", "AttributeType": "S"]],
      ])
    #expect(
      tables.answer("Scan", ["TableName": "ttt", "IndexName": "byValue"])
        == "Cannot read from backfilling global secondary index: byValue")
    var changed = 0
    // Between the pieces items go and come, some before and some after the place that the sweep is at.
    let filling = try pieces(service.fill) {
      for number in changed..<(changed + 20) {
        let key: JSON = ["p": ["S": .string("p\(number * 17)")], "r": ["N": .string(String(number * 17))]]
        try tables.call("DeleteItem", ["TableName": "ttt", "Key": key])
        try tables.call(
          "PutItem",
          ["TableName": "ttt", "Item": ["p": ["S": .string("new\(number)")], "r": ["N": "1"], "v": ["S": "w"]]])
      }
      changed += 20
    }
    // Three of old items, one of those that came after the place, one that finds the end, and one that finds nothing to do.
    #expect(filling.count == 6)
    let index = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]?["GlobalSecondaryIndexes"]?.array?[0]
    let left = count - (0..<changed).count { $0 * 17 < count } + changed
    #expect(index?["IndexStatus"] == "ACTIVE" && index?["ItemCount"] == .integer(left))
    #expect(try Self.counts(tables) == [.integer(Int64(left)), .integer(1)])

    try tables.call(
      "UpdateTable",
      ["TableName": "ttt", "GlobalSecondaryIndexUpdates": [["Delete": ["IndexName": "byValue"]]]])
    let purging = try pieces(service.purgeIndexes)
    #expect(purging.count == (left + DynamoDBService.sweptItems - 1) / DynamoDBService.sweptItems + 2)
    #expect(try Self.counts(tables) == [.integer(0), .integer(0)])
    for cost in filling + purging { #expect(cost < DynamoDBService.sweptItems * 120) }
  }

  @Test("Items that expire leave their indexes, and a table that is deleted leaves nothing") func expiry() throws {
    let clock = ManualClock(LocalTables.now)
    let tables = try LocalTables(clock: clock.clock)
    try Self.makeTable(tables)
    try tables.fill(0..<50)
    try tables.call(
      "UpdateTimeToLive",
      ["TableName": "ttt", "TimeToLiveSpecification": ["AttributeName": "r", "Enabled": true]])
    clock.advance(20_000 - LocalTables.now)
    try tables.sweep()
    let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
    #expect(table?["ItemCount"] == 30 && table?["GlobalSecondaryIndexes"]?.array?[0]["ItemCount"] == 30)
    #expect(try tables.call("Scan", ["TableName": "ttt", "IndexName": "byValue", "Select": "COUNT"])["Count"] == 30)
    try tables.call("DeleteTable", ["TableName": "ttt"])
    try tables.sweep()
    #expect(try Self.counts(tables) == [.integer(0), .integer(0)])
  }

  @Test("A template's indexes are made, and follow it when it changes") func template() throws {
    let tables = try LocalTables()
    func standUp(_ indexes: [TableResource.Index]) throws {
      var table = TableResource(
        name: "ttt", hash: .init(name: "p", type: "S"), range: .init(name: "r", type: "N"), timeToLive: nil)
      table.indexes = indexes
      try tables.service.standUp(table)
    }
    func names() throws -> [String] {
      let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
      return (table?["GlobalSecondaryIndexes"]?.array ?? []).compactMap { index in
        #expect(index["IndexStatus"] == "ACTIVE")
        return index["IndexName"]?.string
      }
    }
    let byValue = TableResource.Index(
      name: "byValue", kind: .global, hash: .init(name: "v", type: "S"), projection: "ALL")
    let byRange = TableResource.Index(
      name: "byRange", kind: .global, hash: .init(name: "r", type: "N"), projection: "INCLUDE", included: ["v"])
    try standUp([byValue])
    try tables.fill(0..<30)
    try standUp([byValue])
    #expect(try names() == ["byValue"])
    try standUp([byRange])
    #expect(try names() == ["byRange"])
    #expect(try tables.call("Scan", ["TableName": "ttt", "IndexName": "byRange", "Select": "COUNT"])["Count"] == 30)
    var changed = byRange
    (changed.projection, changed.included) = ("KEYS_ONLY", [])
    try standUp([byValue, changed])
    #expect(Set(try names()) == ["byValue", "byRange"])
    try standUp([])
    #expect(try names() == [])
    let local = TableResource.Index(
      name: "local", kind: .local, hash: .init(name: "p", type: "S"), range: .init(name: "v", type: "S"),
      projection: "ALL")
    func refusal(_ body: () throws -> Void) -> String? { (#expect(throws: ServiceError.self) { try body() })?.message }
    #expect(
      refusal { try standUp([local]) }
        == "the table ttt is there with other local indexes: remove it, or give another --data folder")
    let other = TableResource(
      name: "ttt", hash: .init(name: "q", type: "S"), range: .init(name: "r", type: "N"), timeToLive: nil)
    #expect(
      refusal { try tables.service.standUp(other) }
        == "the table ttt is there with another key: remove it, or give another --data folder")
    let retyped = TableResource(
      name: "ttt", hash: .init(name: "p", type: "S"), range: .init(name: "r", type: "S"), timeToLive: nil)
    #expect(
      refusal { try tables.service.standUp(retyped) }
        == "the table ttt is there with keys of other types: remove it, or give another --data folder")
  }
}
