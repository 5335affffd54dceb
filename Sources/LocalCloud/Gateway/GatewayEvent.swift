import CacheSupport
import Foundation

/// The event that API Gateway makes of a request: a REST API's, and an HTTP API's in both payload formats.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html> and
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>. Those pages
/// do not say which paths are decoded: what is here follows events that AWS delivered, named at ``version2`` and
/// ``version1``.
struct GatewayEvent {
  /// Its path is the one that the API's own host has, with the stage.
  var request: ServerRequest
  var api: GatewayAPI
  var stage: GatewayStage
  var match: RouteTable.Match
  var ids: GatewayRequestIDs
  var account: Account
  /// Epoch milliseconds.
  var now: Int64
  /// The scheme and the port at which the request came.
  var door: (scheme: String, port: String)

  /// In the format of the route.
  var payload: JSON { match.route.payload == "2.0" ? version2 : version1 }

  private static let sourceAddress = "127.0.0.1"

  /// Each name once, with all its values.
  private static func collect(_ pairs: [(name: String, value: String)]) -> [(name: String, values: [String])] {
    var places: [ByteText: Int] = [:]
    var collected: [(name: String, values: [String])] = []
    for pair in pairs {
      if let place = places[ByteText(pair.name)] {
        collected[place].values.append(pair.value)
      } else {
        places[ByteText(pair.name)] = collected.count
        collected.append((pair.name, [pair.value]))
      }
    }
    return collected
  }

  private static func object(_ pairs: [(name: String, value: JSON)]) -> JSON {
    .object(pairs.reduce(into: JSONObject()) { $0[$1.name] = $1.value })
  }

  private static func texts(_ pairs: [String: String]) -> JSON {
    object(pairs.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
  }

  private var queryItems: [(name: String, values: [String])] {
    Self.collect(PercentEncoding.queryItems(request.query, plusIsBlank: true).map { ($0.name, $0.value) })
  }

  /// The client's headers, and those that the gateway adds.
  private var headers: [(name: String, value: String)] {
    var lines = request.headers
    let client = lines.firstIndex { ASCII.isSameName($0.name, "x-forwarded-for") }
    if let client {
      lines[client].value += ", \(Self.sourceAddress)"
    } else {
      lines.append(("X-Forwarded-For", Self.sourceAddress))
    }
    for (name, value) in [
      ("X-Forwarded-Port", door.port), ("X-Forwarded-Proto", door.scheme), ("X-Amzn-Trace-Id", ids.trace),
    ] {
      lines.removeAll { ASCII.isSameName($0.name, name) }
      lines.append((name, value))
    }
    return lines
  }

  /// As text where it is text, else in Base64.
  private var body: (value: JSON, isEncoded: Bool) {
    if request.body.isEmpty { return (.null, false) }
    switch api.kind {
    case .http:
      if isText, let text = String(validating: request.body, as: UTF8.self) { return (.string(text), false) }
    case .rest where !isBinary: return (.string(String(decoding: request.body, as: UTF8.self)), false)
    case .rest: break
    }
    return (.string(Base64.text(request.body.span)), true)
  }

  /// Of an HTTP API: true for `text/*`, and for JSON, XML and JavaScript: forms and bodies of no type are not text (measured
  /// against AWS for <https://github.com/ministackorg/ministack/pull/766>). What is compressed is not text either.
  private var isText: Bool {
    let encoding = request[header: "content-encoding"]?.lowercased() ?? "identity"
    guard encoding == "identity", let header = request[header: "content-type"] else { return false }
    let type = header.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    return type.hasPrefix("text/") || ["application/json", "application/xml", "application/javascript"].contains(type)
  }

  /// Of a REST API: whether the type is one of those that the API names; without one it is JSON.
  private var isBinary: Bool {
    guard let type = MediaTypeRange(request[header: "content-type"] ?? "application/json") else { return false }
    return api.binaryTypes.contains { $0.takes(type) }
  }

  private var pathParameters: JSON {
    match.parameters.isEmpty ? .null : Self.object(match.parameters.map { ($0.name, .string($0.value)) })
  }

  /// The path as an HTTP API reads it, with the stage.
  private var decodedPath: String { PercentEncoding.decode(request.path) }

  private var domainName: String { request[header: "host"] ?? "" }
  private var userAgent: JSON { .string(request[header: "user-agent"] ?? "") }

  /// Format 2.0. `rawPath` is decoded, in spite of its name, and cut at a question mark that was encoded:
  /// <https://github.com/fastify/aws-lambda-fastify/issues/169>, <https://github.com/middleapi/standard-server/pull/93>.
  /// The query string is as it was sent.
  var version2: JSON {
    let route = match.route
    let rawPath = decodedPath.utf8.prefix { $0 != UInt8(ascii: "?") }
    let path = JSON.string(String(Substring(rawPath)))
    let all = headers.map { (name: $0.name.lowercased(), value: $0.value) }
    let headers = Self.collect(all.filter { $0.name != "cookie" })
    let cookies = all.filter { $0.name == "cookie" }.flatMap { $0.value.split(separator: ";") }
    let body = self.body
    var event: JSONObject = [
      "version": "2.0", "routeKey": .string(route.key), "rawPath": path,
      "rawQueryString": .string(request.query),
      "headers": Self.object(headers.map { ($0.name, .string($0.values.joined(separator: ","))) }),
      "requestContext": [
        "accountId": .string(account.id), "apiId": .string(api.id), "domainName": .string(domainName),
        "domainPrefix": .string(api.id),
        "http": [
          "method": .string(request.method), "path": path, "protocol": "HTTP/1.1",
          "sourceIp": .string(Self.sourceAddress), "userAgent": userAgent,
        ],
        "requestId": .string(ids.extended), "routeKey": .string(route.key), "stage": .string(stage.name),
        "time": .string(UTCTime(epochMilliseconds: now).logText), "timeEpoch": .integer(now),
      ],
      "isBase64Encoded": .bool(body.isEncoded),
    ]
    if !cookies.isEmpty {
      event["cookies"] = .array(cookies.map { .string(String($0.drop { $0 == " " })) })
    }
    let query = queryItems
    if !query.isEmpty {
      event["queryStringParameters"] = Self.object(
        query.map { ($0.name, .string($0.values.joined(separator: ","))) })
    }
    if !match.parameters.isEmpty { event["pathParameters"] = pathParameters }
    if !stage.variables.isEmpty { event["stageVariables"] = Self.texts(stage.variables) }
    if !request.body.isEmpty { event["body"] = body.value }
    return .object(event)
  }

  /// Format 1.0, and a REST API's event.
  ///
  /// Of an HTTP API, `path` is as it was sent, `requestContext.path` and the path's parameters are decoded (recorded for
  /// <https://github.com/aws/aws-lambda-dotnet>, `V1_SpecialCharactersInPathHttpV1.json`); both have the stage
  /// (<https://github.com/jeremydaly/lambda-api/issues/136>). Of a REST API nothing is decoded, and `path` is without the
  /// stage (recorded for <https://github.com/localstack/localstack>, `test_apigateway_lambda.snapshot.json`).
  var version1: JSON {
    let headers = Self.collect(self.headers)
    let query = queryItems
    let body = self.body
    func last(_ items: [(name: String, values: [String])]) -> JSON {
      items.isEmpty ? .null : Self.object(items.map { ($0.name, .string($0.values.last ?? "")) })
    }
    func all(_ items: [(name: String, values: [String])]) -> JSON {
      items.isEmpty ? .null : Self.object(items.map { ($0.name, .array($0.values.map { .string($0) })) })
    }
    let resource = JSON.string(match.route.path)
    var event: JSONObject = api.kind == .http ? ["version": "1.0"] : [:]
    let members: JSONObject = [
      "resource": resource, "path": .string(api.kind == .http ? request.path : Self.path(request.path, below: stage)),
      "httpMethod": .string(request.method), "headers": last(headers), "multiValueHeaders": all(headers),
      "queryStringParameters": last(query), "multiValueQueryStringParameters": all(query),
      "requestContext": context(resource), "pathParameters": pathParameters,
      "stageVariables": stage.variables.isEmpty ? .null : Self.texts(stage.variables),
      "body": body.value, "isBase64Encoded": .bool(body.isEncoded),
    ]
    for (name, value) in members.members { event[name] = value }
    return .object(event)
  }

  private func context(_ resource: JSON) -> JSON {
    var identity: JSONObject = ["accessKey": .null, "accountId": .null, "caller": .null]
    if api.kind == .http { identity["cognitoAmr"] = .null }
    for name in [
      "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId",
      "principalOrgId",
    ] { identity[name] = .null }
    identity["sourceIp"] = .string(Self.sourceAddress)
    identity["user"] = .null
    identity["userAgent"] = userAgent
    identity["userArn"] = .null
    var context: JSONObject = ["accountId": .string(account.id), "apiId": .string(api.id)]
    if api.kind == .rest { context["deploymentId"] = .string(GatewayAPI.id(of: stage.name, in: api.id)) }
    context["domainName"] = .string(domainName)
    context["domainPrefix"] = .string(api.id)
    context["extendedRequestId"] = .string(ids.extended)
    context["httpMethod"] = .string(request.method)
    context["identity"] = .object(identity)
    context["path"] = .string(api.kind == .http ? decodedPath : request.path)
    context["protocol"] = "HTTP/1.1"
    context["requestId"] = .string(api.kind == .http ? ids.extended : ids.request)
    context["requestTime"] = .string(UTCTime(epochMilliseconds: now).logText)
    context["requestTimeEpoch"] = .integer(now)
    context["resourceId"] = .string(
      api.kind == .http ? match.route.key : GatewayAPI.id(of: match.route.path, in: api.id))
    context["resourcePath"] = resource
    context["stage"] = .string(stage.name)
    return .object(context)
  }

  /// A path without its stage.
  static func path(_ path: String, below stage: GatewayStage) -> String {
    guard stage.name != GatewayStage.standardName else { return path }
    let rest = String(Substring(path.utf8.dropFirst(stage.name.utf8.count + 1)))
    return rest.isEmpty ? "/" : rest
  }
}

/// The names that a request has.
struct GatewayRequestIDs: Sendable, Hashable {
  var request: String
  var extended: String
  /// For X-Ray.
  var trace: String

  /// - Parameters:
  ///   - now: epoch milliseconds.
  ///   - trace: what the client gave.
  init(now: Int64, trace: String?) {
    request = RandomID.uuid()
    let bytes = (0..<11).map { _ in UInt8.random(in: 0...255) }
    extended = Base64.text(bytes.span)
    let seconds = now / 1000
    let time = Hex.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: seconds >> $0) })
    self.trace = trace ?? "Root=1-\(time)-\(Hex.encode((0..<12).map { _ in UInt8.random(in: 0...255) }))"
  }
}

extension UTCTime {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// `09/Apr/2015:12:34:56 +0000`: the Common Log Format.
  fileprivate var logText: String {
    "\(Self.padded(day, 2))/\(Self.months[month - 1])/\(Self.padded(year, 4)):\(timeText) +0000"
  }
}
