import AWSClients
import CacheSupport
import SQLiteStore

/// Amazon DynamoDB: tables and their indexes, items, batches, transactions, Query and Scan, expressions and the parameters from before
/// them, time to live, tags. No streams, and no PartiQL.
struct DynamoDBService: ServiceModule {
  let endpoint: JSONEndpoint? = JSONEndpoint(
    targetPrefix: "DynamoDB_20120810", signingName: "dynamodb", jsonVersion: "1.0")
  let storage: Storage
  let account: Account
  let clock: WallClock
  let tables = TableCache()
  let packedBodies = PackedBodies(limit: bodyLimit)

  /// The largest item, in bytes.
  static let itemLimit: Int = 400 << 10
  /// The largest request, in bytes.
  static let bodyLimit: Int = 16 << 20

  var operations: [Operation] {
    let operations =
      tableOperations + timeToLiveOperations + itemOperations + batchOperations + queryOperations
      + transactionOperations + tagOperations + accountOperations
    return operations.map { operation in
      Operation(operation.name) { request throws(ServiceError) in
        try packedBodies.begin(operation, request)
      }
    }
  }

  /// The table that an operation on items names.
  func table(_ name: String, _ connection: Connection) throws(ServiceError) -> Table {
    guard let table = try tables.find(name, connection) else { throw .noResource }
    return table
  }

  /// The table that an operation on tables names.
  func namedTable(_ name: String, _ connection: Connection) throws(ServiceError) -> Table {
    guard let table = try tables.find(name, connection) else { throw .noTable(name) }
    return table
  }
}

extension ServiceError {
  static func dynamoDB(_ code: String, _ message: String, members: JSONObject = [:]) -> ServiceError {
    ServiceError(type: "com.amazonaws.dynamodb.v20120810#\(code)", message: message, members: members)
  }

  /// The control plane's words.
  static func noTable(_ name: String) -> ServiceError {
    dynamoDB("ResourceNotFoundException", "Requested resource not found: Table: \(name) not found")
  }

  static let requestTooLarge: ServiceError = ServiceError(
    status: 413, type: "com.amazon.coral.service#RequestEntityTooLargeException",
    message: "the request is larger than \(DynamoDBService.bodyLimit) bytes")

  /// The data plane's words.
  static let noResource: ServiceError = dynamoDB("ResourceNotFoundException", "Requested resource not found")
}

/// Writes an answer's members one after the other.
struct AnswerWriter {
  var json: JSONWriter
  private var isFirst = true

  init(capacity: Int = 256) { json = JSONWriter(capacity: capacity) }

  /// Goes on with a member's value.
  mutating func member(_ name: StaticString) {
    isFirst ? json.raw("{\"") : json.raw(",\"")
    isFirst = false
    json.raw(name)
    json.raw("\":")
  }

  /// A member, where there is a value.
  mutating func member(_ name: StaticString, _ value: JSON?) {
    guard let value else { return }
    member(name)
    json.write(value)
  }

  mutating func answer() -> Answer {
    isFirst ? json.raw("{}") : json.raw("}")
    return Answer(bytes: json.bytes)
  }
}
