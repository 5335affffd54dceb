import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Water meters behind an API of two steps: a house's id, then its counters, each a series of its own.
@Suite struct MeterSourceTests {
  static let now: Int64 = 1_800_000_000_000

  static let source = #"""
    {"meters": {
      "url": "https://source.test/houses/{house}/counters/", "headers": {"Authorization": "Token {key}"},
      "first": {"url": "https://source.test/houses/", "values": {"house": "/0/id"}},
      "rows": "", "time": "now", "measures": {"volume": {"at": "/value", "type": "bigint"}},
      "series": {"measurement": "water", "bucket": "home", "tags": {
        "id": "/id", "line": "/line", "location": {"value": "{location}"},
        "water_temperature": {"at": "/for_hot_water", "values": {"true": "hot", "false": "cold"}}}},
      "every": "20m", "attempts": 1}}
    """#

  /// An answer with the fields that the API documents.
  static func counters(_ values: [Int64]) -> String {
    let rows = zip([(71, 1, "false"), (72, 2, "false"), (73, 1, "true")], values).map { counter, value in
      #"{"id":\#(counter.0),"line":\#(counter.1),"for_hot_water":\#(counter.2),"value":\#(value),"name":"Counter"}"#
    }
    return "[\(rows.joined(separator: ","))]"
  }

  static func key(_ id: Int, _ line: Int, _ temperature: String) -> String {
    "water,id=\(id),line=\(line),location=flat\\ 3,water_temperature=\(temperature)"
  }
  static let keys = [key(71, 1, "cold"), key(72, 2, "cold"), key(73, 1, "hot")]

  /// The histories of many series.
  final class Histories: HistoryStore {
    let samples = Mutex<[Series: [Sample]]>([:])

    func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
      self.samples.withLock { $0[series, default: []] += samples }
      var outcome = HistoryWrite()
      for sample in samples { outcome.addStored(sample.time) }
      return outcome
    }

    func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
      let all = samples.withLock { $0[series] ?? [] }.filter { (range.from...range.to).contains($0.time) }
      return HistoryRows(samples: Array(all.prefix(limit)), isCut: all.count > limit)
    }

    func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
      NewestHistory(time: samples.withLock { $0[series] ?? [] }.map(\.time).max())
    }
  }

  /// A fetch function, what it stored, and what it asked.
  struct Setup {
    var handler: FetchHandler
    let history = Histories()
    let asked: Recorder<String>
    let tokens: Recorder<String?>
    let updates: Recorder<JSON>
    let log = LogBook()

    /// - Parameters:
    ///   - item: attributes of the identifier's item; nil for one that is not registered.
    ///   - put: the answer to the conditional put of a series' item.
    init(
      item: Item? = ["location": .s("flat 3")], source: String = MeterSourceTests.source,
      now: Int64 = MeterSourceTests.now,
      table: Bool = true, put: @escaping @Sendable (Item) -> HTTPResponse = { _ in .json(200, "{}") },
      _ answer: @escaping @Sendable (_ path: String) async -> Result<HTTPResponse, HTTPError>
    ) throws {
      let (asked, tokens, updates) = (Recorder<String>(), Recorder<String?>(), Recorder<JSON>())
      (self.asked, self.tokens, self.updates) = (asked, tokens, updates)
      let http = FakeHTTP { request, _ in
        guard let target = request.headers["x-amz-target"] else {
          let path = String(request.url.dropFirst("https://source.test".count))
          asked.append(path)
          tokens.append(request.headers["authorization"])
          return await answer(path)
        }
        let input = (try? JSON(parsing: request.body)) ?? .null
        switch target.split(separator: ".").last {
        case "GetItem":
          guard var item else { return .success(.json(200, "{}")) }
          item["identifier"] = .s("home")
          return .success(.json(200, JSON.object(["Item": JSON(item: item)]).text))
        case "PutItem": return .success(put(Item(item: input["Item"]) ?? [:]))
        default:
          updates.append(input)
          return .success(.json(200, "{}"))
        }
      }
      var environment: ProcessEnvironment = [
        "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
        "SOURCES": source, "SOURCE_KEY": "secret-token",
      ]
      if table { environment = environment.merging(["IDENTIFIER_TABLE": "t"]) }
      let client = try AWSClient(environment: environment, http: http)
      handler = FetchHandler(
        sources: try SourceFinder(
          environment: environment, http: http, clock: .fixed(now), logger: .silent, aws: client),
        writer: SampleWriter(history: history, forecast: MemoryForecast([])), clock: .fixed(now), concurrency: 2)
      // However slow the machine is.
      handler.sleep = { _ in try await Task.sleep(for: .seconds(86_400)) }
    }

    func fetch() async throws -> FetchReport {
      let report = await handler.fetch(try Identifier("home"))
      report.log(try Identifier("home"), log.logger)
      await handler.keepStatus(report, of: try Identifier("home"), log.logger)
      return report
    }

    /// What is stored of each series, `time=value`.
    var stored: [String: [String]] {
      history.samples.withLock { samples in
        Dictionary(
          uniqueKeysWithValues: samples.map { series, samples in
            (series.identifier.text, samples.map { "\($0.time - MeterSourceTests.now)=\($0.measures.map(\.value))" })
          })
      }
    }
  }

  static func answer(_ path: String, _ values: [Int64] = [1000, 2000, 3000]) -> Result<HTTPResponse, HTTPError> {
    switch path {
    case "/houses/": .success(.json(200, #"[{"id":4711,"name":"Flat"},{"id":4712,"name":"Other"}]"#))
    case "/houses/4711/counters/", "/houses/99/counters/": .success(.json(200, Self.counters(values)))
    default: .success(HTTPResponse(status: 404))
    }
  }

  @Test("Each counter is its own series, in whole litres, at the fetch's time, and its status is kept")
  func counters() async throws {
    let puts = Recorder<Item>()
    let setup = try Setup(put: {
      puts.append($0); return .json(200, "{}")
    }) { Self.answer($0) }
    let report = try await setup.fetch()
    #expect(report.failure == nil)
    #expect(setup.asked.elements == ["/houses/", "/houses/4711/counters/"])
    #expect(setup.tokens.elements == ["Token secret-token", "Token secret-token"])
    // Two cold meters are two series, though all counters are read at one instant.
    let expected = zip(Self.keys, [1000, 2000, 3000]).map { ($0, ["-1=[TimeSeriesCache.MeasureValue.bigint(\($1))]"]) }
    #expect(setup.stored == Dictionary(uniqueKeysWithValues: expected))
    #expect(Set(puts.elements.compactMap { $0["identifier"]?.string }) == Set(Self.keys))
    #expect(puts.elements.allSatisfy { $0["kind"] == .s("written") && $0["bucket"] == .s("home") })
    let told = setup.updates.elements.compactMap { $0["Key"]?["identifier"]?["S"]?.string }
    #expect(told.sorted() == (["home"] + Self.keys).sorted())
    let status = setup.updates.elements.compactMap { input -> SeriesStatus? in
      input["Key"]?["identifier"]?["S"] == "home"
        ? Item(item: input["ExpressionAttributeValues"])?[":status"]?.map.flatMap { SeriesStatus($0) } : nil
    }
    var whole = SeriesStatus()
    whole.revision = 1
    whole.lastRun = Self.now
    whole.lastSuccess = Self.now
    whole.stored = 3
    whole.history = TimeRange(from: Self.now - 1, to: Self.now - 1)
    // The next multiple of 20 minutes since 1970.
    whole.nextRun = (Self.now / 1_200_000 + 1) * 1_200_000
    whole.measures = ["volume"]
    #expect(status == [whole])
    // What is remembered is not registered again.
    _ = try await setup.fetch()
    #expect(puts.elements.count == 3)
  }

  @Test("An item with the house's id is asked for its counters at once") func houseID() async throws {
    let setup = try Setup(item: ["location": .s("flat 3"), "house": .n("99")]) { Self.answer($0) }
    #expect(try await setup.fetch().failure == nil)
    #expect(setup.asked.elements == ["/houses/99/counters/"])
    #expect(setup.stored.count == 3)
  }

  static let faults: [(String, HTTPResponse?, String)] = [
    ("fails", HTTPResponse(status: 403), "first request, answer: has status 403"),
    ("does not answer", nil, "first request, request: timed out"),
    ("has no content", HTTPResponse(status: 204), "first request, answer: has status 204, and no content"),
    (
      "is no JSON", .json(200, "<html>"),
      "first request, answer: is not JSON: unexpected character at byte 0; it says: <html>"
    ),
    (
      "has no house", .json(200, "[]"),
      "first request, answer /0/id: is not there: first/values/house of the description names it; it says: []"
    ),
    (
      "has another kind of value", .json(200, #"[{"id":{"a":1}}]"#),
      "first request, answer /0/id: '{\"a\":1}' is no value for {house}: a text or a number is, of at most 1024 bytes"
    ),
    (
      "has null", .json(200, #"[{"id":null}]"#),
      "first request, answer /0/id: 'null' is no value for {house}: a text or a number is, of at most 1024 bytes"
    ),
  ]

  @Test("A first request that cannot be used is named, and nothing else is asked", arguments: faults.indices)
  func firstFails(index: Int) async throws {
    let (_, response, error) = Self.faults[index]
    let setup = try Setup { _ in response.map { .success($0) } ?? .failure(HTTPError(.timedOut, "timed out")) }
    let report = try await setup.fetch()
    #expect(report.failure == "source 'meters', \(error)")
    #expect(report.isSourceError)
    #expect(setup.asked.elements == ["/houses/"])
    let told = setup.updates.elements.compactMap {
      Item(item: $0["ExpressionAttributeValues"])?[":status"]?.map?["lastError"]?.string
    }
    #expect(told == [report.failure])
  }

  @Test("Rows that cannot be read are named with their place, and the others are stored")
  func brokenRows() async throws {
    let body = #"""
      [{"line":1,"for_hot_water":true,"value":1}, {"id":1,"line":null,"for_hot_water":true,"value":1},
       {"id":1,"line":1,"for_hot_water":"maybe","value":1}, {"id":1,"line":1,"for_hot_water":true,"value":1.5},
       {"id":"a\nb","line":1,"for_hot_water":true,"value":1}, {"id":9,"line":9,"for_hot_water":true,"value":9}, 7]
      """#
    let setup = try Setup(item: ["location": .s("flat 3"), "house": .s("99")]) { _ in .success(.json(200, body)) }
    let report = try await setup.fetch()
    #expect(
      report.read?.faults.elements.map(\.description).map { $0.replacing("source 'meters', answer ", with: "") } == [
        "/0/id: holds nothing for the tag 'id'", "/1/line: 'null' is no value for the tag 'line'",
        "/2/for_hot_water: '\"maybe\"' is none of the values of the tag 'water_temperature': false, true",
        "/3/value: '1.5' is not a bigint",
        "/4: its tags make no series: the identifier 'water,id=a\\u{A}b,line=1,location=flat\\ 3,wat…' holds a control character, or one that SQS refuses",
      ])
    #expect(Array(setup.stored.keys) == [Self.key(9, 9, "hot")])
  }

  @Test("Two polls give a consumption: the difference of the counters") func increase() async throws {
    let first = try Setup { Self.answer($0, [1000, 2000, 3000]) }
    let second = try Setup(now: Self.now + 1_200_000) { Self.answer($0, [1000, 2345, 3001]) }
    #expect(try await first.fetch().failure == nil)
    #expect(try await second.fetch().failure == nil)
    for (series, samples) in second.history.samples.withLock({ $0 }) {
      first.history.samples.withLock { $0[series, default: []] += samples }
    }
    let reader = SeriesReader(history: first.history, forecast: MemoryForecast([]), clock: .fixed(Self.now + 2_000_000))
    let range = try #require(TimeRange(from: Self.now - 3_600_000, to: Self.now + 3_600_000))
    for (key, litres) in zip(Self.keys, [0.0, 345, 1]) {
      let series = try Series(try #require(SeriesKey(key)))
      let page = try await reader.bins(
        of: series, in: range, width: 3_600_000, aggregates: [.increase], measures: nil, after: nil, limit: 100)
      let total = page.rows.reduce(0.0) { sum, row in
        switch row["volume"] {
        case .bigint(let value)?: sum + Double(value)
        case .double(let value)?: sum + value
        default: sum
        }
      }
      #expect(total == litres)
    }
  }

  @Test("Rows of one millisecond are kept apart to the nanosecond, and forecasts of one are one") func fine()
    async throws
  {
    let source = Self.source.replacing(#""time": "now""#, with: #""time": {"at": "/when"}"#)
    let times =
      ["000001Z", "000002Z", "000002Z", "Z"].map { "2027-01-15T07:59:59.999" + $0 } + ["2030-01-01T00:00:00.0000009Z"]
    let rows = times.enumerated().map { place, time in
      #"{"id":1,"line":1,"for_hot_water":true,"value":\#(place),"when":"\#(time)"}"#
    }
    let setup = try Setup(source: source) { path in
      .success(.json(200, path == "/houses/" ? #"[{"id":9}]"# : "[\(rows.joined(separator: ","))]"))
    }
    #expect(try await setup.fetch().failure == nil)
    let samples = setup.history.samples.withLock { $0.values.flatMap(\.self) }
    #expect(samples.map(\.time) == [Self.now - 1, Self.now - 1, Self.now - 1])
    #expect(samples.map(\.nanoseconds) == [0, 1, 2])
    #expect(samples.map(\.measures) == [3, 0, 2].map { [Measure("volume", .bigint($0))] })
  }

  @Test("A series that is another bucket's is left alone, and the fetch says so") func owner() async throws {
    let setup = try Setup(put: { item in
      item["identifier"]?.string == Self.keys[1]
        ? IdentifierRegistryTests.refused([
          "identifier": .s(Self.keys[1]), "kind": .s("written"), "bucket": .s("telegraf"),
        ]) : .json(200, "{}")
    }) { Self.answer($0) }
    let report = try await setup.fetch()
    #expect(
      report.failure
        == "series '\(Self.keys[1])': none of the 1 records of the history was taken: the series belongs to bucket 'telegraf', not to 'home'"
    )
    #expect(Set(setup.stored.keys) == [Self.keys[0], Self.keys[2]])
  }

  @Test("Without a table of identifiers, or an attribute that a tag needs, nothing is asked")
  func missing() async throws {
    let setup = try Setup(source: Self.source.replacing("{location}", with: "here"), table: false) { Self.answer($0) }
    #expect(
      try await setup.fetch().failure?.hasSuffix("set IDENTIFIER_TABLE, the DynamoDB table of the identifiers") == true)
    let other = try Setup(item: [:]) { Self.answer($0) }
    #expect(
      try await other.fetch().failure
        == "source 'meters', description: {location} has no value: the identifier's item has no attribute of that name")
    #expect(setup.asked.elements + other.asked.elements == [])
  }

  @Test("A fetch has at most 1,000 series; rows of more are named") func bound() async throws {
    let rows = (0..<1003).map { #"{"id":\#($0),"line":1,"for_hot_water":true,"value":1}"# }.joined(separator: ",")
    let setup = try Setup(item: ["location": .s("l"), "house": .s("1")]) { _ in .success(.json(200, "[\(rows)]")) }
    let report = try await setup.fetch()
    #expect(report.series.count == RowIndex.maximumSeries)
    #expect(report.read?.faults.count == 3)
    #expect(
      report.read?.faults.elements.first?.description
        == "source 'meters', answer /1000: is of another series than the first 1000, which are the most of one fetch")
    // Each series is told of, though a write tells some hundreds at once.
    #expect(setup.updates.elements.count == 1001)
  }

  static let badMembers: [(String, String, String)] = [
    (#""20m""#, #""7m""#, "/every: '7m' is not a multiple of five minutes: give 5m, 20m, 1h, 1d, and so on"),
    (#""20m""#, #""0m""#, "/every: '0m' is not a multiple of five minutes: give 5m, 20m, 1h, 1d, and so on"),
    (#""house": "/0/id""#, #""hose": "/0/id""#, "/first/values/hose: is not used: url has no {hose}"),
    (
      #""value": "{location}""#, #""value": "{key}""#,
      "/series/tags/location/value: may name only {identifier} and the item's attributes"
    ),
    (
      #""value": "{location}""#, #""value": "{from:date}""#,
      "/series/tags/location/value: may name only {identifier} and the item's attributes"
    ),
    (
      #""line": "/line""#, #""volume": "/line""#,
      "/series/tags/volume: is no name for a tag: it is empty, kept by the stores, or a measure's"
    ),
    (
      #""rows": """#, #""columns": """#,
      "/time: is now, which rows may be but columns not: one instant has one value of a measure"
    ),
    (#""measurement": "water""#, #""measurement": """#, "/series/measurement: give a text: what is measured"),
  ]

  @Test("A description that is wrong is told where", arguments: badMembers.indices)
  func badDescription(index: Int) throws {
    let (old, new, error) = Self.badMembers[index]
    let json = try JSON(parsing: Self.source.replacing(old, with: new))["meters"] ?? .null
    #expect { try SourceDescription(name: "m", json: json) } throws: {
      "\($0)" == "source 'm', description \(error)"
    }
  }
}
