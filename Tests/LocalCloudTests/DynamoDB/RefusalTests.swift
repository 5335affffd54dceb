import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// What DynamoDB refuses, in its words, and that nothing of it ends the process.
@Suite struct RefusalTests {
  private static let invalid = "One or more parameter values were invalid:"

  static let values: [(value: JSON, message: String)] = [
    (
      ["N": "1e-9223372036854775808"],
      "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    ),
    (
      ["N": "1e9223372036854775807"],
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
    ),
    (
      ["N": "-1e99999999999999999999"],
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
    ),
    (["N": "0e-9223372036854775808"], "{}"),
    (["N": "1e126"], "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    (["N": "1e-131"], "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    (
      ["N": "123456789012345678901234567890123456789"],
      "Attempting to store more than 38 significant digits in a Number"
    ),
    (["N": ""], "The parameter cannot be converted to a numeric value"),
    (["N": "٣"], "The parameter cannot be converted to a numeric value: ٣"),
    (["NS": ["1", "b"]], "The parameter cannot be converted to a numeric value: b"),
    (["NS": ["1", "1.0"]], "Input collection contains duplicates"),
    (["SS": []], "\(invalid) An string set  may not be empty"),
    (["NS": []], "\(invalid) An number set  may not be empty"),
    (["BS": []], "\(invalid) Binary sets should not be empty"),
    (["SS": ["a", "a"]], "\(invalid) Input collection [a, a] contains duplicates."),
    (["SS": ["e\u{301}", "\u{E9}"]], "{}"),
    (["BS": ["Yg==", "Yg=="]], "\(invalid) Input collection [Yg==, Yg==]of type BS contains duplicates."),
    (["NULL": false], "\(invalid) Null attribute value types must have the value of true"), (["NULL": true], "{}"),
    ([:], "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (["X": "a"], "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (["L": [[:]]], "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (
      ["S": "a", "N": "1"],
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    ), (["S": "a", "N": "b"], "The parameter cannot be converted to a numeric value: b"),
    (["S": 5], "NUMBER_VALUE cannot be converted to String"), (["S": true], "TRUE_VALUE cannot be converted to String"),
    (["N": 5], "NUMBER_VALUE cannot be converted to String"),
    (["B": 5], "only base-64-encoded strings are convertible to bytes"),
    (["B": "abc"], "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
    (["B": "Yh=="], "Invalid last non-pad Base64 character dectected"),
    (["B": "Y\u{E9}=="], "Base64 encoded length is expected a multiple of 4 bytes but found: 5"), (["B": ""], "{}"),
    (["SS": "a"], "Unexpected field type"), (["L": ["S": "a"]], "Start of structure or map found where not expected"),
    (["BOOL": "yes"], "Unexpected token received from parser"), ("a", "Unexpected value type in payload"),
    (["M": ["": ["S": "a"]]], "Empty attribute name"),
    // The JSON's form is told before what values mean.
    (["L": [["N": "x"], ["S": 5]]], "NUMBER_VALUE cannot be converted to String"),
  ]

  @Test("Values that are none are refused, and nothing traps", arguments: values)
  func value(value: JSON, message: String) throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    #expect(tables.answer("PutItem", ["TableName": "ttt", "Item": ["p": ["S": "a"], "v": value]]) == message)
  }

  private static func nested(_ levels: Int, _ type: String) -> JSON {
    (0..<levels).reduce(["S": "x"]) { inner, _ in
      type == "L" ? ["L": [inner]] : ["M": ["m": inner]]
    }
  }

  @Test("Names and depths at their limits") func limits() throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    func put(_ name: String, _ value: JSON) -> String {
      tables.answer(
        "PutItem", ["TableName": "ttt", "Item": .object(JSONObject(["p": ["S": "a"], name: value]))])
    }
    #expect(put("", ["S": "x"]) == "Empty attribute name")
    #expect(put(String(repeating: "n", count: 65_535), ["S": "x"]) == "{}")
    #expect(
      put(String(repeating: "n", count: 65_536), ["S": "x"])
        == "Attribute name is too large, must be less than 65536 bytes")
    for type in ["L", "M"] {
      #expect(put("v", Self.nested(32, type)) == "{}")
      #expect(
        put("v", Self.nested(33, type))
          == "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
      )
    }
    // An update must not pass the depth either.
    #expect(
      tables.answer(
        "UpdateItem",
        [
          "TableName": "ttt", "Key": ["p": ["S": "a"]], "UpdateExpression": "SET v.m = :v",
          "ExpressionAttributeValues": [":v": Self.nested(32, "M")],
        ])
        == "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
    )
    // 400 KB: the names p and v, the key, and the text.
    #expect(put("v", ["S": .string(String(repeating: "x", count: (400 << 10) - 3))]) == "{}")
    #expect(
      put("v", ["S": .string(String(repeating: "x", count: (400 << 10) - 2))])
        == "Item size has exceeded the maximum allowed size")
  }

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

  private static func batch(_ requests: JSON) -> JSON { .object(JSONObject(["ttt": requests])) }
  private static func put(_ key: String) -> JSON { ["PutRequest": ["Item": ["p": ["S": .string(key)]]]] }

  static let batches: [(items: JSON, message: String)] = [
    (
      [:],
      "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
    ),
    (
      batch([]),
      "1 validation error detected: Value '{ttt=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
    ),
    (
      batch(.array((0..<26).map { put("\($0)") })),
      "1 validation error detected: Value '{ttt=[26 requests]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
    ),
    (
      batch([[:]]),
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    ),
    (
      batch([["PutRequest": ["Item": ["p": ["S": "a"]]], "DeleteRequest": ["Key": ["p": ["S": "a"]]]]]),
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    ),
    (
      batch([["PutRequest": [:]]]),
      "1 validation error detected: Value null at 'requestItems.ttt.member.1.member.putRequest.item' failed to satisfy constraint: Member must not be null"
    ), (batch([put("a"), put("a")]), "Provided list of item keys contains duplicates"),
    (
      batch([put("a"), ["DeleteRequest": ["Key": ["p": ["S": "a"]]]]]), "Provided list of item keys contains duplicates"
    ),
    (batch([["PutRequest": ["Item": ["q": ["S": "a"]]]]]), "The provided key element does not match the schema"),
    (batch([["PutRequest": ["Item": ["p": ["N": "1"]]]]]), "The provided key element does not match the schema"),
    (
      batch([put("")]),
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p"
    ), (.object(JSONObject(["nowhere": [put("a")]])), "Requested resource not found"),
    (batch([put("a")]), #"{"UnprocessedItems":{}}"#),
    (
      .object(JSONObject(["a/b": [put("a")]])),
      "1 validation error detected: Value '{a/b=[1 requests]}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    ),
  ]

  @Test("Batches are taken or refused as DynamoDB does", arguments: batches)
  func batch(items: JSON, message: String) throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    #expect(tables.answer("BatchWriteItem", ["RequestItems": items]) == message)
  }

  @Test("Binary keys are other keys than texts, and keys are bytes") func binaryKeys() throws {
    let tables = try LocalTables()
    try tables.makeTable("bin", range: "B")
    func put(_ hash: String, _ range: String) -> JSON {
      ["PutRequest": ["Item": ["p": ["S": .string(hash)], "r": ["B": .string(range)]]]]
    }
    // Keys whose bytes run together to the same, and the two spellings of é.
    let requests: JSON = [
      put("a", "AP8AYg=="), put("a\u{0}\u{FF}\u{0}b", "AA=="), put("\u{E9}", "AAE="), put("e\u{301}", "AAE="),
    ]
    #expect(
      tables.answer("BatchWriteItem", ["RequestItems": .object(JSONObject(["bin": requests]))])
        == #"{"UnprocessedItems":{}}"#)
    #expect(try tables.call("Scan", ["TableName": "bin", "Select": "COUNT"])["Count"] == 4)
  }

  private static let query: JSONObject = [
    "TableName": "ttt", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": [":p": ["S": "a"]],
  ]

  static let queries: [(members: JSONObject, message: String)] = [
    (
      ["ExclusiveStartKey": ["p": ["S": "a"]]],
      "The provided starting key is invalid: The provided key element does not match the schema"
    ),
    (
      ["ExclusiveStartKey": ["p": ["S": "b"], "r": ["N": "1"]]],
      "The provided starting key is outside query boundaries based on provided conditions"
    ),
    (
      ["ExclusiveStartKey": ["p": ["S": "a"], "r": ["S": "1"]]],
      "The provided starting key is invalid: The provided key element does not match the schema"
    ),
    (
      [
        "KeyConditionExpression": "p = :p AND r > :r",
        "ExpressionAttributeValues": [":p": ["S": "a"], ":r": ["N": "5"]],
        "ExclusiveStartKey": ["p": ["S": "a"], "r": ["N": "5"]],
      ], "The provided starting key does not match the range key predicate"
    ),
    (
      [
        "KeyConditionExpression": "p = :p AND r > :r",
        "ExpressionAttributeValues": [":p": ["S": "a"], ":r": ["N": "5"]],
        "ExclusiveStartKey": ["p": ["S": "b"], "r": ["N": "6"]],
      ], "The query can return at most one row and cannot be restarted"
    ),
    (
      ["Select": "SPECIFIC_ATTRIBUTES"],
      "\(invalid) Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    ),
    (
      ["Select": "ALL_PROJECTED_ATTRIBUTES"],
      "\(invalid) ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    ),
    (
      ["Select": "COUNT", "ProjectionExpression": "v"],
      "Cannot specify the ProjectionExpression when choosing to get only the Count"
    ),
    (
      ["ExpressionAttributeValues": [":p": ["S": ""]]],
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p"
    ),
    (
      ["ExpressionAttributeValues": [":p": ["N": "1"]]],
      "\(invalid) Condition parameter type does not match schema type"
    ),
    (["KeyConditionExpression": "p <> :p"], "Invalid operator used in KeyConditionExpression: <>"),
    (["KeyConditionExpression": "p = :p OR p = :p"], "Invalid operator used in KeyConditionExpression: OR"),
    (["KeyConditionExpression": "NOT p = :p"], "Invalid operator used in KeyConditionExpression: NOT"),
    (
      ["KeyConditionExpression": "attribute_exists(p) AND p = :p"],
      "Invalid operator used in KeyConditionExpression: attribute_exists"
    ),
    (
      ["KeyConditionExpression": "p = :p AND p = :p"], "KeyConditionExpressions must only contain one condition per key"
    ),
    (["KeyConditionExpression": "p.x = :p"], "KeyConditionExpressions cannot have conditions on nested attributes"),
    (["KeyConditionExpression": "size(p) = :p"], "KeyConditionExpressions cannot contain nested operations"),
    (["KeyConditionExpression": "p > :p"], "Query key condition not supported"),
    (["KeyConditionExpression": "r = :p"], "Query condition missed key schema element: p"),
    (["KeyConditionExpression": "p = :p AND v = :p"], "Query condition missed key schema element: r"),
    (["KeyConditionExpression": ":p = :p"], "Invalid condition in KeyConditionExpression: No key attribute specified"),
    (
      ["FilterExpression": "r > :r", "ExpressionAttributeValues": [":p": ["S": "a"], ":r": ["N": "1"]]],
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: r"
    ),
    (
      ["ProjectionExpression": "p.x"],
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p"
    ),
    (
      ["ExpressionAttributeNames": ["#a": "x"]],
      "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"
    ), (["KeyConditionExpression": ":p = p", "Select": "COUNT"], #"{"Count":0,"ScannedCount":0}"#),
  ]

  @Test("Queries are taken or refused as DynamoDB does", arguments: queries)
  func query(members: JSONObject, message: String) throws {
    let tables = try LocalTables()
    try tables.makeTable()
    var input = Self.query
    for member in members.members { input[member.name] = member.value }
    #expect(tables.answer("Query", input) == message)
  }

  @Test("A starting key of another segment is refused") func foreignSegment() throws {
    let tables = try LocalTables()
    try tables.makeTable()
    let key: JSON = ["p": ["S": "a"], "r": ["N": "1"]]
    let own = ItemKey(hash: Array("a".utf8), range: []).part * 4 >> 32
    for segment in 0..<4 as Range<Int64> {
      let answer = tables.answer(
        "Scan",
        [
          "TableName": "ttt", "TotalSegments": 4, "Segment": .integer(segment), "ExclusiveStartKey": key,
          "Select": "COUNT",
        ])
      #expect(
        answer
          == (segment == own
            ? #"{"Count":0,"ScannedCount":0}"#
            : "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 4 Segment: \(segment)")
      )
    }
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
