import CacheSupport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What a request may say, and what each mistake in it is answered with.
@Suite struct APIRequestTests {
  static func message(_ response: HTTPEventResponse) throws -> String? {
    try JSON(parsing: response.body)["error"]?["message"]?.string
  }

  // MARK: Keys

  static let keys: [(headers: [String: String], status: Int)] = [
    (["x-api-key": "right"], 200), (["x-security-token": "right"], 200), (["X-API-KEY": "right"], 200),
    // Whitespace around a value is not part of it (RFC 9110 §5.5).
    (["x-api-key": "right "], 200), (["x-api-key": " \tright\t "], 200), (["x-api-key": "ri ght"], 401),
    // Every key that is sent must be right.
    (["x-api-key": "right", "x-security-token": "right"], 200),
    (["x-api-key": "right", "x-security-token": "wrong"], 401),
    (["x-api-key": "wrong", "x-security-token": "right"], 401),
    // An empty value does not count as a key.
    (["x-api-key": "right", "x-security-token": ""], 200), (["x-api-key": "", "x-security-token": " "], 401),
    (["x-api-key": ""], 401), ([:], 401),
    // Names of headers are ASCII: the Kelvin sign is not a k.
    (["x-api-\u{212A}ey": "right"], 401),
  ]

  @Test("Every key that is sent must be right, without the whitespace around it", arguments: keys)
  func authorization(headers: [String: String], status: Int) async throws {
    let response = await APITests.ask("/v1/series/a", headers: headers)
    #expect(response.status == status)
    if status == 401 { #expect(!String(decoding: response.body, as: UTF8.self).contains("wrong")) }
  }

  @Test("A line break after the key in its parameter is not part of the key")
  func keyFile() async {
    let handler = APITests.handler(key: " right\r\n")
    #expect(await APITests.ask("/v1/series/a", handler: handler).status == 200)
    #expect(await APITests.ask("/v1/series/a", headers: ["x-api-key": "r"], handler: handler).status == 401)
  }

  @Test("A key that is sent is in no log line") func logs() async {
    let log = LogBook()
    let context = LambdaContext(requestID: "r", deadline: .max, logger: log.logger)
    let event = HTTPEvent(method: "GET", path: "/v1/series/a", headers: ["x-api-key": "a-wrong-key"])
    #expect(await APITests.handler().response(to: event, context).status == 401)
    #expect(log.lines.count == 1)
    #expect(log.lines.allSatisfy { !$0.text.contains("a-wrong-key") && !$0.text.contains("right") })
  }

  // MARK: Parameters

  static func event(_ query: String) -> [UInt8] {
    let event: JSON = [
      "version": "2.0", "rawPath": "/v1/series/a", "rawQueryString": .string(query), "headers": ["x-api-key": "right"],
      "requestContext": ["http": ["method": "GET"]],
    ]
    return event.bytes
  }

  static func ask(_ query: String) async throws -> HTTPEventResponse {
    await APITests.handler().response(
      to: try HTTPEvent(parsing: event(query)), LambdaContext(requestID: "r", deadline: .max, logger: .silent))
  }

  static let queries: [(query: String, message: String)] = [
    ("from=1&from=1", "the parameter 'from' appears twice: give it once"),
    ("from=1&fr%6Fm=2", "the parameter 'from' appears twice: give it once"),
    (
      "frm=1",
      "there is no parameter 'frm': give aggregate, bin, cursor, format, from, limit, measures, shape, to, where"
    ),
    ("=1", "there is no parameter '': give aggregate, bin, cursor, format, from, limit, measures, shape, to, where"),
    ("%FF=1", "the name of a parameter is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é"),
    ("measures=%E9", "the parameter 'measures' is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é"),
    ("measures=,", "measures is ',': give names with commas between, or leave it out for all"),
    (
      "measures=zz,y", "no row of the range has 'y' or 'zz': the rows have 'v'"
    ),
    (
      "from=soon",
      "from is 'soon': give epoch milliseconds, ISO 8601 (2026-11-20T12:00Z), now, now-24h or now+2d (at most 100 years)"
    ),
    (
      "to=999999999999999",
      "to is '999999999999999': it must be from -377705116800000 to 253402300799999 milliseconds, the years -9999 to 9999"
    ),
    (
      "from=-99999999999999999999",
      "from is '-99999999999999999999': it must be from -377705116800000 to 253402300799999 milliseconds, the years -9999 to 9999"
    ),
    ("from=2&to=1", "'from' is after 'to': exchange them"),
    ("limit=0", "limit is '0': give a whole number from 1 to 50000"),
    ("cursor=1", "this API did not give that cursor: leave it out to start anew"),
  ]

  @Test("A mistake in the query is named", arguments: queries) func query(query: String, message: String) async throws {
    let response = try await Self.ask(query)
    #expect(response.status == 400)
    #expect(try Self.message(response) == message)
  }

  @Test("Repeated parameters are seen in the events of REST APIs too") func repeated() async throws {
    let text =
      #"{"httpMethod":"GET","path":"/v1/series/a","headers":{"X-Api-Key":"right"},"queryStringParameters":{"limit":"2"},"multiValueQueryStringParameters":{"limit":["1","2"]}}"#
    let response = await APITests.handler().response(
      to: try HTTPEvent(parsing: Array(text.utf8)), LambdaContext(requestID: "r", deadline: .max, logger: .silent))
    #expect(response.status == 400)
    #expect(try Self.message(response) == "the parameter 'limit' appears twice: give it once")
  }

  @Test("The reference's route names a bad bound too, and ignores what it does not know")
  func reference() async throws {
    let query = ["identifier": "a", "startDate": "0", "endDate": "999999999999999"]
    let response = await APITests.ask("/timeSeries-data", query)
    #expect(response.status == 400)
    #expect(
      try Self.message(response)
        == "endDate is '999999999999999': it must be from -377705116800000 to 253402300799999 milliseconds, the years -9999 to 9999"
    )
    let known = ["identifier": "a", "startDate": "-1", "endDate": "1", "other": "x"]
    #expect(await APITests.ask("/timeSeries-data", known).status == 200)
  }

  @Test("Negative milliseconds are times before 1970") func before1970() async throws {
    let handler = APITests.handler(MemoryHistory([-2, -1, 0]), MemoryForecast([]))
    let response = await APITests.ask("/v1/series/a", ["from": "-1", "to": "0"], handler: handler)
    #expect(try APITests.json(response)["rows"]?.array?.map { $0["time"] } == [-1, 0])
  }

  // MARK: Measures

  /// A series of 20 rows with `common`, the last of them with `rare` too.
  static func sparse() async throws -> APIHandler {
    let history = MemoryHistory([])
    var samples = (0..<20).map { Sample(time: $0, measures: [Measure("common", .double(1))]) }
    samples[19].measures.append(Measure("rare", .double(2)))
    _ = await history.write(samples, of: Series(try Identifier("s")), version: 1)
    return APITests.handler(history, MemoryForecast([]))
  }

  @Test("A measure that no row of the range has is refused, with the list of those that it has") func unknown()
    async throws
  {
    let handler = try await Self.sparse()
    let response = await APITests.ask("/v1/series/s", ["from": "0", "measures": "rain"], handler: handler)
    #expect(response.status == 400)
    #expect(try Self.message(response) == "no row of the range has 'rain': the rows have 'common', 'rare'")
    let beside = await APITests.ask("/v1/series/s", ["from": "0", "measures": "rain,rare,snow"], handler: handler)
    #expect(try Self.message(beside) == "no row of the range has 'rain' or 'snow': the rows have 'common', 'rare'")
    #expect(
      await APITests.ask("/v1/series/s", ["from": "0", "measures": "rare,common"], handler: handler).status == 200)
    // A range without rows tells nothing.
    let empty = await APITests.ask("/v1/series/s", ["from": "100", "measures": "rain"], handler: handler)
    #expect(try APITests.json(empty)["rows"] == [])
  }

  @Test("A measure that first comes on a later page is found by paging") func paging() async throws {
    let handler = try await Self.sparse()
    var query = ["from": "0", "limit": "6", "measures": "rare"]
    var rows: [JSON] = []
    var statuses: [Int] = []
    while true {
      let response = await APITests.ask("/v1/series/s", query, handler: handler)
      statuses.append(response.status)
      rows += try APITests.json(response)["rows"]?.array ?? []
      guard let cursor = response.headers["X-Next-Cursor"] else { break }
      query["cursor"] = cursor
    }
    #expect(statuses == [200, 200, 200, 200])
    #expect(rows.map { $0["time"] } == [19])
    // Whoever pages to the end for a measure that is nowhere has made no mistake.
    query = ["cursor": "0.100.17", "measures": "nowhere"]
    #expect(await APITests.ask("/v1/series/s", query, handler: handler).status == 200)
  }

  @Test("The two spellings of é are two measures") func spellings() async throws {
    let history = MemoryHistory([])
    _ = await history.write(
      [Sample(time: 0, measures: [Measure("e\u{301}", .double(1)), Measure("\u{E9}", .double(2))])],
      of: Series(try Identifier("s")), version: 1)
    let handler = APITests.handler(history, MemoryForecast([]))
    for (name, value) in [("e\u{301}", 1), ("\u{E9}", 2)] {
      let response = await APITests.ask(
        "/v1/series/s", ["from": "0", "measures": name, "format": "ndjson"], handler: handler)
      let expected = "{\"time\":0,\"values\":{\"\(name)\":\(value)},\"origin\":\"history\"}\n"
      #expect(response.body == Array(expected.utf8))
    }
    #expect(await APITests.ask("/v1/series/s", ["from\u{301}": "0"], handler: handler).status == 400)
  }

  // MARK: Methods

  @Test("HEAD is GET without the body", arguments: ["/v1/series/a", "/v1/series/a\0", "/nothing"])
  func head(path: String) async {
    var get = await APITests.ask(path)
    let head = await APITests.ask(path, method: "HEAD")
    #expect(!get.body.isEmpty)
    get.headers["Content-Length"] = "\(get.body.count)"
    get.content = .text([])
    #expect(head == get)
    #expect(await APITests.ask(path, headers: [:], method: "HEAD").status == 401)
  }

  static let methods: [(path: String, allow: String)] = [
    ("/v1/series/a", "DELETE, GET, HEAD, OPTIONS, PUT"), ("/v1/series", "DELETE, GET, HEAD, OPTIONS, PUT"),
    ("/timeSeries-data", "GET, HEAD, OPTIONS"), ("/v1/series/a/status", "GET, HEAD, OPTIONS"),
    ("/v1/latest", "GET, HEAD, OPTIONS"), ("/openapi.json", "GET, HEAD, OPTIONS"),
    ("/api/v1/query", "GET, HEAD, OPTIONS, POST"),
  ]

  @Test("OPTIONS tells the methods of a route, without the key", arguments: methods)
  func options(path: String, allow: String) async {
    // Not even a key that is not set is in the way.
    let response = await APITests.ask(path, headers: [:], method: "OPTIONS", handler: APITests.handler(key: ""))
    #expect(response == HTTPEventResponse(status: 204, headers: ["Allow": allow], body: []))
    #expect(await APITests.ask("/nothing", headers: [:], method: "OPTIONS").status == 401)
  }

  @Test("A path that is not UTF-8 is refused") func notUTF8() async throws {
    var event = HTTPEvent(method: "GET", path: "/v1/series/", headers: ["x-api-key": "right"])
    event.path.append(0xFF)
    let response = await APITests.handler().response(
      to: event, LambdaContext(requestID: "r", deadline: .max, logger: .silent))
    #expect(response.status == 400)
    #expect(try Self.message(response) == "the identifier is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
  }

  // MARK: Events

  static let events: [String] = [
    #"""
    {"version":"2.0","routeKey":"$default","rawPath":"/prod/v1/series/a","rawQueryString":"limit=2","cookies":["a=1"],
     "headers":{"x-api-key":"right","accept":"text/csv"},"queryStringParameters":{"limit":"2"},"body":"x","isBase64Encoded":false,
     "requestContext":{"domainName":"id.lambda-url.us-east-1.on.aws","stage":"prod","http":{"method":"GET","path":"/a"}}}
    """#,
    #"""
    {"version":"1.0","httpMethod":"GET","path":"/prod/v1/series/a","headers":{"x-api-key":"right"},"body":null,
     "multiValueHeaders":{"x-api-key":["right"],"accept":["text/csv"]},"queryStringParameters":{"limit":"2"},
     "multiValueQueryStringParameters":{"limit":["2"]},"requestContext":{"stage":"prod"}}
    """#,
  ]

  /// A value with each of its parts, in turn, replaced.
  static func variants(of json: JSON, _ replacements: [JSON]) -> [JSON] {
    let below: [JSON] =
      switch json {
      case .object(let object):
        object.members.flatMap { member in
          variants(of: member.value, replacements).map { value in
            var changed = object
            changed[member.name] = value
            return .object(changed)
          }
        }
      case .array(let elements):
        elements.indices.flatMap { index in
          variants(of: elements[index], replacements).map { value in
            var changed = elements
            changed[index] = value
            return .array(changed)
          }
        }
      default: []
      }
    return replacements + below
  }

  @Test("An event with a part of another kind is answered or refused, never a fault of the server", arguments: events)
  func strangeEvents(text: String) async throws {
    let replacements: [JSON] = [
      .null, true, 5, "", "x", "\0", "$default", "/", "%", "&=&", [], ["x", 5, .null], [:], ["x": 5, "y": ["z"]],
    ]
    let handler = APITests.handler()
    let context = LambdaContext(requestID: "r", deadline: .max, logger: .silent)
    var answered = 0
    for variant in Self.variants(of: try JSON(parsing: Array(text.utf8)), replacements) {
      let bytes = variant.bytes
      guard let event = try? HTTPEvent(parsing: bytes) else {
        await #expect(throws: EventError.self) { try await handler.handle(bytes, context) }
        continue
      }
      let response = await handler.response(to: event, context)
      #expect([200, 400, 401, 404, 405].contains(response.status), "\(variant.text)")
      answered += 1
    }
    #expect(answered > 100)
  }
}
