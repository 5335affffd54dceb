import CacheSupport
import Compression
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What clients of InfluxDB are answered.
@Suite(.timeLimit(.minutes(10))) struct WriteAPITests {
  static let now = WriteHarness.now

  struct Case: Sendable {
    var method = "POST"
    var path = "/api/v2/write"
    var query: [String: String] = ["bucket": "home"]
    var headers: [String: String] = ["Authorization": "Token w-key"]
    var body = "cpu,host=a v=1"
    var status: Int
    var code: String?
    var says = ""
  }

  static let cases: [Case] = [
    Case(status: 204), Case(body: "", status: 204), Case(body: "# nothing\n\n", status: 204),
    Case(query: ["bucket": "home", "precision": ""], status: 204),
    Case(query: ["bucket": "home", "precision": "ms", "org": "o", "orgID": "1", "consistency": "all"], status: 204),
    Case(path: "/api/v2/write/", status: 204),
    // Who
    Case(headers: [:], status: 401, code: "unauthorized"),
    Case(headers: ["Authorization": "Token wrong"], status: 401, code: "unauthorized"),
    Case(headers: ["Authorization": "Bearer w-key"], status: 204), Case(headers: ["x-api-key": "w-key"], status: 204),
    // The password is the key: any:w--key is none, any:w-key is one.
    Case(headers: ["Authorization": "Basic YW55OnctLWtleQ=="], status: 401, code: "unauthorized"),
    Case(headers: ["Authorization": "Basic YW55Oncta2V5"], status: 204),
    Case(headers: [:], body: "no", status: 401, code: "unauthorized"),
    Case(headers: ["Authorization": "Token r-key"], status: 404, code: "not found", says: "bucket 'home' not found"),
    Case(query: ["bucket": "away"], status: 404, code: "not found", says: "bucket 'away' not found"),
    Case(query: ["bucket": "away"], headers: ["Authorization": "Token a-key"], body: "cpu,host=b v=1", status: 204),
    // Where
    Case(query: [:], status: 400, code: "invalid", says: "the parameter 'bucket' is missing"),
    Case(query: ["bucket": ""], status: 400, code: "invalid", says: "the parameter 'bucket' is missing"),
    Case(query: ["db": "home"], status: 400, code: "invalid", says: "the parameter 'bucket' is missing"),
    Case(query: ["bucket": "ho\nme"], status: 400, code: "invalid", says: "control characters"),
    Case(
      query: ["bucket": "home", "precision": "m"], status: 400, code: "invalid",
      says: "precision is 'm': give ns, us, ms, s"),
    Case(query: ["bucket": "home", "precision": "n"], status: 400, code: "invalid", says: "precision is 'n'"),
    Case(query: ["bucket": "home", "precision": "years"], status: 400, code: "invalid", says: "precision is 'years'"),
    // What
    Case(body: "cpu v=1 1\ncpu,host= v=1\n", status: 400, code: "invalid", says: "line 2, column 10"),
    Case(body: "cpu v=1 1\ncpu v=tree", status: 400, code: "invalid", says: "line 2, column 7"),
    Case(body: "cpu v=1 2020-01-01", status: 400, code: "invalid", says: "line 1"),
    Case(headers: ["Authorization": "Token w-key", "Content-Encoding": "identity"], status: 204),
    Case(
      headers: ["Authorization": "Token w-key", "Content-Encoding": "br"], status: 415, code: "unsupported media type",
      says: "Content-Encoding is 'br'"),
    Case(
      headers: ["Authorization": "Token w-key", "Content-Encoding": "gzip, gzip"], status: 415,
      code: "unsupported media type"),
    Case(
      headers: ["Authorization": "Token w-key", "Content-Encoding": "gzip"], status: 400, code: "invalid",
      says: "cannot be unpacked as gzip"),
    Case(headers: ["Authorization": "Token w-key", "Content-Type": "text/plain; charset=UTF-8"], status: 204),
    Case(headers: ["Authorization": "Token w-key", "Content-Type": "text/plain;charset=\"utf-8\""], status: 204),
    Case(headers: ["Authorization": "Token w-key", "Content-Type": "application/json"], status: 204),
    Case(
      headers: ["Authorization": "Token w-key", "Content-Type": "text/plain; charset=latin1"], status: 415,
      code: "unsupported media type", says: "the charset is 'latin1'"),
    // How
    Case(method: "GET", status: 405, code: "method not allowed"),
    Case(method: "PUT", status: 405, code: "method not allowed"),
    Case(method: "OPTIONS", headers: [:], status: 204), Case(path: "/api/v2/query", status: 404, code: "not found"),
    Case(path: "/api/v2/write/x", status: 404, code: "not found"), Case(path: "/", status: 404, code: "not found"),
    // Version 1
    Case(path: "/write", query: ["db": "home"], status: 204),
    Case(path: "/write", query: ["db": "home", "u": "x", "p": "w-key"], headers: [:], status: 204),
    Case(path: "/write", query: ["db": "home", "u": "x", "p": "no"], headers: [:], status: 401, code: "unauthorized"),
    Case(path: "/write", query: ["db": "home", "rp": "autogen"], status: 204),
    Case(path: "/write", query: ["db": "a", "rp": "b"], body: "cpu,host=c v=1", status: 204),
    Case(path: "/write", query: ["db": "home", "rp": "b"], status: 404, code: "not found", says: "bucket 'home/b'"),
    Case(path: "/write", query: ["db": "home", "precision": "h"], status: 204),
    Case(path: "/write", query: ["db": "home", "precision": "n"], status: 204),
    Case(
      path: "/write", query: ["db": "home", "precision": "x"], status: 400, code: "invalid",
      says: "give n, u, ns, us, ms, s, m, h"),
    Case(
      path: "/write", query: ["bucket": "home"], status: 400, code: "invalid", says: "the parameter 'db' is missing"),
    // Whether
    Case(method: "GET", path: "/ping", headers: [:], status: 204),
    Case(method: "HEAD", path: "/ping", headers: [:], status: 204),
    Case(path: "/ping", status: 405, code: "method not allowed"),
    Case(method: "GET", path: "/health", headers: [:], status: 200),
    Case(path: "/health", status: 405, code: "method not allowed"),
  ]

  @Test("Each request has InfluxDB's own answer") func answers() async throws {
    try await WriteHarness.with { harness async throws in
      for (index, one) in Self.cases.enumerated() {
        let event = HTTPEvent(
          method: one.method, path: one.path, query: one.query, headers: one.headers, body: Array(one.body.utf8))
        let response = await harness.handler.api.response(to: event, harness.context)
        let text = String(decoding: response.body, as: UTF8.self)
        #expect(response.status == one.status, "\(index): \(text)")
        #expect(response.headers["X-Influxdb-Version"] == "timeseries-cache-1")
        guard let code = one.code else {
          #expect(response.body.isEmpty || one.path == "/health")
          continue
        }
        let body = try JSON(parsing: response.body)
        #expect(body["code"]?.string == code, "\(index): \(text)")
        #expect(body["message"]?.string?.contains(one.says) ?? false, "\(index): \(text)")
        #expect(body["error"] == (one.path == "/write" ? body["message"] : nil))
        #expect((one.status == 405) == (response.headers["Allow"] != nil))
        #expect(!text.contains("-key"))
      }
      #expect(!harness.log.lines.contains { $0.text.contains("w-key") })
    }
  }

  @Test("Health has the shape that clients read") func health() async throws {
    try await WriteHarness.with { harness async throws in
      let response = await harness.handler.api.response(to: HTTPEvent(method: "GET", path: "/health"), harness.context)
      #expect(
        try JSON(parsing: response.body) == [
          "name": "timeseries-cache", "message": "ready for queries and writes", "status": "pass", "checks": [],
          "version": "timeseries-cache-1",
        ])
    }
  }

  @Test("A parameter that is given twice, or is not UTF-8, is refused", arguments: ["bucket", "precision"])
  func twice(name: String) throws {
    let once = HTTPEvent.QueryItem(name: Array(name.utf8), value: Array("ns".utf8))
    let bucket = HTTPEvent.QueryItem(name: Array("bucket".utf8), value: Array("b".utf8))
    #expect(throws: InfluxError.self) { try WriteRequest([once, once, bucket], isV1: false) }
    let broken = HTTPEvent.QueryItem(name: Array(name.utf8), value: [0xFF])
    #expect(throws: InfluxError.self) { try WriteRequest([broken, bucket], isV1: false) }
    #expect(try WriteRequest([bucket], isV1: false) == WriteRequest(bucket: "b", precision: .nanoseconds))
  }

  @Test("A body that unpacks to more than the limit is refused before it fills the memory") func bomb() throws {
    let zeros = [UInt8](repeating: 0x0A, count: WriteBody.maximumBytes + 1)
    var event = HTTPEvent(method: "POST", path: "/write", headers: ["Content-Encoding": "GZIP"])
    event.body = try Gzip.compress(zeros)
    #expect(event.body.count < 100_000)
    #expect(throws: InfluxError.tooLarge) { try WriteBody.lines(of: event) }
    event.body = try Gzip.compress(Array(zeros.dropLast()))
    #expect(try WriteBody.lines(of: event).count == WriteBody.maximumBytes)
    event.headers = [:]
    event.body = zeros
    #expect(throws: InfluxError.tooLarge) { try WriteBody.lines(of: event) }
  }

  @Test("A body of more points or fields than a function holds is a 413, which clients answer with smaller ones")
  func tooMany() async throws {
    try await WriteHarness.with { harness async throws in
      let wide = (0..<4000).map { "a\($0)=1" }.joined(separator: ",")
      for (lines, reason) in [
        (String(repeating: "m v=1\n", count: LineProtocol.Limit.points + 1), "the body has more than 500000 points"),
        (
          String(repeating: "m \(wide)\n", count: LineProtocol.Limit.fieldsOfBody / 4000 + 1),
          "the body has more than 3000000 fields"
        ),
      ] {
        let response = await harness.write(lines)
        #expect(response.status == 413)
        #expect(PointWriterTests.message(response).contains(reason))
      }
      #expect(try await harness.entry("m") == nil)
    }
  }

  /// Events of one request as the front doors hand it over.
  static func events(_ body: [UInt8], isText: Bool) -> [JSON] {
    let text: JSON = isText ? .string(String(decoding: body, as: UTF8.self)) : .string(Base64.text(body.span))
    var headers: JSONObject = ["Authorization": "Token w-key", "Content-Type": "text/plain; charset=utf-8"]
    if !isText { headers["Content-Encoding"] = "gzip" }
    let lower = headers.members.reduce(into: JSONObject()) { $0[$1.name.lowercased()] = $1.value }
    return [
      [
        "httpMethod": "POST", "path": "/api/v2/write", "headers": .object(headers), "body": text,
        "queryStringParameters": ["bucket": "home", "precision": "ms"],
        "multiValueQueryStringParameters": ["bucket": ["home"], "precision": ["ms"]], "isBase64Encoded": .bool(!isText),
      ],
      [
        "version": "2.0", "rawPath": "/prod/api/v2/write", "rawQueryString": "bucket=home&precision=ms",
        "headers": .object(lower), "body": text, "isBase64Encoded": .bool(!isText),
        "requestContext": [
          "stage": "prod", "domainName": "x.execute-api.eu.amazonaws.com", "http": ["method": "POST"],
        ],
      ],
      [
        "version": "2.0", "rawPath": "/api/v2/write", "rawQueryString": "bucket=home&precision=ms",
        "headers": .object(lower), "body": text, "isBase64Encoded": .bool(!isText),
        "requestContext": ["stage": "$default", "domainName": "x.lambda-url.eu.on.aws", "http": ["method": "POST"]],
      ],
    ]
  }

  @Test("All front doors bring lines, as text and packed", arguments: [true, false]) func doors(isText: Bool)
    async throws
  {
    try await WriteHarness.with { harness async throws in
      for (index, _) in Self.events([], isText: isText).enumerated() {
        let lines = Array("cpu,door=\(index) v=\(index),s=\"caf\u{E9}\" \(Self.now - 1000)\n".utf8)
        let event = Self.events(isText ? lines : try Gzip.compress(lines), isText: isText)[index]
        let answer = try JSON(parsing: try await harness.handler.handle(event.bytes, harness.context))
        #expect(answer["statusCode"]?.int == 204, "\(answer.text)")
        #expect(try await harness.rows("cpu,door=\(index)") == ["-1000=s:'caf\u{E9}',v:\(index)"])
      }
    }
  }

  @Test("Bytes that are not UTF-8 are a bad line, not a crash") func badUTF8() async throws {
    try await WriteHarness.with { harness async throws in
      let event = Self.events(
        try Gzip.compress(Array("cpu v=1\ncpu,h=".utf8) + [0xFF] + Array(" v=1".utf8)), isText: false)[0]
      let answer = try JSON(parsing: try await harness.handler.handle(event.bytes, harness.context))
      #expect(answer["statusCode"]?.int == 400)
      #expect(answer["body"]?.string?.contains("line 2, column 7: the bytes are not UTF-8") ?? false, "\(answer.text)")
      #expect(try await harness.entry("cpu") == nil)
    }
  }

  @Test("An event without a body writes nothing and is no crash", arguments: [0, 1, 2]) func noBody(door: Int)
    async throws
  {
    try await WriteHarness.with { harness async throws in
      guard case .object(var event) = Self.events([], isText: true)[door] else { return }
      event["body"] = nil
      let answer = try JSON(parsing: try await harness.handler.handle(JSON.object(event).bytes, harness.context))
      #expect(answer["statusCode"]?.int == 204)
      event["body"] = .null
      let other = try JSON(parsing: try await harness.handler.handle(JSON.object(event).bytes, harness.context))
      #expect(other["statusCode"]?.int == 204)
    }
  }

  static let outages: [(target: String, status: Int, code: String, answer: Int)] = [
    ("Timestream_20181101.WriteRecords", 400, "ThrottlingException", 429),
    ("Timestream_20181101.WriteRecords", 500, "InternalServerException", 503),
    ("Timestream_20181101.WriteRecords", 403, "AccessDeniedException", 500),
    ("DynamoDB_20120810.Query", 400, "ProvisionedThroughputExceededException", 429),
    ("DynamoDB_20120810.Query", 500, "InternalServerError", 503),
    ("DynamoDB_20120810.PutItem", 400, "ThrottlingException", 429),
    ("DynamoDB_20120810.PutItem", 500, "InternalServerError", 503),
  ]

  @Test("A store that throttles or fails is told so that the client sends all again", arguments: outages.indices)
  func outage(index: Int) async throws {
    let (target, status, code, answer) = Self.outages[index]
    let isBroken = ManualClock(1)
    try await WriteHarness.with(answer: { asked, _ in
      asked == target && isBroken.now == 1 ? .refusal(status, code) : nil
    }) { harness async throws in
      let lines = "cpu v=1 \(Self.now - 1)\ncpu v=2 \(Self.now + 1)"
      let response = await harness.write(lines, ["precision": "ms"])
      #expect(response.status == answer)
      #expect((response.headers["Retry-After"] != nil) == (answer != 500))
      #expect(!String(decoding: response.body, as: UTF8.self).contains("as the test wants it"))
      #expect(harness.log.lines(saying: "a store failed").count == 1)
      isBroken.advance(1)
      #expect(await harness.write(lines, ["precision": "ms"]).status == 204)
      #expect(try await harness.rows("cpu") == ["-1=v:1", "1=v:2?"])
    }
  }

  @Test("A store that does not answer in time costs the client a 503, not a lost connection") func hanging()
    async throws
  {
    try await TestCloud.with(clock: .fixed(Self.now), polls: false) { cloud async throws in
      let never = Gate()
      struct Hanging: HTTPClient {
        let real: any HTTPClient
        let gate: Gate
        func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
          if request.headers["X-Amz-Target"]?.hasSuffix("WriteRecords") ?? false { await gate.wait() }
          return try await real.send(request)
        }
      }
      let harness = try WriteHarness(cloud, http: Hanging(real: cloud.http, gate: never))
      let context = LambdaContext(requestID: "r", deadline: Self.now + 1100, logger: .silent)
      let event = HTTPEvent(
        method: "POST", path: "/api/v2/write", query: ["bucket": "home"], headers: ["x-api-key": "w-key"],
        body: Array("cpu v=1 1".utf8))
      let response = await harness.handler.api.response(to: event, context)
      #expect(response.status == 503)
      #expect(response.headers["Retry-After"] == "5")
      never.open()
    }
  }
}
