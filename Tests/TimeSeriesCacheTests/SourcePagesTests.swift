import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The walk from page to page of a source.
@Suite struct SourcePagesTests {
  /// 2020-05-24T20:30:00Z.
  static let now: Int64 = 1_590_352_200_000

  /// What a walk gave, and how it ended.
  struct Walk {
    var samples: [Sample] = []
    var tally: SourceTally
    var hasNext: Bool
    var failure: String?
  }

  static func walk(
    _ http: FakeHTTP, key: String? = nil, _ members: (inout JSONObject) -> Void = { _ in }
  ) async throws -> Walk {
    var object = try #require(SourceTests.source.object)
    object["next"] = "/next"
    members(&object)
    let client = SourceClient(http: http, clock: .fixed(0), random: { 1 }, sleep: { _ in })
    let source = try SourceDescription(name: "s", json: .object(object))
    var pages = try client.pages(of: try Identifier("x"), from: source, attributes: [:], key: key, now: now)
      .makeAsyncIterator()
    var samples: [Sample] = []
    var failure: String?
    do throws(SourceError) {
      while let part = try await pages.next() {
        #expect(!part.isEmpty && part.count <= SourcePages.samplesAtOnce(measures: source.measures.count))
        samples += part
      }
    } catch { failure = error.description }
    // A walk that has ended stays so.
    #expect(try await pages.next() == nil)
    return Walk(samples: samples, tally: pages.tally, hasNext: pages.hasNext, failure: failure)
  }

  /// A page of times in seconds from now, with a link to the next one.
  static func page(_ times: [Int64], next: String? = nil) -> Result<HTTPResponse, HTTPError> {
    let rows = times.map { #"{"t":\#(now / 1000 + $0),"v":1}"# }.joined(separator: ",")
    return .success(.json(200, #"{"d":[\#(rows)],"next":\#(next.map { "\"\($0)\"" } ?? "null")}"#))
  }

  static let hour: Int64 = 3600

  @Test("Ascending pages that begin a day before the window are read until they reach it")
  func ascending() async throws {
    // Twelve pages of two hours, a row every half hour; the last hour alone is asked for.
    let http = FakeHTTP { _, index in
      let start = -24 * Self.hour + Int64(index) * 2 * Self.hour
      return Self.page((0..<4).map { start + $0 * 1800 }, next: index < 11 ? "/p\(index + 1)" : nil)
    }
    let walk = try await Self.walk(http) { $0["past"] = "1h" }
    #expect(walk.failure == nil)
    #expect(http.requests.count == 12)
    #expect(walk.samples.count == 48)
    #expect(walk.samples.last?.time == Self.now - 1_800_000)
    #expect(walk.tally.faults.isEmpty)
  }

  @Test("An archive that leads away from the window is not followed", arguments: [1, -1])
  func archive(direction: Int64) async throws {
    // From now on, half a day per page, into the past or the future without end.
    let http = FakeHTTP { _, index in Self.page([direction * 12 * Self.hour * Int64(index)], next: "/p\(index)") }
    let walk = try await Self.walk(http)
    #expect(walk.failure == nil)
    #expect(http.requests.count == 4)
    #expect(walk.tally.faults.isEmpty)
  }

  static let missed: [(name: String, step: Int64, start: Int64, pages: Int, end: String)] = [
    ("newest first, all too old", -1, -48, 2, "they lead away from it"),
    ("oldest first, all too late", 1, 48, 2, "they lead away from it"),
    ("oldest first, too many", 1, -2000, 5, "maximumPages is 5"),
  ]

  @Test("Pages of which none reached the window are an error, and their rows are given", arguments: missed.indices)
  func missedWindow(index: Int) async throws {
    let (_, step, start, pages, end) = Self.missed[index]
    let http = FakeHTTP { _, index in Self.page([(start + step * Int64(index)) * Self.hour], next: "/p\(index)") }
    let walk = try await Self.walk(http) { $0["maximumPages"] = 5 }
    #expect(http.requests.count == pages)
    #expect(walk.samples.count == pages)
    let failure = try #require(walk.failure)
    #expect(
      failure.hasPrefix(
        "source 's', window 2020-05-23T20:30:00Z to 2020-05-25T20:30:00Z: is not reached by any of the \(pages) pages read ("
      )
    )
    #expect(failure.hasSuffix("Z), and \(end)"))
  }

  @Test("It is no error where a source's only page lies outside the window") func stale() async throws {
    let walk = try await Self.walk(FakeHTTP([Self.page([-100 * Self.hour])]))
    #expect(walk.failure == nil)
    #expect(walk.samples.count == 1)
  }

  static let ends: [(last: String?, status: Int, end: String)] = [
    (nil, 200, "the last one has no link to another"), ("", 200, "the last one has no link to another"),
    ("/p3", 200, "the last one leads back to one of them"), ("/p11", 200, "the last one is linked to itself"),
    (nil, 204, "the last one has no rows"),
  ]

  @Test("Several pages that end by themselves before they reach the window are an error", arguments: ends.indices)
  func endedBefore(index: Int) async throws {
    let (last, status, end) = Self.ends[index]
    let http = FakeHTTP { _, index in
      if index == 11, status == 204 { return .success(HTTPResponse(status: 204)) }
      return Self.page([(Int64(index) - 100) * Self.hour], next: index < 11 ? "/p\(index + 1)" : last)
    }
    let walk = try await Self.walk(http)
    #expect(http.requests.count == 12)
    #expect(walk.samples.count == (status == 204 ? 11 : 12))
    let failure = try #require(walk.failure)
    #expect(failure.contains("Z: is not reached by any of the 12 pages read ("))
    #expect(failure.hasSuffix("Z), and \(end)"))
  }

  @Test("A link to the page itself is a fault that says it is the next", arguments: ["/x", "?a=1"])
  func ownLink(next: String) async throws {
    let http = FakeHTTP([Self.page([0, 1], next: next)])
    let walk = try await Self.walk(http) { $0["url"] = .string("https://h.example/x\(next == "/x" ? "" : next)") }
    #expect(http.requests.count == 1)
    #expect(walk.samples.count == 2)
    #expect(walk.failure == nil)
    #expect(
      walk.tally.faults.elements.map(\.description) == ["source 's', next /next: is a link to the page itself"])
  }

  @Test("An empty page that has a link is followed; a page whose link was followed before is the last")
  func emptyAndRepeated() async throws {
    let links = ["/p1", "/p2", "/p1"]
    let http = FakeHTTP { _, index in Self.page(index == 1 ? [] : [Int64(index)], next: links[index]) }
    let walk = try await Self.walk(http)
    #expect(http.requests.map(\.url).dropFirst() == ["https://h.example/p1", "https://h.example/p2"])
    #expect(walk.samples.map(\.time) == [Self.now, Self.now + 2000])
    #expect(walk.failure == nil)
  }

  @Test("Pages are followed on the same host, in whatever form the link has")
  func links() async throws {
    let links = ["https://h.example/p2", "/p3", "?page=4", ""]
    let http = FakeHTTP { _, index in Self.page([Int64(index)], next: links[index]) }
    let walk = try await Self.walk(http)
    #expect(
      http.requests.map(\.url).dropFirst() == [
        "https://h.example/p2", "https://h.example/p3", "https://h.example/p3?page=4",
      ])
    #expect(walk.samples.map(\.time) == (0...3).map { Self.now + $0 * 1000 })
    #expect(walk.hasNext)
  }

  static let badLinks: [(link: String, reason: String)] = [
    (
      #""https://evil.example/""#,
      "the link leads from https://h.example to https://evil.example, which is not asked with this source's key"
    ),
    (
      #""http://h.example/""#,
      "the link leads from https://h.example to http://h.example, which is not asked with this source's key"
    ),
    (
      #""https://h.example:444/""#,
      "the link leads from https://h.example to https://h.example:444, which is not asked with this source's key"
    ),
    (#""//evil.example/""#, "the link '//evil.example/' is neither absolute nor starts with '/' or '?'"),
    (#""page2""#, "the link 'page2' is neither absolute nor starts with '/' or '?'"),
    ("5", "'5' is not a link to the next page"),
    (#"{"href":"/p"}"#, #"'{"href":"/p"}' is not a link to the next page"#),
    (#""/\#(String(repeating: "x", count: 8192))""#, "the link is longer than 8192 bytes"),
    (#""/a b""#, "the link '/a b' has a character that a URL must percent-encode"),
    (#""/\u00e9""#, "the link '/é' has a character that a URL must percent-encode"),
    (#""/\u0000x""#, "the link '/ x' has a character that a URL must percent-encode"),
  ]

  @Test("A link that is not followed is an error that says it is the next", arguments: badLinks.indices)
  func badLink(index: Int) async throws {
    let (link, reason) = Self.badLinks[index]
    let http = FakeHTTP([.success(.json(200, #"{"d":[{"t":1590352200,"v":1}],"next":\#(link)}"#))])
    let walk = try await Self.walk(http)
    #expect(http.requests.count == 1)
    #expect(walk.failure?.hasPrefix("source 's', next /next: \(reason)") ?? false)
  }

  @Test("Whether a page had the link's place is told", arguments: [(#""next":null,"#, true), ("", false)])
  func hasNext(member: String, hasNext: Bool) async throws {
    let http = FakeHTTP([.success(.json(200, #"{\#(member)"d":[{"t":1590352200,"v":1}]}"#))])
    #expect(try await Self.walk(http).hasNext == hasNext)
  }

  static let limits: [(name: String, pages: [[Int64]], isPassed: Bool)] = [
    ("oldest first, the newest is missing", [[-9, -8], [-7, -6], [-5, -4]], false),
    ("newest first, the oldest is missing", [[9, 8], [7, 6], [5, 4]], false),
    ("oldest first, up to the window's end", [[-1, 0], [1, 20], [21, 24]], true),
    ("newest first, up to the window's start", [[1, 0], [-1, -20], [-21, -24]], true),
    ("the whole window each time", [[-24, 24], [-24, 24], [-24, 24]], true),
    ("part of the window each time", [[-24, 23], [-24, 23], [-24, 23]], false),
    ("in no order", [[-24, 0], [-25, -1], [-24, 24]], false), ("without rows", [[], [], []], false),
  ]

  @Test(
    "Pages end at maximumPages: a failure where more may lie in the window, else a fault", arguments: limits.indices)
  func endless(index: Int) async throws {
    let (_, pages, isPassed) = Self.limits[index]
    let http = FakeHTTP { _, index in
      Self.page(pages[index].map { $0 * Self.hour }, next: "/p\(index)")
    }
    let walk = try await Self.walk(http) { $0["maximumPages"] = 3 }
    #expect(walk.samples.count == pages.joined().count)
    #expect(http.requests.count == 3)
    let failure = "source 's', page 4: is not read, though it may lie in the window: maximumPages is 3"
    #expect(walk.failure == (isPassed ? nil : failure))
    let faults = walk.tally.faults.elements.map(\.description)
    #expect(faults == (isPassed ? ["source 's', page 4: is not read: maximumPages is 3"] : []))
  }

  static let badPages: [(second: Result<HTTPResponse, HTTPError>, text: String)] = [
    (.success(.json(404, "no\nsuch page")), "source 's', page 2, answer: has status 404; it says: no such page"),
    (
      .success(.json(200, "{\"d\":[")),
      "source 's', page 2, answer: is not JSON: the text ends where a value is expected at byte 6; it says: {\"d\":["
    ),
    (.success(.json(200, "{}")), "source 's', page 2, answer /d: holds no array of rows; it says: {}"),
    (
      .success(.json(200, #"{"d":[{"t":"x"}]}"#)),
      "source 's', page 2, answer /d/0/t: '\"x\"' is not a time in the format seconds"
    ),
    (
      .failure(HTTPError(.tooLarge, "the answer of h.example is larger than 8 bytes")),
      "source 's', page 2, request: the answer of h.example is larger than 8 bytes"
    ),
    (
      .success(.json(200, #"{"d":[],"next":"x"}"#)),
      "source 's', page 2, next /next: the link 'x' is neither absolute nor starts with '/' or '?'"
    ),
  ]

  @Test("A later page that cannot be read takes nothing back, and is named", arguments: badPages.indices)
  func badPage(index: Int) async throws {
    let (second, text) = Self.badPages[index]
    let http = FakeHTTP { _, index in index == 0 ? Self.page([0, 1], next: "/p2") : second }
    let walk = try await Self.walk(http)
    #expect(walk.samples.map(\.time) == [Self.now, Self.now + 1000])
    #expect(walk.failure == text)
  }

  @Test("A row of a later page that cannot be read is a fault with its page") func badRow() async throws {
    let bad = HTTPResponse.json(200, #"{"d":[{"t":1590352201,"v":"x"},{"t":1590352202,"v":1}]}"#)
    let http = FakeHTTP([Self.page([0], next: "/p2"), .success(bad)])
    let walk = try await Self.walk(http)
    #expect(walk.failure == nil)
    #expect(walk.samples.count == 2)
    #expect(walk.tally.rows == 3)
    #expect(walk.tally.faults.elements.map(\.place) == ["page 2, answer /d/0/v"])
  }

  @Test("A measure that no row of any page has is missing; one that is null everywhere is not")
  func missing() async throws {
    let pages: [Result<HTTPResponse, HTTPError>] = [
      .success(.json(200, #"{"d":[{"t":1590352200,"v":1,"n":null}],"next":"/p2"}"#)),
      .success(.json(200, #"{"d":[{"t":1590352201,"v":1,"late":1}]}"#)),
    ]
    let walk = try await Self.walk(FakeHTTP(pages)) {
      $0["measures"] = ["v": "/v", "n": "/n", "late": "/late", "typo": "/tpyo"]
    }
    #expect(walk.tally.missingMeasures == ["typo"])
    #expect(walk.tally.measures.map(\.values) == [1, 0, 0, 2])
    #expect(walk.tally.measures.map(\.blanks) == [0, 1, 0, 0])
  }

  @Test("A page of many rows is given in parts, and none is made before it is asked for")
  func parts() async throws {
    let http = FakeHTTP([Self.page(Array(0..<4500))])
    let client = SourceClient(http: http, clock: .fixed(0))
    let source = try SourceDescription(name: "s", json: SourceTests.source)
    var pages = try client.pages(of: try Identifier("x"), from: source, attributes: [:], key: nil, now: Self.now)
      .makeAsyncIterator()
    #expect(try await pages.next()?.count == 2000)
    #expect(pages.tally.rows == 2000)
    #expect(try await pages.next()?.count == 2000)
    #expect(try await pages.next()?.count == 500)
    #expect(try await pages.next() == nil)
    #expect(pages.tally.rows == 4500)
  }

  @Test("Of rows with many measures fewer are made at once", arguments: [(1, 2000), (10, 2000), (100, 200), (256, 78)])
  func wideRows(measures: Int, atOnce: Int) async throws {
    let row = "[1590352200\(String(repeating: ",1", count: measures))]"
    let body = #"{"d":[\#(Array(repeating: row, count: atOnce + 1).joined(separator: ","))]}"#
    let client = SourceClient(http: FakeHTTP([.success(.json(200, body))]), clock: .fixed(0))
    var object = try #require(SourceTests.source.object)
    object["time"] = ["at": "/0", "format": "seconds"]
    object["measures"] = .object(
      (1...measures).reduce(into: [:]) { places, index in places["m\(index)"] = .string("/\(index)") })
    let source = try SourceDescription(name: "s", json: .object(object))
    var pages = try client.pages(of: try Identifier("x"), from: source, attributes: [:], key: nil, now: Self.now)
      .makeAsyncIterator()
    let part = try #require(try await pages.next())
    #expect(part.count == atOnce)
    #expect(part.first?.measures.count == measures)
  }

  @Test("A page without rows has no missing measures") func noRows() async throws {
    let walk = try await Self.walk(FakeHTTP([Self.page([])]))
    #expect(walk.tally.missingMeasures == [])
    #expect(walk.tally.measures.count == 1)
  }

  @Test("A source's own words never tell the key, which may come back in any error")
  func secrets() async throws {
    let key = "s3cret&k/y"
    let answers: [HTTPResponse] = [
      .json(403, "the key s3cret&k/y (s3cret%26k%2fy) is wrong"), .json(200, "<html>s3cret&amp;k/y</html>"),
      .json(200, #"{"d":[{"t":"s3cret&k\/y","v":1}]}"#), .json(200, #"{"d":[],"next":"s3cret&k/y"}"#),
      HTTPResponse(status: 301, headers: ["Location": "https://s3cret&k/y@new.example/x?key=s3cret%26k%2Fy"]),
    ]
    for answer in answers {
      let walk = try await Self.walk(FakeHTTP([.success(answer)]), key: key) {
        $0["url"] = "https://h.example/?key={key}"
      }
      let failure = try #require(walk.failure)
      #expect(!failure.contains("s3cret"))
      #expect(failure.contains("***") || answer.status == 301)
    }
    // Nor a part of it, where what is quoted is cut.
    for length in [40, 55, 58, 90, 97] {
      let long = String(repeating: "x", count: length) + "s3cret&k/y" + String(repeating: "y", count: 300)
      for body in [#"{"d":[{"t":"\#(long)","v":1}]}"#, #"{"d":[],"next":"\#(long)"}"#] {
        let failure = try #require(try await Self.walk(FakeHTTP([.success(.json(200, body))]), key: key).failure)
        #expect(!failure.contains("s3"))
      }
    }
    // The same in a row's fault, and in the page's URL.
    let http = FakeHTTP([
      .success(.json(200, #"{"d":[{"t":"s3cret&k/y","v":1},{"t":1590352200,"v":1}],"next":"/p2?key=s3cret%26k%2Fy"}"#))
    ])
    let walk = try await Self.walk(http, key: key) { $0["maximumPages"] = 2 }
    #expect(!walk.tally.faults.elements.contains { $0.description.contains("s3cret") })
    // Each page's bad row, and the second page's link to itself.
    #expect(walk.tally.faults.count == 3)
  }
}
