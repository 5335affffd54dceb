import AWSClients
import CacheSupport
import SQLiteStore
import TestSupport

@testable import LocalCloud

/// A DynamoDB on a storage of its own.
struct LocalTables {
  let service: DynamoDBService

  static let now: Int64 = 1_800_000_000_000

  init(service: DynamoDBService) { self.service = service }

  init(clock: WallClock = .fixed(now), folder: String? = nil) throws {
    service = DynamoDBService(
      storage: try Storage(folder: folder, schemas: LocalCloud.schemas), account: Account(), clock: clock)
  }

  /// Makes a table with the keys `p`, a text, and `r`, a number.
  func makeTable(_ name: String = "ttt", range: String? = "N") throws(ServiceError) {
    let keys = [("p", "S", "HASH")] + (range.map { [("r", $0, "RANGE")] } ?? [])
    try call(
      "CreateTable",
      [
        "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": .array(
          keys.map { ["AttributeName": .string($0.0), "AttributeType": .string($0.1)] }),
        "KeySchema": .array(keys.map { ["AttributeName": .string($0.0), "KeyType": .string($0.2)] }),
      ])
  }

  @discardableResult func call(_ operation: String, _ input: JSONObject) throws(ServiceError) -> JSON {
    try service.call(operation, input, in: service.storage)
  }

  /// Sweeps until nothing is left to sweep.
  func sweep() throws(ServiceError) {
    for piece in service.pieces.map(\.piece) { while try service.storage.writeAndWait(piece) {} }
  }

  /// The answer's text, or the error's message.
  func answer(_ operation: String, _ input: JSONObject) -> String {
    do throws(ServiceError) { return try call(operation, input).text } catch {
      return error.message ?? error.type
    }
  }

  /// The steps of SQLite's virtual machine that an operation takes.
  func steps(_ body: () throws -> Void) rethrows -> Int {
    _ = service.storage.takeStepCount()
    try body()
    return service.storage.takeStepCount()
  }

  /// Puts items `{p: prefix + n, r: n}` for a range of numbers, 25 at a time.
  func fill(_ numbers: Range<Int>, in name: String = "ttt", hash: (Int) -> String = { "p\($0)" }) throws(ServiceError) {
    for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 25) {
      let requests = (start..<min(start + 25, numbers.upperBound)).map { number -> JSON in
        [
          "PutRequest": [
            "Item": [
              "p": ["S": .string(hash(number))], "r": ["N": .string(String(number))],
              "v": ["S": "a value of some length"],
            ]
          ]
        ]
      }
      try call("BatchWriteItem", ["RequestItems": .object(JSONObject([name: .array(requests)]))])
    }
  }
}

extension JSONObject {
  /// An object of any number of members.
  init(_ members: [String: JSON]) {
    self.init()
    for (name, value) in members { self[name] = value }
  }
}
