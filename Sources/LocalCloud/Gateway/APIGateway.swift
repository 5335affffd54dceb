import Basics

/// API Gateway's REST proxy: `/{stage}/…` becomes an event for a function, and its answer the response.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>.
struct APIGateway: Sendable {
  let stage: String
  let function: String
  let sandboxes: Sandboxes
  let account: Account
  let clock: WallClock

  /// API Gateway takes 10 MB.
  static let bodyLimit: Int = 10 << 20
  /// And waits 29 seconds.
  static let timeout: Duration = .seconds(29)

  func takes(_ path: String) -> Bool { path == "/" + stage || path.hasPrefix("/\(stage)/") }

  func reply(to request: ServerRequest) -> ServerReply {
    guard request.body.count <= Self.bodyLimit else {
      return .now(Self.message(413, "Request Too Long"))
    }
    let event = event(request).bytes
    return .later {
      guard let result = await sandboxes.invoke(function, event, within: Self.timeout) else {
        return Self.message(504, "Endpoint request timed out")
      }
      guard result.functionError == nil, let json = try? JSON(parsing: result.payload),
        let status = json["statusCode"]?.int
      else { return Self.message(502, "Internal server error") }
      var headers: [(name: String, value: String)] = []
      for (name, value) in json["headers"]?.object?.members ?? [] {
        if let text = value.string { headers.append((name, text)) }
      }
      for (name, values) in json["multiValueHeaders"]?.object?.members ?? [] {
        for value in values.array ?? [] { if let text = value.string { headers.append((name, text)) } }
      }
      if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
        headers.append(("Content-Type", "application/json"))
      }
      return ServerResponse(status: status, headers: headers, body: Array((json["body"]?.string ?? "").utf8))
    }
  }

  private static func message(_ status: Int, _ text: String) -> ServerResponse {
    ServerResponse(
      status: status, headers: [("Content-Type", "application/json")], body: Array("{\"message\": \"\(text)\"}".utf8))
  }

  /// The event of a REST API's proxy resource, payload format 1.0.
  private func event(_ request: ServerRequest) -> JSON {
    let path = String(request.path.dropFirst(stage.utf8.count + 1))
    let items = PercentEncoding.queryItems(request.query, plusIsBlank: true)
    var headers: JSONObject = [:]
    var multiHeaders: JSONObject = [:]
    for (name, value) in request.headers {
      headers[name] = .string(value)
      multiHeaders[name] = .array((multiHeaders[name]?.array ?? []) + [.string(value)])
    }
    var query: JSONObject = [:]
    var multiQuery: JSONObject = [:]
    for (name, value) in items {
      query[name] = .string(value)
      multiQuery[name] = .array((multiQuery[name]?.array ?? []) + [.string(value)])
    }
    let now = clock.now
    return [
      "resource": "/{proxy+}", "path": .string(path.isEmpty ? "/" : path), "httpMethod": .string(request.method),
      "headers": .object(headers), "multiValueHeaders": .object(multiHeaders),
      "queryStringParameters": query.isEmpty ? .null : .object(query),
      "multiValueQueryStringParameters": multiQuery.isEmpty ? .null : .object(multiQuery),
      "pathParameters": ["proxy": .string(PercentEncoding.decode(path.drop { $0 == "/" }))], "stageVariables": .null,
      "requestContext": [
        "accountId": .string(account.id), "apiId": "local", "domainName": .string(request[header: "host"] ?? ""),
        "domainPrefix": "local", "httpMethod": .string(request.method),
        "identity": ["sourceIp": "127.0.0.1", "userAgent": .string(request[header: "user-agent"] ?? "")],
        "path": .string(request.path), "protocol": "HTTP/1.1", "requestId": .string(RandomID.uuid()),
        "requestTimeEpoch": .integer(now), "resourcePath": "/{proxy+}", "stage": .string(stage),
      ],
      "body": request.body.isEmpty ? .null : .string(String(decoding: request.body, as: UTF8.self)),
      "isBase64Encoded": false,
    ]
  }
}
