import CacheSupport
import Testing

@testable import LocalCloud

/// Keys of indexes, names and changes that DynamoDB refuses, in its words.
@Suite struct RequestCheckTests {
  private static let invalid = "One or more parameter values were invalid:"

  private static func attributes(_ types: (String, JSON)...) -> JSON {
    .array(types.map { ["AttributeName": .string($0.0), "AttributeType": $0.1] })
  }

  /// A table by the text `p`, with an index by the text `g` and then by `p`.
  private static func tables(_ extra: JSONObject = [:]) throws -> LocalTables {
    let tables = try LocalTables()
    var input: JSONObject = [
      "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes(("p", "S"), ("g", "S")),
      "KeySchema": [["AttributeName": "p", "KeyType": "HASH"]],
      "GlobalSecondaryIndexes": [
        [
          "IndexName": "byG", "Projection": ["ProjectionType": "KEYS_ONLY"],
          "KeySchema": [["AttributeName": "g", "KeyType": "HASH"], ["AttributeName": "p", "KeyType": "RANGE"]],
        ]
      ],
    ]
    for member in extra.members { input[member.name] = member.value }
    try tables.call("CreateTable", input)
    return tables
  }

  private static func create(_ name: JSON, _ key: JSON) -> JSON {
    [
      "Create": [
        "IndexName": name, "KeySchema": [["AttributeName": key, "KeyType": "HASH"]],
        "Projection": ["ProjectionType": "ALL"],
      ]
    ]
  }

  static let updates: [(members: JSONObject, message: String)] = [
    (
      ["GlobalSecondaryIndexUpdates": [create("again", "g")]],
      "\(invalid) Some index key attributes are not defined in AttributeDefinitions. Keys: [g], AttributeDefinitions: []"
    ),
    (
      ["AttributeDefinitions": attributes(("g", "N")), "GlobalSecondaryIndexUpdates": [create("again", "g")]],
      "\(invalid) Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Existing schema: Schema:[SchemaElement: key{g:S:HASH}, SchemaElement: key{p:S:RANGE}] New schema: Schema:[SchemaElement: key{g:N:HASH}]"
    ),
    (
      [
        "AttributeDefinitions": attributes(("g", "S")),
        "GlobalSecondaryIndexUpdates": [
          ["Create": create("again", "g")["Create"] ?? .null, "Delete": ["IndexName": "byG"]]
        ],
      ],
      "\(invalid) Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete can be specified"
    ),
  ]

  @Test("Changes of indexes are refused as DynamoDB does", arguments: updates)
  func update(members: JSONObject, message: String) throws {
    let tables = try Self.tables()
    var input = members
    input["TableName"] = "ttt"
    #expect(tables.answer("UpdateTable", input) == message)
  }

  @Test("What an index has by name comes once, and is no longer than 255 characters") func projections() throws {
    func made(_ names: JSON) -> String {
      let index: JSON = [
        "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
        "Projection": ["ProjectionType": "INCLUDE", "NonKeyAttributes": names],
      ]
      do { _ = try Self.tables(["GlobalSecondaryIndexes": [index]]) } catch {
        return (error as? ServiceError)?.message ?? "\(error)"
      }
      return ""
    }
    let long = String(repeating: "x", count: 256)
    #expect(made([.string(String(long.dropFirst()))]) == "")
    #expect(made(["a", "b", "a"]) == "\(Self.invalid) Duplicate attribute name in NonKeyAttributes: a")
    #expect(
      made([.string(long)])
        == "1 validation error detected: Value '[\(long)]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]"
    )
  }

  @Test("A key of the table keeps to the limit that it has in an index; an update has words of its own")
  func indexKeys() throws {
    let tables = try Self.tables()
    let text = String(repeating: "x", count: 1025)
    let tooLong = "\(Self.invalid) Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    func put(_ key: String) -> String {
      tables.answer("PutItem", ["TableName": "ttt", "Item": ["p": ["S": .string(key)], "g": ["S": "g"]]])
    }
    #expect(put(text) == tooLong)
    #expect(put(String(text.dropFirst())) == "{}")
    let empty =
      "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
    #expect(
      tables.answer(
        "UpdateItem",
        [
          "TableName": "ttt", "Key": ["p": ["S": "a"]], "UpdateExpression": "SET g = :g",
          "ExpressionAttributeValues": [":g": ["S": ""]],
        ]) == empty)
  }

  @Test("Names in the older parameters are those of attributes") func names() throws {
    let tables = try Self.tables()
    let long = String(repeating: "x", count: 65_536)
    let longName = "Attribute name is too large, must be less than 65536 bytes"
    for (name, message) in [("", "Empty attribute name"), (long, longName)] {
      let key: JSONObject = ["TableName": "ttt", "Key": ["p": ["S": "a"]]]
      var (get, update, expected) = (key, key, key)
      get["AttributesToGet"] = [.string(name)]
      #expect(tables.answer("GetItem", get) == message)
      let counted = "1 validation error detected: \(message)"
      update["AttributeUpdates"] = .object(JSONObject([name: ["Value": ["S": "x"]]]))
      #expect(tables.answer("UpdateItem", update) == counted)
      expected["Expected"] = .object(JSONObject([name: ["Value": ["S": "x"]]]))
      #expect(tables.answer("DeleteItem", expected) == counted)
    }
  }

  @Test("After the one item of a hash key comes an empty page", arguments: [true, false])
  func startingKey(isForward: Bool) throws {
    let tables = try Self.tables()
    try tables.call("PutItem", ["TableName": "ttt", "Item": ["p": ["S": "a"]]])
    var query: JSONObject = [
      "TableName": "ttt", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": [":p": ["S": "a"]],
      "Limit": 1, "ScanIndexForward": .bool(isForward),
    ]
    let first = try tables.call("Query", query)
    #expect(first["Items"] == [["p": ["S": "a"]]] && first["LastEvaluatedKey"] == ["p": ["S": "a"]])
    query["ExclusiveStartKey"] = first["LastEvaluatedKey"]
    #expect(try tables.call("Query", query) == ["Items": [], "Count": 0, "ScannedCount": 0])
    query["ExclusiveStartKey"] = ["p": ["S": "b"]]
    #expect(
      tables.answer("Query", query)
        == "The provided starting key is outside query boundaries based on provided conditions")
  }

  @Test("An empty key is the transaction's own fault, and no reason") func emptyKey() throws {
    let tables = try Self.tables()
    let put: JSON = ["Put": ["TableName": "ttt", "Item": ["p": ["S": ""]]]]
    #expect(
      tables.answer("TransactWriteItems", ["TransactItems": [put]])
        == "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p"
    )
  }

  @Test("What only a put's answer could be asked for is refused") func returnValues() throws {
    let tables = try Self.tables()
    #expect(
      tables.answer("PutItem", ["TableName": "ttt", "Item": ["p": ["S": "a"]], "ReturnValues": "ALL_NEW"])
        == "1 validation error detected: ReturnValues can only be ALL_OLD or NONE")
  }

  @Test("Objects are equal whatever the order of their members") func equality() {
    let members = (0..<20_000).map { (name: "n\($0)", value: JSON.integer($0)) }
    let (one, other) = (JSONObject(uniqueMembers: members), JSONObject(uniqueMembers: members.reversed()))
    var changed = other
    changed["n0"] = 1
    #expect(one == other && one != changed && one != JSONObject(uniqueMembers: members.dropLast()))
  }
}
