import CacheSupport

/// How an error is written into an answer: each protocol has its own way.
enum ErrorFormat: Sendable {
  /// The JSON protocol's: `{"__type": …, "message": …}`.
  case awsJSON
  /// Of AWS's services with paths: the code in `x-amzn-ErrorType`.
  case restJSON
  /// Of Lambda's Runtime API: `{"errorMessage": …, "errorType": …}`.
  case runtimeAPI
  /// Of API Gateway, and of what has no protocol of AWS: `{"message": …}`.
  case message

  func response(to error: ServiceError) -> ServerResponse {
    let code = error.type.split(separator: "#").last.map(String.init) ?? error.type
    switch self {
    case .awsJSON: return FrontDoor.failure(error)
    case .restJSON:
      var body: JSONObject = error.members
      body[error.messageName] = error.message.map { .string($0) }
      var response = Self.json(error.status, .object(body))
      response.headers += [("x-amzn-RequestId", RandomID.uuid()), ("x-amzn-ErrorType", code)]
      return response
    case .runtimeAPI:
      return Self.json(error.status, ["errorMessage": .string(error.message ?? ""), "errorType": .string(code)])
    case .message: return Self.json(error.status, ["message": .string(error.message ?? code)])
    }
  }

  private static func json(_ status: Int, _ body: JSON) -> ServerResponse {
    ServerResponse(status: status, headers: [("Content-Type", "application/json")], body: body.bytes)
  }
}
