import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import AWSClients

@Suite struct DynamoDBTransactionTests {
  @Test("Every kind of action says what was asked for, and nothing else") func actions() async throws {
    let http = FakeHTTP([.success(.json(200, "{}"))])
    let client = DynamoDBClient(try AWSClientTests.client(http))
    try await client.transactWrite(
      [
        .put(["k": .s("a")], into: "t"),
        .put(
          ["k": .s("b")], into: "t", condition: "#r = :r", names: ["#r": "revision"], values: [":r": .n(1)],
          itemOnFailure: true),
        .update(["k": .s("c")], in: "t", update: "SET x = :x", condition: "x < :x", values: [":x": .n(2)]),
        .delete(["k": .s("d")], from: "u", itemOnFailure: true),
        .check(["k": .s("e")], in: "u", condition: "attribute_exists(k)"),
      ], token: "once")
    #expect(http.requests.map { $0.headers["X-Amz-Target"] } == ["DynamoDB_20120810.TransactWriteItems"])
    #expect(
      try JSON(parsing: http.requests[0].body) == [
        "TransactItems": [
          ["Put": ["TableName": "t", "Item": ["k": ["S": "a"]]]],
          [
            "Put": [
              "TableName": "t", "Item": ["k": ["S": "b"]], "ConditionExpression": "#r = :r",
              "ExpressionAttributeNames": ["#r": "revision"], "ExpressionAttributeValues": [":r": ["N": "1"]],
              "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            ]
          ],
          [
            "Update": [
              "TableName": "t", "Key": ["k": ["S": "c"]], "UpdateExpression": "SET x = :x",
              "ConditionExpression": "x < :x", "ExpressionAttributeValues": [":x": ["N": "2"]],
            ]
          ],
          [
            "Delete": [
              "TableName": "u", "Key": ["k": ["S": "d"]], "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            ]
          ],
          [
            "ConditionCheck": [
              "TableName": "u", "Key": ["k": ["S": "e"]], "ConditionExpression": "attribute_exists(k)",
            ]
          ],
        ], "ClientRequestToken": "once",
      ])
  }

  @Test("A cancelled transaction is not tried again, and gives its reasons in order") func reasons() async throws {
    let http = FakeHTTP([
      .success(
        .json(
          400,
          #"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"no","Item":{"k":{"S":"a"}}},{"Code":"TransactionConflict","Message":"busy"}]}"#
        ))
    ])
    let error = await #expect(throws: AWSError.self) {
      try await DynamoDBClient(try AWSClientTests.client(http)).transactWrite([], token: "once")
    }
    #expect(error?.code == .transactionCanceled && error?.message == "cancelled" && http.requests.count == 1)
    #expect(
      error?.cancellationReasons == [
        CancellationReason(.none), CancellationReason(.conditionalCheckFailed, message: "no", item: ["k": .s("a")]),
        CancellationReason(.transactionConflict, message: "busy"),
      ])
  }

  @Test("Other errors give no reasons", arguments: ["", #","CancellationReasons":[{"Code":"None"}]"#])
  func noReasons(member: String) async throws {
    let http = FakeHTTP([.success(.json(400, #"{"__type":"x#ValidationException","message":"m"\#(member)}"#))])
    let error = await #expect(throws: AWSError.self) {
      try await DynamoDBClient(try AWSClientTests.client(http)).transactWrite([], token: "once")
    }
    #expect(error?.cancellationReasons == [])
  }

  @Test("A transaction that is under way, or whose answer is lost, is asked for again with its token") func again()
    async throws
  {
    let http = FakeHTTP([
      AWSClientTests.error(400, "TransactionInProgressException"), .failure(HTTPError(.connectionLost, "lost")),
      .success(.json(200, "{}")),
    ])
    try await DynamoDBClient(try AWSClientTests.client(http)).transactWrite(
      [.put(["k": .s("a")], into: "t")], token: "once")
    #expect(http.requests.count == 3 && Set(http.requests.map(\.body)).count == 1)
  }

  typealias Call = @Sendable (DynamoDBClient) async throws(AWSError) -> Void

  static let calls: [(operation: String, call: Call, capacity: String, told: [ConsumedCapacity])] = [
    (
      "GetItem", { client async throws(AWSError) in _ = try await client.getItem([:], from: "t") },
      #"{"TableName":"t","CapacityUnits":0.5}"#, [ConsumedCapacity(operation: "GetItem", table: "t", readUnits: 0.5)]
    ),
    (
      "Query",
      { client async throws(AWSError) in
        _ = try await client.query(.init(table: "t", keyCondition: "k = :k", values: [:]))
      }, #"{"TableName":"t","CapacityUnits":7}"#, [ConsumedCapacity(operation: "Query", table: "t", readUnits: 7)]
    ),
    (
      "Scan", { client async throws(AWSError) in _ = try await client.scan("t") },
      #"{"TableName":"t","CapacityUnits":2}"#, [ConsumedCapacity(operation: "Scan", table: "t", readUnits: 2)]
    ),
    (
      "PutItem", { client async throws(AWSError) in _ = try await client.putItem([:], into: "t") },
      #"{"TableName":"t","CapacityUnits":3}"#, [ConsumedCapacity(operation: "PutItem", table: "t", writeUnits: 3)]
    ),
    (
      "BatchWriteItem", { client async throws(AWSError) in _ = try await client.batchPut([["k": .s("a")]], into: "t") },
      #"[{"TableName":"t","CapacityUnits":2},{"TableName":"u","CapacityUnits":1}]"#,
      [
        ConsumedCapacity(operation: "BatchWriteItem", table: "t", writeUnits: 2),
        ConsumedCapacity(operation: "BatchWriteItem", table: "u", writeUnits: 1),
      ]
    ),
    (
      "TransactWriteItems", { client async throws(AWSError) in try await client.transactWrite([], token: "once") },
      #"[{"TableName":"t","CapacityUnits":4,"WriteCapacityUnits":4},{"TableName":"u","CapacityUnits":2,"ReadCapacityUnits":2}]"#,
      [
        ConsumedCapacity(operation: "TransactWriteItems", table: "t", writeUnits: 4),
        ConsumedCapacity(operation: "TransactWriteItems", table: "u", readUnits: 2),
      ]
    ),
    ("PutItem", { client async throws(AWSError) in _ = try await client.putItem([:], into: "t") }, "{}", []),
  ]

  @Test("Whoever listens is told what a call cost; else nobody asks", arguments: calls.indices)
  func capacity(index: Int) async throws {
    let (operation, call, capacity, told) = Self.calls[index]
    let http = FakeHTTP([
      .success(.json(200, #"{"Items":[],"UnprocessedItems":{},"ConsumedCapacity":\#(capacity)}"#))
    ])
    var client = DynamoDBClient(try AWSClientTests.client(http))
    try await call(client)
    let heard = Recorder<ConsumedCapacity>()
    client.onCapacity = { heard.append($0) }
    try await call(client)
    #expect(heard.elements == told)
    #expect(
      http.requests.map { $0.headers["X-Amz-Target"] }
        == [String](repeating: "DynamoDB_20120810.\(operation)", count: 2))
    let asked = try http.requests.map { try JSON(parsing: $0.body)["ReturnConsumedCapacity"] }
    #expect(asked == [nil, "TOTAL"])
  }
}
