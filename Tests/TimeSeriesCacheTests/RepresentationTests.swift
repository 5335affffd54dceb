import CacheSupport
import Compression
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Tags, compression and what browsers are told.
@Suite struct RepresentationTests {
  static let now: Int64 = APITests.now

  static func ask(_ headers: [String: String], handler: APIHandler = APITests.handler(), method: String = "GET")
    async -> HTTPEventResponse
  {
    await APITests.ask(
      "/v1/series/a", headers: headers.merging(["x-api-key": "right"]) { $1 }, method: method, handler: handler)
  }

  @Test("A tag names the body") func tag() async throws {
    let first = await Self.ask([:])
    let tag = try #require(first.headers["ETag"])
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count == 34)
    #expect(await Self.ask([:]).headers["ETag"] == tag)
    #expect(await Self.ask(["accept": "text/csv"]).headers["ETag"] != tag)
    #expect(first.headers["Vary"] == "Accept, Accept-Encoding, Authorization, X-Api-Key, X-Security-Token")
  }

  static let conditions: [(template: String, status: Int)] = [
    ("TAG", 304), ("W/TAG", 304), ("\"x\", TAG", 304), ("\"x\",W/TAG,\"y\"", 304), ("*", 304), (" * ", 304),
    ("\"x\"", 200), ("", 200), ("TAG-gzip", 200), ("\"\"", 200), ("BARE", 200), ("\"a, TAG", 200),
  ]

  @Test("What the client has is not sent again", arguments: conditions, ["GET", "HEAD"])
  func conditional(condition: (template: String, status: Int), method: String) async throws {
    let whole = await Self.ask([:])
    let tag = try #require(whole.headers["ETag"])
    let sent =
      condition.template == "TAG-gzip"
      ? String(tag.dropLast()) + "-gzip\""
      : condition.template.replacing("TAG", with: tag).replacing("BARE", with: tag.filter { $0 != "\"" })
    let response = await Self.ask(["if-none-match": sent], method: method)
    #expect(response.status == condition.status)
    guard response.status == 304 else { return }
    #expect(response.body == [])
    #expect(response.headers["ETag"] == tag)
    #expect(response.headers["X-Baseline"] == whole.headers["X-Baseline"])
    #expect(response.headers["Cache-Control"] == whole.headers["Cache-Control"])
    #expect(response.headers["Content-Length"] == nil)
  }

  @Test("An error has no tag and is not kept") func errors() async {
    let response = await APITests.ask(
      "/v1/series/a", ["limit": "0"], headers: ["x-api-key": "right", "if-none-match": "*"])
    #expect(response.status == 400)
    #expect(response.headers["ETag"] == nil)
    #expect(response.headers["Cache-Control"] == "no-store")
  }

  static let encodings: [(header: String?, takes: Bool)] = [
    (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("deflate, gzip;q=0.5", true), ("gzip;q=0", false),
    ("gzip; q=0.0, *", false), ("*", true), ("*;q=0", false), ("*;q=0, gzip", true), ("x-gzip", true), ("br", false),
    ("gzip;q=x", false), ("identity", false), ("identity;q=1, gzip;q=0.5", false), ("identity;q=0.5, gzip", true),
    ("gzip;q=0.001", true),
  ]

  @Test("gzip is taken where Accept-Encoding allows it", arguments: encodings) func encoding(
    header: String?, takes: Bool
  ) {
    #expect(Representation.takesGzip(header) == takes)
  }

  @Test("A long answer is compressed, a short one is not") func packed() async throws {
    let handler = APITests.handler(MemoryHistory(Array(0..<100).map { now($0) }), MemoryForecast([]))
    func now(_ offset: Int64) -> Int64 { Self.now - 1000 + offset }
    let plain = await Self.ask([:], handler: handler)
    let packed = await Self.ask(["accept-encoding": "gzip"], handler: handler)
    #expect(packed.headers["Content-Encoding"] == "gzip")
    #expect(packed.isBinary)
    #expect(try Gzip.decompress(packed.body, limit: 1 << 20) == plain.body)
    #expect(packed.body.count < plain.body.count / 4)
    #expect(packed.headers["ETag"] != plain.headers["ETag"])
    let tag = try #require(packed.headers["ETag"])
    #expect(await Self.ask(["accept-encoding": "gzip", "if-none-match": tag], handler: handler).status == 304)
    #expect(await Self.ask(["if-none-match": tag], handler: handler).status == 200)
    let head = await Self.ask(["accept-encoding": "gzip"], handler: handler, method: "HEAD")
    #expect(head.headers["Content-Length"] == "\(packed.body.count)")
    #expect(head.body == [] && !head.isBinary)
    #expect(await Self.ask(["accept-encoding": "gzip"]).headers["Content-Encoding"] == nil)
  }

  @Test("What does not get smaller is sent as it is") func incompressible() throws {
    var random = SystemRandomNumberGenerator()
    // Base64 of what is random, of 6 bits a byte, packs to 3/4, which Base64 makes whole again.
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let body = (0..<5000).map { _ in letters[Int.random(in: 0..<64, using: &random)] }
    let response = try Representation(maximumAge: 0).finish(HTTPEventResponse(status: 200, body: body), isPacked: true)
    #expect(response.headers["Content-Encoding"] == nil)
    #expect(response.body == body)
  }

  // MARK: Other origins

  static func handler(origins: String?) throws -> APIHandler {
    APIHandler(
      reader: SeriesReader(history: MemoryHistory([now - 1]), forecast: MemoryForecast([]), clock: .fixed(now)),
      keys: AccessKeys(own: CachedParameter(fixed: "right"), ring: nil), directory: SeriesDirectory(nil),
      clock: .fixed(now), crossOrigin: try CrossOrigin(origins))
  }

  static let origins: [(setting: String?, origin: String?, allowed: String?, varies: Bool)] = [
    (nil, "https://a.test", nil, false), ("", "https://a.test", nil, false), ("*", "https://a.test", "*", false),
    ("https://a.test", "https://a.test", "https://a.test", true), ("https://a.test", "https://b.test", nil, true),
    ("https://a.test", "https://a.test:8443", nil, true), ("https://a.test", nil, nil, true),
    ("https://a.test, http://localhost:3000", "http://localhost:3000", "http://localhost:3000", true),
    ("https://a.test", "null", nil, true),
  ]

  @Test("The pages of allowed origins may read answers, errors too", arguments: origins)
  func cors(setting: String?, origin: String?, allowed: String?, varies: Bool) async throws {
    let handler = try Self.handler(origins: setting)
    for key in ["right", "wrong"] {
      var headers = ["x-api-key": key]
      headers["origin"] = origin
      let response = await APITests.ask("/v1/series/a", headers: headers, handler: handler)
      #expect(response.status == (key == "right" ? 200 : 401))
      #expect(response.headers["Access-Control-Allow-Origin"] == allowed)
      #expect(
        response.headers["Access-Control-Expose-Headers"]
          == (allowed == nil ? nil : "Allow, ETag, Retry-After, X-Baseline, X-Next-Cursor"))
      #expect((response.headers["Vary"]?.hasSuffix("Origin") ?? false) == varies)
      #expect(response.headers["Access-Control-Allow-Credentials"] == nil)
    }
    // What a browser asks before it sends the key.
    var headers = ["access-control-request-method": "GET", "access-control-request-headers": "x-api-key"]
    headers["origin"] = origin
    let preflight = await APITests.ask("/v1/series/a", headers: headers, method: "OPTIONS", handler: handler)
    #expect(preflight.status == 204)
    #expect(preflight.headers["Access-Control-Allow-Origin"] == allowed)
    #expect(
      preflight.headers["Access-Control-Allow-Methods"] == (allowed == nil ? nil : "DELETE, GET, HEAD, OPTIONS, PUT"))
    #expect(
      preflight.headers["Access-Control-Allow-Headers"]
        == (allowed == nil
          ? nil : "Accept, Authorization, Content-Type, If-None-Match, X-Api-Key, X-Security-Token"))
    #expect(preflight.headers["Access-Control-Max-Age"] == (allowed == nil ? nil : "600"))
  }

  static let noOrigins: [String] = [
    "a.test", "https://a.test/", "https://A.test", "ftp://a.test", "https://", "*, https://a.test", "https://a.test/x",
    "https://a b.test", (0...100).map { "https://a\($0).test" }.joined(separator: ","),
  ]

  @Test("What no browser sends as an origin is refused at the start", arguments: noOrigins) func noOrigin(text: String)
  {
    #expect(throws: EnvironmentError.self) { try CrossOrigin(text) }
  }

  @Test("A 304 tells other origins' pages as much as the answer does") func notModified() async throws {
    let handler = try Self.handler(origins: "*")
    let headers = ["x-api-key": "right", "origin": "https://a.test", "if-none-match": "*"]
    let response = await APITests.ask("/v1/series/a", headers: headers, handler: handler)
    #expect(response.status == 304)
    #expect(response.headers["Access-Control-Allow-Origin"] == "*")
  }
}
