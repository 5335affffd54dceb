import CacheSupport
import LambdaRuntime

/// An answer of InfluxDB's write API that is no success: `{"code", "message"}`.
///
/// The codes are InfluxDB's own; see <https://docs.influxdata.com/influxdb/v2/write-data/troubleshoot/>. Telegraf sends a batch again
/// after 401, 403, 429 and 5xx, halves it after 413, and drops it after any other 4xx.
struct InfluxError: Error, Hashable {
  var status: Int
  var code: String
  var message: String
  var headers: [String: String] = [:]

  static func invalid(_ message: String) -> InfluxError { InfluxError(status: 400, code: "invalid", message: message) }

  static let unauthorized: InfluxError = InfluxError(
    status: 401, code: "unauthorized",
    message: "send a key that may write as 'Authorization: Token KEY'; every key that is sent must be right",
    headers: ["WWW-Authenticate": "Token"])

  /// As InfluxDB has it, a bucket that a key may not write is one that is not there.
  static func noBucket(_ bucket: String) -> InfluxError {
    InfluxError(
      status: 404, code: "not found",
      message: "bucket '\(bucket.prefix(100))' not found: the key that was sent may not write a bucket of this name")
  }

  static let noPath: InfluxError = InfluxError(
    status: 404, code: "not found", message: "path not found: there are /api/v2/write, /write, /ping and /health")

  static func methodNotAllowed(_ allowed: String) -> InfluxError {
    InfluxError(
      status: 405, code: "method not allowed", message: "use \(allowed)", headers: ["Allow": allowed])
  }

  static let tooLarge: InfluxError = .tooLarge(
    "the body has more than \(WriteBody.maximumBytes) bytes once it is unpacked: send smaller batches")

  static func tooLarge(_ message: String) -> InfluxError {
    InfluxError(status: 413, code: "request too large", message: message)
  }

  static func unsupported(_ message: String) -> InfluxError {
    InfluxError(status: 415, code: "unsupported media type", message: message)
  }

  static func unprocessable(_ message: String) -> InfluxError {
    InfluxError(status: 422, code: "unprocessable entity", message: message)
  }

  static func unavailable(_ message: String) -> InfluxError {
    InfluxError(status: 503, code: "unavailable", message: message, headers: ["Retry-After": "5"])
  }

  init(status: Int, code: String, message: String, headers: [String: String] = [:]) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
  }

  init(_ refusal: AccessKeys.Refusal) {
    switch refusal {
    case .unauthorized: self = .unauthorized
    case .noKeys: self = .unavailable("no key is set, or placeholders only: set them in the parameter of KEYS_SSM_ID")
    case .unavailable: self = .unavailable("the keys cannot be read now: send the batch again")
    }
  }

  /// What a store's failure means for the client; its own words go to the log alone.
  init(_ error: StoreError) {
    switch error.kind {
    case .throttled:
      self.init(
        status: 429, code: "too many requests",
        message: "a store wants fewer requests: send the whole batch again after the seconds in Retry-After",
        headers: ["Retry-After": "2"])
    case .unavailable, .timedOut:
      self = .unavailable("a store does not answer now: send the whole batch again after the seconds in Retry-After")
    case .failed:
      self.init(
        status: 500, code: "internal error",
        message: "a store refused a request; the log of this request says why, and the batch may be sent again")
    }
  }

  /// - Parameter isV1: adds `error`, which clients of version 1 read.
  func response(isV1: Bool) -> HTTPEventResponse {
    var body: JSONObject = ["code": .string(code), "message": .string(message)]
    if isV1 { body["error"] = .string(message) }
    return HTTPEventResponse(
      status: status, headers: headers.merging(["Content-Type": "application/json; charset=utf-8"]) { own, _ in own },
      body: JSON.object(body).bytes)
  }
}
