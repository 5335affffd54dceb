import CacheSupport
import Foundation

/// What API Gateway makes of a function's answer: `{"statusCode": …, "headers": …, "body": …}`.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>. The body, which
/// may be megabytes of rows, goes from the answer's bytes to the client's without a tree or a text in between.
struct GatewayResponse {
  private var status: JSON?
  private var headers: JSON?
  private var multiValueHeaders: JSON?
  private var cookies: JSON?
  private var body: [UInt8] = []
  private var isBase64Encoded = false

  /// - Parameter infers: whether an answer without `statusCode` is the body itself, as in format 2.0.
  /// - Returns: the response, or API Gateway's 500 for what is none.
  static func response(to result: InvocationResult, infers: Bool) -> ServerResponse {
    guard result.functionError == nil, let read = try? Self(reading: result.payload) else { return .failed }
    if read.status != nil { return read.response(infers: infers) ?? .failed }
    guard infers else { return .failed }
    // A text is answered as what it says, everything else as it is.
    let text = try? JSON(parsing: result.payload).string
    return ServerResponse(
      status: 200, headers: [("Content-Type", "application/json")], body: text.map { Array($0.utf8) } ?? result.payload)
  }

  /// - Throws: `JSONError` where it is no JSON. What is JSON, but no object, has no status.
  private init(reading payload: [UInt8]) throws(JSONError) {
    var reader = JSONReader(payload.span)
    guard try reader.peek() == .object else {
      try reader.skip()
      try reader.end()
      return
    }
    try reader.beginObject()
    while try reader.nextMember() {
      if reader.isNamed("body") {
        let token = try reader.token()
        body = token.kind == .string ? try reader.textBytes(token) : []
      } else if reader.isNamed("statusCode") {
        status = try reader.value()
      } else if reader.isNamed("headers") {
        headers = try reader.value()
      } else if reader.isNamed("multiValueHeaders") {
        multiValueHeaders = try reader.value()
      } else if reader.isNamed("cookies") {
        cookies = try reader.value()
      } else if reader.isNamed("isBase64Encoded") {
        isBase64Encoded = try reader.value().bool ?? false
      } else {
        try reader.skip()
      }
    }
    try reader.end()
  }

  private func response(infers: Bool) -> ServerResponse? {
    guard let status = status?.int, (200...599).contains(status) else { return nil }
    var lines: [(name: String, value: String)] = []
    for (name, value) in headers?.object?.members ?? [] {
      if let text = Self.text(value) { lines.append((name, text)) }
    }
    for (name, values) in multiValueHeaders?.object?.members ?? [] {
      for value in values.array ?? [] { if let text = Self.text(value) { lines.append((name, text)) } }
    }
    for cookie in cookies?.array ?? [] { if let text = cookie.string { lines.append(("Set-Cookie", text)) } }
    if !lines.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append(("Content-Type", infers ? "text/plain;charset=utf-8" : "application/json"))
    }
    guard isBase64Encoded else { return ServerResponse(status: status, headers: lines, body: body) }
    return Data(base64Encoded: Data(body)).map { ServerResponse(status: status, headers: lines, body: Array($0)) }
  }

  /// A header's value: a text, a number or a truth.
  private static func text(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text
    case .number, .bool: value.text
    case .null, .array, .object: nil
    }
  }
}

extension ServerResponse {
  fileprivate static var failed: ServerResponse {
    ErrorFormat.message.response(to: ServiceError(status: 500, type: "", message: "Internal Server Error"))
  }
}
