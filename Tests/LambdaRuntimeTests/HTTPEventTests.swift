import CacheSupport
import LambdaRuntime
import Testing

/// Events in the shape in which AWS delivered them, one for each front door.
@Suite struct HTTPEventTests {
  enum FrontDoor: CaseIterable {
    case rest, http1, http2, functionURL

    /// The event of `GET path?from=now-1h&to=now%2B1h&to=&é`, with a repeated header.
    func event(path: String, stage: String, query: String = "from=now-1h&to=now%2B1h&to=&%C3%A9=+") -> [UInt8] {
      let one = JSON.object([
        "resource": "/{proxy+}", "path": .string(path), "httpMethod": "GET",
        "headers": ["Host": "id.execute-api.us-east-1.amazonaws.com", "X-Api-Key": "k", "X-Many": "2"],
        "multiValueHeaders": [
          "Host": ["id.execute-api.us-east-1.amazonaws.com"], "X-Api-Key": ["k"], "X-Many": ["1", "2"],
        ],
        "queryStringParameters": ["from": "now-1h", "to": "", "é": " "],
        "multiValueQueryStringParameters": ["from": ["now-1h"], "to": ["now+1h", ""], "é": [" "]],
        "pathParameters": ["proxy": "unused"], "stageVariables": .null,
        "requestContext": [
          "accountId": "123456789012", "apiId": "id", "domainName": "id.execute-api.us-east-1.amazonaws.com",
          "domainPrefix": "id", "httpMethod": "GET", "path": "unused", "protocol": "HTTP/1.1", "requestId": "r",
          "resourcePath": "/{proxy+}", "stage": .string(stage),
        ],
        "body": .null, "isBase64Encoded": false,
      ])
      switch self {
      case .rest: return one.bytes
      case .http1:
        var event = one.object ?? [:]
        event["version"] = "1.0"
        return JSON.object(event).bytes
      case .http2, .functionURL:
        let host =
          self == .http2 ? "id.execute-api.us-east-1.amazonaws.com" : "id.lambda-url.us-east-1.on.aws"
        let two: JSON = [
          "version": "2.0", "routeKey": "$default", "rawPath": .string(path), "rawQueryString": .string(query),
          "headers": ["host": .string(host), "x-api-key": "k", "x-many": "1,2"],
          "queryStringParameters": ["from": "now-1h", "to": "now+1h,", "é": " "],
          "requestContext": [
            "accountId": "anonymous", "apiId": "id", "domainName": .string(host), "domainPrefix": "id",
            "http": [
              "method": "GET", "path": .string(path), "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "u",
            ],
            "requestId": "r", "routeKey": "$default", "stage": .string(stage), "time": "10/Jul/2026:19:19:05 +0000",
            "timeEpoch": 1_783_711_145_766,
          ],
          "isBase64Encoded": false,
        ]
        return two.bytes
      }
    }
  }

  /// What AWS delivers, and the path that was meant.
  static let paths: [(door: FrontDoor, stage: String, delivered: String, path: String)] = [
    // Decoded by API Gateway already: `%2541` was sent, then `%41`, `%`, `/`, `+`, a blank, é.
    (.http2, "prod", "/prod/v1/series/a%41", "/v1/series/a%41"),
    (.http2, "prod", "/prod/v1/series/aA", "/v1/series/aA"),
    (.http2, "prod", "/prod/v1/series/100%", "/v1/series/100%"),
    (.http2, "prod", "/prod/v1/series/a%2Fb", "/v1/series/a%2Fb"),
    (.http2, "prod", "/prod/v1/series/a/b", "/v1/series/a/b"),
    (.http2, "prod", "/prod/v1/series/a+b", "/v1/series/a+b"),
    (.http2, "prod", "/prod/v1/series/a b", "/v1/series/a b"),
    (.http2, "prod", "/prod/v1/series/\u{E9}", "/v1/series/\u{E9}"),
    (.http2, "prod", "/prod/v1/series/e\u{301}", "/v1/series/e\u{301}"),
    (.http2, "prod", "/prod", "/"), (.http2, "prod", "/production/x", "/production/x"),
    (.http2, "prod", "/prod/prod/x", "/prod/x"), (.http2, "prod", "/prod/\u{301}", "/\u{301}"),
    (.http2, "$default", "/v1/series/a%41", "/v1/series/a%41"), (.http2, "v1", "/v1/v1/series/a", "/v1/series/a"),
    // As sent.
    (.functionURL, "$default", "/v1/series/a%2541", "/v1/series/a%41"),
    (.functionURL, "$default", "/v1/series/a%41", "/v1/series/aA"),
    (.functionURL, "$default", "/v1/series/100%", "/v1/series/100%"),
    (.functionURL, "$default", "/v1/series/a%3Fb", "/v1/series/a?b"),
    (.functionURL, "$default", "/v1/series/a%2Fb", "/v1/series/a/b"),
    (.functionURL, "$default", "/v1/series/a+b%2B", "/v1/series/a+b+"),
    (.functionURL, "$default", "/v1/series/e%CC%81", "/v1/series/e\u{301}"),
    (.rest, "prod", "/v1/series/a%2541", "/v1/series/a%41"), (.rest, "prod", "/v1/series/a%41", "/v1/series/aA"),
    (.rest, "prod", "/v1/series/a%3Fb", "/v1/series/a?b"), (.rest, "prod", "/v1/series/a%20b", "/v1/series/a b"),
    (.rest, "prod", "/v1/series/a+b%2B", "/v1/series/a+b+"),
    // No stage in front: what looks like one is part of the path.
    (.rest, "v1", "/v1/series/a", "/v1/series/a"),
    (.http1, "prod", "/prod/v1/series/a%2541", "/v1/series/a%41"),
    (.http1, "prod", "/prod/v1/series/a%3Fb", "/v1/series/a?b"),
    (.http1, "prod", "/prod/v1/series/%C3%A9", "/v1/series/\u{E9}"),
    (.http1, "$default", "/v1/series/a%41", "/v1/series/aA"),
  ]

  @Test("A path is decoded where AWS has not decoded it, and nowhere else", arguments: paths)
  func path(door: FrontDoor, stage: String, delivered: String, path: String) throws {
    let event = try HTTPEvent(parsing: door.event(path: delivered, stage: stage))
    #expect(String(decoding: event.path, as: UTF8.self).utf8.elementsEqual(path.utf8))
  }

  @Test("Every front door gives the same request", arguments: FrontDoor.allCases) func parts(door: FrontDoor) throws {
    let event = try HTTPEvent(parsing: door.event(path: "/x", stage: "$default"))
    #expect(event.method == "GET")
    func item(_ name: String, _ value: String) -> HTTPEvent.QueryItem {
      .init(name: Array(name.utf8), value: Array(value.utf8))
    }
    #expect(event.query == [item("from", "now-1h"), item("to", "now+1h"), item("to", ""), item("\u{E9}", " ")])
    #expect(event.headers["x-api-key"] == "k")
    #expect(event.headers["x-many"] == "1,2")
    #expect(event.bodySize == 0)
  }

  @Test("The two spellings of é are two names, and bytes that are not UTF-8 stay as they are")
  func bytes() throws {
    let event = try HTTPEvent(
      parsing: FrontDoor.functionURL.event(path: "/%FF", stage: "$default", query: "%C3%A9=1&e%CC%81=2&%FE&=x&&a=%zz"))
    #expect(event.path == [0x2F, 0xFF])
    #expect(event.query.map(\.name) == [[0xC3, 0xA9], [0x65, 0xCC, 0x81], [0xFE], [], [0x61]])
    #expect(event.query.map(\.value) == [[0x31], [0x32], [], [0x78], Array("%zz".utf8)])
  }

  @Test(
    "What an event leaves out is empty",
    arguments: [
      #"{"httpMethod":"POST","path":"/x","queryStringParameters":null,"headers":null,"body":"12345"}"#,
      #"{"httpMethod":"POST","path":"/x","multiValueQueryStringParameters":null,"multiValueHeaders":null,"body":"12345"}"#,
      #"{"version":"2.0","rawPath":"/x","requestContext":{"http":{"method":"POST"}},"body":"12345"}"#,
    ]) func absent(json: String) throws
  {
    let event = try HTTPEvent(parsing: Array(json.utf8))
    #expect(event.method == "POST" && event.path == Array("/x".utf8) && event.query == [] && event.headers == [:])
    #expect(event.body == Array("12345".utf8) && event.bodySize == 5)
  }

  @Test(
    "A body is what the client sent, byte for byte",
    arguments: [
      (#""body":"/wA=","isBase64Encoded":true"#, [0xFF, 0x00]),
      (#""body":"/wA=","isBase64Encoded":false"#, Array("/wA=".utf8)),
      (#""body":"/wA=""#, Array("/wA=".utf8)), (#""body":"","isBase64Encoded":true"#, []),
      (#""body":null,"isBase64Encoded":true"#, []), (#""isBase64Encoded":true"#, []),
      (#""body":"\u00e9 e\u0301\n\u0000","isBase64Encoded":false"#, [0xC3, 0xA9, 0x20, 0x65, 0xCC, 0x81, 0x0A, 0x00]),
    ] as [(String, [UInt8])]) func body(members: String, bytes: [UInt8]) throws
  {
    for start in [
      #""httpMethod":"POST","path":"/x""#,
      #""version":"2.0","rawPath":"/x","requestContext":{"http":{"method":"POST"}}"#,
    ] {
      #expect(
        try HTTPEvent(parsing: Array("{\(start),\(members)}".utf8))
          == HTTPEvent(method: "POST", path: "/x", body: bytes))
    }
  }

  @Test("A body that is no Base64 although the event says so is an error that says what is wrong")
  func malformedBody() {
    let json = #"{"httpMethod":"POST","path":"/x","body":"/wA","isBase64Encoded":true}"#
    #expect(
      throws: EventError("isBase64Encoded is true, but the body is not Base64 (RFC 4648 §4, with padding)")
    ) { try HTTPEvent(parsing: Array(json.utf8)) }
  }

  @Test("Without the lists of values, the single values count") func single() throws {
    let json =
      #"{"httpMethod":"GET","path":"/","queryStringParameters":{"a":"1"},"headers":{"X-Api-Key":"k","n":5},"multiValueHeaders":{}}"#
    #expect(
      try HTTPEvent(parsing: Array(json.utf8))
        == HTTPEvent(method: "GET", path: "/", query: ["a": "1"], headers: ["x-api-key": "k"]))
  }
}
