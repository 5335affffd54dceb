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
    var page = try RowReader(SharedData.bytes("sources/\(name).json"), of: source)
    let samples = FetchWriter.lastOfEachInstant(try page.next(.max))
    #expect(page.tally.faults.isEmpty)
    #expect(page.tally.missingMeasures.isEmpty)
    #expect(samples.count == expected.count)
    #expect(samples.first == expected.first)
    #expect(samples.last == expected.last)
    #expect((page.next != nil) == (name == "octopusagile"))
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
    ("measures", ["v": ["at": "/v", "typ": "bigint"]], "/measures/v/typ"), ("measures", ["v": 5], "/measures/v"),
    ("measures", ["v": ["type": "bigint"]], "/measures/v/at"), ("measures", ["v": ["at": "v"]], "/measures/v/at"),
    ("measures", ["v": ["at": "/v", "type": 5]], "/measures/v/type"), ("time", 5, "/time"),
    ("time", ["at": "/t", "format": 5], "/time/format"), ("time", ["at": "/t", "utcOffset": 5], "/time/utcOffset"),
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

  @Test("A description has at most 256 measures, as many as a record of Timestream", arguments: [256, 257])
  func manyMeasures(count: Int) throws {
    var object = try #require(Self.source.object)
    object["measures"] = .object((0..<count).reduce(into: [:]) { $0["m\($1)"] = "/v" })
    do throws(SourceError) {
      #expect(try SourceDescription(name: "s", json: .object(object)).measures.count == count)
      #expect(count == 256)
    } catch {
      #expect(
        error.description
          == "source 's', description /measures: has 257 measures: a record has up to 256 of them")
      #expect(count == 257)
    }
  }

  // MARK: Asking

  static func ask(
    _ http: FakeHTTP, _ members: (inout JSONObject) -> Void = { _ in }, attributes: [ByteText: String] = [:],
    key: String? = nil,
    slept: Recorder<Duration> = Recorder()
  ) async throws -> [Sample] {
    var object = Self.source.object ?? [:]
    members(&object)
    let client = SourceClient(http: http, clock: .fixed(0), random: { 1 }, sleep: { slept.append($0) })
    let pages = try client.pages(
      of: Identifier("x y/z'"), from: SourceDescription(name: "s", json: .object(object)), attributes: attributes,
      key: key, now: 1_590_352_200_123)
    var samples: [Sample] = []
    for try await part in pages { samples += part }
    return samples
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

  @Test(
    "A wait that is not in the form of HTTP is the cache's own",
    arguments: ["0x10", "1e1", "+5", "nan", "inf", "-7", ""])
  func oddRetryAfter(text: String) async throws {
    let slept = Recorder<Duration>()
    let http = FakeHTTP([.success(HTTPResponse(status: 429, headers: ["Retry-After": text])), .success(Self.row)])
    _ = try await Self.ask(http, slept: slept)
    #expect(slept.elements == [.seconds(1)])
  }

  static let targets: [(location: String, origin: String)] = [
    ("/v2/x", "https://h.example"), ("?v=2&u=http://x.example", "https://h.example"), ("v2", "https://h.example"),
    ("//new.example/x", "https://new.example"), ("http://h.example/x", "http://h.example"),
    ("/x?u=http://x.example", "https://h.example"),
  ]

  @Test("A redirect says where it leads, be it relative", arguments: targets)
  func redirect(location: String, origin: String) async throws {
    let http = FakeHTTP([.success(HTTPResponse(status: 302, headers: ["Location": location]))])
    await #expect {
      try await Self.ask(http)
    } throws: { error in
      "\(error)"
        == "source 's', answer: has status 302: it leads to \(origin); put the final URL into the description, for a key does not follow"
    }
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
}
