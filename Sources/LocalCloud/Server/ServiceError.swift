import CacheSupport
import SQLiteStore

/// An error as a service answers it.
struct ServiceError: Error, Sendable, Hashable {
  var status: Int = 400
  /// The namespace and the code, such as `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`.
  var type: String
  var message: String?
  /// Further members of the body.
  var members: JSONObject = [:]
  /// Some services write `Message`.
  var messageName: String = "message"
  /// The code of the older query protocol, which SQS's clients go by.
  var queryCode: String?
  /// What the older protocol says, where it is other words.
  var queryMessage: String?

  /// ``type`` without its namespace.
  var code: Substring { type.split(separator: "#", maxSplits: 1).last ?? "" }

  var body: JSON {
    var body: JSONObject = ["__type": .string(type)]
    body[messageName] = message.map { .string($0) }
    for member in members.members { body[member.name] = member.value }
    return .object(body)
  }

  /// The front end that all JSON services share.
  static func coral(_ code: String, _ message: String? = nil, messageName: String = "message") -> ServiceError {
    ServiceError(type: "com.amazon.coral.service#\(code)", message: message, messageName: messageName)
  }

  /// A constraint of the service's model.
  static func validation(_ message: String) -> ServiceError {
    ServiceError(type: "com.amazon.coral.validate#ValidationException", message: message)
  }

  static func unknownOperation(_ operation: String) -> ServiceError {
    coral("UnknownOperationException", "The operation \(operation) is not emulated by the local cloud")
  }

  /// What may go well a little later: clients try again.
  static func unavailable(_ message: String) -> ServiceError {
    ServiceError(status: 503, type: "com.amazon.coral.service#ServiceUnavailableException", message: message)
  }

  /// A fault of this program, told rather than hidden.
  static func `internal`(_ error: any Error) -> ServiceError {
    // SQLite's own words; its statements are of no use to a client.
    let words = (error as? DatabaseError)?.message ?? "\(error)"
    return ServiceError(status: 500, type: "com.amazon.coral.service#InternalServerError", message: words)
  }
}

/// Runs storage work and turns what SQLite refuses into the service's internal error.
func storing<Value>(_ body: () throws -> Value) throws(ServiceError) -> Value {
  do { return try body() } catch let error as ServiceError { throw error } catch { throw .internal(error) }
}
