import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import AWSClients

@Suite struct DynamoDBWritingTests {
  typealias Call = @Sendable (DynamoDBClient) async throws(AWSError) -> Item?

  static let calls: [(call: Call, operation: String, body: JSON)] = [
    (
      { client async throws(AWSError) in try await client.putItem(["k": .s("a")], into: "t") }, "PutItem",
      ["TableName": "t", "Item": ["k": ["S": "a"]]]
    ),
    (
      { client async throws(AWSError) in
        try await client.putItem(
          ["k": .s("a")], into: "t", condition: "#r = :r", names: ["#r": "revision"], values: [":r": .n(1)],
          returning: .allOld, itemOnFailure: true)
      }, "PutItem",
      [
        "TableName": "t", "Item": ["k": ["S": "a"]], "ConditionExpression": "#r = :r",
        "ExpressionAttributeNames": ["#r": "revision"], "ExpressionAttributeValues": [":r": ["N": "1"]],
        "ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
      ]
    ),
    (
      { client async throws(AWSError) in
        try await client.updateItem(["k": .s("a")], in: "t", update: "REMOVE x")
      }, "UpdateItem", ["TableName": "t", "Key": ["k": ["S": "a"]], "UpdateExpression": "REMOVE x"]
    ),
    (
      { client async throws(AWSError) in
        try await client.updateItem(
          ["k": .s("a")], in: "t", update: "SET #s = :s", condition: "attribute_exists(#k)",
          names: ["#s": "status", "#k": "k"], values: [":s": .m(["e\u{301}": .null])], returning: .updatedNew,
          itemOnFailure: true)
      }, "UpdateItem",
      [
        "TableName": "t", "Key": ["k": ["S": "a"]], "UpdateExpression": "SET #s = :s",
        "ConditionExpression": "attribute_exists(#k)", "ExpressionAttributeNames": ["#s": "status", "#k": "k"],
        "ExpressionAttributeValues": [":s": ["M": ["e\u{301}": ["NULL": true]]]], "ReturnValues": "UPDATED_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
      ]
    ),
    (
      { client async throws(AWSError) in
        try await client.deleteItem(["k": .s("a")], from: "t", returning: .allOld)
      }, "DeleteItem", ["TableName": "t", "Key": ["k": ["S": "a"]], "ReturnValues": "ALL_OLD"]
    ),
    (
      { client async throws(AWSError) in
        let page = try await client.scan(
          "t", filter: "#k = :k", projection: "#i", names: ["#k": "kind", "#i": "identifier"],
          values: [":k": .s("written")], limit: 7, consistent: true, after: ["identifier": .s("a")])
        return page.lastKey
      }, "Scan",
      [
        "TableName": "t", "FilterExpression": "#k = :k", "ProjectionExpression": "#i", "Limit": 7,
        "ConsistentRead": true,
        "ExpressionAttributeNames": ["#k": "kind", "#i": "identifier"],
        "ExpressionAttributeValues": [":k": ["S": "written"]], "ExclusiveStartKey": ["identifier": ["S": "a"]],
      ]
    ),
  ]

  @Test("Each operation says what was asked for, and nothing else", arguments: calls.indices)
  func requests(index: Int) async throws {
    let (call, operation, body) = Self.calls[index]
    let http = FakeHTTP([
      .success(.json(200, #"{"Items":[],"LastEvaluatedKey":{"k":{"S":"z"}},"Attributes":{"k":{"S":"z"}}}"#))
    ])
    #expect(try await call(DynamoDBClient(try AWSClientTests.client(http))) == ["k": .s("z")])
    #expect(http.requests.map { $0.headers["X-Amz-Target"] } == ["DynamoDB_20120810.\(operation)"])
    #expect(try JSON(parsing: http.requests[0].body) == body)
  }

  @Test("Without attributes there is no item") func nothing() async throws {
    let client = DynamoDBClient(try AWSClientTests.client(FakeHTTP([.success(.json(200, "{}"))])))
    #expect(try await client.deleteItem(["k": .s("a")], from: "t", returning: .allOld) == nil)
  }

  @Test("Attributes of no known type are an unexpected answer") func unexpected() async throws {
    let client = DynamoDBClient(
      try AWSClientTests.client(FakeHTTP([.success(.json(200, #"{"Attributes":{"k":{"X":"a"}}}"#))])))
    let error = await #expect(throws: AWSError.self) {
      try await client.updateItem(["k": .s("a")], in: "t", update: "REMOVE x", returning: .allNew)
    }
    #expect(error?.code == .unexpectedAnswer && error?.operation == "DynamoDB_20120810.UpdateItem")
  }

  @Test(
    "A condition that is not met is told with the item, where there is one",
    arguments: [
      (
        #","Item":{"k":{"S":"a"},"revision":{"N":"2"}}"#, "ConditionalCheckFailedException",
        ["k": .s("a"), "revision": .n("2")]
      ),
      ("", "ConditionalCheckFailedException", nil),
      (#","Item":{"k":{"S":"a"}}"#, "ValidationException", nil),
    ] as [(String, String, Item?)]) func failure(member: String, code: String, item: Item?) async throws
  {
    let http = FakeHTTP([
      .success(.json(400, #"{"__type":"com.amazonaws.dynamodb.v20120810#\#(code)","message":"m"\#(member)}"#))
    ])
    let error = await #expect(throws: AWSError.self) {
      try await DynamoDBClient(try AWSClientTests.client(http)).deleteItem(
        ["k": .s("a")], from: "t", condition: "revision = :r", values: [":r": .n(1)], itemOnFailure: true)
    }
    #expect(error?.code.rawValue == code && error?.item == item && http.requests.count == 1)
  }
}
