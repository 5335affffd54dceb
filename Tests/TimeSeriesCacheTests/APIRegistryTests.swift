import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What the API tells of the identifiers' table, changes in it, and hides of it from keys that are limited to buckets.
@Suite struct APIRegistryTests {
  static let now: Int64 = 1_800_000_000_000

  static let keys = """
    [{"name": "all", "key": "all", "buckets": ["*"], "allow": ["read", "write", "admin"]},
     {"name": "home", "key": "home", "buckets": ["home"], "allow": ["read"]},
     {"name": "keeper", "key": "keeper", "buckets": ["home"], "allow": ["read", "admin"]},
     {"name": "writer", "key": "writer", "buckets": ["*"], "allow": ["write"]}]
    """

  struct API {
    let cloud: TestCloud
    let registry: IdentifierRegistry
    let handler: APIHandler
    let clock: ManualClock

    func ask(
      _ path: String, _ query: [String: String] = [:], key: String = "all", method: String = "GET", body: String = ""
    ) async -> HTTPEventResponse {
      await handler.response(
        to: HTTPEvent(
          method: method, path: path, query: query, headers: ["authorization": "Bearer \(key)"], body: Array(body.utf8)),
        LambdaContext(requestID: "r", deadline: .max, logger: .silent))
    }

    func json(_ path: String, _ query: [String: String] = [:], key: String = "all") async throws -> JSON {
      try JSON(parsing: await ask(path, query, key: key).body)
    }
  }

  static func with(_ body: (API) async throws -> Void) async throws {
    try await TestCloud.with(polls: false) { cloud in
      let clock = ManualClock(now)
      let variables = ["KEYS": keys, "API_KEY": "own", "ANSWERS_KEPT_SECONDS": "60"]
      let handler = try APIHandler(
        environment: cloud.environment.merging(variables), http: cloud.http, clock: clock.clock)
      let registry = IdentifierRegistry(cloud.client, table: cloud.output("IdentifierTableName"))
      try await body(API(cloud: cloud, registry: registry, handler: handler, clock: clock))
    }
  }

  static func written(_ text: String) throws -> Series { try Series(try #require(SeriesKey(text))) }

  @Test("A series is registered, described, registered anew and removed") func registers() async throws {
    try await Self.with { api in
      #expect(await api.ask("/v1/series/s/status").status == 404)
      let new = await api.ask(
        "/v1/series/s", method: "PUT",
        body: #"{"source": "sun", "attributes": {"place": "51", "height": 3.5, "open": true}}"#)
      #expect(new.status == 201)
      let expected: JSON = [
        "identifier": "s", "kind": "source", "source": "sun", "bucket": .null, "registered": .integer(Self.now),
        "status": .null,
      ]
      #expect(try JSON(parsing: new.body) == expected)
      // What was remembered as absent, and answered so, is looked up again.
      #expect(try await api.json("/v1/series/s/status") == expected)
      let entry = try #require(try await api.registry.entry(try Identifier("s")))
      #expect(
        entry.attributes["place"] == "51" && entry.attributes["height"] == "3.5" && entry.attributes["open"] == "true")
      api.clock.advance(1000)
      let again = await api.ask("/v1/series", ["id": "s"], method: "PUT")
      #expect(again.status == 200)
      #expect(try JSON(parsing: again.body)["source"] == .null)
      #expect(try JSON(parsing: again.body)["registered"] == .integer(Self.now))
      let gone = await api.ask("/v1/series/s", method: "DELETE")
      #expect(gone == HTTPEventResponse(status: 204, headers: ["Cache-Control": "no-store"], body: []))
      #expect(await api.ask("/v1/series/s", method: "DELETE").status == 404)
      #expect(await api.ask("/v1/series/s/status").status == 404)
    }
  }

  @Test("A status, and why a series has no rows, are those of this moment") func isCurrent() async throws {
    try await Self.with { api in
      let identifier = try Identifier("s")
      _ = try await api.registry.put(identifier, source: nil, attributes: [:], now: Self.now)
      let unread = await api.ask("/v1/series/s")
      #expect(unread.status == 404 && String(decoding: unread.body, as: UTF8.self).contains("no fetch of it is known"))
      let run = SeriesRun(time: Self.now, failure: "the source is gone")
      try await api.registry.record(run, of: identifier, known: nil)
      let failed = await api.ask("/v1/series/s")
      #expect(failed.status == 404 && String(decoding: failed.body, as: UTF8.self).contains("the source is gone"))
      #expect(try await api.json("/v1/series/s/status")["status"]?["lastError"]?["message"] == "the source is gone")
    }
  }

  static let bodies: [(body: String, part: String)] = [
    ("{", "not JSON"), ("[]", "an array: give an object"), (#"{"sauce": "x"}"#, "'sauce'"),
    (#"{"source": 5}"#, "'source' must"),
    (#"{"source": ""}"#, "'source' must"), (#"{"attributes": []}"#, "'attributes' is an array"),
    (#"{"attributes": {"status": "x"}}"#, "'status' is no name"), (#"{"attributes": {"": "x"}}"#, "must have 1 to 255"),
    (#"{"attributes": {"a": null}}"#, "'a' is null"), (#"{"attributes": {"a": {"b": 1}}}"#, "'a' is an object"),
    (#"{"attributes": {"a\u0000": 1}}"#, "must have 1 to 255"),
    (#"{"attributes": {"a": "\#(String(repeating: "x", count: 16_384))"}}"#, "at most 64 of 16384 bytes"),
    ("{\"attributes\": {\((0..<65).map { "\"a\($0)\": 1" }.joined(separator: ","))}}", "there are 65 attributes"),
  ]

  @Test("A mistake in the body is named", arguments: bodies) func body(body: String, part: String) throws {
    let error = #expect(throws: APIError.self) { try Registration(body: Array(body.utf8)) }
    #expect(error?.status == 400)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test("Registering needs a key that allows it, and a table") func permissions() async throws {
    try await Self.with { api in
      for (method, key, status) in [
        ("PUT", "own", 403), ("PUT", "home", 403), ("PUT", "writer", 403), ("PUT", "keeper", 403),
        ("PUT", "wrong", 401),
        ("DELETE", "own", 403), ("GET", "writer", 403), ("DELETE", "keeper", 404),
      ] {
        #expect(await api.ask("/v1/series/s", key: key, method: method).status == status, "\(method) \(key)")
      }
      #expect(await api.ask("/v1/series", method: "PUT").status == 400)
      #expect(await api.ask("/v1/series/s", ["id": "t"], method: "PUT").status == 400)
      #expect(await api.ask("/v1/series/s/status", method: "PUT").status == 405)
      #expect(await api.ask("/v1/series/s", method: "PUT", body: String(repeating: " ", count: 65_537)).status == 413)
      // What somebody writes is not fetched as well.
      _ = try await api.registry.register(try Self.written("m,a=1"), bucket: "home", now: Self.now)
      #expect(await api.ask("/v1/series/m,a=1", method: "PUT").status == 409)
      #expect(await api.ask("/v1/series/m,a=1", key: "keeper", method: "DELETE").status == 204)
      let without = try APIHandler(
        environment: api.cloud.environment.merging(["KEYS": Self.keys, "API_KEY": "own", "IDENTIFIER_TABLE": ""]),
        http: api.cloud.http, clock: api.clock.clock)
      for (method, path) in [
        ("GET", "/v1/series"), ("GET", "/v1/series/s/status"), ("PUT", "/v1/series/s"), ("DELETE", "/v1/series/s"),
      ] {
        let response = await without.response(
          to: HTTPEvent(method: method, path: path, headers: ["x-api-key": "all"]),
          LambdaContext(requestID: "r", deadline: .max, logger: .silent))
        #expect(response.status == 503)
        #expect(try APIRequestTests.message(response)?.contains("IDENTIFIER_TABLE") == true)
      }
    }
  }

  @Test("A list has pages, and begins as it is told to") func list() async throws {
    try await Self.with { api in
      let names = (0..<25).map { "a\($0)" } + ["b,c", "b?/status", "\u{E9}", "e\u{301}"]
      try await api.cloud.register(names)
      var found: [String] = []
      var query = ["limit": "7"]
      var pages = 0
      repeat {
        let page = try await api.json("/v1/series", query)
        let series = try #require(page["series"]?.array)
        #expect(series.count <= 7)
        found += series.compactMap { $0["identifier"]?.string }
        pages += 1
        query["cursor"] = page["next"]?.string
      } while query["cursor"] != nil && pages < 20
      #expect(found.map { ByteText($0) }.sorted() == names.map { ByteText($0) }.sorted())
      for (prefix, count) in [("a1", 11), ("b", 2), ("\u{E9}", 1), ("e", 1), ("x", 0), ("", 29)] {
        #expect(try await api.json("/v1/series", ["prefix": prefix])["series"]?.array?.count == count, "\(prefix)")
      }
      for query in [["limit": "0"], ["limit": "1001"], ["cursor": ""], ["prefix": "\u{7F}"], ["id": "a"]] {
        #expect(await api.ask("/v1/series", query).status == 400, "\(query)")
      }
    }
  }

  @Test("A key that is limited to buckets sees their series alone, everywhere") func buckets() async throws {
    try await Self.with { api in
      let ahead = Sample(time: Self.now + 1000, measures: [Measure("v", .double(1))])
      let forecast = try api.cloud.forecast(now: Self.now)
      var mine: [String] = []
      for number in 0..<30 {
        let series = try Self.written("m,n=\(number)")
        let bucket = number % 3 == 0 ? "home" : "work"
        if bucket == "home" { mine.append(series.identifier.text) }
        _ = try await api.registry.register(series, bucket: bucket, now: Self.now)
        _ = try await forecast.write([ahead], of: series.identifier, fetchedAt: Self.now)
      }
      for name in ["fetched", "unregistered"] {
        if name == "fetched" { try await api.cloud.register([name]) }
        _ = try await forecast.write([ahead], of: try Identifier(name), fetchedAt: Self.now)
      }
      var found: [String] = []
      var query = ["limit": "3"]
      repeat {
        let page = try await api.json("/v1/series", query, key: "home")
        found += page["series"]?.array?.compactMap { $0["identifier"]?.string } ?? []
        query["cursor"] = page["next"]?.string
        // A cursor names nothing that the key may not read.
        #expect(query["cursor"].map { mine.contains($0) } ?? true)
      } while query["cursor"] != nil && found.count < 40
      #expect(found.sorted() == mine.sorted())
      for (name, ofAll, ofHome) in [
        ("m,n=0", 200, 200), ("m,n=1", 200, 404), ("fetched", 200, 404), ("unregistered", 200, 404),
        ("nothing", 404, 404),
      ] {
        for path in ["/v1/rows", "/v1/statistics"] {
          #expect(await api.ask(path, ["id": name]).status == ofAll, "\(path) \(name)")
          #expect(await api.ask(path, ["id": name], key: "home").status == ofHome, "\(path) \(name)")
        }
        // The two have the same words: whether a series exists is not told.
        if ofHome == 404 {
          #expect(
            try APIRequestTests.message(await api.ask("/v1/rows", ["id": name], key: "home"))?.hasPrefix(
              "nothing is known of")
              == true)
        }
        let latest = try await api.json("/v1/latest", ["id": name], key: "home")["series"]?.array?.first?["row"]
        #expect((latest != .null) == (ofHome == 200), "\(name)")
        #expect((await api.ask("/v1/status", ["id": name], key: "home").status == 200) == (ofHome == 200))
        let range = ["startDate": "0", "endDate": "\(Self.now + 5000)", "identifier": name]
        let rows = try await api.json("/timeSeries-data", range, key: "home")["futureRows"]?.array
        #expect(rows?.count == (ofHome == 200 ? 1 : 0))
      }
    }
  }

  @Test("Of a series that is registered and fails, a 404 says since when and why") func explains() async throws {
    try await Self.with { api in
      let name = try Identifier("s")
      _ = try await api.registry.put(name, source: nil, now: Self.now - 86_400_000)
      let waiting = try APIRequestTests.message(await api.ask("/v1/series/s"))
      #expect(waiting == "'s' is registered since 2027-01-14T08:00:00Z, and no fetch of it is known yet")
      _ = try await api.registry.record(
        SeriesRun(time: Self.now - 60_000, failure: "the source answered 500"), of: name, known: nil)
      api.clock.advance(61_000)
      for path in ["/v1/series/s", "/v1/series/s/latest", "/v1/series/s/statistics"] {
        let response = await api.ask(path)
        #expect(response.status == 404)
        #expect(
          try APIRequestTests.message(response)
            == "'s' is registered since 2027-01-14T08:00:00Z, and its last fetch at 2027-01-15T07:59:00Z failed: the source answered 500 (none has succeeded yet)"
        )
      }
      let status = try await api.json("/v1/series/s/status")["status"]
      #expect(status?["failing"] == true)
      #expect(status?["lastError"] == ["time": .integer(Self.now - 60_000), "message": "the source answered 500"])
      #expect(status?["measures"] == [])
      let listed = try await api.json("/v1/series")["series"]?.array?.first?["status"]
      #expect(listed?["lastRun"] == .integer(Self.now - 60_000))
      #expect(listed?["measures"] == nil)
    }
  }

  @Test("A read looks a series up once a minute") func lookups() async throws {
    let clock = ManualClock(Self.now)
    // The cloud's clock is the same: else a first request is signed again with a corrected one.
    try await TestCloud.with(clock: clock.clock, polls: false) { cloud in
      let counting = FakeHTTP { request, _ in
        do throws(HTTPError) { return .success(try await cloud.http.send(request)) } catch { return .failure(error) }
      }
      func lookups() -> Int {
        counting.requests.count { $0.headers["X-Amz-Target"]?.hasSuffix("GetItem") == true }
      }
      try await cloud.register(["s"])
      let forecast = try cloud.forecast(now: Self.now)
      _ = try await forecast.write(
        [Sample(time: Self.now + 500_000, measures: [Measure("v", .double(1))])], of: try Identifier("s"),
        fetchedAt: Self.now)
      let handler = try APIHandler(
        environment: cloud.environment.merging(["API_KEY": "right", "ANSWERS_KEPT_SECONDS": "0"]), http: counting,
        clock: clock.clock)
      for _ in 0..<10 {
        #expect(await APITests.ask("/v1/series/s", handler: handler).status == 200)
        clock.advance(5999)
      }
      #expect(lookups() == 1)
      clock.advance(10)
      #expect(await APITests.ask("/v1/series/s", handler: handler).status == 200)
      #expect(lookups() == 2)
    }
  }
}
