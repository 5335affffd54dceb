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
    let response = GatewayResponse.response(to: InvocationResult(payload: Array(payload.utf8)), infers: true)
    #expect(response.status == status)
    if let body { #expect(String(decoding: response.body, as: UTF8.self) == body) }
    if status == 201 {
      #expect(response.headers.map { "\($0.name)=\($0.value)" }.prefix(3) == ["a=1", "b=true", "Set-Cookie=c=1"])
    }
  }

  @Test("The event of a request, in both formats") func events() {
    let event = GatewayEvent(
      request: ServerRequest(
        method: "GET", path: "/prod/v1/x", query: "a=1&b=2&a=%203",
        headers: [("Host", "h"), ("X-Many", "1"), ("x-many", "2")]), stage: "prod", routeKey: "ANY /{proxy+}",
      parameters: [("proxy", "v1/x")], account: Account(), now: 5)
    let two = event.version2
    #expect(two["rawPath"] == "/prod/v1/x")
    #expect(two["rawQueryString"] == "a=1&b=2&a=%203")
    #expect(two["queryStringParameters"] == ["a": "1, 3", "b": "2"])
    #expect(two["headers"] == ["host": "h", "x-many": "1,2"])
    #expect(two["pathParameters"] == ["proxy": "v1/x"])
    #expect(two["requestContext"]?["http"]?["method"] == "GET")
    #expect(two["body"] == nil)
    let binary = GatewayEvent(
      request: ServerRequest(method: "POST", path: "/prod/x", headers: [("Cookie", "a=1; b=2")], body: [0xFF, 0]),
      stage: "prod", routeKey: "$default", parameters: [], account: Account(), now: 5)
    #expect(binary.version2["cookies"] == ["a=1", "b=2"])
    #expect(binary.version2["headers"] == [:])
    #expect(binary.version2["body"] == "/wA=" && binary.version2["isBase64Encoded"] == true)
    let one = event.version1
    #expect(one["path"] == "/prod/v1/x")
    #expect(one["resource"] == "/{proxy+}")
    #expect(one["queryStringParameters"] == ["a": " 3", "b": "2"])
    #expect(one["multiValueQueryStringParameters"] == ["a": ["1", " 3"], "b": ["2"]])
    #expect(one["requestContext"]?["path"] == "/prod/v1/x")
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
    let event = GatewayEvent(
      request: ServerRequest(method: "GET", path: path, query: "a=%2541"), stage: "prod", routeKey: "ANY /{proxy+}",
      parameters: parameters, account: Account(), now: 5)
    let (one, two) = (event.version1, event.version2)
    #expect(two["rawPath"] == .string("/prod/v1/series/" + rawPath))
    #expect(two["requestContext"]?["http"]?["path"] == two["rawPath"])
    #expect(two["rawQueryString"] == "a=%2541")
    #expect(one["path"] == .string(path))
    #expect(one["requestContext"]?["path"] == .string("/prod/v1/series/" + parameter))
    #expect(one["queryStringParameters"] == ["a": "%41"])
    for event in [one, two] { #expect(event["pathParameters"] == ["proxy": .string("v1/series/" + parameter)]) }
  }
}
