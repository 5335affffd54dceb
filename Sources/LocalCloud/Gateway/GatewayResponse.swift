import CacheSupport
import Foundation

/// What API Gateway makes of a function's answer: `{"statusCode": …, "headers": …, "body": …}`.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html> and
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>. The body, which
/// may be megabytes of rows, goes from the answer's bytes to the client's without a tree or a text in between.
struct GatewayResponse {
  private var isObject = false
  private var status: JSON?
  private var headers: JSON?
  private var multiValueHeaders: JSON?
  private var cookies: JSON?
  private var body: [UInt8] = []
  private var isBase64Encoded = false
  /// A member that no answer has.
  private var hasOthers = false
  /// Of a REST API: a body that is neither a text nor null.
  private var hasOddBody = false

  /// What an answer must be like.
  struct Format: Sendable, Hashable {
    var kind: GatewayAPI.Kind
    /// Whether an answer without `statusCode` is the body itself, as in format 2.0.
    var isVersion2: Bool
    /// Whether the client takes the bytes that Base64 stands for. An HTTP API's always does.
    var takesBinary: Bool

    /// - Parameter accept: the client's header. A REST API goes by the first type in it.
    init(_ api: GatewayAPI, isVersion2: Bool, accept: String?) {
      kind = api.kind
      self.isVersion2 = isVersion2
      let first = accept?.split(separator: ",").first ?? "*/*"
      let range = MediaTypeRange(first)
      takesBinary = kind == .http || range.map { type in api.binaryTypes.contains { $0.takes(type) } } ?? false
    }
  }

  /// - Returns: the response, or API Gateway's own error for what is none.
  static func response(to result: InvocationResult, _ format: Format) -> ServerResponse {
    let failed = GatewayFailure.badAnswer(format.kind).response
    guard result.functionError == nil, var read = try? Self(reading: result.payload) else { return failed }
    if format.kind == .rest {
      // No member is a must, but others than these are no answer.
      guard read.isObject, !read.hasOthers, !read.hasOddBody, read.cookies == nil else { return failed }
      read.isBase64Encoded = read.isBase64Encoded && format.takesBinary
      read.status = read.status ?? 200
    }
    if read.status != nil { return read.response(format) ?? failed }
    guard format.isVersion2 else { return failed }
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
    isObject = true
    try reader.beginObject()
    while try reader.nextMember() {
      if reader.isNamed("body") {
        if try reader.peek() == .string {
          (body, hasOddBody) = (try reader.textBytes(), false)
        } else {
          (body, hasOddBody) = ([], try reader.token().kind != .null)
        }
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
        hasOthers = true
        try reader.skip()
      }
    }
    try reader.end()
  }

  private func response(_ format: Format) -> ServerResponse? {
    // A REST API takes the number as a text, too.
    let number = status?.int ?? (format.kind == .rest ? status?.string.flatMap { Int($0) } : nil)
    guard let number, (200...599).contains(number) else { return nil }
    var lines: [(name: String, value: String)] = []
    for (name, values) in format.isVersion2 ? [] : multiValueHeaders?.object?.members ?? [] {
      for value in values.array ?? [] { if let text = Self.text(value) { lines.append((name, text)) } }
    }
    let several = lines
    for (name, value) in headers?.object?.members ?? [] {
      guard let text = Self.text(value) else { continue }
      if !several.contains(where: { $0.name == name && $0.value == text }) { lines.append((name, text)) }
    }
    for cookie in format.isVersion2 ? cookies?.array ?? [] : [] {
      if let text = cookie.string { lines.append(("Set-Cookie", text)) }
    }
    if !lines.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append(("Content-Type", format.kind == .http ? "text/plain;charset=utf-8" : "application/json"))
    }
    guard isBase64Encoded else { return ServerResponse(status: number, headers: lines, body: body) }
    return Data(base64Encoded: Data(body)).map { ServerResponse(status: number, headers: lines, body: Array($0)) }
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
