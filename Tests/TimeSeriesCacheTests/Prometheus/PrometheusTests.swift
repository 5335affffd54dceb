import CacheSupport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Series in memory, by identifier; notes what it was asked.
final class MemorySeries: PrometheusStore {
  private let series: [(entry: SeriesEntry, rows: [SeriesRow])]
  private let failure: StoreError?
  private let gate: Gate?
  let asked = Mutex<[String]>([])

  init(_ series: [(SeriesEntry, [SeriesRow])], failure: StoreError? = nil, gate: Gate? = nil) {
    self.series = series
    self.failure = failure
    self.gate = gate
  }

  private func ask(_ what: String) async throws(StoreError) {
    asked.withLock { $0.append(what) }
    await gate?.wait()
    if let failure { throw failure }
  }

  func entries(prefix: String, limit: Int) async throws(StoreError) -> [SeriesEntry]? {
    try await ask("list \(prefix)")
    let found = series.map(\.entry).filter { $0.identifier.text.hasPrefix(prefix) }
    return found.count <= limit ? found : nil
  }

  func entry(_ identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    try await ask("entry \(identifier)")
    return series.first { $0.entry.identifier == identifier }?.entry
  }

  func latest(of wanted: [Series]) async throws(StoreError) -> SeriesReader.Latest {
    try await ask("latest \(wanted.count)")
    return series.reduce(into: SeriesReader.Latest(bytesMetered: 1000)) { latest, one in
      if wanted.contains(one.entry.series) { latest.rows[one.entry.series] = one.rows.last }
    }
  }

  func page(
    of wanted: Series, in range: TimeRange, after start: SeriesReader.Continuation?, limit: Int
  ) async throws(StoreError) -> SeriesReader.Page {
    try await ask("page \(wanted)")
    let rows = (series.first { $0.entry.series == wanted }?.rows ?? []).filter {
      (range.from...range.to).contains($0.time) && $0.time > start?.after ?? .min
    }
    let page = Array(rows.prefix(limit))
    let next = page.count < rows.count ? page.last.map { SeriesReader.Continuation(after: $0.time) } : nil
    return SeriesReader.Page(baseline: nil, rows: page, next: next, bytesMetered: 10)
  }
}

@Suite struct PrometheusTests {
  static let now: Int64 = 1_700_000_000_000

  static func entry(_ identifier: String, bucket: String? = nil, source: String? = nil, measures: [String] = []) throws
    -> SeriesEntry
  {
    var status = SeriesStatus()
    status.measures = measures.map { ByteText($0) }
    return SeriesEntry(
      try Identifier(identifier), kind: bucket == nil ? .source : .written, source: source, bucket: bucket,
      status: measures.isEmpty ? nil : status)
  }

  /// A row a minute: history up to now, then forecasts.
  static func rows(_ minutes: ClosedRange<Int64>, _ measures: (Int64) -> [Measure]) -> [SeriesRow] {
    minutes.map { minute in
      SeriesRow(
        Sample(time: now + minute * 60_000, measures: measures(minute)), origin: minute <= 0 ? .history : .forecast)
    }
  }

  static func store() throws -> MemorySeries {
    MemorySeries([
      (
        try entry("weather,city=Rome,room\\ no=1,series=x", bucket: "home", measures: ["ok", "temp"]),
        rows(-10...5) {
          [Measure("note", .varchar("n")), Measure("ok", .boolean($0 < 0)), Measure("temp", .double(20 + Double($0)))]
        }
      ),
      (
        try entry("weather,city=Oslo", bucket: "work", measures: ["temp"]),
        rows(-3...0) { [Measure("temp", .bigint($0))] }
      ),
      (
        try entry("river é", source: "gauge", measures: ["level m"]),
        rows(-2 ... -1) { _ in [Measure("level m", .double(1.5))] }
      ),
      (try entry("new"), rows(0...1) { _ in [Measure("temp", .double(7)), Measure("text", .varchar("t"))] }),
      (try entry("empty"), []),
    ])
  }

  static func ask(
    _ path: String, _ query: [(String, String)] = [], store: (any PrometheusStore)?, form: [(String, String)]? = nil,
    access: Access = .ofAPIKey, log: LogBook = LogBook(), deadline: Int64 = .max,
    limits: PrometheusLimits = PrometheusLimits()
  ) async -> (status: Int, body: String) {
    var event = HTTPEvent(method: form == nil ? "GET" : "POST", path: "/api/v1/\(path)")
    event.query = query.map { HTTPEvent.QueryItem(name: Array($0.0.utf8), value: Array($0.1.utf8)) }
    if let form {
      event.headers["content-type"] = "application/x-www-form-urlencoded"
      event.body = Array(
        form.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }.joined(separator: "&").utf8)
    }
    let context = LambdaContext(requestID: "r", deadline: deadline, logger: log.logger)
    let response = await PrometheusAPI(store: store, clock: .fixed(now), limits: limits).response(
      to: event, seeing: VisibleSeries(directory: SeriesDirectory(nil), access: access),
      within: AnswerTime(context, clock: .fixed(now)), context)
    return (response.status, String(decoding: response.body, as: UTF8.self))
  }

  static let rome =
    #""city":"Rome","measurement":"weather","room_no":"1","series":"weather,city=Rome,room\\ no=1,series=x","tag_series":"x""#

  static let oslo = #""city":"Oslo","measurement":"weather","series":"weather,city=Oslo""#

  static let answers: [(path: String, query: [(String, String)], data: String)] = [
    ("query", [("query", "1+1")], #"{"resultType":"scalar","result":[1700000000,"2"]}"#),
    ("query", [("query", "'a\"b'"), ("time", "1.5")], #"{"resultType":"string","result":[1.500,"a\"b"]}"#),
    (
      "query_range", [("query", "1/0"), ("start", "1"), ("end", "2.5"), ("step", "1s")],
      #"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"+Inf"],[2,"+Inf"]]}]}"#
    ),
    (
      "query", [("query", "temp")],
      #"{"resultType":"vector","result":[{"metric":{"__name__":"temp",\#(oslo)},"value":[1700000000,"0"]},{"metric":{"__name__":"temp",\#(rome)},"value":[1700000000,"20"]},{"metric":{"__name__":"temp","series":"new"},"value":[1700000000,"7"]}]}"#
    ),
    (
      "query", [("query", "ok{city=~\"R.*\"}")],
      #"{"resultType":"vector","result":[{"metric":{"__name__":"ok",\#(rome)},"value":[1700000000,"0"]}]}"#
    ),
    (
      "query", [("query", "ok * 2"), ("time", "1699999990")],
      #"{"resultType":"vector","result":[{"metric":{\#(rome)},"value":[1699999990,"2"]}]}"#
    ),
    (
      "query", [("query", "{\"level m\"} offset -1m")],
      #"{"resultType":"vector","result":[{"metric":{"__name__":"level m","series":"river é","source":"gauge"},"value":[1700000000,"1.5"]}]}"#
    ),
    (
      "query", [("query", "temp{city=\"Oslo\"}[2m]")],
      #"{"resultType":"matrix","result":[{"metric":{"__name__":"temp",\#(oslo)},"values":[[1699999940,"-1"],[1700000000,"0"]]}]}"#
    ),
    ("query", [("query", "note")], #"{"resultType":"vector","result":[]}"#),
    ("query", [("query", "temp{city=\"Oslo\"}"), ("time", "1700000300")], #"{"resultType":"vector","result":[]}"#),
    (
      "query", [("query", "temp{city=\"Oslo\"}"), ("time", "1700000300"), ("lookback_delta", "6m")],
      #"{"resultType":"vector","result":[{"metric":{"__name__":"temp",\#(oslo)},"value":[1700000300,"0"]}]}"#
    ),
    // Across now: one series unless origin is asked for.
    (
      "query_range",
      [("query", "temp{city=\"Rome\"}"), ("start", "1699999940"), ("end", "1700000060"), ("step", "60")],
      #"{"resultType":"matrix","result":[{"metric":{"__name__":"temp",\#(rome)},"values":[[1699999940,"19"],[1700000000,"20"],[1700000060,"21"]]}]}"#
    ),
    (
      "query_range",
      [
        ("query", "temp{city=\"Rome\",origin=\"history\"}"), ("start", "1699999940"), ("end", "1700000060"),
        ("step", "60"), ("lookback_delta", "59s"),
      ],
      #"{"resultType":"matrix","result":[{"metric":{"__name__":"temp","city":"Rome","measurement":"weather","origin":"history","room_no":"1","series":"weather,city=Rome,room\\ no=1,series=x","tag_series":"x"},"values":[[1699999940,"19"],[1700000000,"20"]]}]}"#
    ),
    (
      "query", [("query", "count_over_time(temp{city=\"Rome\",origin!=\"\"}[10m] offset -3m)")],
      #"{"resultType":"vector","result":[{"metric":{"city":"Rome","measurement":"weather","origin":"forecast","room_no":"1","series":"weather,city=Rome,room\\ no=1,series=x","tag_series":"x"},"value":[1700000000,"3"]},{"metric":{"city":"Rome","measurement":"weather","origin":"history","room_no":"1","series":"weather,city=Rome,room\\ no=1,series=x","tag_series":"x"},"value":[1700000000,"7"]}]}"#
    ),
    ("query", [("query", "temp{origin=\"elsewhere\"}")], #"{"resultType":"vector","result":[]}"#),
    (
      "series",
      [("match[]", "temp{city=\"Oslo\"}"), ("match[]", "{series=\"river é\"}"), ("match[]", "temp{city=\"Oslo\"}")],
      #"[{"__name__":"level m","series":"river é","source":"gauge"},{"__name__":"temp",\#(oslo)}]"#
    ),
    ("series", [("match[]", "level{origin=\"history\"}")], "[]"),
    (
      "series", [("match[]", "{series=\"new\",origin=\"history\"}"), ("start", "0"), ("end", "1")],
      #"[{"__name__":"temp","origin":"history","series":"new"}]"#
    ),
    ("labels", [], #"["__name__","city","measurement","origin","room_no","series","source","tag_series"]"#),
    ("labels", [("match[]", "temp{city=\"Oslo\"}")], #"["__name__","city","measurement","origin","series"]"#),
    ("labels", [("match[]", "nothing")], "[]"),
    ("label/__name__/values", [], #"["level m","ok","temp"]"#),
    ("label/city/values", [("match[]", "ok")], #"["Rome"]"#), ("label/nothing/values", [], "[]"),
    ("label/origin/values", [], #"["forecast","history"]"#),
    ("label/origin/values", [("match[]", "temp{origin=\"history\"}")], #"["history"]"#),
    (
      "label/series/values", [("match[]", "{measurement=\"weather\"}")],
      #"["weather,city=Oslo","weather,city=Rome,room\\ no=1,series=x"]"#
    ),
    (
      "status/buildinfo", [],
      #"{"version":"3.0.0","revision":"timeseries-cache","branch":"","buildUser":"","buildDate":"","goVersion":""}"#
    ),
  ]

  @Test("An answer, whole", arguments: answers)
  func answer(path: String, query: [(String, String)], data: String) async throws {
    let expected = #"{"status":"success","data":\#(data)}"#
    let answer = await Self.ask(path, query, store: try Self.store())
    #expect(answer.status == 200)
    #expect(answer.body == expected)
    // The same as a form, and half of it as one.
    #expect(await Self.ask(path, store: try Self.store(), form: query).body == expected)
    #expect(
      await Self.ask(path, Array(query.dropFirst(1)), store: try Self.store(), form: Array(query.prefix(1))).body
        == expected)
  }

  @Test("limit cuts an answer, and the answer says so")
  func limit() async throws {
    let store = try Self.store()
    #expect(
      await Self.ask("label/__name__/values", [("limit", "2")], store: store).body
        == #"{"status":"success","data":["level m","ok"],"warnings":["the answer is cut to 2 of 3, as limit asks"]}"#)
    #expect(
      await Self.ask("query", [("query", "temp"), ("limit", "1")], store: store).body
        == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"temp",\#(Self.oslo)},"value":[1700000000,"0"]}]},"warnings":["the answer is cut to 1 of 3, as limit asks"]}"#
    )
    #expect(!(await Self.ask("labels", [("limit", "0")], store: store).body.contains("warnings")))
  }

  static let refusals: [(path: String, query: [(String, String)], status: Int, type: String, words: String)] = [
    ("query", [], 400, "bad_data", "invalid parameter \"query\": it is needed"),
    (
      "query", [("query", "sum(temp)")], 400, "bad_data",
      "invalid parameter \"query\": 1:1: parse error: found 'sum': aggregations"
    ),
    ("query", [("query", "1"), ("time", "soon")], 400, "bad_data", "invalid parameter \"time\": 'soon' is no time"),
    ("query", [("query", "1"), ("timeout", "-1")], 400, "bad_data", "invalid parameter \"timeout\""),
    ("query", [("query", "1"), ("limit", "x")], 400, "bad_data", "invalid parameter \"limit\""),
    ("query", [("query", "1"), ("lookback_delta", "0")], 400, "bad_data", "invalid parameter \"lookback_delta\""),
    ("query_range", [("query", "1"), ("end", "2"), ("step", "1")], 400, "bad_data", "\"start\": it is needed"),
    ("query_range", [("query", "1"), ("start", "1"), ("step", "1")], 400, "bad_data", "\"end\": it is needed"),
    ("query_range", [("query", "1"), ("start", "1"), ("end", "2")], 400, "bad_data", "\"step\": it is needed"),
    (
      "query_range", [("query", "1"), ("start", "3"), ("end", "2"), ("step", "1")], 400, "bad_data",
      "\"end\": it is before"
    ),
    (
      "query_range", [("query", "1"), ("start", "1"), ("end", "2"), ("step", "0")], 400, "bad_data",
      "invalid parameter \"step\""
    ),
    (
      "query_range", [("query", "1"), ("start", "0"), ("end", "11001"), ("step", "1")], 400, "bad_data",
      "more than 11000 points"
    ),
    (
      "query_range", [("query", "temp[5m]"), ("start", "0"), ("end", "1"), ("step", "1")], 400, "bad_data",
      "a range vector has no value at each step"
    ),
    (
      "query_range", [("query", "'a'"), ("start", "0"), ("end", "1"), ("step", "1")], 400, "bad_data",
      "a string has no value at each step"
    ),
    ("series", [], 400, "bad_data", "invalid parameter \"match[]\": it is needed"),
    ("series", [("match[]", "temp[5m]")], 400, "bad_data", "invalid parameter \"match[]\": 1:5: parse error"),
    ("series", [("match[]", "temp"), ("start", "x")], 400, "bad_data", "invalid parameter \"start\""),
    ("series", Array(repeating: ("match[]", "a"), count: 21), 400, "bad_data", "it is given 21 times"),
    ("label/1a/values", [], 400, "bad_data", "'1a' is no name of a label"),
    ("label//values", [], 400, "bad_data", "'' is no name of a label"),
    ("rules", [], 404, "not_found", "there are query, query_range"),
    ("", [], 404, "not_found", "there are query, query_range"),
    (
      "query", [("query", "rate({__name__=~\"ok|temp\",city=\"Rome\"}[5m])")], 422, "execution",
      "two series of the answer have the same labels"
    ),
  ]

  @Test("What is refused, and in which words", arguments: refusals)
  func refused(path: String, query: [(String, String)], status: Int, type: String, words: String) async throws {
    let answer = await Self.ask(path, query, store: try Self.store())
    let json = try JSON(parsing: Array(answer.body.utf8))
    #expect(answer.status == status)
    #expect(json["status"]?.string == "error")
    #expect(json["errorType"]?.string == type)
    #expect(json["error"]?.string?.contains(words) == true, "\(answer.body)")
  }

  @Test("Bytes that are no UTF-8 are refused, in a form as in a query")
  func noText() async throws {
    var event = HTTPEvent(method: "GET", path: "/api/v1/query")
    event.query = [HTTPEvent.QueryItem(name: Array("query".utf8), value: [0xFF])]
    #expect(throws: PrometheusError.self) { try PrometheusParameters(event) }
    event = HTTPEvent(
      method: "POST", path: "/api/v1/query", headers: ["content-type": "application/x-www-form-urlencoded"],
      body: Array("query=%FF".utf8))
    #expect(throws: PrometheusError.self) { try PrometheusParameters(event) }
  }

  @Test("A key of one bucket sees the series of that bucket alone")
  func buckets() async throws {
    let store = try Self.store()
    let access = Access(name: "work", permissions: [.read], buckets: .only(["work"]))
    #expect(
      await Self.ask("label/series/values", store: store, access: access).body
        == #"{"status":"success","data":["weather,city=Oslo"]}"#)
    #expect(
      await Self.ask("query", [("query", "{series=\"new\"}")], store: store, access: access).body
        == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
  }

  @Test("What need not be looked through is not listed")
  func asked() async throws {
    for (query, expected) in [
      ("temp{series=\"new\"}", ["entry new", "latest 1", "page new"]), ("{series=\"no\"}", ["entry no"]), ("1", []),
      ("temp{measurement=\"wea\"}", ["list wea"]), ("temp{city=\"Oslo\"}", ["list ", "page weather,city=Oslo"]),
      ("temp{measurement=\"weather\",city=\"Oslo\"}", ["list weather", "page weather,city=Oslo"]),
      // Both measures of one series with one read.
      ("{measurement=\"weather\",city=\"Rome\"}", ["list weather", "page weather,city=Rome,room\\ no=1,series=x"]),
    ] as [(String, [String])] {
      let store = try Self.store()
      _ = await Self.ask("query", [("query", query)], store: store)
      #expect(store.asked.withLock { $0 } == expected)
    }
  }

  @Test("A request that would be too large is refused by its bound")
  func bounds() async throws {
    func wide(_ count: Int) throws -> MemorySeries {
      MemorySeries(
        try (0..<count).map {
          (
            try Self.entry("s\($0)", measures: ["v", "w"]),
            Self.rows(-4...0) { _ in [Measure("v", .double(1)), Measure("w", .double(2))] }
          )
        })
    }
    let cases: [(limits: PrometheusLimits, path: String, query: String, status: Int, words: String)] = [
      (PrometheusLimits(series: 3), "query", "v", 200, ""),
      (PrometheusLimits(series: 2), "query", "v", 422, "more than 2 series"),
      (PrometheusLimits(series: 5), "query", "{__name__=~\"v|w\"}", 422, "more than 5 series"),
      (PrometheusLimits(series: 5), "query", "v{origin=~\".+\"}", 422, "more than 5 series"),
      (PrometheusLimits(series: 2), "series", "v", 200, ""),
      (PrometheusLimits(matches: 2), "series", "v", 422, "more than 2 series"),
      (PrometheusLimits(entries: 2), "query", "v", 422, "more than 2 series would have to be looked through"),
      (PrometheusLimits(entries: 2), "query", "v{series=\"s1\"}", 200, ""),
      // Five rows of three series, of one measure and of two.
      (PrometheusLimits(samples: 15), "query", "count_over_time(v[1h])", 200, ""),
      (PrometheusLimits(samples: 14), "query", "count_over_time(v[1h])", 422, "more than 14 samples"),
      (PrometheusLimits(samples: 30), "query", "last_over_time({__name__=~\"v|w\"}[1h])", 200, ""),
      (PrometheusLimits(samples: 29), "query", "last_over_time({__name__=~\"v|w\"}[1h])", 422, "more than 29 samples"),
      (PrometheusLimits(work: 9), "query", "v+1-1", 200, ""),
      (PrometheusLimits(work: 8), "query", "v+1-1", 422, "more than 8 values"),
    ]
    for (limits, path, query, status, words) in cases {
      let name = path == "series" ? "match[]" : "query"
      let answer = await Self.ask(path, [(name, query)], store: try wide(3), limits: limits)
      #expect(answer.status == status, "\(query): \(answer.body.prefix(300))")
      #expect(answer.body.contains(words))
    }
  }

  @Test("An answer that Lambda could not send is refused")
  func large() async throws {
    let row = SeriesRow(Sample(time: Self.now - 6_000_000, measures: [Measure("v", .double(1))]), origin: .history)
    let store = MemorySeries(try (0..<60).map { (try Self.entry("s\($0)", measures: ["v"]), [row]) })
    let answer = await Self.ask(
      "query_range",
      [("query", "last_over_time(v[1y]) / 3"), ("start", "1699997000"), ("end", "1700000000"), ("step", "1s")],
      store: store)
    #expect(answer.status == 422)
    #expect(answer.body.contains("larger than 5 MB"))
  }

  @Test("Series whose measures nobody knows are asked for their newest row, up to a bound that the answer tells")
  func unknown() async throws {
    let row = Self.rows(0...0) { _ in [Measure("v", .double(1))] }
    let store = MemorySeries(try (0..<103).map { (try Self.entry("s\($0)"), row) })
    let answer = await Self.ask("label/series/values", store: store)
    #expect(store.asked.withLock { $0 } == ["list ", "latest 100"])
    let json = try JSON(parsing: Array(answer.body.utf8))
    #expect(json["data"]?.array?.count == 100)
    #expect(json["warnings"]?.array?.first?.string?.hasPrefix("3 series are left out") == true)
  }

  @Test(
    "A store that fails is the answer's error, and its words go to the log alone",
    arguments: [
      (.throttled, "unavailable"), (.unavailable, "unavailable"), (.failed, "unavailable"), (.timedOut, "timeout"),
    ] as [(StoreError.Kind, String)])
  func failing(kind: StoreError.Kind, type: String) async throws {
    for path in ["query", "labels"] {
      let log = LogBook()
      let answer = await Self.ask(
        path, [("query", "v")], store: MemorySeries([], failure: StoreError(kind, "secret words")), log: log)
      #expect(answer.status == 503)
      #expect(answer.body.contains(#""errorType":"\#(type)""#))
      #expect(!answer.body.contains("secret"))
      #expect(log.lines(saying: "a store failed").count == 1)
    }
    #expect(await Self.ask("labels", store: nil).body.contains("IDENTIFIER_TABLE"))
  }

  @Test("A query ends with its timeout, whatever the store does")
  func late() async throws {
    let gate = Gate()
    let store = MemorySeries([], gate: gate)
    let answer = await Self.ask("query", [("query", "v"), ("timeout", "1ms")], store: store)
    #expect(answer.status == 503)
    #expect(answer.body.contains(#""errorType":"timeout""#))
    #expect(await Self.ask("query", [("query", "v")], store: store, deadline: Self.now + 1000).status == 503)
    gate.open()
  }

  @Test(
    "Labels of a written series",
    arguments: [
      ("m,a-b=1,a.b=2,a_b=3", "a_b=1 measurement=m series=m,a-b=1,a.b=2,a_b=3 tag_a_b=2 tag_tag_a_b=3"),
      (
        "m,1a=x,__name__=n,source=s",
        "_1a=x measurement=m series=m,1a=x,__name__=n,source=s tag___name__=n tag_source=s"
      ),
      ("m,é=x,origin=o", "_=x measurement=m series=m,origin=o,é=x tag_origin=o"), ("m", "measurement=m series=m"),
    ])
  func labels(identifier: String, expected: String) throws {
    let canonical = identifier == "m,é=x,origin=o" ? "m,origin=o,é=x" : identifier
    let labels = PrometheusLabels(try Self.entry(canonical, bucket: "b"))
    #expect(labels.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ") == expected)
  }
}
