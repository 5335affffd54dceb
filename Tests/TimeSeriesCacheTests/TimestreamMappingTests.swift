import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Written series in Timestream: which tables, which dimensions, and that each is read back as it was written.
@Suite struct TimestreamMappingTests {
  static let now: Int64 = 1_800_000_000_000

  /// The rows of a series, as `time: name=value …`.
  static func rows(_ key: String, _ history: TimestreamHistory) async throws -> [String] {
    let range = try #require(TimeRange(from: 0, to: now))
    return try await history.rows(of: try .written(key), in: range, limit: 1000).samples.map { sample in
      let values = sample.measures.map { "\($0.name)=\($0.value.text)" }
      return "\(sample.time - now): \(values.joined(separator: " "))"
    }
  }

  static func part(_ key: String, _ pairs: [(Int64, [Measure])]) throws -> SeriesSamples {
    SeriesSamples(
      series: try .written(key), samples: pairs.map { Sample(time: now + $0.0, measures: $0.1) })
  }

  static let modes: [[String: String]] = [
    ["table_mapping": "multi-table"], ["table_mapping": "single-table"],
    ["table_mapping": "single-table", "single_table_name": "all.of-it", "database_name": "an-other"],
  ]

  @Test("Each series is read back as it was written, whichever share a table or tags", arguments: modes)
  func roundTrip(mode: [String: String]) async throws {
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let history = try cloud.history(now: Self.now, mode)
      // The same tags in two tables, one of them a subset of the other's, both spellings of é, quotes, and no tags at all.
      let keys = [
        "tableA,h=1", "tableB,h=2", "tableB,h=1", "tableB", "tableB,h=1,k=1", "tableB,k=1",
        #"tableB,h=é"#, "tableB,h=e\u{301}", #"tableB,h=it's"#, #"tableB,h=a"b"#, "tableB,é=1", "tableB,e\u{301}=1",
      ]
      let parts = try keys.enumerated().map { index, key in
        try Self.part(
          key, [(-2000, [Measure("v", .bigint(Int64(index)))]), (-1000, [Measure("v", .bigint(Int64(-index)))])])
      }
      let outcomes = await history.write(parts, version: Self.now)
      #expect(outcomes.map(\.stored) == keys.map { _ in 2 })
      #expect(outcomes.allSatisfy { $0.failure == nil && $0.rejected.isEmpty })
      for (index, key) in keys.enumerated() {
        #expect(try await Self.rows(key, history) == ["-2000: v=\(index)", "-1000: v=\(-index)"], "\(key)")
      }
      #expect(try await Self.rows("tableB,h=3", history) == [])
      #expect(try await Self.rows("tableB,other=1", history) == [])
      #expect(try await Self.rows("tableC,h=1", history) == [])
      let latest = try await history.latest(of: try keys.map { try .written($0) } + [.written("tableC,h=1")])
      #expect(latest.samples.count == keys.count)
      for (index, key) in keys.enumerated() {
        #expect(latest.samples[try .written(key)]?.measures == [Measure("v", .bigint(Int64(-index)))])
      }
    }
  }

  @Test("A table that got a dimension since it was described is read by the columns that it has now")
  func newDimension() async throws {
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let reader = try cloud.history(now: Self.now)
      let writer = try cloud.history(now: Self.now)
      _ = await writer.write([try Self.part("room,a=1", [(-9, [Measure("v", .double(1))])])], version: 1)
      #expect(try await Self.rows("room,a=1", reader) == ["-9: v=1"])
      _ = await writer.write([try Self.part("room,a=1,b=2", [(-5, [Measure("v", .double(2))])])], version: 1)
      #expect(try await Self.rows("room,a=1", reader) == ["-9: v=1"])
      #expect(try await reader.newest(of: try .written("room,a=1"), in: nil).time == Self.now - 9)
      _ = await writer.write([try Self.part("room,a=1,c=2", [(-4, [Measure("v", .double(3))])])], version: 1)
      #expect(try await reader.newest(of: try .written("room,a=1"), in: nil).time == Self.now - 9)
    }
  }

  @Test("Times finer than a millisecond are kept apart, and read as one row of their millisecond")
  func nanoseconds() async throws {
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let history = try cloud.history(now: Self.now)
      let samples = [
        Sample(time: Self.now - 5, measures: [Measure("a", .double(1))]),
        Sample(time: Self.now - 5, nanoseconds: 1, measures: [Measure("a", .double(2)), Measure("b", .double(3))]),
        Sample(time: Self.now - 5, nanoseconds: 999_999, measures: [Measure("b", .double(4))]),
      ]
      let outcome = await history.write(samples, of: try .written("fine,t=1"), version: 1)
      #expect(outcome.stored == 3)
      #expect(try await Self.rows("fine,t=1", history) == ["-5: a=2 b=4"])
      let answer = try await history.query.rows(#"SELECT "time" FROM "\#(history.mapping.database)"."fine" ORDER BY 1"#)
      #expect(
        answer.rows.map { $0[0].text ?? "" } == [
          "2027-01-15 07:59:59.995000000", "2027-01-15 07:59:59.995000001", "2027-01-15 07:59:59.995999999",
        ])
    }
  }

  @Test("However many writers find tables missing, each is made once, one a second") func creation() async throws {
    let asked = Recorder<String>()
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let http = RoutedHTTP(real: cloud.http, isSource: { _ in false }) { _ in .json(500, "") }
      let counting = CountingHTTP(real: http, asked: asked)
      let client = try AWSClient(environment: cloud.environment, http: counting, clock: .fixed(Self.now))
      let sleeps = SleepBook()
      var mapping = TimestreamMapping(database: "made-here")
      mapping.partitionKey = .dimension(name: "h", isRequired: true)
      mapping.tableTags = [.init("team", "a")]
      let history = TimestreamHistory(
        client, database: "d", table: "t", mapping: mapping, clock: .fixed(Self.now), sleep: sleeps.sleep)
      let outcomes = try await mapConcurrently(Array(0..<20), limit: 20) { index in
        await history.write(
          [
            try Self.part("one,h=\(index)", [(-9, [Measure("v", .double(1))])]),
            try Self.part("two,h=\(index)", [(-9, [Measure("v", .double(1))])]),
          ], version: 1)
      }
      #expect(outcomes.joined().allSatisfy { $0.stored == 1 && $0.failure == nil })
      #expect(asked.elements.filter { $0.hasSuffix("CreateDatabase") }.count == 1)
      #expect(asked.elements.filter { $0.hasSuffix("CreateTable") }.count == 2)
      #expect(sleeps.durations == [.seconds(1), .seconds(1)])
    }
  }

  static let disabled: [([String: String], String)] = [
    (
      ["enable_table_creation": "false"],
      "the table 'mmm' does not exist: make it, or set enable_table_creation to true"
    ),
    (
      ["database_name": "nowhere", "enable_database_creation": "f"],
      "the database 'nowhere' does not exist: make it, or set enable_database_creation to true"
    ),
  ]

  @Test("Where nothing may be made, the samples are rejected and the variable is named", arguments: disabled)
  func creationDisabled(variables: [String: String], reason: String) async throws {
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let history = try cloud.history(now: Self.now, variables)
      let outcomes = await history.write([try Self.part("mmm,h=1", [(-9, [Measure("v", .double(1))])])], version: 1)
      #expect(outcomes[0].rejected.first.map(\.reason) == [reason])
      #expect(outcomes[0].failure == nil)
    }
  }

  private static let long = String(repeating: "x", count: 300)

  static let limits: [(String, [Measure], String)] = [
    ("m", [Measure("v", .double(1))], "the measurement 'm' cannot be a table's name"),
    (#"a\ b"#, [Measure("v", .double(1))], "the measurement 'a b' cannot be a table's name"),
    (String(long.prefix(257)), [Measure("v", .double(1))], "cannot be a table's name"),
    ("mmm,time=1", [Measure("v", .double(1))], "the tag 'time' is refused: Timestream keeps the name for itself"),
    ("mmm,ts_x=1", [Measure("v", .double(1))], "the tag 'ts_x' is refused"),
    ("mmm,a:b=1", [Measure("v", .double(1))], "the tag 'a:b' is refused: Timestream takes no colon in a name"),
    (
      "mmm,\(long.prefix(61))=1", [Measure("v", .double(1))],
      "the tag '\(long.prefix(60))…' is refused: it has 61 bytes; 60 are the most of a dimension's name"
    ),
    (
      "mmm,\(many(129))", [Measure("v", .double(1))],
      "the series has 129 tags; a record of Timestream takes 128 dimensions"
    ),
    ("mmm,identifier=mmm", [Measure("v", .double(1))], "has the value by which the series without tags is kept"),
    ("mmm,a=1", [Measure("a", .double(1))], "'a' is the name of both a tag and a field"),
    ("mmm", [Measure("identifier", .double(1))], "'identifier' is the name of both a tag and a field"),
    ("mmm", [Measure("measure_name_x", .double(1))], "the field 'measure_name_x' is refused"),
    ("mmm", [Measure(String(long.prefix(257)), .double(1))], "has a name of 257 bytes; 256 are the most"),
    ("mmm", [Measure("v", .varchar(""))], "the field 'v' is an empty text; Timestream takes 1 to 2048 bytes"),
    ("mmm", [Measure("v", .varchar(text(2049)))], "the field 'v' has a text of 2049 bytes; Timestream takes 1 to 2048"),
    ("mmm", [Measure("v", .varchar(text(2048))), Measure("w", .boolean(true))], "the fields have 2049 bytes together"),
    ("mmm", (0..<257).map { Measure("v\($0 + 100)", .boolean(true)) }, "the point has 257 fields"),
    ("mmm", [], "the point has 0 fields"),
  ]

  private static func many(_ count: Int) -> String { (0..<count).map { "t\($0 + 100)=1" }.joined(separator: ",") }
  private static func text(_ count: Int) -> String { String(repeating: "y", count: count) }

  @Test(
    "What Timestream does not take is rejected before it is sent, by what is at fault and the limit", arguments: limits)
  func isRejected(key: String, measures: [Measure], reason: String) async throws {
    let http = FakeHTTP([.success(.json(500, ""))])
    let client = try AWSClient(environment: StoreFaultTests.environment, http: http, clock: .fixed(Self.now))
    let history = TimestreamHistory(client, database: "d", table: "t")
    let outcomes = await history.write([try Self.part(key, [(-9, measures)])], version: 1)
    #expect(outcomes[0].rejected.count == 1)
    #expect(outcomes[0].rejected.first.first?.reason.contains(reason) ?? false, "\(outcomes[0].rejected.first)")
    #expect(http.requests.isEmpty)
  }

  @Test("What is just within the limits is stored") func justWithin() async throws {
    try await TestCloud.with(clock: .fixed(Self.now)) { cloud in
      let history = try cloud.history(now: Self.now)
      let parts = [
        try Self.part("mmm,\(Self.many(128))", [(-9, [Measure("v", .double(1))])]),
        try Self.part("nnn,\(Self.long.prefix(60))=\(Self.text(1900))", [(-9, [Measure("v", .double(1))])]),
        try Self.part(String(Self.long.prefix(256)), [(-9, [Measure("v", .double(1))])]),
        try Self.part("ooo", [(-9, [Measure(String(Self.long.prefix(256)), .varchar(Self.text(2048)))])]),
        try Self.part("ppp", [(-9, (0..<256).map { Measure("v\($0 + 100)", .double(1)) })]),
      ]
      let outcomes = await history.write(parts, version: 1)
      for outcome in outcomes { #expect(outcome.stored == 1, "\(outcome)") }
    }
  }

  static let tags: [(String, [TimestreamMapping.ResourceTag]?)] = [
    ("", []), ("  ", []), ("a", [.init("a", "")]), ("a=1,b=2", [.init("a", "1"), .init("b", "2")]),
    (",,a=1,,b=2,", [.init("a", "1"), .init("b", "2")]), ("a=b=c", [.init("a", "b=c")]),
    (" a = 1 , b = 2 ", [.init("a", "1"), .init("b", "2")]), ("a=", [.init("a", "")]), ("=1", nil), ("=", nil),
  ]

  @Test("Tags are read as pairs; one without a key is an error", arguments: tags)
  func readsTags(text: String, tags: [TimestreamMapping.ResourceTag]?) {
    let environment: ProcessEnvironment = ["table_tags": text]
    #expect((try? TimestreamMapping.tags("table_tags", environment)) == tags)
  }

  static let faults: [([String: String], String)] = [
    (["table_mapping": "both"], "table_mapping is 'both': give multi-table or single-table"),
    (["enable_table_creation": "yes"], "enable_table_creation is 'yes': give true, t or 1, or false, f or 0"),
    (["mem_store_retention_period": "0"], "mem_store_retention_period is '0': give a whole number from 1 to 8766"),
    (["mag_store_retention_period": "73001"], "mag_store_retention_period is '73001'"),
    (["custom_partition_key_type": "tag"], "custom_partition_key_type is 'tag': give dimension or measure"),
    (["custom_partition_key_type": "dimension"], "custom_partition_key_dimension is not set"),
    (
      ["enforce_custom_partition_key": "often"],
      "enforce_custom_partition_key is 'often': give required or optional, true"
    ),
    (["database_tags": "=1"], "database_tags is '=1': '=1' has no key; give key=value,key=value"),
    (["table_mapping": "single-table", "single_table_name": "a b"], "single_table_name is 'a b': a table or database"),
    (["database_name": "x"], "database_name is 'x': a table or database"),
  ]

  @Test("A variable that cannot be used is named, and what it takes", arguments: faults)
  func namesVariable(variables: [String: String], message: String) {
    let environment = ProcessEnvironment(["TS_DB_NAME": "base"]).merging(variables)
    let error = #expect(throws: EnvironmentError.self) { try TimestreamMapping(environment: environment) }
    #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
  }

  @Test("Every variable has a default, and each is read") func variables() throws {
    #expect(try TimestreamMapping(environment: ["TS_DB_NAME": "base"]) == TimestreamMapping(database: "base"))
    var mapping = TimestreamMapping(database: "other")
    mapping.tables = .single(table: "one.table")
    mapping.createsDatabase = false
    mapping.createsTables = false
    mapping.memoryHours = 1
    mapping.magneticDays = 2
    mapping.magneticWrites = false
    mapping.partitionKey = .dimension(name: "host", isRequired: true)
    mapping.databaseTags = [.init("a", "1")]
    mapping.tableTags = [.init("b", "2")]
    mapping.kmsKeyID = "key"
    #expect(
      try TimestreamMapping(environment: [
        "TS_DB_NAME": "base", "database_name": "other", "table_mapping": "single-table",
        "single_table_name": "one.table",
        "enable_database_creation": "F", "enable_table_creation": "0", "mem_store_retention_period": "1",
        "mag_store_retention_period": "2", "enable_mag_store_writes": "False", "custom_partition_key_type": "dimension",
        "custom_partition_key_dimension": "host", "enforce_custom_partition_key": "t", "database_tags": "a=1",
        "table_tags": "b=2", "kms_key_id": "key",
      ]) == mapping)
  }

  @Test("Series that share a request say what they have in common once") func commonAttributes() async throws {
    let http = FakeHTTP([.success(.json(200, #"{"RecordsIngested":{"Total":2}}"#))])
    let client = try AWSClient(environment: StoreFaultTests.environment, http: http, clock: .fixed(Self.now))
    let history = TimestreamHistory(client, database: "d", table: "t")
    let value = [Measure("v", .bool(true))]
    _ = await history.write(
      [try Self.part("mmm,a=1,h=x", [(-9, value)]), try Self.part("mmm,a=2,h=x", [(-8, value)])], version: 7)
    let requests = http.requests.map { try? JSON(parsing: $0.body) }
    #expect(
      requests == [
        [
          "DatabaseName": "d", "TableName": "mmm",
          "CommonAttributes": [
            "Dimensions": [["Name": "h", "Value": "x"]], "MeasureName": "influxdb-measure", "MeasureValueType": "MULTI",
            "TimeUnit": "MILLISECONDS", "Version": 7,
          ],
          "Records": [
            [
              "Dimensions": [["Name": "a", "Value": "1"]], "Time": "1799999999991",
              "MeasureValues": [["Name": "v", "Value": "true", "Type": "BOOLEAN"]],
            ],
            [
              "Dimensions": [["Name": "a", "Value": "2"]], "Time": "1799999999992",
              "MeasureValues": [["Name": "v", "Value": "true", "Type": "BOOLEAN"]],
            ],
          ],
        ]
      ])
  }
}

extension MeasureValue {
  static func bool(_ value: Bool) -> MeasureValue { .boolean(value) }
  /// As a test shows it.
  var text: String {
    switch self {
    case .double(let value): JSONWriter.text(of: value)
    case .bigint(let value): String(value)
    case .varchar(let value): "'\(value)'"
    case .boolean(let value): String(value)
    }
  }
}

/// A client that notes the operations it is asked for.
struct CountingHTTP: HTTPClient {
  let real: any HTTPClient
  let asked: Recorder<String>

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    asked.append(request.headers["x-amz-target"] ?? "")
    return try await real.send(request)
  }
}
