import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

@Suite struct GatewayTests {
  @Test(
    "A route fits a path as API Gateway has it",
    arguments: [
      ("/{proxy+}", "/a/b", ["proxy": "a/b"]), ("/{proxy+}", "/", nil), ("/a/{b}", "/a/x y", ["b": "x y"]),
      ("/a/{b}", "/a", nil), ("/a/{b}", "/a/b/c", nil), ("/a", "/a", [:]), ("/a", "/A", nil),
      ("/a/{rest+}", "/a/b/c/d", ["rest": "b/c/d"]), ("/caf\u{E9}/{id}", "/caf\u{E9}/1", ["id": "1"]),
      ("/caf\u{E9}/{id}", "/cafe\u{301}/1", nil), ("/a/{b}", "/a/\u{301}", ["b": "\u{301}"]),
    ] as [(String, String, [String: String]?)])
  func routes(pattern: String, path: String, expected: [String: String]?) {
    let found = RoutePattern(pattern).match(path)
    #expect(found.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.name, $0.value) }) } == expected)
  }

  private static func response(
    to payload: String, _ api: GatewayAPI = GatewayAPI(kind: .http, id: "a"), isVersion2: Bool = true,
    accept: String? = nil
  ) -> ServerResponse {
    GatewayResponse.response(
      to: InvocationResult(payload: Array(payload.utf8)),
      GatewayResponse.Format(api, isVersion2: isVersion2, accept: accept))
  }

  @Test(
    "What a function answers becomes a response, or API Gateway's own error",
    arguments: [
      (
        #"{"statusCode":201,"headers":{"a":1,"b":true},"cookies":["c=1"],"isBase64Encoded":true,"body":"aGk="}"#, 201,
        "hi"
      ),
      (#"{"statusCode":-1}"#, 500, nil), (#"{"statusCode":4294967297}"#, 500, nil), (#"{"statusCode":100}"#, 500, nil),
      (#"{"statusCode":200,"isBase64Encoded":true,"body":"?"}"#, 500, nil), (#"{"x":1}"#, 200, #"{"x":1}"#),
      (#""text""#, 200, "text"),
      (#"{"statusCode":200,"body":"a\n\"\u00e9\ud83d\ude00\"","body":"b\t\\\/"}"#, 200, "b\t\\/"),
      (#"{"statusCode":200,"body":"a\n\"\u00e9\ud83d\ude00"}"#, 200, "a\n\"\u{E9}\u{1F600}"),
      (#"{"statusCode":200,"body":7,"other":{"deep":[1]}}"#, 200, ""), (#"{"statusCode":"200"}"#, 500, nil),
      (#"{"statusCode":200,"body":"a"} x"#, 500, nil), (#"{"statusCode":200,"body":"a"#, 500, nil), ("[1]", 200, "[1]"),
    ] as [(String, Int, String?)])
  func responses(payload: String, status: Int, body: String?) {
    let response = Self.response(to: payload)
    #expect(response.status == status)
    if let body { #expect(String(decoding: response.body, as: UTF8.self) == body) }
    if status == 201 {
      #expect(response.headers.map { "\($0.name)=\($0.value)" }.prefix(3) == ["a=1", "b=true", "Set-Cookie=c=1"])
    }
  }

  @Test(
    "A REST API's answer has the five members that it may have, or is no answer",
    arguments: [
      (#"{}"#, "*/*", 200, ""), (#"{"statusCode":"201","body":null}"#, "*/*", 201, ""),
      (#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#, "text/html, image/png", 200, "aGk="),
      (#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#, "image/png, text/html", 200, "hi"),
      (#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#, nil, 200, "aGk="),
      (#"{"statusCode":200,"cookies":[]}"#, nil, 502, nil), (#"{"errorMessage":"no"}"#, nil, 502, nil),
      (#"{"statusCode":200,"body":{}}"#, nil, 502, nil), (#"{"statusCode":99}"#, nil, 502, nil),
      (#""text""#, nil, 502, nil), ("[1]", nil, 502, nil), ("null", nil, 502, nil), ("{", nil, 502, nil),
    ] as [(String, String?, Int, String?)])
  func restResponses(payload: String, accept: String?, status: Int, body: String?) {
    var api = GatewayAPI(kind: .rest, id: "a")
    api.binaryTypes = [MediaTypeRange("image~1*")].compactMap(\.self)
    let response = Self.response(to: payload, api, isVersion2: false, accept: accept)
    #expect(response.status == status)
    #expect(String(decoding: response.body, as: UTF8.self) == body ?? #"{"message": "Internal server error"}"#)
    #expect(response.headers.first?.value == "application/json")
  }

  @Test("A header of one value and of several is there as often as it has values") func severalHeaders() {
    let payload =
      #"{"statusCode":200,"headers":{"a":"1","b":"2"},"multiValueHeaders":{"a":["1","3"]},"body":""}"#
    let response = Self.response(to: payload, GatewayAPI(kind: .rest, id: "a"), isVersion2: false)
    #expect(
      response.headers.map { "\($0.name)=\($0.value)" } == ["a=1", "a=3", "b=2", "Content-Type=application/json"])
  }

  /// A request's event at `ANY /{proxy+}`, or at a route without parameters.
  private static func event(
    _ request: ServerRequest, _ kind: GatewayAPI.Kind = .http, parameters: [(name: String, value: String)] = [],
    key: String = "ANY /{proxy+}", payload: String = "2.0"
  ) throws -> GatewayEvent {
    let api = GatewayAPI(kind: kind, id: "abcdefghij", binaryTypes: [MediaTypeRange("image/*")].compactMap(\.self))
    let route = try APIRoute(key: key, .function("f"), payload: payload, timeoutMilliseconds: 50, "R")
    return GatewayEvent(
      request: request, api: api, stage: GatewayStage(name: "prod", variables: kind == .rest ? ["color": "red"] : [:]),
      match: RouteTable.Match(route: route, parameters: parameters),
      ids: GatewayRequestIDs(now: 1_428_582_896_000, trace: "Root=1-5-6"), account: Account(), now: 1_428_582_896_000,
      door: ("http", "4566"))
  }

  private static let forwarded: [(name: String, value: JSON)] = [
    ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Port", "4566"), ("X-Forwarded-Proto", "http"),
    ("X-Amzn-Trace-Id", "Root=1-5-6"),
  ]

  @Test("The event of a request, in both formats") func events() throws {
    let request = ServerRequest(
      method: "GET", path: "/prod/v1/x", query: "a=1&b=2&a=%203",
      headers: [("Host", "h"), ("X-Many", "1"), ("x-many", "2"), ("X-Forwarded-For", "9.9.9.9")])
    let event = try Self.event(request, parameters: [("proxy", "v1/x")])
    let two = event.version2
    #expect(two["rawPath"] == "/prod/v1/x")
    #expect(two["rawQueryString"] == "a=1&b=2&a=%203")
    #expect(two["queryStringParameters"] == ["a": "1, 3", "b": "2"])
    #expect(
      two["headers"] == [
        "host": "h", "x-many": "1,2", "x-forwarded-for": "9.9.9.9, 127.0.0.1", "x-forwarded-port": "4566",
        "x-forwarded-proto": "http", "x-amzn-trace-id": "Root=1-5-6",
      ])
    #expect(two["pathParameters"] == ["proxy": "v1/x"])
    #expect(two["requestContext"]?["http"]?["method"] == "GET")
    #expect(two["requestContext"]?["time"] == "09/Apr/2015:12:34:56 +0000")
    #expect(two["requestContext"]?["timeEpoch"] == 1_428_582_896_000)
    #expect(two["requestContext"]?["apiId"] == "abcdefghij" && two["requestContext"]?["domainPrefix"] == "abcdefghij")
    #expect(two["body"] == nil && two["stageVariables"] == nil)
    let binary = try Self.event(
      ServerRequest(method: "POST", path: "/prod/x", headers: [("Cookie", "a=1; b=2")], body: [0xFF, 0]),
      key: "$default")
    #expect(binary.version2["cookies"] == ["a=1", "b=2"])
    #expect(binary.version2["routeKey"] == "$default" && binary.version2["pathParameters"] == nil)
    #expect(binary.version2["body"] == "/wA=" && binary.version2["isBase64Encoded"] == true)
    let one = event.version1
    #expect(one["version"] == "1.0")
    #expect(one["path"] == "/prod/v1/x")
    #expect(one["resource"] == "/{proxy+}")
    #expect(one["queryStringParameters"] == ["a": " 3", "b": "2"])
    #expect(one["multiValueQueryStringParameters"] == ["a": ["1", " 3"], "b": ["2"]])
    #expect(one["requestContext"]?["path"] == "/prod/v1/x")
    #expect(one["requestContext"]?["resourceId"] == "ANY /{proxy+}")
    #expect(one["requestContext"]?["identity"]?["cognitoAmr"] == .null)
  }

  @Test("A REST API's event, whole") func restEvent() throws {
    let request = ServerRequest(
      method: "POST", path: "/prod/a%2Bb/", query: "p=x+y&p=2", headers: [("Host", "h"), ("User-Agent", "u")],
      body: Array("{}".utf8))
    let event = try Self.event(request, .rest, parameters: [("proxy", "a%2Bb")], payload: "1.0")
    var headers: JSONObject = ["Host": "h", "User-Agent": "u"]
    var multiple: JSONObject = ["Host": ["h"], "User-Agent": ["u"]]
    for (name, value) in Self.forwarded { (headers[name], multiple[name]) = (value, [value]) }
    #expect(
      event.payload == [
        "resource": "/{proxy+}", "path": "/a%2Bb/", "httpMethod": "POST", "headers": .object(headers),
        "multiValueHeaders": .object(multiple), "queryStringParameters": ["p": "2"],
        "multiValueQueryStringParameters": ["p": ["x y", "2"]],
        "requestContext": [
          "accountId": "000000000000", "apiId": "abcdefghij",
          "deploymentId": .string(GatewayAPI.id(of: "prod", in: "abcdefghij")), "domainName": "h",
          "domainPrefix": "abcdefghij", "extendedRequestId": .string(event.ids.extended), "httpMethod": "POST",
          "identity": [
            "accessKey": .null, "accountId": .null, "caller": .null, "cognitoAuthenticationProvider": .null,
            "cognitoAuthenticationType": .null, "cognitoIdentityId": .null, "cognitoIdentityPoolId": .null,
            "principalOrgId": .null, "sourceIp": "127.0.0.1", "user": .null, "userAgent": "u", "userArn": .null,
          ],
          "path": "/prod/a%2Bb/", "protocol": "HTTP/1.1", "requestId": .string(event.ids.request),
          "requestTime": "09/Apr/2015:12:34:56 +0000", "requestTimeEpoch": 1_428_582_896_000,
          "resourceId": .string(GatewayAPI.id(of: "/{proxy+}", in: "abcdefghij")), "resourcePath": "/{proxy+}",
          "stage": "prod",
        ],
        "pathParameters": ["proxy": "a%2Bb"], "stageVariables": ["color": "red"], "body": "{}",
        "isBase64Encoded": false,
      ])
    #expect(event.ids.extended.utf8.count == 16 && event.ids.extended.hasSuffix("="))
  }

  @Test(
    "A REST API gives bodies of its binary types in Base64, and all others as text",
    arguments: [
      ("image/png", [0x89, 0x50], "iVA=", true), ("text/plain", [0x61, 0xFF], "a\u{FFFD}", false),
      (nil, [0x61], "a", false), ("nonsense", [0x61], "a", false),
    ] as [(String?, [UInt8], String, Bool)])
  func restBodies(type: String?, body: [UInt8], text: String, isEncoded: Bool) throws {
    let headers = type.map { [(name: "content-type", value: $0)] } ?? []
    let event = try Self.event(ServerRequest(method: "PUT", path: "/prod", headers: headers, body: body), .rest)
      .version1
    #expect(event["body"] == .string(text) && event["isBase64Encoded"]?.bool == isEncoded)
    #expect(event["path"] == "/" && event["pathParameters"] == .null)
  }

  /// A path as it is sent, and what each payload format has of it.
  static let paths: [(sent: String, rawPath: String, parameter: String)] = [
    ("a%2541", "a%41", "a%41"), ("a%41", "aA", "aA"), ("100%25", "100%", "100%"), ("a%2Fb", "a/b", "a/b"),
    ("a+b%2B", "a+b+", "a+b+"), ("a%20b", "a b", "a b"), ("%C3%A9", "\u{E9}", "\u{E9}"),
    ("e%CC%81", "e\u{301}", "e\u{301}"),
    // API Gateway takes the rest for a query string.
    ("a%3Fb", "a", "a?b"),
  ]

  @Test("Format 2.0 has the path decoded, format 1.0 as it was sent", arguments: paths)
  func path(sent: String, rawPath: String, parameter: String) throws {
    let path = "/prod/v1/series/" + sent
    let parameters = try #require(RoutePattern("/{proxy+}").match(PercentEncoding.decode("/v1/series/" + sent)))
    let event = try Self.event(ServerRequest(method: "GET", path: path, query: "a=%2541"), parameters: parameters)
    let (one, two) = (event.version1, event.version2)
    #expect(two["rawPath"] == .string("/prod/v1/series/" + rawPath))
    #expect(two["requestContext"]?["http"]?["path"] == two["rawPath"])
    #expect(two["rawQueryString"] == "a=%2541")
    #expect(one["path"] == .string(path))
    #expect(one["requestContext"]?["path"] == .string("/prod/v1/series/" + parameter))
    #expect(one["queryStringParameters"] == ["a": "%41"])
    for event in [one, two] { #expect(event["pathParameters"] == ["proxy": .string("v1/series/" + parameter)]) }
  }

  // MARK: Routes

  private static let routed: [(kind: GatewayAPI.Kind, request: String, expected: String?)] = [
    (.http, "GET /a", "GET /a"), (.http, "POST /a", "ANY /{all+} all=a"), (.http, "GET /a/", "ANY /{all+} all=a/"),
    (.http, "GET /b/x", "GET /b/{id} id=x"), (.http, "GET /b/%C3%A9%2Bx", "GET /b/{id} id=\u{E9}+x"),
    (.http, "GET /b/", "ANY /b/{rest+} rest="), (.http, "GET /b/x/c", "GET /{one}/x/c one=b"),
    (.http, "GET /b/x/d", "ANY /b/{rest+} rest=x/d"), (.http, "GET /", "$default"),
    (.rest, "GET /a", "GET /a"), (.rest, "POST /a", nil), (.rest, "GET /a/", "GET /a"),
    (.rest, "GET /b/%C3%A9%2Bx", "GET /b/{id} id=%C3%A9%2Bx"), (.rest, "PUT /b/x/d/", "ANY /b/{rest+} rest=x/d"),
    (.rest, "OPTIONS /z", "ANY /{all+} all=z"), (.rest, "GET /", nil),
  ]

  @Test("Each kind of API chooses the route as AWS does", arguments: routed)
  func routes(kind: GatewayAPI.Kind, request: String, expected: String?) throws {
    var keys = ["ANY /{all+}", "ANY /b/{rest+}", "GET /{one}/x/c", "GET /b/{id}", "GET /a"]
    if kind == .http { keys.append("$default") }
    let table = RouteTable(
      GatewayAPI(
        kind: kind, id: "a",
        routes: try keys.map { try APIRoute(key: $0, .function("f"), payload: "1.0", timeoutMilliseconds: 1, "R") }))
    let parts = request.split(separator: " ").map(String.init)
    let found = table.match(parts[0], parts[1]).map { match in
      ([match.route.key] + match.parameters.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }
    #expect(found == expected)
  }

  @Test("A bucket gives what it holds, and fills with time") func throttling() {
    let buckets = TokenBuckets()
    let key = TokenBuckets.Key(api: "a", stage: "s", route: "GET /")
    let throttle = Throttle(rate: 2, burst: 3)
    func taken(_ now: Int64, _ throttle: Throttle, _ key: TokenBuckets.Key) -> Int {
      (0..<5).count { _ in buckets.take(key, throttle, now: now) }
    }
    #expect(taken(0, throttle, key) == 3)
    #expect(taken(499, throttle, key) == 0)
    #expect(taken(1000, throttle, key) == 2)
    // Not more than it holds, and nothing by a clock that goes back.
    #expect(taken(1_000_000, throttle, key) == 3)
    #expect(taken(0, throttle, key) == 0)
    #expect(taken(1_000_000, throttle, key) == 0)
    #expect(taken(.max, throttle, key) == 3)
    var other = key
    other.route = "none"
    #expect(taken(0, Throttle(rate: 0, burst: 9), other) == 0)
    other.route = "free"
    #expect(taken(0, Throttle(), other) == 5)
  }

  @Test(
    "A host names an API, or none",
    arguments: [
      ("ABC.execute-api.localhost:4566", "abc"), ("abc.execute-api.us-east-1.amazonaws.com", "abc"),
      ("127.0.0.1:4566", nil), ("localhost", nil), (".execute-api.localhost", nil), ("a.execute-api", nil), ("", nil),
    ] as [(String, String?)])
  func hosts(host: String, id: String?) { #expect(GatewayAddress.id(inHost: host) == id) }

  @Test(
    "An API on loopback is asked by names that are always this machine's",
    arguments: [
      ("127.0.0.1:4566", true), ("127.0.0.1", true), ("127.1.2.3:80", true), ("LOCALHOST:4566", true),
      ("localhost", true), ("api.localhost:4566", true), ("abc.execute-api.localhost:4566", true),
      ("ABC.execute-api.us-east-1.amazonaws.com", true), ("abc.execute-api.us-east-1.amazonaws.com:443", true),
      ("evil.com", false), ("evil.com:4566", false), ("abc.execute-api.evil.com", false), ("127.evil.com", false),
      ("127.0.0.1.evil.com:4566", false), ("notlocalhost", false), ("localhost.evil.com", false),
      ("abc.execute-api.us-east-1.amazonaws.com.evil.com", false), ("amazonaws.com", false), ("", false),
    ])
  func safeHosts(host: String, isSafe: Bool) {
    #expect(GatewayAddress.isSafe(host: host, own: "127.0.0.1:4566", region: "us-east-1") == isSafe)
  }

  @Test("Only a REST API names the kind of what it refuses", arguments: [GatewayAPI.Kind.rest, .http])
  func tooMany(kind: GatewayAPI.Kind) {
    #expect(
      GatewayFailure.tooMany(kind)
        == GatewayFailure(
          status: 429, body: #"{"message":"Too Many Requests"}"#, type: kind == .rest ? "TooManyRequestsException" : nil
        ))
  }

  @Test("Of routes whose variables have different names the same one is taken at every start") func ties() throws {
    let keys = ["zed", "id", "name", "a", "other"].map { "GET /x/{\($0)}" }
    for order in [keys, keys.reversed(), keys.sorted()] {
      let table = RouteTable(
        GatewayAPI(
          kind: .http, id: "a",
          routes: try order.map { try APIRoute(key: $0, .function("f"), payload: "2.0", timeoutMilliseconds: 1, "R") }))
      #expect(table.match("GET", "/x/1")?.route.key == "GET /x/{a}")
    }
  }

  @Test(
    "Whose origin may ask is told so",
    arguments: [
      (["*"], "https://a", "GET", "*"), (["https://a"], "https://a", "GET", "https://a"),
      (["https://a"], "https://b", "GET", nil), (["https://*"], "https://b", "GET", "https://b"),
      (["https://*"], "http://b", "GET", nil), (["https://a"], "https://a", "PUT", nil),
    ] as [([String], String, String, String?)])
  func preflight(origins: [String], origin: String, method: String, allowed: String?) throws {
    let cors = CORSConfiguration(origins: origins, methods: ["GET"], headers: ["x-a", "x-b"], maxAge: 5)
    var request = ServerRequest(
      method: "OPTIONS", path: "/", headers: [("Origin", origin), ("Access-Control-Request-Method", method)])
    let response = try #require(cors.preflight(request))
    #expect(response.status == 204 && response.body.isEmpty)
    let expected =
      allowed.map {
        [
          "access-control-allow-origin=\($0)", "access-control-allow-methods=GET",
          "access-control-allow-headers=x-a,x-b", "access-control-max-age=5",
        ]
      } ?? []
    #expect(response.headers.map { "\($0.name)=\($0.value)" } == expected)
    request.method = "GET"
    #expect(cors.preflight(request) == nil)
  }
}
