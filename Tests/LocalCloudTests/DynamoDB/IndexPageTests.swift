import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// Pages of indexes: what they count, and which items an index has.
@Suite struct IndexPageTests {
  @Test("A page of a local index counts the whole items that it fetches") func wholeItems() throws {
    let tables = try LocalTables()
    try tables.call(
      "CreateTable",
      [
        "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "r", "AttributeType": "N"],
          ["AttributeName": "l", "AttributeType": "N"],
        ],
        "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "r", "KeyType": "RANGE"]],
        "LocalSecondaryIndexes": [
          [
            "IndexName": "local", "Projection": ["ProjectionType": "KEYS_ONLY"],
            "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "l", "KeyType": "RANGE"]],
          ]
        ],
      ])
    // Ten of them fit into 1 MB, eleven do not.
    let value = String(repeating: "x", count: 100_000)
    for number in 0..<12 {
      let number: JSON = ["N": .string(String(number))]
      try tables.call(
        "PutItem",
        ["TableName": "ttt", "Item": ["p": ["S": "p"], "r": number, "l": number, "v": ["S": .string(value)]]])
    }
    func pages(_ select: String) throws -> [Int?] {
      var pages: [Int?] = []
      var input: JSONObject = [
        "TableName": "ttt", "IndexName": "local", "Select": .string(select), "KeyConditionExpression": "p = :p",
        "ExpressionAttributeValues": [":p": ["S": "p"]],
      ]
      while pages.count < 20 {
        let page = try tables.call("Query", input)
        pages.append(page["Count"]?.int64.map { Int($0) })
        guard let last = page["LastEvaluatedKey"] else { break }
        input["ExclusiveStartKey"] = last
      }
      return pages
    }
    #expect(try pages("ALL_ATTRIBUTES") == [10, 2])
    #expect(try pages("ALL_PROJECTED_ATTRIBUTES") == [12])
  }

  @Test("Items whose values can be no key are not in an index that is made after them") func badKeys() throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    func text(_ count: Int) -> String { String(repeating: "x", count: count) }
    let items = [
      ("no hash", "", "a"), ("no range", "a", ""), ("long hash", text(2049), "a"), ("long range", "a", text(1025)),
      ("longest", text(2048), text(1024)), ("one", "a", "b"), ("two", "a", "c"),
    ]
    for (name, hash, range) in items {
      try tables.call(
        "PutItem",
        [
          "TableName": "ttt",
          "Item": ["p": ["S": .string(name)], "v": ["S": .string(hash)], "w": ["S": .string(range)]],
        ])
    }
    try tables.call(
      "UpdateTable",
      [
        "TableName": "ttt",
        "AttributeDefinitions": [
          ["AttributeName": "v", "AttributeType": "S"], ["AttributeName": "w", "AttributeType": "S"],
        ],
        "GlobalSecondaryIndexUpdates": [
          [
            "Create": [
              "IndexName": "later", "Projection": ["ProjectionType": "ALL"],
              "KeySchema": [["AttributeName": "v", "KeyType": "HASH"], ["AttributeName": "w", "KeyType": "RANGE"]],
            ]
          ]
        ],
      ])
    try tables.sweep()
    var found: [String?] = []
    var input: JSONObject = ["TableName": "ttt", "IndexName": "later", "Limit": 1]
    for _ in 0...items.count {
      let page = try tables.call("Scan", input)
      found += (page["Items"]?.array ?? []).map { $0["p"]?["S"]?.string }
      guard let last = page["LastEvaluatedKey"] else { break }
      input["ExclusiveStartKey"] = last
    }
    #expect(found.count == 3 && Set(found) == ["longest", "one", "two"])
    let index = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]?["GlobalSecondaryIndexes"]?.array?[0]
    #expect(index?["ItemCount"] == 3)
    // Such an item can still be changed and deleted.
    for (name, _, _) in items {
      try tables.call("DeleteItem", ["TableName": "ttt", "Key": ["p": ["S": .string(name)]]])
    }
    let empty = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]?["GlobalSecondaryIndexes"]?.array?[0]
    #expect(empty?["ItemCount"] == 0 && empty?["IndexSizeBytes"] == 0)
  }
}
