import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What other servers, and broken ones, answer.
@Suite("Answers of InfluxDB")
struct InfluxConnectionTests {
  private static let token = "a-very-secret-token"

  private static func history(
    _ http: any HTTPClient, _ scheme: InfluxAuthorization.Scheme = .token, token: String = token
  ) throws -> InfluxHistory {
    try InfluxHistory(
      http: http, url: "https://influx.example.com:8086/", database: "db", retentionPolicy: "a policy",
      authorization: InfluxAuthorization(scheme, token: token), clock: .fixed(0), random: { 1 },
      sleep: { _ throws(CancellationError) in })
  }

  /// A server that pings as version 2 does, and gives other answers in turn.
  private static func server(_ answers: [Result<HTTPResponse, HTTPError>]) -> FakeHTTP {
    let next = Mutex(0)
    return FakeHTTP { request, _ in
      if request.url.hasSuffix("/ping") {
        return .success(
          HTTPResponse(status: 204, headers: ["X-Influxdb-Build": "oss", "X-Influxdb-Version": "v2.7.11"]))
      }
      let index = next.withLock { next in
        next += 1
        return next - 1
      }
      return answers[min(index, answers.count - 1)]
    }
  }

  @Test(
    "are errors of a kind, in InfluxDB's words",
    arguments: [
      (
        401, #"{"code":"unauthorized","message":"unauthorized access"}"#, StoreError.Kind.failed,
        "InfluxDB does not know who asks; look at the token, its scheme and the database: unauthorized access"
      ),
      (403, #"{"error":"no"}"#, .failed, "InfluxDB does not let the token read and write this database: no"),
      (
        404, #"{"code":"not found","message":"no dbrp mapping found"}"#, .failed,
        "InfluxDB answers with status 404: no dbrp mapping found"
      ),
      (429, "", .throttled, "InfluxDB answers with status 429"),
      (500, #"{"error":"timeout"}"#, .timedOut, "InfluxDB answers with status 500: timeout"),
      (500, #"{"error":"engine is closed"}"#, .unavailable, "InfluxDB answers with status 500: engine is closed"),
      (
        500, #"{"error":"retention policy not found: x"}"#, .failed,
        "InfluxDB answers with status 500: retention policy not found: x"
      ),
      (502, "<html>\u{1B}[31m", .unavailable, "InfluxDB answers with status 502: <html> [31m"),
      (503, "", .unavailable, "InfluxDB answers with status 503"),
      (302, "", .failed, "InfluxDB answers with status 302: give the URL that it leads to"),
      (
        200, #"{"results":[{"statement_id":0,"error":"database not found: db"}]}"#, .failed,
        "InfluxDB: database not found: db"
      ),
      (
        200, #"{"error":"query-timeout limit exceeded: timeout"}"#, .timedOut,
        "InfluxDB: query-timeout limit exceeded: timeout"
      ),
      (
        200, #"{"results":[{"statement_id":0,"error":"max-concurrent-queries limit exceeded(5, 5)"}]}"#, .throttled,
        "InfluxDB: max-concurrent-queries limit exceeded(5, 5)"
      ),
      (
        400, "the token is a-very-secret-token, or YS12ZXJ5LXNlY3JldC10b2tlbg==", .failed,
        "InfluxDB answers with status 400: the token is ***, or ***"
      ),
    ] as [(Int, String, StoreError.Kind, String)])
  func errors(status: Int, body: String, kind: StoreError.Kind, text: String) async throws {
    let history = try Self.history(Self.server([.success(.json(status, body))]))
    let error = await #expect(throws: StoreError.self) {
      try await history.newest(of: .source("x"), in: nil)
    }
    #expect(error?.kind == kind)
    #expect(error?.description == text)
  }

  @Test(
    "that cannot be read are errors",
    arguments: [
      "", "null", "[]", "{", #"{"results":"#, #"{"results":[{"series":[{"columns":["time","a"],"values":[[1]]}]}]}"#,
      #"{"results":[{"series":[{"columns":["time"],"values":[["x"]]}]}]}"#,
      #"{"results":[{"series":[{"columns":["time"],"values":[1]}]}]}"#, #"{"results":[]} x"#,
    ])
  func unreadable(body: String) async throws {
    let tagged = body.replacing("{\"columns\"", with: #"{"name":"history","tags":{"identifier":"x"},"columns""#)
    for body in [body, tagged] {
      let history = try Self.history(Self.server([.success(.json(200, body))]))
      if body == tagged || !body.contains("columns") {
        await #expect(throws: StoreError.self) { try await history.newest(of: .source("x"), in: nil) }
      }
    }
  }

  /// Two statements' answers, as InfluxDB sends them with `chunked=true`.
  private static let whole = [
    #"{"results":[{"statement_id":0,"series":[{"name":"history","columns":["fieldKey","fieldType"],"values":[["a","float"]],"partial":true}],"partial":true}]}"#,
    #"{"results":[{"statement_id":0,"series":[{"name":"history","columns":["fieldKey","fieldType"],"values":[["b","float"]]}]}]}"#,
    #"{"results":[{"statement_id":1,"series":[{"name":"history","columns":["tagKey"],"values":[["identifier"]]}]}]}"#,
  ]

  @Test("that end early, as if all had come, are errors that may pass", arguments: 0...3)
  func cut(texts: Int) async throws {
    let body = Self.whole.prefix(texts).joined(separator: "\n")
    let history = try Self.history(Self.server([.success(.json(200, body))]))
    guard texts < Self.whole.count else {
      let schema = try await history.schema(of: InfluxPlace.measurement)
      #expect(schema.fields.map(\.name.text) == ["a", "b"] && schema.tags == [InfluxPlace.tag])
      return
    }
    let error = await #expect(throws: StoreError.self) { try await history.schema(of: InfluxPlace.measurement) }
    #expect(error?.kind == .unavailable)
    #expect(
      error?.description == "InfluxDB's answer ends early: \(max(0, texts - 1)) of 2 statements are answered")
  }

  @Test("are no write's where another server's page comes with status 200")
  func page() async throws {
    let http = FakeHTTP { request, _ in
      if request.url.contains("/write?") { return .success(.json(200, "<html>Sign in</html>")) }
      if request.url.hasSuffix("/ping") { return .success(HTTPResponse(status: 204)) }
      return .success(.json(200, #"{"results":[{"statement_id":0}]}"#))
    }
    let written = try await Self.history(http).write([Sample(1, ["a": .double(1)])], of: .source("x"), version: 1)
    #expect(written.stored == 0 && written.failure?.kind == .failed)
    #expect(written.failure?.description == "InfluxDB answers with status 200: <html>Sign in</html>")
    let asked = try Self.history(FakeHTTP { _, _ in .success(.json(200, "<html>Sign in</html>")) })
    let error = await #expect(throws: StoreError.self) { try await asked.newest(of: .source("x"), in: nil) }
    #expect(error?.code == "UnexpectedAnswer")
  }

  @Test("name the host alone where there is none, and never the token")
  func noAnswer() async throws {
    let cases: [(HTTPError.Code, StoreError.Kind)] = [
      (.cannotConnect, .unavailable), (.connectionLost, .unavailable), (.timedOut, .timedOut), (.untrusted, .failed),
    ]
    for (code, kind) in cases {
      let http = FakeHTTP([.failure(HTTPError(code, "influx.example.com: \(Self.token)"))])
      let error = await #expect(throws: StoreError.self) {
        try await Self.history(http).newest(of: .source("x"), in: nil)
      }
      #expect(error?.kind == kind && error?.description == "InfluxDB: influx.example.com: ***")
    }
  }

  @Test(
    "come to requests that say where, when and who",
    arguments: [
      (InfluxAuthorization.Scheme.token, token, "Token a-very-secret-token"),
      (.bearer, " \(token)\n", "Bearer a-very-secret-token"),
      (.basic, "admin:pass word", "Basic YWRtaW46cGFzcyB3b3Jk"),
      (
        .basic, #"{"engine":"timestream-influxdb","username":"admin","password":"pass word"}"#,
        "Basic YWRtaW46cGFzcyB3b3Jk"
      ),
      (.token, #"{"engine":"timestream-influxdb","org":"o","token":"t"}"#, "Token t"),
    ] as [(InfluxAuthorization.Scheme, String, String)])
  func requests(scheme: InfluxAuthorization.Scheme, token: String, header: String) async throws {
    let http = Self.server([
      .success(.json(200, #"{"results":[{"statement_id":0}]}"#)), .success(HTTPResponse(status: 204)),
    ])
    let history = try Self.history(http, scheme, token: token)
    let sample = Sample(1, ["a": .double(1.5)], nanoseconds: 7)
    #expect(await history.write([sample], of: try .source("x y"), version: 3) == HistoryWrite(stored: [1]))
    #expect(
      http.requests.map { "\($0.method) \($0.url)" } == [
        "GET https://influx.example.com:8086/ping",
        "POST https://influx.example.com:8086/query?db=db&rp=a%20policy&epoch=ns&chunked=true&chunk_size=10000",
        "POST https://influx.example.com:8086/write?db=db&rp=a%20policy&precision=ns",
      ])
    #expect(http.requests.allSatisfy { $0.headers["Authorization"] == header })
    let form = PercentEncoding.queryItems(String(decoding: http.requests[1].body, as: UTF8.self))
    #expect(form.map(\.name) == ["q", "params"])
    #expect(
      form.map(\.value) == [
        #"SELECT "~version"::integer FROM "history" WHERE "identifier"::tag = $p0 AND time >= 1000007 AND time <= 1000007 GROUP BY * ORDER BY time LIMIT 12"#,
        #"{"p0":"x y"}"#,
      ])
    #expect(
      String(decoding: http.requests[2].body, as: UTF8.self)
        == "history,identifier=x\\ y a=1.5,~version=3i,~fields=\":da\" 1000007\n")
  }

  @Test("without a usable token nothing is sent", arguments: ["", "changeme", "a\nb", "{\"a\":1}"])
  func noToken(token: String) async throws {
    let http = Self.server([])
    let error = await #expect(throws: StoreError.self) {
      try await Self.history(http, token: token).newest(of: .source("x"), in: nil)
    }
    #expect(error?.kind == .failed && error?.code == "NoToken" && http.requests.isEmpty)
  }

  @Test(
    "InfluxDB 3 Core is refused by name, once and for all; Enterprise is not",
    arguments: [
      (["X-Influxdb-Version": "3.0.1", "X-Influxdb-Build": "Core"] as HTTPHeaders, "", true),
      (["x-influxdb-version": "v3.2.0"], "", true),
      ([:], #"{"version":"3.4.1","revision":"abc","process_id":"1"}"#, true),
      (["X-Influxdb-Version": "3.0.1", "X-Influxdb-Build": "Enterprise"], "", false),
      (["X-Influxdb-Version": "1.6.7~rc0", "X-Influxdb-Build": "OSS"], "", false),
      (["X-Influxdb-Version": "v2.7.11", "X-Influxdb-Build": "oss"], "", false),
      ([:], "", false),
    ] as [(HTTPHeaders, String, Bool)])
  func core(headers: HTTPHeaders, body: String, isRefused: Bool) async throws {
    let http = FakeHTTP { request, _ in
      request.url.hasSuffix("/ping")
        ? .success(.json(200, body, headers: headers)) : .success(.json(200, #"{"results":[{"statement_id":0}]}"#))
    }
    let history = try Self.history(http)
    for _ in 0..<2 {
      if isRefused {
        let error = await #expect(throws: StoreError.self) { try await history.newest(of: .source("x"), in: nil) }
        #expect(error?.kind == .failed && error?.description.contains("InfluxDB 3 Core") ?? false)
        let written = await history.write([Sample(1, ["a": .double(1)])], of: try .source("x"), version: 1)
        #expect(written.failure == error && written.stored == 0)
      } else {
        #expect(try await history.newest(of: .source("x"), in: TimeRange(from: 0, to: 0)) == NewestHistory(time: nil))
      }
    }
    #expect(http.requests.count == (isRefused ? 1 : 3))
  }

  @Test("a ping that fails stops nothing, and is asked again")
  func ping() async throws {
    let pings = Mutex(0)
    let http = FakeHTTP { request, _ in
      guard request.url.hasSuffix("/ping") else { return .success(.json(200, #"{"results":[{"statement_id":0}]}"#)) }
      let number = pings.withLock { pings in
        pings += 1
        return pings
      }
      return switch number {
      case 1: .failure(HTTPError(.timedOut, "late"))
      case 2: .success(HTTPResponse(status: 503))
      default: .success(HTTPResponse(status: 204, headers: ["X-Influxdb-Version": "2.7.0"]))
      }
    }
    let history = try Self.history(http)
    for _ in 0..<5 {
      #expect(try await history.newest(of: .source("x"), in: TimeRange(from: 0, to: 0)) == NewestHistory(time: nil))
    }
    #expect(http.requests.count == 8)
  }

  @Test("a partial write of version 2 is split until the points at fault are alone", arguments: [400, 422, 500])
  func partial(status: Int) async throws {
    let bad: Set<String> = ["17000000", "250000000"]
    let writes = Mutex(0)
    let http = FakeHTTP { request, _ in
      guard request.url.contains("/write?") else { return .success(.json(200, #"{"results":[{"statement_id":0}]}"#)) }
      writes.withLock { $0 += 1 }
      let lines = String(decoding: request.body, as: UTF8.self).split(separator: "\n")
      let dropped = lines.count { bad.contains(String($0.split(separator: " ").last ?? "")) }
      guard dropped > 0 else { return .success(HTTPResponse(status: 204)) }
      return .success(
        .json(
          status,
          #"{"code":"internal error","message":"unexpected error writing points to database: partial write: field type conflict: input field \"a\" is type float dropped=\#(dropped)"}"#
        ))
    }
    let samples = (0..<300).map { Sample(Int64($0), ["a": .double(1)]) }
    let written = try await Self.history(http).write(samples, of: .source("x"), version: 1)
    #expect(written.stored == 298 && written.failure == nil)
    #expect(
      written.rejected.first == [
        .init(time: 17, reason: "field type conflict: input field \"a\" is type float"),
        .init(time: 250, reason: "field type conflict: input field \"a\" is type float"),
      ])
    #expect(writes.withLock { $0 } <= 1 + InfluxHistory.requestsToBisect)
  }

  @Test("where too many points are at fault, the rest fails with InfluxDB's words")
  func budget() async throws {
    let http = FakeHTTP { request, _ in
      guard request.url.contains("/write?") else { return .success(.json(200, #"{"results":[{"statement_id":0}]}"#)) }
      let lines = String(decoding: request.body, as: UTF8.self).split(separator: "\n")
      let isBad = lines.contains { ($0.split(separator: " ").last.flatMap { Int64($0) } ?? 0) % 2_000_000 == 0 }
      return .success(isBad ? .json(400, #"{"error":"partial write: no dropped=1"}"#) : HTTPResponse(status: 204))
    }
    let samples = (0..<300).map { Sample(Int64($0), ["a": .double(1)]) }
    let written = try await Self.history(http).write(samples, of: .source("x"), version: 1)
    #expect(written.rejected.count > 0 && written.stored > 0)
    #expect(written.failure?.kind == .failed)
    #expect(written.failure?.description == "InfluxDB answers with status 400: partial write: no dropped=1")
    #expect(http.requests.count <= 3 + InfluxHistory.requestsToBisect)
    // Every point of a request at fault: no search is needed.
    let all = FakeHTTP { request, _ in
      request.url.contains("/write?")
        ? .success(.json(400, #"{"error":"partial write: no dropped=300"}"#))
        : .success(.json(200, #"{"results":[{"statement_id":0}]}"#))
    }
    let refused = try await Self.history(all).write(samples, of: .source("x"), version: 1)
    #expect(refused == HistoryWrite(rejected: samples.map { ($0.time, "no") }))
    #expect(all.requests.count == 3)
  }

  @Test("what may pass is tried three times, anything else once")
  func attempts() async throws {
    for (status, kind, requests) in [(503, StoreError.Kind.unavailable, 7), (429, .throttled, 7), (404, .failed, 3)] {
      let http = FakeHTTP { request, _ in
        if request.url.contains("/write?") { return .success(HTTPResponse(status: status)) }
        if request.url.hasSuffix("/ping") { return .success(HTTPResponse(status: 204)) }
        return .success(.json(200, #"{"results":[{"statement_id":0}]}"#))
      }
      let written = try await Self.history(http).write([Sample(1, ["a": .double(1)])], of: .source("x"), version: 1)
      #expect(written.failure?.kind == kind && written.stored == 0)
      #expect(http.requests.count == requests, "\(status)")
    }
  }

  @Test(
    "the URL is https, or this machine",
    arguments: [
      ("https://influx.example.com", true), ("https://a:8086/path/", true), ("http://127.0.0.1:8086", true),
      ("http://localhost:1", true), ("http://[::1]:8086", true), ("http://influx.example.com", false),
      ("influx", false),
      ("", false), ("https://", false), ("https://user:secret@host", false), ("https://host?db=x", false),
      ("https://host#x", false), ("ftp://host", false), ("https://ho st", false), ("http://127.evil.example", false),
      ("http://127.0.0.1\\@evil.example", false),
    ] as [(String, Bool)])
  func url(text: String, isRight: Bool) {
    let environment: ProcessEnvironment = ["INFLUX_URL": text, "INFLUX_DATABASE": "db"]
    do throws(EnvironmentError) {
      _ = try InfluxSettings(environment: environment)
      #expect(isRight)
    } catch {
      #expect(!isRight && error.description.contains("INFLUX_URL") && !error.description.contains("secret"))
    }
  }

  @Test("the environment says where and who")
  func settings() async throws {
    let base = ["INFLUX_URL": "https://h", "INFLUX_DATABASE": "db"]
    let aws = try AWSClient(
      environment: ["AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"],
      http: FakeHTTP { request, _ in
        .success(
          request.headers["X-Amz-Target"] == "AmazonSSM.GetParameter"
            ? .json(200, #"{"Parameter":{"Value":"from a parameter"}}"#)
            : .json(200, #"{"SecretString":"{\"token\":\"from a secret\"}"}"#))
      })
    let cases: [([String: String], String?)] = [
      ([:], nil), (["INFLUX_TOKEN": "t"], "Token t"),
      (["INFLUX_TOKEN": "a:b", "INFLUX_AUTHORIZATION": "basic"], "Basic YTpi"),
      (["INFLUX_TOKEN_SSM_ID": "p", "INFLUX_AUTHORIZATION": "Bearer"], "Bearer from a parameter"),
      (["INFLUX_TOKEN_SECRET_ID": "s"], "Token from a secret"),
      (["INFLUX_TOKEN": "t", "INFLUX_TOKEN_SSM_ID": "p", "INFLUX_TOKEN_SECRET_ID": "s"], "Token t"),
    ]
    for (variables, header) in cases {
      let settings = try InfluxSettings(environment: ProcessEnvironment(base.merging(variables) { $1 }))
      let credential = try await settings.authorization(aws).credential()
      #expect(credential?.header == header)
      #expect(!"\(settings) \(String(reflecting: settings))".contains("t\""))
    }
    for (variables, word) in [
      (["INFLUX_DATABASE": "db"], "INFLUX_URL"), (["INFLUX_URL": "https://h"], "INFLUX_DATABASE"),
      (base.merging(["INFLUX_AUTHORIZATION": "Digest"]) { $1 }, "INFLUX_AUTHORIZATION"),
    ] {
      let error = #expect(throws: EnvironmentError.self) {
        try InfluxSettings(environment: ProcessEnvironment(variables))
      }
      #expect(error?.description.contains(word) ?? false)
    }
    var dumped = ""
    dump(
      try InfluxSettings(environment: ProcessEnvironment(base.merging(["INFLUX_TOKEN": "hush"]) { $1 })), to: &dumped)
    dump(InfluxAuthorization(.token, token: "hush"), to: &dumped)
    #expect(!dumped.contains("hush"))
  }
}
