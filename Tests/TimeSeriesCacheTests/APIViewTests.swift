import CacheSupport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What there is to see of a series beside its rows.
@Suite struct APIViewTests {
  static let now: Int64 = APITests.now

  static func text(_ response: HTTPEventResponse) -> String { String(decoding: response.body, as: UTF8.self) }

  static let routes: [(path: String, route: APIRoute?)] = [
    ("/v1/series", .list), ("/v1/series/", nil), ("/v1/series/a", .series(identifier: Array("a".utf8), .rows)),
    ("/v1/series/a/b", .series(identifier: Array("a/b".utf8), .rows)),
    ("/v1/series/a/status", .series(identifier: Array("a".utf8), .status)),
    ("/v1/series/a/latest", .series(identifier: Array("a".utf8), .latest)),
    ("/v1/series/a/statistics", .series(identifier: Array("a".utf8), .statistics)),
    // One end is taken off, and only where an identifier is left.
    ("/v1/series/a/status/status", .series(identifier: Array("a/status".utf8), .status)),
    ("/v1/series/status", .series(identifier: Array("status".utf8), .rows)),
    ("/v1/series//status", .series(identifier: Array("/status".utf8), .rows)),
    ("/v1/series/a/rows", .series(identifier: Array("a/rows".utf8), .rows)),
    ("/v1/series/a/Status", .series(identifier: Array("a/Status".utf8), .rows)),
    ("/v1/rows", .view(.rows)), ("/v1/status", .view(.status)), ("/v1/latest", .view(.latest)),
    ("/v1/statistics", .view(.statistics)), ("/v1/rows/", nil), ("/v1", nil), ("/timeSeries-data", .reference),
    ("/openapi.json", .document), ("/", .page), ("/site.json", .page), ("/page/v/app.js", .page), ("/page", nil),
    ("", nil), ("/api/v1/", .prometheus), ("/api/v1/query", .prometheus), ("/api/v2/write", nil),
  ]

  @Test("A path is one route", arguments: routes) func route(path: String, route: APIRoute?) {
    #expect(APIRoute(Array(path.utf8)) == route)
  }

  @Test("An identifier in the query is read as one in the path, whatever it ends in")
  func byID() async throws {
    for (byID, byPath) in [
      ("/v1/rows", "/v1/series/a"), ("/v1/statistics", "/v1/series/a/statistics"),
    ] {
      let response = await APITests.ask(byID, ["id": "a"])
      #expect(response.status == 200)
      #expect(response == (await APITests.ask(byPath)))
    }
    for name in ["a/status", "a?b", "a/latest"] {
      let response = await APITests.ask("/v1/rows", ["id": name])
      #expect(try APITests.json(response)["identifier"] == .string(name))
    }
    for path in ["/v1/rows", "/v1/statistics", "/v1/status"] {
      #expect(await APITests.ask(path).status == 400)
      #expect(await APITests.ask(path, ["id": ""]).status == 400)
    }
    #expect(await APITests.ask("/v1/series/a", ["id": "b"]).status == 400)
    #expect(await APITests.ask("/v1/series/a/latest", ["limit": "1"]).status == 400)
  }

  @Test("The latest row is the newest history, or the next forecast") func latest() async throws {
    let both = await APITests.ask("/v1/series/a/latest")
    #expect(Self.text(both) == #"{"identifier":"a","row":{"time":1799999999000,"values":{"v":1},"origin":"history"}}"#)
    let ahead = APITests.handler(MemoryHistory([]), MemoryForecast([Self.now + 5]))
    #expect(
      Self.text(await APITests.ask("/v1/series/a/latest", handler: ahead))
        == #"{"identifier":"a","row":{"time":1800000000005,"values":{"v":2},"origin":"forecast"}}"#)
    let nothing = APITests.handler(MemoryHistory([]), MemoryForecast([]))
    #expect(await APITests.ask("/v1/series/a/latest", handler: nothing).status == 404)
  }

  static let lists: [(query: String, identifiers: [String]?)] = [
    ("id=a", ["a"]), ("id=a&id=b", ["a", "b"]), ("ids=a,b", ["a", "b"]), ("id=c&ids=a,b", ["c", "a", "b"]),
    // An identifier with commas goes into id.
    ("id=m,x%3D1&id=m,x%3D2", ["m,x=1", "m,x=2"]), ("id=b&id=a&id=b", ["b", "a"]), ("ids=a,,b", ["a", "b"]),
    ("", nil), ("ids=", nil), ("id=", nil), ("ids=,", nil), ("ids=a&ids=b", nil), ("id=a&limit=1", nil),
  ]

  static func event(_ query: String) throws -> HTTPEvent {
    let event: JSON = [
      "version": "2.0", "rawPath": "/v1/latest", "rawQueryString": .string(query), "headers": ["x-api-key": "right"],
      "requestContext": ["http": ["method": "GET"]],
    ]
    return try HTTPEvent(parsing: event.bytes)
  }

  @Test("Many series are asked for at once", arguments: lists)
  func latestOfMany(query: String, identifiers: [String]?) async throws {
    let response = await APITests.handler().response(
      to: try Self.event(query), LambdaContext(requestID: "r", deadline: .max, logger: .silent))
    #expect(response.status == (identifiers == nil ? 400 : 200))
    let found = try APITests.json(response)["series"]?.array?.compactMap { $0["identifier"]?.string }
    #expect(found == identifiers)
  }

  @Test("At most 200 series are asked for at once, and one without rows has none") func manyBounds() async throws {
    func ask(_ count: Int) async throws -> HTTPEventResponse {
      await APITests.handler(MemoryHistory([]), MemoryForecast([])).response(
        to: try Self.event((0..<count).map { "id=s\($0)" }.joined(separator: "&")),
        LambdaContext(requestID: "r", deadline: .max, logger: .silent))
    }
    let response = try await ask(200)
    #expect(response.status == 200)
    #expect(try APITests.json(response)["series"]?.array?.map { $0["row"] } == Array(repeating: .null, count: 200))
    #expect(try await ask(201).status == 400)
  }

  @Test("Bins are rows, page by page") func bins() async throws {
    let handler = APITests.handler(MemoryHistory(Array(0..<100).map { $0 * 1000 }), MemoryForecast([100_000, 119_000]))
    let whole = await APITests.ask(
      "/v1/series/a", ["from": "0", "to": "200000", "bin": "1m", "aggregate": "count,last", "format": "ndjson"],
      handler: handler)
    #expect(
      Self.text(whole) == """
        {"time":0,"values":{"v_count":60,"v_last":1},"origin":"history"}
        {"time":60000,"values":{"v_count":42,"v_last":2},"origin":"forecast"}

        """)
    // The first bin begins before the range, and its page has a next one.
    var query = ["from": "30000", "to": "200000", "bin": "1m", "aggregate": "count", "limit": "1"]
    var pages: [JSON?] = []
    while pages.count < 5 {
      let response = await APITests.ask("/v1/series/a", query, handler: handler)
      pages.append(try APITests.json(response)["rows"])
      guard let cursor = response.headers["X-Next-Cursor"] else { break }
      query = ["cursor": cursor, "bin": "1m", "aggregate": "count", "limit": "1"]
    }
    let row = { (time: Int64, count: Int, origin: String) -> JSON in
      [["time": .integer(time), "values": ["v": .integer(count)], "origin": .string(origin)]]
    }
    #expect(pages.prefix(2) == [row(0, 30, "history"), row(60_000, 42, "forecast")])
    #expect(pages.dropFirst(2).allSatisfy { $0 == [] })
  }

  static let mistakes: [(query: [String: String], part: String)] = [
    (["aggregate": "avg"], "needs the width"), (["bin": "soon"], "1s to 366d"), (["bin": "0s"], "1s to 366d"),
    (["bin": "367d"], "1s to 366d"), (["bin": "1m", "aggregate": "median"], "aggregate has 'median'"),
    (["bin": "1m", "aggregate": "avg,avg"], "twice"), (["bin": "1m", "aggregate": ","], "give names"),
    (["bin": "1m", "where": "v>1"], "one or the other"), (["shape": "flat"], "format=csv"),
    (["shape": "flat", "format": "ndjson"], "format=csv"), (["shape": "long", "format": "csv"], "wide or flat"),
    (["where": ">5"], "names no measure"), (["where": "v"], "no comparison"), (["where": "v>"], "cannot be read"),
    (["where": "v>x"], "cannot be read"), (["where": "v='x"], "cannot be read"), (["where": "\"v>1"], "does not end"),
    (["where": "v>1 2"], "cannot be read"), (["where": String(repeating: "v", count: 2501)], "2500 are the most"),
    (["where": "v=='a' or 1==1"], "cannot be read"),
  ]

  @Test("A mistake in what rows are asked for is named", arguments: mistakes)
  func mistake(query: [String: String], part: String) async throws {
    let response = await APITests.ask("/v1/series/a", query)
    #expect(response.status == 400)
    #expect(try APIRequestTests.message(response)?.contains(part) == true)
  }

  static let conditions: [(text: String, condition: MeasureCondition)] = [
    ("value>5", MeasureCondition("value", .greater, .bigint(5))),
    (" value >= 5.5 ", MeasureCondition("value", .greaterOrEqual, .double(5.5))),
    ("value<-1e3", MeasureCondition("value", .less, .bigint(-1000))),
    ("value<=1e300", MeasureCondition("value", .lessOrEqual, .double(1e300))),
    ("open=true", MeasureCondition("open", .equal, .boolean(true))),
    ("open!=false", MeasureCondition("open", .notEqual, .boolean(false))),
    ("state=='it''s on'", MeasureCondition("state", .equal, .varchar("it's on"))),
    ("state==''", MeasureCondition("state", .equal, .varchar(""))),
    ("wind speed>1", MeasureCondition("wind speed", .greater, .bigint(1))),
    (#""a=b ""c"""<1"#, MeasureCondition(#"a=b "c""#, .less, .bigint(1))),
    ("e\u{301}>1", MeasureCondition("e\u{301}", .greater, .bigint(1))),
    ("n==9223372036854775807", MeasureCondition("n", .equal, .bigint(.max))),
    ("n==9223372036854775808", MeasureCondition("n", .equal, .double(9_223_372_036_854_775_808))),
  ]

  @Test("A condition names a measure, a comparison and a typed value", arguments: conditions)
  func condition(text: String, condition: MeasureCondition) throws {
    #expect(try MeasureCondition(parameter: text) == condition)
  }

  @Test("Rows that do not meet the condition are left out, and the baseline is that of all") func filtered()
    async throws
  {
    let history = MemoryHistory([])
    let samples = (0..<10).map { Sample(time: $0, measures: [Measure("n", .bigint($0)), Measure("t", .varchar("x"))]) }
    _ = await history.write(samples, of: Series(try Identifier("s")), version: 1)
    let handler = APITests.handler(history, MemoryForecast([]))
    let response = await APITests.ask("/v1/series/s", ["from": "0", "where": "n<3", "measures": "n"], handler: handler)
    let json = try APITests.json(response)
    #expect(json["rows"]?.array?.map { $0["values"] } == [["n": 0], ["n": 1], ["n": 2]])
    #expect(json["baseline"] == 9)
    let none = await APITests.ask("/v1/series/s", ["from": "0", "where": "n>100"], handler: handler)
    #expect(none.status == 200)
    #expect(try APITests.json(none)["rows"] == [])
  }

  @Test("A flat CSV has one line a value") func flat() async throws {
    let history = MemoryHistory([])
    let measures = [
      Measure("a,b", .double(1.5)), Measure("n", .bigint(-3)), Measure("ok", .boolean(true)),
      Measure("t", .varchar("=1+1,\"x\"")),
    ]
    _ = await history.write(
      [Sample(time: 1000, measures: measures)], of: Series(try Identifier("s")), version: 1)
    let handler = APITests.handler(history, MemoryForecast([2500]))
    let response = await APITests.ask(
      "/v1/rows", ["id": "m,tag=x y", "from": "0", "format": "csv", "shape": "flat"], handler: handler)
    #expect(response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present")
    // Texts are written as they are: programs read them, and a changed value would be wrong.
    #expect(
      Self.text(response).split(separator: "\r\n").map(String.init) == [
        "time,series,measure,value,origin", #"1970-01-01T00:00:01Z,"m,tag=x y","a,b",1.5,history"#,
        #"1970-01-01T00:00:01Z,"m,tag=x y",n,-3,history"#, #"1970-01-01T00:00:01Z,"m,tag=x y",ok,true,history"#,
        #"1970-01-01T00:00:01Z,"m,tag=x y",t,"=1+1,""x""",history"#,
        #"1970-01-01T00:00:02.500Z,"m,tag=x y",v,2,forecast"#,
      ])
    let wide = await APITests.ask(
      "/v1/rows", ["id": "s", "from": "0", "format": "csv", "shape": "wide"], handler: handler)
    #expect(Self.text(wide).hasPrefix("time,origin,\"a,b\",n,ok,t,v\r\n"))
  }

  @Test("Statistics have history and forecast") func statistics() async throws {
    let history = MemoryHistory([])
    let values: [Double] = Array(repeating: 10, count: 20) + [100]
    let samples = values.enumerated().map {
      Sample(time: Int64($0.offset), measures: [Measure("v", .double($0.element))])
    }
    _ = await history.write(samples, of: Series(try Identifier("s")), version: 1)
    let handler = APITests.handler(history, MemoryForecast([50], value: 10))
    let response = await APITests.ask("/v1/series/s/statistics", ["from": "0", "threshold": "3.5"], handler: handler)
    let json = try APITests.json(response)
    #expect(json["baseline"] == 20)
    #expect(json["threshold"] == .double(3.5))
    #expect(json["outliersAreCut"] == false)
    let measure = try #require(json["measures"]?.array?.first)
    #expect(measure["measure"] == "v")
    #expect(measure["count"] == 22)
    #expect(measure["minimum"] == 10)
    #expect(measure["maximum"] == 100)
    #expect(measure["outliers"]?.array?.map { $0["time"] } == [20])
    #expect(measure["outliers"]?.array?.first?["origin"] == "history")
    for threshold in ["0", "-1", "x", "", "1001", "NaN"] {
      #expect(
        await APITests.ask("/v1/series/s/statistics", ["threshold": threshold], handler: handler).status == 400)
    }
    let nothing = APITests.handler(MemoryHistory([]), MemoryForecast([]))
    #expect(await APITests.ask("/v1/series/s/statistics", handler: nothing).status == 404)
  }
}
