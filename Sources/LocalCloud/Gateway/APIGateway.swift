import CacheSupport
import Foundation

/// API Gateway's HTTP API: `/{stage}/…` goes to the function of the route that fits, and its answer is the response.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html>.
struct APIGateway: Sendable {
  private let stage: String
  private let routes: [(pattern: RoutePattern, route: Stack.Route)]
  private let sandboxes: Sandboxes
  private let account: Account
  private let clock: WallClock

  /// API Gateway takes 10 MB.
  static let bodyLimit: Int = 10 << 20

  init(_ api: Stack.API, sandboxes: Sandboxes, account: Account, clock: WallClock) {
    stage = api.stage
    routes = api.routes.map { (RoutePattern($0.path), $0) }.sorted { one, other in
      let (mine, others) = (one.pattern.weight, other.pattern.weight)
      // The more specific route first; of two alike, the one that names its method.
      return mine == others
        ? one.route.method != "ANY" && other.route.method == "ANY" : mine.lexicographicallyPrecedes(others)
    }
    self.sandboxes = sandboxes
    self.account = account
    self.clock = clock
  }

  func takes(_ path: String) -> Bool {
    let prefix = "/\(stage)".utf8
    guard path.utf8.starts(with: prefix) else { return false }
    return [nil, UInt8(ascii: "/")].contains(path.utf8.dropFirst(prefix.count).first)
  }

  func reply(to request: ServerRequest) -> ServerReply {
    guard request.body.count <= Self.bodyLimit else {
      return .now(Self.message(413, "Request Entity Too Large"))
    }
    let path = PercentEncoding.decode(String(Substring(request.path.utf8.dropFirst(stage.utf8.count + 1))))
    for (pattern, route) in routes where route.method == "ANY" || route.method == request.method {
      guard let parameters = pattern.match(path) else { continue }
      let event = GatewayEvent(
        request: request, stage: stage, routeKey: "\(route.method) \(route.path)", parameters: parameters,
        account: account, now: clock.now)
      let payload = (route.payload == "1.0" ? event.version1 : event.version2).bytes
      // Base64 makes a body a third larger, so that 10 MB are never reached.
      guard payload.count <= InvokeAPI.payloadLimit else { return .now(Self.message(413, "Request Entity Too Large")) }
      return .later {
        let limit: Duration = .milliseconds(route.timeoutMilliseconds)
        guard let result = await sandboxes.invoke(route.function, payload, within: limit) else {
          return Self.message(503, "Service Unavailable")
        }
        return Self.response(to: result, infers: route.payload == "2.0")
      }
    }
    return .now(Self.message(404, "Not Found"))
  }

  /// - Parameter infers: whether an answer without `statusCode` is the body itself, as in format 2.0.
  static func response(to result: InvocationResult, infers: Bool) -> ServerResponse {
    guard result.functionError == nil, let json = try? JSON(parsing: result.payload) else {
      return message(500, "Internal Server Error")
    }
    guard let status = json["statusCode"] else {
      guard infers else { return message(500, "Internal Server Error") }
      let body = json.string.map { Array($0.utf8) } ?? result.payload
      return ServerResponse(status: 200, headers: [("Content-Type", "application/json")], body: body)
    }
    guard let status = status.int, (200...599).contains(status) else { return message(500, "Internal Server Error") }
    var headers: [(name: String, value: String)] = []
    for (name, value) in json["headers"]?.object?.members ?? [] {
      if let text = text(value) { headers.append((name, text)) }
    }
    for (name, values) in json["multiValueHeaders"]?.object?.members ?? [] {
      for value in values.array ?? [] { if let text = text(value) { headers.append((name, text)) } }
    }
    for cookie in json["cookies"]?.array ?? [] { if let text = cookie.string { headers.append(("Set-Cookie", text)) } }
    if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      headers.append(("Content-Type", infers ? "text/plain;charset=utf-8" : "application/json"))
    }
    var body = Array((json["body"]?.string ?? "").utf8)
    if json["isBase64Encoded"]?.bool == true {
      guard let decoded = Data(base64Encoded: Data(body)) else { return message(500, "Internal Server Error") }
      body = Array(decoded)
    }
    return ServerResponse(status: status, headers: headers, body: body)
  }

  /// A header's value: a text, a number or a truth.
  private static func text(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text
    case .number, .bool: value.text
    case .null, .array, .object: nil
    }
  }

  private static func message(_ status: Int, _ text: String) -> ServerResponse {
    ServerResponse(
      status: status, headers: [("Content-Type", "application/json")], body: Array("{\"message\":\"\(text)\"}".utf8))
  }
}
