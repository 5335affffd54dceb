import CacheSupport
import LambdaRuntime

/// An answer that is not the series: `{"error": {"code", "message"}}`, whose message says what to change.
struct APIError: Error, Hashable {
  var status: Int
  var code: String
  var message: String
  var headers: [String: String] = [:]

  static func badRequest(_ message: String) -> APIError { APIError(status: 400, code: "BadRequest", message: message) }

  static let unauthorized: APIError = APIError(
    status: 401, code: "Unauthorized",
    message:
      "send a key in the header x-api-key, x-security-token or Authorization (Bearer, Token, or Basic as password); every key that is sent must be right",
    headers: ["WWW-Authenticate": "Bearer"])

  static func forbidden(_ message: String) -> APIError { APIError(status: 403, code: "Forbidden", message: message) }

  static func notFound(_ message: String) -> APIError { APIError(status: 404, code: "NotFound", message: message) }

  static func methodNotAllowed(_ methods: String) -> APIError {
    APIError(status: 405, code: "MethodNotAllowed", message: "use \(methods)", headers: ["Allow": methods])
  }

  static func conflict(_ message: String) -> APIError { APIError(status: 409, code: "Conflict", message: message) }

  static func tooLarge(_ message: String) -> APIError { APIError(status: 413, code: "TooLarge", message: message) }

  static let noKey: APIError = APIError(
    status: 503, code: "NoKeyConfigured",
    message: "the API's own key is not set, or is still the placeholder: set it in the parameter of API_SSM_ID")

  /// What needs the identifiers' table, where there is none.
  static let noTable: APIError = APIError(
    status: 503, code: "NoTableConfigured",
    message: "this needs the identifiers' table: name it in the function's variable IDENTIFIER_TABLE")

  init(status: Int, code: String, message: String, headers: [String: String] = [:]) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
  }

  /// What a store's failure means for the client; its own words go to the log alone.
  init(_ error: StoreError) {
    switch error.kind {
    case .throttled:
      self.init(
        status: 429, code: "Throttled",
        message: "the store wants fewer requests: ask again after the seconds in Retry-After",
        headers: ["Retry-After": "2"])
    case .unavailable:
      self.init(
        status: 503, code: "Unavailable",
        message: "the store does not answer now: ask again after the seconds in Retry-After",
        headers: ["Retry-After": "5"])
    case .timedOut:
      self.init(status: 504, code: "TimedOut", message: "the store did not answer in time: ask for a shorter range")
    case .failed:
      self.init(
        status: 502, code: "StoreFailed",
        message: "the store refused the request; the log of this request's id says why")
    }
  }

  var response: HTTPEventResponse {
    let body: JSON = ["error": ["code": .string(code), "message": .string(message)]]
    return HTTPEventResponse(
      status: status,
      headers: headers.merging(["Content-Type": "application/json", "Cache-Control": "no-store"]) { own, _ in own },
      body: body.bytes
    )
  }
}
