import CacheSupport

/// What API Gateway answers by itself, in the words of each kind.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>.
struct GatewayFailure: Error, Sendable, Hashable {
  var status: Int
  /// As it is on the wire, with the blank that some have.
  var body: String
  /// A REST API's `x-amzn-ErrorType`.
  var type: String?

  var response: ServerResponse {
    var headers = [("Content-Type", "application/json")]
    if let type { headers.append(("x-amzn-ErrorType", type)) }
    return ServerResponse(status: status, headers: headers, body: Array(body.utf8))
  }

  static let forbidden = GatewayFailure(status: 403, body: #"{"message":"Forbidden"}"#, type: "ForbiddenException")
  static let missingToken = GatewayFailure(
    status: 403, body: #"{"message":"Missing Authentication Token"}"#, type: "MissingAuthenticationTokenException")
  static let notFound = GatewayFailure(status: 404, body: #"{"message":"Not Found"}"#)
  /// The cloud ends.
  static let stopped = GatewayFailure(status: 503, body: #"{"message":"Service Unavailable"}"#)

  /// Of this cloud alone: a page of another site may have sent the request.
  ///
  /// - Parameter own: `host:port` of the cloud.
  static func foreignHost(_ own: String) -> GatewayFailure {
    let words = "The header Host is not this cloud's: ask \(own), localhost, or ID.execute-api.localhost"
    return GatewayFailure(status: 403, body: (["message": .string(words)] as JSON).text)
  }

  static func tooMany(_ kind: GatewayAPI.Kind) -> GatewayFailure {
    GatewayFailure(
      status: 429, body: #"{"message":"Too Many Requests"}"#, type: kind == .rest ? "TooManyRequestsException" : nil)
  }

  static func tooLarge(_ kind: GatewayAPI.Kind) -> GatewayFailure {
    kind == .http
      ? GatewayFailure(status: 413, body: #"{"message":"Request Entity Too Large"}"#)
      : GatewayFailure(
        status: 413, body: #"{"message":"HTTP content length exceeded \#(APIGateway.bodyLimit) bytes."}"#,
        type: "RequestTooLargeException")
  }

  /// The event is more than Lambda takes.
  static func tooLargeEvent(_ kind: GatewayAPI.Kind) -> GatewayFailure {
    kind == .http
      ? tooLarge(.http)
      : GatewayFailure(status: 413, body: #"{"message":"Request Too Long"}"#, type: "RequestTooLargeException")
  }

  static func timeout(_ kind: GatewayAPI.Kind) -> GatewayFailure {
    kind == .http
      ? stopped
      : GatewayFailure(
        status: 504, body: #"{"message": "Endpoint request timed out"}"#, type: "InternalServerErrorException")
  }

  static func throttledFunction(_ kind: GatewayAPI.Kind) -> GatewayFailure {
    kind == .http
      ? stopped
      : GatewayFailure(
        status: 500, body: #"{"message": "Internal server error"}"#, type: "InternalServerErrorException")
  }

  /// The function failed, or its answer is none.
  static func badAnswer(_ kind: GatewayAPI.Kind) -> GatewayFailure {
    kind == .http
      ? GatewayFailure(status: 500, body: #"{"message":"Internal Server Error"}"#)
      : GatewayFailure(
        status: 502, body: #"{"message": "Internal server error"}"#, type: "InternalServerErrorException")
  }
}
