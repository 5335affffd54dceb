import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite struct SourceTests {
  static let descriptions: [String: JSON] = [
    "carbonintensity": [
      "url": "https://api.example/intensity/{from:minutes}/{to:minutes}", "rows": "/data", "time": "/from",
      "measures": [
        "forecast": "/intensity/forecast", "actual": "/intensity/actual",
        "index": ["at": "/intensity/index", "type": "varchar"],
      ],
    ],
    "climacell": [
      "url": "https://api.example/forecast?lat={lat}&lon={lon}", "headers": ["apikey": "{key}"], "rows": "",
      "time": "/observation_time/value", "measures": ["radiation": "/surface_shortwave_radiation/value"],
    ],
    "nordpool": [
      "url": "https://api.example/price", "rows": "/data", "time": "/utc", "measures": ["price": "/value"],
    ],
    "octopusagile": [
      "url":
        "https://api.octopus.energy/v1/products/AGILE-18-02-21/electricity-tariffs/{identifier}/standard-unit-rates/",
      "rows": "/results", "time": "/valid_from", "measures": ["price": "/value_inc_vat"], "next": "/next",
    ],
    "open-meteo": [
      "url": "https://api.example/air-quality?latitude={lat}&longitude={lon}", "columns": "/hourly",
      "time": ["at": "/time", "utcOffset": "/utc_offset_seconds"], "measures": ["pm10": "/pm10", "pm2_5": "/pm2_5"],
    ],
  ]

  /// The number of samples, and the first and last by time, worked out from the files by another program (Python).
  static let recorded: [(name: String, count: Int, first: Sample, last: Sample)] = [
    (
      "carbonintensity", 49,
      Sample(
        time: 1_590_352_200_000, measures: [Measure("forecast", .double(146)), Measure("index", .varchar("low"))]),
      Sample(
        time: 1_590_438_600_000, measures: [Measure("forecast", .double(163)), Measure("index", .varchar("moderate"))])
    ),
    (
      "climacell", 25, Sample(time: 1_590_350_400_000, measures: [Measure("radiation", .double(60))]),
      Sample(time: 1_590_436_800_000, measures: [Measure("radiation", .double(30))])
    ),
    (
      "nordpool", 25, Sample(time: 1_590_354_000_000, measures: [Measure("price", .double(38.04))]),
      Sample(time: 1_590_440_400_000, measures: [Measure("price", .double(172.96))])
    ),
    (
      "octopusagile", 100, Sample(time: 1_590_264_000_000, measures: [Measure("price", .double(1.155))]),
      Sample(time: 1_590_442_200_000, measures: [Measure("price", .double(7.2975))])
    ),
    (
      // Midnight in Bucharest is 21:00 UTC of the day before.
      "open-meteo", 120,
      Sample(time: 1_682_370_000_000, measures: [Measure("pm10", .double(18.7)), Measure("pm2_5", .double(15.9))]),
      Sample(time: 1_682_798_400_000, measures: [Measure("pm10", .double(17.4)), Measure("pm2_5", .double(12))])
    ),
  ]

  @Test(
    "A recorded answer hydrates with a description alone", .enabled(if: SharedData.isPresent),
    arguments: recorded.map(\.name))
  func recordedAnswers(name: String) throws {
    let expected = try #require(Self.recorded.first { $0.name == name })
    let source = try SourceDescription(name: name, json: try #require(Self.descriptions[name]))
    let answer = try SourceAnswer(parsing: SharedData.bytes("sources/\(name).json"), source)
    let samples = SourceClient.ordered(answer.samples)
    #expect(answer.faults == [])
    #expect(samples.count == expected.count)
    #expect(samples.first == expected.first)
    #expect(samples.last == expected.last)
    #expect((answer.next != nil) == (name == "octopusagile"))
  }

  static let source: JSON = [
    "url": "https://h.example/{identifier}?f={from:seconds}", "rows": "/d", "time": ["at": "/t", "format": "seconds"],
    "measures": ["v": "/v"],
  ]

  static let badDescriptions: [(member: String, value: JSON?, place: String)] = [
    ("url", nil, "/url"), ("url", "ftp://x", "/url"), ("url", "https://x/{from:weeks}", "/url"),
    ("url", "https://x/{", "/url"), ("rows", nil, "/rows"), ("rows", "d", "/rows"), ("columns", "/c", "/rows"),
    ("time", nil, "/time"), ("time", ["at": "/t", "format": "days"], "/time/format"),
    ("time", ["at": "/t", "zone": "x"], "/time/zone"), ("measures", nil, "/measures"), ("measures", [:], "/measures"),
    ("measures", ["time": "/v"], "/measures/time"),
    ("measures", ["v": ["at": "/v", "type": "decimal"]], "/measures/v/type"),
    ("past", "yesterday", "/past"), ("timeoutSeconds", 0, "/timeoutSeconds"), ("headers", "x", "/headers"),
    ("frequency", 5, "/frequency"),
  ]

  @Test("A wrong description is refused by source and member", arguments: badDescriptions.indices)
  func badDescription(index: Int) throws {
    let (member, value, place) = Self.badDescriptions[index]
    var object = try #require(Self.source.object)
    object[member] = value
    #expect {
      try SourceDescription(name: "s", json: .object(object))
    } throws: { error in
      (error as? SourceError).map { $0.source == "s" && $0.place == "description \(place)" } ?? false
    }
  }

  static let badAnswers: [(body: String, text: String)] = [
    ("<html>", "source 's', answer: is not JSON: unexpected character at byte 0"),
    ("{}", "source 's', answer /d: holds no array of rows"),
    (#"{"d":[{"v":1}]}"#, "source 's', answer /d/0/t: holds no time"),
    (#"{"d":[{"t":"noon","v":1}]}"#, "source 's', answer /d/0/t: '\"noon\"' is no time in the format seconds"),
    (#"{"d":[{"t":1,"v":"much"}]}"#, "source 's', answer /d/0/v: '\"much\"' is no double"),
    (#"{"d":[{"t":1,"v":{}}]}"#, "source 's', answer /d/0/v: '{}' is no double"),
    (#"{"d":[{"t":1e300,"v":1}]}"#, "source 's', answer /d/0/t: '1e300' is no time in the format seconds"),
    (#"{"d":[{"t":1,"v":"NaN"}]}"#, "source 's', answer /d/0/v: '\"NaN\"' is no double"),
  ]

  @Test("Garbage is an error that names the source and the place", arguments: badAnswers)
  func garbage(body: String, text: String) throws {
    let source = try SourceDescription(name: "s", json: Self.source)
    do throws(SourceError) {
      _ = try SourceAnswer(parsing: Array(body.utf8), source)
      Issue.record("no error")
    } catch { #expect(error.description == text) }
  }

  @Test("One broken row leaves the others whole; null and absent values are absent")
  func brokenRow() throws {
    let source = try SourceDescription(name: "s", json: Self.source)
    let body = #"{"d":[{"t":1,"v":1},{"t":"x","v":2},{"t":3,"v":null},{"t":4},{"t":5,"v":"5.5"},{"t":6.5,"v":-0.0}]}"#
    let answer = try SourceAnswer(parsing: Array(body.utf8), source)
    #expect(
      answer.samples == [
        Sample(time: 1000, measures: [Measure("v", .double(1))]),
        Sample(time: 5000, measures: [Measure("v", .double(5.5))]),
        Sample(time: 6500, measures: [Measure("v", .double(0))]),
      ])
    #expect(answer.faults.map(\.place) == ["answer /d/1/t"])
  }

  @Test("Columns of another length are refused")
  func columns() throws {
    var object = try #require(Self.source.object)
    object["rows"] = nil
    object["columns"] = "/c"
    let source = try SourceDescription(name: "s", json: .object(object))
    let good = try SourceAnswer(parsing: Array(#"{"c":{"t":[1,2],"v":[null,7]}}"#.utf8), source)
    #expect(good.samples == [Sample(time: 2000, measures: [Measure("v", .double(7))])])
    for body in [#"{"c":{"t":[1,2],"v":[7]}}"#, #"{"c":{"t":[1,2]}}"#, #"{"c":[]}"#, #"{"c":{"v":[]}}"#] {
      #expect(throws: SourceError.self) { try SourceAnswer(parsing: Array(body.utf8), source) }
    }
  }

  // MARK: Asking

  static func ask(
    _ http: FakeHTTP, _ members: (inout JSONObject) -> Void = { _ in }, attributes: [String: String] = [:],
    key: String? = nil,
    slept: Recorder<Duration> = Recorder()
  ) async throws -> [Sample] {
    var object = Self.source.object ?? [:]
    members(&object)
    let client = SourceClient(http: http, clock: .fixed(0), random: { 1 }, sleep: { slept.append($0) })
    return try await client.samples(
      of: Identifier("x y/z'"), from: SourceDescription(name: "s", json: .object(object)), attributes: attributes,
      key: key,
      now: 1_590_352_200_123
    ).samples
  }

  static let row = HTTPResponse.json(200, #"{"d":[{"t":1,"v":1}]}"#)

  @Test("The template is filled in and encoded, the key goes into its header alone")
  func template() async throws {
    let http = FakeHTTP([.success(Self.row)])
    _ = try await Self.ask(
      http,
      {
        $0["url"] = "https://h.example/{identifier}/{place}?f={from:iso8601}&t={to:date}&m={from:milliseconds}"
        $0["headers"] = ["x-api-key": "{key}", "authorization": "Bearer {key}"]
      }, attributes: ["place": "ä&b"], key: "s3cret")
    let request = try #require(http.requests.first)
    #expect(
      request.url
        == "https://h.example/x%20y%2Fz%27/%C3%A4%26b?f=2020-05-23T20%3A30%3A00Z&t=2020-05-25&m=1590265800123")
    #expect(request.headers["x-api-key"] == "s3cret")
    #expect(request.headers["authorization"] == "Bearer s3cret")
  }

  @Test("A variable without a value is an error") func missingVariable() async throws {
    await #expect(throws: SourceError.self) {
      try await Self.ask(FakeHTTP([.success(Self.row)]), { $0["url"] = "https://h.example/{place}" })
    }
  }

  @Test("Pages are followed on the same host, in whatever form the link has")
  func pages() async throws {
    let links = ["https://h.example/p2", "/p3", "?page=4", ""]
    let http = FakeHTTP { _, index in
      .success(
        .json(
          200,
          #"{"d":[{"t":159035220\#(index),"v":1},{"t":1590352200,"v":\#(index)}],"next":"\#(links[min(index, 3)])"}"#))
    }
    let samples = try await Self.ask(http, { $0["next"] = "/next" })
    #expect(
      http.requests.map(\.url).dropFirst() == [
        "https://h.example/p2", "https://h.example/p3", "https://h.example/p3?page=4",
      ])
    #expect(samples.map(\.time) == [1_590_352_200_000, 1_590_352_201_000, 1_590_352_202_000, 1_590_352_203_000])
    // The last page's value of the instant that all of them have.
    #expect(samples.first?.measures == [Measure("v", .double(3))])
  }

  @Test(
    "A link to another host is not followed with the key",
    arguments: ["https://evil.example/", "http://h.example/", "https://h.example:444/", "//evil.example/"])
  func foreignLink(link: String) async throws {
    let http = FakeHTTP([.success(.json(200, #"{"d":[],"next":"\#(link)"}"#))])
    await #expect(throws: SourceError.self) { try await Self.ask(http, { $0["next"] = "/next" }) }
    #expect(http.requests.count == 1)
  }

  @Test("Endless pages end at the limit, and what was read is kept") func endless() async throws {
    let http = FakeHTTP { _, index in
      .success(.json(200, #"{"d":[{"t":\#(1_590_352_200 + index),"v":1}],"next":"/p\#(index)"}"#))
    }
    let samples = try await Self.ask(
      http,
      {
        $0["next"] = "/next"
        $0["maximumPages"] = 5
      })
    #expect(samples.count == 5)
    #expect(http.requests.count == 5)
  }

  @Test("An archive is not followed beyond the range that was asked for") func archive() async throws {
    // Newest first, half a day a page.
    let http = FakeHTTP { _, index in
      .success(.json(200, #"{"d":[{"t":\#(1_590_352_200 - 43_200 * index),"v":1}],"next":"/p\#(index)"}"#))
    }
    _ = try await Self.ask(http, { $0["next"] = "/next" })
    #expect(http.requests.count == 3)
  }

  @Test("What may pass is tried again, after the time that the source asks for")
  func retries() async throws {
    let slept = Recorder<Duration>()
    let http = FakeHTTP([
      .success(HTTPResponse(status: 429, headers: ["Retry-After": "7"])), .failure(HTTPError(.timedOut, "late")),
      .success(Self.row),
    ])
    _ = try await Self.ask(http, slept: slept)
    #expect(slept.elements == [.seconds(7), .seconds(2)])
    #expect(http.requests.count == 3)
  }

  @Test("A wait longer than the function has, and what will not pass, end at once")
  func noRetry() async throws {
    for response in [HTTPResponse(status: 429, headers: ["Retry-After": "3600"]), HTTPResponse(status: 404)] {
      let http = FakeHTTP([.success(response)])
      await #expect(throws: SourceError.self) { try await Self.ask(http) }
      #expect(http.requests.count == 1)
    }
  }

  @Test("An answer of 204 has no rows; a redirect is told, not followed") func otherStatuses() async throws {
    #expect(try await Self.ask(FakeHTTP([.success(HTTPResponse(status: 204))])) == [])
    let http = FakeHTTP([
      .success(HTTPResponse(status: 301, headers: ["Location": "https://user:pw@new.example/x?key=s3cret"]))
    ])
    do {
      _ = try await Self.ask(http)
      Issue.record("no error")
    } catch {
      #expect(
        "\(error)".contains("https://new.example") && !"\(error)".contains("s3cret") && !"\(error)".contains("pw"))
    }
    #expect(http.requests.count == 1)
  }

  @Test("No error tells the key") func secrets() async throws {
    let http = FakeHTTP([.success(HTTPResponse(status: 403))])
    do {
      _ = try await Self.ask(http, { $0["url"] = "https://h.example/?key={key}" }, key: "s3cret")
      Issue.record("no error")
    } catch { #expect(!"\(error)".contains("s3cret")) }
  }
}
