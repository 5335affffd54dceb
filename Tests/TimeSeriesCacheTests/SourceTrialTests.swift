import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// A description that is tried before it is used: what the report tells, what bounds it, and that no key is in it.
@Suite struct SourceTrialTests {
  /// 2020-05-24T20:30:00Z.
  static let now: Int64 = 1_590_352_200_000
  static let key = "s3cret/kéy"

  static let description: JSON = [
    "url": "https://h.example/{identifier}/{house}?key={key}", "headers": ["x-key": "{key}"],
    "first": ["url": "https://h.example/houses?key={key}", "values": ["house": "/0/id"]], "rows": "/d",
    "time": ["at": "/t", "format": "seconds"],
    "measures": ["typo": "/tpyo", "v": "/v", "words": ["at": "/words", "type": "varchar"]], "next": "/next",
  ]

  static func finder(_ http: FakeHTTP, key: String = key) throws -> SourceFinder {
    try SourceFinder(
      environment: ["SOURCES": "{}", "SOURCE_KEY": key, "AWS_REGION": "us-east-1"], http: http, clock: .fixed(now))
  }

  static func report(
    _ http: FakeHTTP, _ description: JSON = description, attributes: JSON? = nil, key: String? = nil
  ) async throws -> SourceReport {
    try await SourceTrial(name: "s", text: description.text).report(
      of: "x", attributes: attributes, key: key, finder: finder(http), now: now, limit: .seconds(600))
  }

  static func time(_ seconds: Int64) -> String { UTCTime(epochMilliseconds: now + seconds * 1000).iso8601Text }

  static func presence(_ name: String, values: Int = 0, blanks: Int = 0, unreadable: String? = nil) -> JSON {
    [
      "name": .string(name), "values": .integer(values), "blanks": .integer(blanks),
      "unreadable": unreadable == nil ? 0 : 1, "reason": unreadable.map { .string($0) } ?? .null,
      "isFound": .bool(values + blanks > 0 || unreadable != nil),
    ]
  }

  @Test("The report tells what was asked, what was read, and what was never found") func tells() async throws {
    let start = Self.now / 1000
    let first = #"[{"id":4711}]"#
    let one = #"{"d":[{"t":\#(start - 60),"v":1.5,"words":null}],"next":"/x/2?key=s3cret%2Fk%C3%A9y"}"#
    let two = #"{"d":[{"t":\#(start),"v":"","words":"a b"},{"t":"noon","v":1}]}"#
    let http = FakeHTTP([.success(.json(200, first)), .success(.json(200, one)), .success(.json(200, two))])
    let report = try await Self.report(http)
    let expected: JSON = [
      "source": "s", "from": .integer(Self.now - 86_400_000), "to": .integer(Self.now + 86_400_000),
      "asked": [
        [
          "page": 0, "url": "https://h.example/houses?key=***", "status": 200, "bytes": .integer(first.utf8.count),
          "milliseconds": 0,
        ],
        [
          "page": 1, "url": "https://h.example/x/4711?key=***", "status": 200, "bytes": .integer(one.utf8.count),
          "milliseconds": 0,
        ],
        [
          "page": 2, "url": "https://h.example/x/2?key=***", "status": 200, "bytes": .integer(two.utf8.count),
          "milliseconds": 0,
        ],
      ],
      "values": [["name": "house", "value": "4711"]], "pages": 2, "rows": 3, "samples": 2, "series": [],
      "seriesCount": 0, "first": .string("\(Self.time(-60)) v=1.5"), "last": .string("\(Self.time(0)) words=\"a b\""),
      "measures": [
        Self.presence("typo"), Self.presence("v", values: 2, blanks: 1), Self.presence("words", values: 1, blanks: 1),
      ],
      "lackingTime": Self.presence("/t", values: 2, unreadable: "'\"noon\"' is not a time in the format seconds"),
      "next": true,
      "faults": [
        ["place": "page 2, answer /d/1/t", "reason": "'\"noon\"' is not a time in the format seconds"]
      ], "faultCount": 1, "failure": .null, "isGood": false,
    ]
    #expect(report.json == expected)
    #expect(http.requests.map(\.headers).allSatisfy { $0["x-key"] == Self.key })
  }

  @Test("A source that gives the key back in every place gives it to nobody") func echoes() async throws {
    let start = Self.now / 1000
    let row = #"{"t":\#(start),"v":1,"words":"it is s3cret/k\u00e9y"}"#
    let answers: [Result<HTTPResponse, HTTPError>] = [
      .success(.json(200, #"[{"id":"s3cret/kéy"}]"#)),
      .success(.json(200, #"{"d":[\#(row),{"t":"s3cret/kéy"}],"next":"/s3cret%2Fk%C3%A9y"}"#)),
      .success(.json(403, "no: s3cret&#x2F;k&#233;y")),
    ]
    let report = try await Self.report(FakeHTTP(answers))
    #expect(report.failure?.status == 403)
    #expect(report.pages.count == 2 && report.firstValues == [.init(name: "house", value: "***")])
    for text in [report.json.text, "\(report)"] { #expect(!text.contains("s3cret") && text.contains("***")) }
  }

  @Test("A typed key counts before the configured one, and is in no report") func typed() async throws {
    let http = FakeHTTP([.success(.json(401, "typed-key is wrong"))])
    let report = try await Self.report(http, key: "typed-key")
    #expect(http.requests.first?.headers["x-key"] == "typed-key")
    #expect(!report.json.text.contains("typed-key"))
    #expect(report.json["failure"]?["reason"] == "has status 401; it says: *** is wrong")
    #expect(report.json["asked"]?.array?.first?["status"] == 401)
  }

  @Test("Attributes fill the template by the API's rules; without them the identifier's item counts") func attributes()
    async throws
  {
    let http = FakeHTTP([.success(.json(200, #"{"d":[]}"#))])
    _ = try await Self.report(http, attributes: ["house": 7])
    #expect(http.requests.map(\.url) == ["https://h.example/x/7?key=s3cret%2Fk%C3%A9y"])
    let wrong: [(JSON, String)] = [
      (["house": [1]], "the attribute 'house' is an array: give a text, a number, true or false"),
      (["kind": "x"], "'kind' is no name for an attribute: the table keeps it for itself"),
      ("house", "'attributes' is a string: give an object"),
    ]
    for (attributes, words) in wrong {
      await #expect(throws: SourceTrial.Refusal(status: 400, message: words)) {
        try await Self.report(http, attributes: attributes)
      }
    }
    try await TestCloud.with(polls: false) { cloud async throws in
      let finder = try SourceFinder(environment: cloud.environment, http: cloud.http)
      let registry = try #require(finder.registry)
      let registered = try await SourceTrial.register(
        "x", source: "s", attributes: ["house": "8"], registry: registry, now: 5)
      #expect(registered["source"] == "s" && registered["registered"] == 5)
      let plain = SourceFinder(
        catalog: try SourceCatalog(
          environment: ["SOURCES": "{}", "SOURCE_KEY": "k"], ssm: SSMClient(cloud.client), clock: .fixed(Self.now)),
        client: SourceClient(http: http, clock: .fixed(Self.now)), registry: registry)
      _ = try await SourceTrial(name: "s", text: Self.description.text).report(
        of: "x", attributes: nil, key: nil, finder: plain, now: Self.now, limit: .seconds(600))
      #expect(http.requests.last?.url == "https://h.example/x/8?key=k")
      // Another source, and the item keeps its attributes.
      let again = try await SourceTrial.register("x", source: "t", attributes: nil, registry: registry, now: 6)
      #expect(again["source"] == "t" && again["registered"] == 5)
      #expect(try await registry.entry(try Identifier("x"))?.attributes["house"] == "8")
      await #expect(throws: SourceTrial.Refusal.self) {
        try await SourceTrial.register("a\nb", source: "s", attributes: [:], registry: registry, now: 5)
      }
    }
  }

  @Test("A first request that fails is told as far as it came") func firstFails() async throws {
    let report = try await Self.report(FakeHTTP([.success(.json(200, #"{"id":1}"#))]))
    #expect(report.pages == [] && report.first?.status == 200 && report.firstValues == [])
    #expect(report.json["measures"] == [] && report.json["next"] == .null)
    #expect(report.failure?.place == "first request, answer /0/id")
  }

  @Test("Every page that was asked for is told, also one without rows") func emptyPages() async throws {
    var description = try #require(Self.description.object)
    description["first"] = nil
    description["url"] = "https://h.example/1"
    let start = Self.now / 1000
    let http = FakeHTTP([
      .success(.json(200, #"{"d":[],"next":"/2"}"#)), .success(.json(200, #"{"d":[],"next":"/3"}"#)),
      .success(.json(200, #"{"d":[{"t":\#(start),"v":1}]}"#)),
    ])
    let report = try await Self.report(http, .object(description))
    #expect(report.pages.map(\.url) == ["https://h.example/1", "https://h.example/2", "https://h.example/3"])
    #expect(report.pages.map(\.number) == [1, 2, 3])
  }

  @Test("A long text is cut") func cuts() {
    #expect(SourceReport.cut("short") == "short")
    #expect(
      SourceReport.cut("a" + String(repeating: "é", count: 5000)) == "a" + String(repeating: "é", count: 999) + " …")
  }

  static let wrongTexts: [(text: String, fault: SourceTrial.Fault)] = [
    ("", .init(place: "line 1, column 1", reason: "is not JSON: the text ended too early", offset: 0)),
    ("{\n  \"é\": x}", .init(place: "line 2, column 8", reason: "is not JSON: expected a value", offset: 10)),
    ("[]", .init(place: "description", reason: "is an array: give an object")),
    ("{}", .init(place: "description /url", reason: "is missing: it says where to ask")),
  ]

  @Test("What is wrong with a description is told with its place", arguments: wrongTexts.indices)
  func wrong(index: Int) {
    let (text, fault) = Self.wrongTexts[index]
    let found = SourceTrial.fault(of: text, named: "s", without: [])
    #expect(found?.place == fault.place && found?.offset == fault.offset, "\(String(describing: found))")
    if fault.offset == nil { #expect(found == fault) }
  }

  @Test("A name that could not be used is refused", arguments: ["", "a\nb", String(repeating: "x", count: 256)])
  func names(name: String) {
    #expect(SourceTrial.fault(of: Self.description.text, named: name, without: [])?.place == "name")
  }

  @Test("A key is not kept in a description, however it is spelled; a placeholder is none") func keys() throws {
    let text = Self.description.text
    #expect(SourceTrial.fault(of: text, named: "s", without: [Self.key, "placeholder"]) == nil)
    for spelling in ["s3cret/kéy", "s3cret%2Fk%C3%A9y", #"s3cret\/k\u00e9y"#] {
      let held = text.replacing("{key}", with: spelling)
      let fault = SourceTrial.fault(of: held, named: "s", without: ["other-key", Self.key])
      #expect(fault == .init(place: "description", reason: "has the key itself in it: write {key} in its place"))
    }
    #expect(
      SourceTrial.fault(of: text.replacing("/d", with: "/placeholder"), named: "s", without: ["placeholder"]) == nil)
  }

  @Test("A trial takes no more than its limits, and a smaller limit stays") func limits() throws {
    var object = try #require(Self.description.object)
    object["maximumPages"] = 1000
    object["maximumBytes"] = .integer(64 << 20)
    object["attempts"] = 10
    object["timeoutSeconds"] = 300
    let wide = try SourceTrial(name: "s", text: JSON.object(object).text).description
    #expect(wide.maximumPages == 20 && wide.maximumBytes == 8 << 20 && wide.attempts == 3)
    #expect(wide.timeout == .seconds(30))
    object["maximumPages"] = 2
    object["timeoutSeconds"] = 1
    let narrow = try SourceTrial(name: "s", text: JSON.object(object).text).description
    #expect(narrow.maximumPages == 2 && narrow.timeout == .seconds(1))
  }

  @Test("A source that does not answer is given up, and the report tells what was asked") func late() async throws {
    let (asked, isAsked) = AsyncStream<Void>.makeStream()
    let http = FakeHTTP { _, _ in
      isAsked.finish()
      while !Task.isCancelled { await Task.yield() }
      return .failure(HTTPError(.cancelled, "cancelled"))
    }
    let report = try await SourceTrial(name: "s", text: Self.description.text).report(
      of: "x", attributes: ["house": "1"], key: nil, finder: Self.finder(http), now: Self.now, limit: .seconds(60)
    ) { limit in
      #expect(limit == .seconds(60))
      for await _ in asked {}
    }
    #expect(report.failure == SourceError("s", at: "check", "given up after 60 seconds"))
    #expect(report.pages.map(\.url) == ["https://h.example/x/1?key=***"])
  }

  @Test("A trial whose task is cancelled ends") func cancelled() async throws {
    let (asked, isAsked) = AsyncStream<Void>.makeStream()
    let http = FakeHTTP { _, _ in
      isAsked.finish()
      while !Task.isCancelled { await Task.yield() }
      return .failure(HTTPError(.cancelled, "cancelled"))
    }
    let task = Task { try await Self.report(http, attributes: ["house": "1"]) }
    for await _ in asked {}
    task.cancel()
    let result = await task.result
    #expect((try? result.get())?.isGood != true)
  }
}
