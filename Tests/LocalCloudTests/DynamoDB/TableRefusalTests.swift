import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// Tables and times to live that DynamoDB refuses, in its words.
@Suite struct TableRefusalTests {
  private static let invalid = "One or more parameter values were invalid:"

  private static let keys: JSON = [["AttributeName": "p", "KeyType": "HASH"]]
  private static let definitions: JSON = [["AttributeName": "p", "AttributeType": "S"]]

  static let tables: [(members: JSONObject, message: String)] = [
    (
      [
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "p", "AttributeType": "N"],
        ]
      ],
      "\(invalid) Duplicate AttributeName in AttributeDefinitions: p"
    ),
    (
      [
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "q", "AttributeType": "S"],
        ]
      ],
      "\(invalid) Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
    ),
    (
      ["AttributeDefinitions": [["AttributeName": "q", "AttributeType": "S"]]],
      "\(invalid) Some index key attributes are not defined in AttributeDefinitions. Keys: [p], AttributeDefinitions: [q]"
    ), (["AttributeDefinitions": []], "Invalid KeySchema: Some index key attribute have no definition"),
    (
      ["AttributeDefinitions": [["AttributeName": "p", "AttributeType": "Q"]]],
      "1 validation error detected: Value 'Q' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]"
    ),
    (
      ["AttributeDefinitions": [["AttributeType": "S"]]],
      "1 validation error detected: Value null at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must not be null"
    ),
    (
      ["KeySchema": [["AttributeName": "p", "KeyType": "SORT"]]],
      "1 validation error detected: Value 'SORT' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"
    ),
    (
      ["KeySchema": [["AttributeName": "p", "KeyType": "RANGE"]]],
      "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
    ),
    (
      [
        "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "p", "KeyType": "RANGE"]],
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "q", "AttributeType": "S"],
        ],
      ], "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    ),
    (
      ["TableName": "a/b"],
      "1 validation error detected: Value 'a/b' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    ),
    (
      ["TableName": "tab:le"],
      "1 validation error detected: Value 'tab:le' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    ), (["TableName": "ab"], "TableName must be at least 3 characters long and at most 255 characters long"),
    (
      ["ProvisionedThroughput": ["ReadCapacityUnits": 1, "WriteCapacityUnits": 1]],
      "\(invalid) Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    ),
    (
      ["BillingMode": "PROVISIONED", "ProvisionedThroughput": ["ReadCapacityUnits": 0, "WriteCapacityUnits": 1]],
      "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"
    ),
    (
      ["BillingMode": "PROVISIONED"],
      "\(invalid) ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
    ),
  ]

  @Test("Tables that cannot be made are refused", arguments: tables)
  func table(members: JSONObject, message: String) throws {
    var input: JSONObject = [
      "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST", "KeySchema": Self.keys,
      "AttributeDefinitions": Self.definitions,
    ]
    for member in members.members { input[member.name] = member.value }
    #expect(try LocalTables().answer("CreateTable", input) == message)
  }

  @Test("A time to live is changed only under its own name") func timeToLive() throws {
    let tables = try LocalTables()
    try tables.makeTable()
    func update(_ name: String, _ enabled: Bool) -> String {
      tables.answer(
        "UpdateTimeToLive",
        ["TableName": "ttt", "TimeToLiveSpecification": ["AttributeName": .string(name), "Enabled": .bool(enabled)]])
    }
    #expect(update("x", false) == "TimeToLive is already disabled")
    #expect(update("x", true) == #"{"TimeToLiveSpecification":{"AttributeName":"x","Enabled":true}}"#)
    #expect(update("x", true) == "TimeToLive is already enabled")
    for enabled in [true, false] {
      #expect(update("y", enabled) == "TimeToLive is active on a different AttributeName: current AttributeName is x")
    }
    #expect(update("x", false) == #"{"TimeToLiveSpecification":{"AttributeName":"x","Enabled":false}}"#)
    #expect(
      update("", true)
        == "1 validation error detected: Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1"
    )
  }
}
