import CacheSupport
import Foundation

/// The event that an HTTP API of API Gateway makes of a request, in both payload formats.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>. That page
/// does not say which paths are decoded: what is here follows events that AWS delivered, named at ``version2`` and
/// ``version1``.
struct GatewayEvent {
  var request: ServerRequest
  var stage: String
  var routeKey: String
  var parameters: [(name: String, value: String)]
  var account: Account
  /// Epoch milliseconds.
  var now: Int64

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

  private var queryItems: [(name: String, values: [String])] {
    Self.collect(PercentEncoding.queryItems(request.query, plusIsBlank: true).map { ($0.name, $0.value) })
  }

  /// As text where the request says that it is text, and it is; else in Base64.
  private var body: (value: JSON, isEncoded: Bool) {
    if request.body.isEmpty { return (.null, false) }
    if isText, let text = String(validating: request.body, as: UTF8.self) { return (.string(text), false) }
    return (.string(Base64.text(request.body.span)), true)
  }

  /// True for `text/*`, and for JSON, XML and JavaScript: forms and bodies of no type are not text (measured against AWS for
  /// <https://github.com/ministackorg/ministack/pull/766>). What is compressed is not text either.
  private var isText: Bool {
    let encoding = request[header: "content-encoding"]?.lowercased() ?? "identity"
    guard encoding == "identity", let header = request[header: "content-type"] else { return false }
    let type = header.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    return type.hasPrefix("text/") || ["application/json", "application/xml", "application/javascript"].contains(type)
  }

  private var pathParameters: JSON {
    parameters.isEmpty ? .null : Self.object(parameters.map { ($0.name, .string($0.value)) })
  }

  /// The path as API Gateway reads it, with the stage.
  private var decodedPath: String { PercentEncoding.decode(request.path) }

  /// Format 2.0. `rawPath` is decoded, in spite of its name, and cut at a question mark that was encoded:
  /// <https://github.com/fastify/aws-lambda-fastify/issues/169>, <https://github.com/middleapi/standard-server/pull/93>.
  /// The query string is as it was sent.
  var version2: JSON {
    let rawPath = decodedPath.utf8.prefix { $0 != UInt8(ascii: "?") }
    let path = JSON.string(String(Substring(rawPath)))
    let all = request.headers.map { (name: $0.name.lowercased(), value: $0.value) }
    let headers = Self.collect(all.filter { $0.name != "cookie" })
    let cookies = all.filter { $0.name == "cookie" }.flatMap { $0.value.split(separator: ";") }
    let body = self.body
    var event: JSONObject = [
      "version": "2.0", "routeKey": .string(routeKey), "rawPath": path,
      "rawQueryString": .string(request.query),
      "headers": Self.object(headers.map { ($0.name, .string($0.values.joined(separator: ","))) }),
      "requestContext": [
        "accountId": .string(account.id), "apiId": "local", "domainName": .string(request[header: "host"] ?? ""),
        "domainPrefix": "local",
        "http": [
          "method": .string(request.method), "path": path, "protocol": "HTTP/1.1",
          "sourceIp": "127.0.0.1", "userAgent": .string(request[header: "user-agent"] ?? ""),
        ],
        "requestId": .string(RandomID.uuid()), "routeKey": .string(routeKey), "stage": .string(stage),
        "timeEpoch": .integer(now),
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
    if !parameters.isEmpty { event["pathParameters"] = pathParameters }
    if !request.body.isEmpty { event["body"] = body.value }
    return .object(event)
  }

  /// Format 1.0. `path` is as it was sent, `requestContext.path` and the path's parameters are decoded (recorded for
  /// <https://github.com/aws/aws-lambda-dotnet>, `V1_SpecialCharactersInPathHttpV1.json`); both have the stage
  /// (<https://github.com/jeremydaly/lambda-api/issues/136>).
  var version1: JSON {
    let headers = Self.collect(request.headers)
    let query = queryItems
    let body = self.body
    func last(_ items: [(name: String, values: [String])]) -> JSON {
      items.isEmpty ? .null : Self.object(items.map { ($0.name, .string($0.values.last ?? "")) })
    }
    func all(_ items: [(name: String, values: [String])]) -> JSON {
      items.isEmpty ? .null : Self.object(items.map { ($0.name, .array($0.values.map { .string($0) })) })
    }
    let resource = routeKey.split(separator: " ").last.map(String.init) ?? routeKey
    return [
      "version": "1.0", "resource": .string(resource), "path": .string(request.path),
      "httpMethod": .string(request.method), "headers": last(headers), "multiValueHeaders": all(headers),
      "queryStringParameters": last(query), "multiValueQueryStringParameters": all(query),
      "pathParameters": pathParameters, "stageVariables": .null,
      "requestContext": [
        "accountId": .string(account.id), "apiId": "local", "domainName": .string(request[header: "host"] ?? ""),
        "domainPrefix": "local", "httpMethod": .string(request.method),
        "identity": ["sourceIp": "127.0.0.1", "userAgent": .string(request[header: "user-agent"] ?? "")],
        "path": .string(decodedPath), "protocol": "HTTP/1.1", "requestId": .string(RandomID.uuid()),
        "requestTimeEpoch": .integer(now), "resourcePath": .string(resource), "stage": .string(stage),
      ],
      "body": body.value, "isBase64Encoded": .bool(body.isEncoded),
    ]
  }
}
