import AWSClients
import CacheSupport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// What operations cost in a table of n and of 10 n items, in steps of SQLite's machine.
@Suite struct CostTests {
  static let few = 100

  /// The steps that an operation takes in a table of few items and in one of ten times as many.
  static func costs(
    hash: @escaping @Sendable (Int) -> String = { "p\($0)" }, _ body: (LocalTables) throws -> Void
  ) throws -> (few: Int, many: Int) {
    let costs = try [few, 10 * few].map { count in
      let tables = try LocalTables()
      try tables.makeTable()
      try tables.fill(0..<count, hash: hash)
      return try tables.steps { try body(tables) }
    }
    return (costs[0], costs[1])
  }

  @Test("Describing, deleting and making a table cost the same whatever is in it") func tables() throws {
    for name in ["DescribeTable", "DeleteTable", "DescribeTimeToLive"] {
      let cost = try Self.costs { tables in try tables.call(name, ["TableName": "ttt"]) }
      #expect(cost.few > 0 && cost.many == cost.few, "\(name)")
    }
    let enabling = try Self.costs { tables in
      try tables.call(
        "UpdateTimeToLive",
        ["TableName": "ttt", "TimeToLiveSpecification": ["AttributeName": "v", "Enabled": true]])
    }
    #expect(enabling.many == enabling.few)
  }

  @Test("A segment of a scan reads its own items alone") func segments() throws {
    let tables = try LocalTables()
    try tables.makeTable()
    try tables.fill(0..<(10 * Self.few))
    func scan(_ segment: Int, of segments: Int) throws -> (steps: Int, hashes: Set<ByteText>) {
      var hashes: Set<ByteText> = []
      let steps = try tables.steps {
        let input: JSONObject = [
          "TableName": "ttt", "TotalSegments": .integer(segments), "Segment": .integer(segment),
        ]
        let items = try tables.call("Scan", input)["Items"]?.array ?? []
        hashes = Set(items.compactMap { $0["p"]?["S"]?.string.map { ByteText($0) } })
      }
      return (steps, hashes)
    }
    let all = try scan(0, of: 1)
    #expect(all.hashes.count == 10 * Self.few)
    let parts = try (0..<10).map { try scan($0, of: 10) }
    // Together they read what one scan reads, and each item is in one of them.
    #expect(parts.map(\.hashes.count).reduce(0, +) == all.hashes.count)
    #expect(parts.reduce(into: Set()) { $0.formUnion($1.hashes) } == all.hashes)
    for part in parts { #expect(part.steps < all.steps / 4 && part.hashes.count > 50) }
  }

  @Test("A page goes on from its key without reading what is before it") func pages() throws {
    for operation in ["Query", "Scan"] {
      let cost = try Self.costs(hash: { _ in "one" }) { tables in
        let last = Self.few - 10
        var input: JSONObject = [
          "TableName": "ttt", "Limit": 5, "Select": "COUNT",
          "ExclusiveStartKey": ["p": ["S": "one"], "r": ["N": .string(String(last))]],
        ]
        if operation == "Query" {
          input["KeyConditionExpression"] = "p = :p"
          input["ExpressionAttributeValues"] = [":p": ["S": "one"]]
        }
        let count = try tables.call(operation, input)["Count"]
        #expect(count == 5)
      }
      #expect(cost.many == cost.few, "\(operation)")
    }
  }

  @Test("The beginning of a range key is looked up, not searched") func prefix() throws {
    let tables = try LocalTables()
    try tables.makeTable("texts", range: "S")
    for range in ["a1", "a2", "b", "a\u{FF}", "c"] + (0..<50).map({ "d\($0)" }) {
      try tables.call("PutItem", ["TableName": "texts", "Item": ["p": ["S": "k"], "r": ["S": .string(range)]]])
    }
    let input: JSONObject = [
      "TableName": "texts", "KeyConditionExpression": "p = :p AND begins_with(r, :a)", "Select": "COUNT",
      "ExpressionAttributeValues": [":p": ["S": "k"], ":a": ["S": "a"]],
    ]
    var count: JSON?
    let steps = try tables.steps { count = try tables.call("Query", input)["Count"] }
    #expect(count == 3)
    #expect(steps > 0 && steps < 150)
  }

  @Test("Every sweep works in pieces of bounded size") func pieces() throws {
    let clock = ManualClock(LocalTables.now)
    let tables = try LocalTables(clock: clock.clock)
    let service = tables.service
    try tables.makeTable()
    let count = 3 * DynamoDBService.sweptItems
    try tables.fill(0..<count)
    // r is the item's number: 0, 1, … are seconds long past, and more than five years ago.
    func pieces(_ piece: @escaping DynamoDBService.Piece) throws -> [Int] {
      var costs: [Int] = []
      var goesOn = true
      while goesOn { costs.append(try tables.steps { goesOn = try service.storage.writeAndWait(piece) }) }
      return costs
    }
    try tables.call(
      "UpdateTimeToLive",
      ["TableName": "ttt", "TimeToLiveSpecification": ["AttributeName": "r", "Enabled": true]])
    let noting = try pieces(service.noteExpiry)
    #expect(noting.count == 5)
    #expect(try pieces(service.expire).count == 1)
    #expect(try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]?["ItemCount"] == .integer(count))

    clock.advance(1_000_000 - LocalTables.now)
    #expect(try tables.call("Scan", ["TableName": "ttt", "Select": "COUNT"])["Count"] == .integer(count))
    let expiring = try pieces(service.expire)
    #expect(expiring.count == 3)
    let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
    #expect(table?["ItemCount"] == .integer(count - 1000))

    try tables.call("DeleteTable", ["TableName": "ttt"])
    let purging = try pieces(service.purge)
    #expect(purging.count == 3)
    for cost in noting + expiring + purging { #expect(cost < DynamoDBService.sweptItems * 80) }
  }

  @Test("A deleted table's name is free at once, and the new table is empty") func deleted() throws {
    let tables = try LocalTables()
    let service = tables.service
    try tables.makeTable()
    try tables.fill(0..<60)
    #expect(try tables.call("DeleteTable", ["TableName": "ttt"])["TableDescription"]?["ItemCount"] == 60)
    #expect(
      tables.answer("DescribeTable", ["TableName": "ttt"]) == "Requested resource not found: Table: ttt not found")
    #expect(tables.answer("Scan", ["TableName": "ttt"]) == "Requested resource not found")
    #expect(try tables.call("ListTables", [:]) == ["TableNames": []])
    try tables.makeTable()
    try tables.fill(0..<5)
    #expect(try tables.call("Scan", ["TableName": "ttt", "Select": "COUNT"])["Count"] == 5)
    try tables.sweep()
    #expect(try tables.call("Scan", ["TableName": "ttt", "Select": "COUNT"])["Count"] == 5)
    let left = try service.storage.database.with { connection throws(DatabaseError) in
      try connection.row("SELECT (SELECT count(*) FROM dynamodb_items), (SELECT count(*) FROM dynamodb_tables)")
    }
    #expect(left == [.integer(5), .integer(1)])
  }

  @Test("DeleteTable answers all but the keys and the time") func deleteAnswer() throws {
    let tables = try LocalTables()
    try tables.makeTable()
    let described = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]?.object
    let deleted = try tables.call("DeleteTable", ["TableName": "ttt"])["TableDescription"]?.object
    let names = Set((described?.members ?? []).map(\.name))
    #expect(
      names.subtracting((deleted?.members ?? []).map(\.name)) == [
        "AttributeDefinitions", "KeySchema", "CreationDateTime",
      ])
    #expect(deleted?["TableStatus"] == "DELETING")
    #expect(deleted?["TableId"] == described?["TableId"] && deleted?["TableId"] != nil)
  }

  @Test("A table counts its items and bytes through every kind of write") func counts() throws {
    let tables = try LocalTables()
    try tables.makeTable()
    func counts() throws -> [Int?] {
      let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
      return [table?["ItemCount"]?.int, table?["TableSizeBytes"]?.int]
    }
    func item(_ number: Int, _ text: String) -> JSON {
      ["p": ["S": "a"], "r": ["N": .string(String(number))], "v": ["S": .string(text)]]
    }
    // p a, r and a number of two bytes, v and its text.
    try tables.call("PutItem", ["TableName": "ttt", "Item": item(1, "xy")])
    #expect(try counts() == [1, 2 + 3 + 3])
    try tables.call("PutItem", ["TableName": "ttt", "Item": item(1, "xyz")])
    #expect(try counts() == [1, 9])
    try tables.call(
      "UpdateItem",
      [
        "TableName": "ttt", "Key": ["p": ["S": "a"], "r": ["N": "2"]], "UpdateExpression": "SET v = :v",
        "ExpressionAttributeValues": [":v": ["S": ""]],
      ])
    #expect(try counts() == [2, 15])
    try tables.call(
      "TransactWriteItems",
      [
        "TransactItems": [
          ["Delete": ["TableName": "ttt", "Key": ["p": ["S": "a"], "r": ["N": "1"]]]],
          ["Put": ["TableName": "ttt", "Item": item(3, "")]],
        ]
      ])
    #expect(try counts() == [2, 12])
    _ = tables.answer(
      "PutItem", ["TableName": "ttt", "Item": item(4, ""), "ConditionExpression": "attribute_exists(p)"])
    #expect(try counts() == [2, 12])
    try tables.call("DeleteItem", ["TableName": "ttt", "Key": ["p": ["S": "a"], "r": ["N": "7"]]])
    let requests: JSON = [
      ["DeleteRequest": ["Key": ["p": ["S": "a"], "r": ["N": "2"]]]], ["PutRequest": ["Item": item(3, "12")]],
    ]
    try tables.call("BatchWriteItem", ["RequestItems": .object(JSONObject(["ttt": requests]))])
    #expect(try counts() == [1, 8])
  }
}
