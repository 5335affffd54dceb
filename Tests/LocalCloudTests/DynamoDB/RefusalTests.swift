import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// Batches, queries and scans that DynamoDB refuses, in its words.
@Suite struct RefusalTests {
  private static let invalid = "One or more parameter values were invalid:"

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
      "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    ),
    (
      ["Select": "ALL_PROJECTED_ATTRIBUTES"],
      "1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    ),
    (
      ["Select": "COUNT", "ProjectionExpression": "v"],
      "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get only the Count"
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
    (
      ["KeyConditionExpression": ":p = :p"],
      "Invalid KeyConditionExpression: Invalid condition in KeyConditionExpression: No key attribute specified"
    ),
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
}
