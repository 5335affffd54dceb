import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// How many tags, indexes and definitions a request may have. The table of the updates and the tags is not there: what they are
/// refused for is found before it is looked for.
@Suite struct TableLimitTests {
  private static let invalid = "One or more parameter values were invalid:"
  private static let arn: JSON = "arn:aws:dynamodb:us-east-1:000000000000:table/ttt"
  private static let notFound = "Requested resource not found: ResourcArn: \(arn.string ?? "") not found"
  private static let noTable = "Requested resource not found: Table: ttt not found"

  private static let table: JSONObject = [
    "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
      ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "r", "AttributeType": "S"],
    ],
    "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "r", "KeyType": "RANGE"]],
  ]

  private static func tags(_ keys: [String]) -> JSON { .array(keys.map { ["Key": .string($0), "Value": "v"] }) }

  private static func keys(_ count: Int) -> [String] { (0..<count).map { "k\($0)" } }

  @Test(
    "Tags are at most 50, each with its own key",
    arguments: [
      (keys(50), nil), (keys(51), "\(invalid) Too many tags: 51, the limit is 50"),
      (["a", "b", "a"], "\(invalid) Duplicate tag key: a"), (["e\u{301}", "é"], nil),
    ] as [([String], String?)])
  func tags(keys: [String], message: String?) throws {
    let tables = try LocalTables()
    #expect(
      tables.answer("TagResource", ["ResourceArn": Self.arn, "Tags": Self.tags(keys)]) == message ?? Self.notFound)
    var input = Self.table
    input["Tags"] = Self.tags(keys)
    let made = tables.answer("CreateTable", input)
    if let message {
      #expect(made == message)
    } else {
      let known = try tables.call("ListTagsOfResource", ["ResourceArn": Self.arn])["Tags"]
      #expect(known == Self.tags(keys))
      #expect(
        tables.answer("TagResource", ["ResourceArn": Self.arn, "Tags": Self.tags(Self.keys(50))])
          == (keys.count == 50 ? "null" : "\(Self.invalid) Too many tags: \(50 + keys.count), the limit is 50"))
    }
  }

  private static func definitions(_ count: Int) -> JSON {
    .array((0..<count).map { ["AttributeName": .string("a\($0)"), "AttributeType": "S"] })
  }

  /// Of attributes that are not defined: the number of the indexes is looked at first.
  private static func indexes(_ count: Int) -> JSON {
    .array(
      (0..<count).map { number in
        [
          "IndexName": .string("index\(number)"), "Projection": ["ProjectionType": "ALL"],
          "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "q", "KeyType": "RANGE"]],
        ]
      })
  }

  private static let undefined =
    "\(invalid) Some index key attributes are not defined in AttributeDefinitions. Keys: [p, q], AttributeDefinitions: [p, r]"
  private static let manyDefinitions =
    "\(invalid) Some AttributeDefinitions are not used. There are 48, and the keys of a table and its indexes have at most 47 attributes"

  @Test(
    "A table has at most so many indexes and definitions",
    arguments: [
      ("AttributeDefinitions", definitions(48), manyDefinitions), ("LocalSecondaryIndexes", indexes(5), undefined),
      (
        "LocalSecondaryIndexes", indexes(6), "\(invalid) Number of LocalSecondaryIndexes exceeds per-table limit of 5"
      ), ("GlobalSecondaryIndexes", indexes(20), undefined),
      (
        "GlobalSecondaryIndexes", indexes(21),
        "\(invalid) GlobalSecondaryIndex count exceeds the per-table limit of 20"
      ),
    ] as [(String, JSON, String)])
  func create(member: String, value: JSON, message: String) throws {
    var input = Self.table
    input[member] = value
    #expect(try LocalTables().answer("CreateTable", input) == message)
  }

  /// Changes of the throughput, of which an update may have several.
  private static func changes(_ count: Int) -> JSON {
    let units: JSON = ["ReadCapacityUnits": 1, "WriteCapacityUnits": 1]
    return .array(
      (0..<count).map {
        ["Update": ["IndexName": .string("index\($0)"), "ProvisionedThroughput": units]]
      })
  }

  @Test(
    "An update has at most so many changes and definitions",
    arguments: [
      (definitions(47), changes(20), noTable), (definitions(48), changes(1), manyDefinitions),
      (definitions(1), changes(21), "\(invalid) GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    ])
  func update(definitions: JSON, changes: JSON, message: String) throws {
    let input: JSONObject = [
      "TableName": "ttt", "AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": changes,
    ]
    #expect(try LocalTables().answer("UpdateTable", input) == message)
  }

  @Test("One index is created or deleted at a time, until it is filled") func oneAtOnce() throws {
    let tables = try LocalTables()
    try tables.call("CreateTable", Self.table)
    try tables.call("PutItem", ["TableName": "ttt", "Item": ["p": ["S": "p"], "r": ["S": "r"]]])
    func create(_ name: String) -> JSON {
      [
        "Create": [
          "IndexName": .string(name), "Projection": ["ProjectionType": "ALL"],
          "KeySchema": [["AttributeName": "r", "KeyType": "HASH"]],
        ]
      ]
    }
    func update(_ changes: JSON...) -> String? {
      let input: JSONObject = [
        "TableName": "ttt", "GlobalSecondaryIndexUpdates": .array(changes),
        "AttributeDefinitions": [["AttributeName": "r", "AttributeType": "S"]],
      ]
      do throws(ServiceError) {
        try tables.call("UpdateTable", input)
        return nil
      } catch { return error.message }
    }
    let refusal =
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
    #expect(update(create("one"), create("two")) == refusal)
    #expect(update(create("one"), ["Delete": ["IndexName": "two"]]) == refusal)
    #expect(update(create("one")) == nil)
    #expect(update(create("two")) == refusal)
    try tables.sweep()
    #expect(update(create("two")) == nil)
    // One that is still filled can be deleted.
    #expect(update(["Delete": ["IndexName": "two"]]) == nil)
    #expect(update(create("three")) == nil)
  }

  @Test("An index of a table that is paid by request has no throughput") func throughput() throws {
    let tables = try LocalTables()
    var input = Self.table
    input["GlobalSecondaryIndexes"] = [
      [
        "IndexName": "byRange", "Projection": ["ProjectionType": "ALL"],
        "KeySchema": [["AttributeName": "r", "KeyType": "HASH"]],
      ]
    ]
    try tables.call("CreateTable", input)
    let units: JSON = ["ReadCapacityUnits": 3, "WriteCapacityUnits": 4]
    let change: JSON = [["Update": ["IndexName": "byRange", "ProvisionedThroughput": units]]]
    #expect(
      tables.answer("UpdateTable", ["TableName": "ttt", "GlobalSecondaryIndexUpdates": change])
        == "\(Self.invalid) Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    )
    let changed = try tables.call(
      "UpdateTable",
      [
        "TableName": "ttt", "BillingMode": "PROVISIONED", "ProvisionedThroughput": units,
        "GlobalSecondaryIndexUpdates": change,
      ])
    let throughput = changed["TableDescription"]?["GlobalSecondaryIndexes"]?.array?[0]["ProvisionedThroughput"]
    #expect(throughput?["ReadCapacityUnits"] == 3 && throughput?["WriteCapacityUnits"] == 4)
  }
}
