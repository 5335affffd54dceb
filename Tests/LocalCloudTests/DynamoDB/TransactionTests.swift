import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// What boto3 cannot bring about or look at; Tests/Conformance/test_dynamodb_transactions.py has the rest.
@Suite struct TransactionTests {
  static func tables(_ clock: ManualClock) throws -> LocalTables {
    let tables = try LocalTables(clock: clock.clock)
    try tables.makeTable(range: nil)
    return tables
  }

  /// Adds 1 to a number, and gives it.
  static func add(_ tables: LocalTables, to key: JSON = "a", token: String) throws(ServiceError) -> String? {
    try tables.call(
      "TransactWriteItems",
      [
        "TransactItems": [
          [
            "Update": [
              "TableName": "ttt", "Key": ["p": ["S": key]], "UpdateExpression": "ADD n :one",
              "ExpressionAttributeValues": [":one": ["N": "1"]],
            ]
          ]
        ], "ClientRequestToken": .string(token),
      ])
    return try tables.call("GetItem", ["TableName": "ttt", "Key": ["p": ["S": key]]])["Item"]?["n"]?["N"]?.string
  }

  @Test("A token is forgotten ten minutes after its transaction, and by then for every use") func token() throws {
    let clock = ManualClock(1_800_000_000_000)
    let tables = try Self.tables(clock)
    #expect(try Self.add(tables, token: "t") == "1")
    clock.advance(DynamoDBService.tokenLifetime - 1)
    #expect(try Self.add(tables, token: "t") == "1")
    #expect(throws: ServiceError.self) { try Self.add(tables, to: "b", token: "t") }
    clock.advance(1)
    #expect(try Self.add(tables, to: "b", token: "t") == "1")
    #expect(throws: ServiceError.self) { try Self.add(tables, token: "t") }
  }

  @Test("The order of members makes no other transaction of one") func order() throws {
    let clock = ManualClock(1_800_000_000_000)
    let tables = try Self.tables(clock)
    let put: JSON = ["Put": ["TableName": "ttt", "Item": ["p": ["S": "a"], "x": ["L": [["S": "1"], ["S": "2"]]]]]]
    let reordered: JSON = [
      "Put": ["Item": ["x": ["L": [["S": "1"], ["S": "2"]]], "p": ["S": "a"]], "TableName": "ttt"]
    ]
    let other: JSON = ["Put": ["Item": ["x": ["L": [["S": "2"], ["S": "1"]]], "p": ["S": "a"]], "TableName": "ttt"]]
    func write(_ action: JSON) throws(ServiceError) -> JSON {
      try tables.call("TransactWriteItems", ["TransactItems": .array([action]), "ClientRequestToken": "t"])
    }
    #expect(try write(put) == [:] && write(reordered) == [:])
    let error = #expect(throws: ServiceError.self) { try write(other) }
    #expect(error?.type == "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException")
  }

  @Test(
    "Units change at their edges",
    arguments: [(0, 1, 1), (1, 1, 1), (1024, 1, 1), (1025, 2, 1), (4096, 4, 1), (4097, 5, 2), (409_600, 400, 100)])
  func units(size: Int, write: Double, read: Double) {
    #expect(CapacityRequest.writeUnits(size) == write)
    #expect(CapacityRequest.readUnits(size, consistent: true) == read)
    #expect(CapacityRequest.readUnits(size, consistent: false) == read / 2)
  }
}
