import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// What boto3 cannot bring about or look at; Tests/Conformance/test_dynamodb_transactions.py has the rest.
@Suite struct DynamoDBTransactionTests {
  static func service(_ clock: ManualClock, folder: String? = nil) throws -> DynamoDBService {
    let service = DynamoDBService(storage: try Storage(folder: folder), account: Account(), clock: clock.clock)
    _ = try service.createTable([
      "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST",
      "AttributeDefinitions": [["AttributeName": "k", "AttributeType": "S"]],
      "KeySchema": [["AttributeName": "k", "KeyType": "HASH"]],
    ])
    return service
  }

  /// Adds 1 to a number, and gives it.
  static func add(_ service: DynamoDBService, to key: JSON = "a", token: String) throws(ServiceError) -> String? {
    var input = Input([
      "TransactItems": [
        [
          "Update": [
            "TableName": "ttt", "Key": ["k": ["S": key]], "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": [":one": ["N": "1"]],
          ]
        ]
      ], "ClientRequestToken": .string(token),
    ])
    _ = try service.transactWriteItems(&input)
    var reading = Input(["TableName": "ttt", "Key": ["k": ["S": key]]])
    return try service.getItem(&reading)["Item"]?["n"]?["N"]?.string
  }

  @Test("A token is forgotten ten minutes after its transaction, and by then for every use") func token() throws {
    let clock = ManualClock(1_800_000_000_000)
    let service = try Self.service(clock)
    #expect(try Self.add(service, token: "t") == "1")
    clock.advance(DynamoDBService.tokenLifetime - 1)
    #expect(try Self.add(service, token: "t") == "1")
    #expect(throws: ServiceError.self) { try Self.add(service, to: "b", token: "t") }
    clock.advance(1)
    #expect(try Self.add(service, to: "b", token: "t") == "1")
    #expect(throws: ServiceError.self) { try Self.add(service, token: "t") }
  }

  @Test("The order of members makes no other transaction of one") func order() throws {
    let clock = ManualClock(1_800_000_000_000)
    let service = try Self.service(clock)
    let put: JSON = ["Put": ["TableName": "ttt", "Item": ["k": ["S": "a"], "x": ["L": [["S": "1"], ["S": "2"]]]]]]
    let reordered: JSON = [
      "Put": ["Item": ["x": ["L": [["S": "1"], ["S": "2"]]], "k": ["S": "a"]], "TableName": "ttt"]
    ]
    let other: JSON = ["Put": ["Item": ["x": ["L": [["S": "2"], ["S": "1"]]], "k": ["S": "a"]], "TableName": "ttt"]]
    func write(_ action: JSON) throws(ServiceError) -> JSON {
      var input = Input(["TransactItems": .array([action]), "ClientRequestToken": "t"])
      return try service.transactWriteItems(&input)
    }
    #expect(try write(put) == [:] && write(reordered) == [:])
    let error = #expect(throws: ServiceError.self) { try write(other) }
    #expect(error?.type == "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException")
  }

  @Test(
    "What a value counts",
    arguments: [
      (.n("0"), 1), (.n("1"), 2), (.n("-1"), 3), (.n("10"), 2), (.n("99"), 2), (.n("100"), 2), (.n("101"), 3),
      (.n("1000"), 2), (.n("1234"), 3), (.n("123"), 3), (.n("0.1"), 2), (.n("0.01"), 2), (.n("0.001"), 2),
      (.n("12.34"), 3), (.n("1.234"), 4), (.n("1.23"), 3), (.n("1800000000000"), 3), (.n("1800000300000"), 6),
      (.n("-1800000300000"), 7), (.n(String(repeating: "9", count: 38)), 20),
      (.n("-" + String(repeating: "9", count: 38)), 21), (.n("-0." + String(repeating: "9", count: 37) + "9"), 21),
      (.n("-9." + String(repeating: "9", count: 37)), 21), (.s(""), 0), (.s("é😀"), 6), (.b("AAEC"), 3), (.b(""), 0),
      (.bool(true), 1), (.null, 1), (.l([]), 3), (.l([.s("ab"), .null]), 8), (.m([:]), 3), (.m(["ab": .s("c")]), 7),
      (.l([.l([.n("1")])]), 10), (.ss(["ab", "c"]), 3), (.ns(["1", "123"]), 5), (.bs(["AAEC", "AA=="]), 4),
    ] as [(AttributeValue, Int)]) func size(value: AttributeValue, size: Int)
  {
    #expect(value.size == size)
    #expect((["né": value] as Item).size == size + 3)
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
