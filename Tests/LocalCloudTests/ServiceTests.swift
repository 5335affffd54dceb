import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

extension JSONObject {
  /// The object with a member replaced.
  fileprivate func with(_ name: String, _ value: JSON) -> JSONObject {
    var copy = self
    copy[name] = value
    return copy
  }
}

@Suite struct ServiceTests {
  // MARK: Timestream Write

  static let now: Int64 = 1_800_000_000_000

  /// Writes one record to a fresh store and gives what the service answers, in short.
  static func write(_ store: TimestreamStore, _ members: JSONObject, common: JSONObject? = nil) -> String {
    var record: JSONObject = [
      "Dimensions": [["Name": "id", "Value": "a"]], "MeasureName": "m", "MeasureValue": "1",
      "Time": .string(String(now)),
    ]
    for member in members.members { record[member.name] = member.value.isNull ? nil : member.value }
    var object: JSONObject = ["DatabaseName": "ddd", "TableName": "ttt", "Records": [.object(record)]]
    object["CommonAttributes"] = common.map { .object($0) }
    var input = Input(object)
    do throws(ServiceError) {
      let counts = try store.writeRecords(&input)["RecordsIngested"]
      return "\(counts?["MemoryStore"]?.int ?? -1)+\(counts?["MagneticStore"]?.int ?? -1)"
    } catch {
      let rejection = error.members["RejectedRecords"]?.array?.first
      return rejection.map {
        "\(error.status) \($0["Reason"]?.string ?? "")\($0["ExistingVersion"].map { " (\($0.text))" } ?? "")"
      } ?? "\(error.status) \(error.message ?? "")"
    }
  }

  static func store(magnetic: Bool = true) throws -> TimestreamStore {
    let store = TimestreamStore(
      storage: try Storage(folder: nil, schemas: LocalCloud.schemas), account: Account(), clock: .fixed(now))
    var database = Input(["DatabaseName": "ddd"])
    _ = try store.createDatabase(&database)
    var table = Input([
      "DatabaseName": "ddd", "TableName": "ttt",
      "RetentionProperties": ["MemoryStoreRetentionPeriodInHours": 12, "MagneticStoreRetentionPeriodInDays": 5],
      "MagneticStoreWriteProperties": ["EnableMagneticStoreWrites": .bool(magnetic)],
    ])
    _ = try store.createTable(&table)
    return store
  }

  static let hour: Int64 = 3_600_000
  static let older =
    "419 The record version 1 is lower than the existing version 2. A higher version is required to update the measure value. (2)"
  static let same =
    "419 A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs. (2)"

  static let records: [(members: JSONObject, answer: String)] = [
    (["Version": 2], "1+0"), (["Version": 2], "1+0"), (["Version": 1, "MeasureValue": "2"], older),
    (["Version": 1], older),
    (["Version": 2, "MeasureValue": "2"], same), (["Version": 3, "MeasureValue": "2"], "1+0"),
    (["Time": .string(String(now - 13 * hour))], "0+1"),
    (["Time": .string(String(now + 15 * 60_000 - 1))], "1+0"),
    (
      ["Time": .string(String(now + 15 * 60_000))],
      "419 The record timestamp is outside the time range [2027-01-09T19:35:00.000Z, 2027-01-15T08:15:00.000Z) of the data ingestion window."
    ),
    (["Time": .string(String(now - (5 * 24 + 12) * hour - 25 * 60_000))], "0+1"),
    (
      ["Time": .string(String(now - (5 * 24 + 12) * hour - 25 * 60_000 - 1))],
      "419 The record timestamp is outside the time range [2027-01-09T19:35:00.000Z, 2027-01-15T08:15:00.000Z) of the data ingestion window."
    ),
    (["Time": .string(String(now / 1000 - 1)), "TimeUnit": "SECONDS"], "1+0"),
    (["Time": .string(String((now - 7) * 1_000_000)), "TimeUnit": "NANOSECONDS"], "1+0"),
    (["Time": "noon"], "400 Invalid time for record."), (["Time": .null], "400 Invalid time for record."),
    (["MeasureValue": "NaN"], "400 'NaN' is not a valid value of the type DOUBLE."),
    (["MeasureValue": "-0.0"], "400 '-0.0' is not a valid value of the type DOUBLE."),
    (["MeasureValue": "x"], "400 'x' is not a valid value of the type DOUBLE."),
    (["MeasureValueType": "TIMESTAMP"], "400 TIMESTAMP is an invalid measure value type"),
    (
      ["MeasureValueType": "BIGINT", "MeasureValue": "5"],
      older.replacing("version 2", with: "version 3").replacing("(2)", with: "(3)")
    ),
    (["MeasureValueType": "BIGINT", "MeasureValue": "5", "MeasureName": "other"], "1+0"),
    (
      ["MeasureValueType": "DECIMAL"],
      "400 1 validation error detected: Value 'DECIMAL' at 'records.1.member.measureValueType' failed to satisfy constraint: Member must satisfy enum value set: [DOUBLE, BIGINT, VARCHAR, BOOLEAN, TIMESTAMP, MULTI]"
    ),
    (
      ["Dimensions": [["Name": "id", "Value": "a", "DimensionValueType": "X"]]],
      "400 1 validation error detected: Value 'X' at 'records.1.member.dimensions.1.member.dimensionValueType' failed to satisfy constraint: Member must satisfy enum value set: [VARCHAR]"
    ),
    (
      ["MeasureValue": ""],
      "400 1 validation error detected: Value '' at 'records.1.member.measureValue' failed to satisfy constraint: Member must have length greater than or equal to 1"
    ),
    (["MeasureValue": 5], "400 NUMBER_VALUE cannot be converted to String"),
    (["Dimensions": []], "400 At least one dimension is required for a record."),
    (["Dimensions": [["Name": "time", "Value": "a"]]], "419 The name 'time' is reserved."),
    (["Dimensions": [["Name": "ts_x", "Value": "a"]]], "419 The name 'ts_x' is reserved."),
    (["Dimensions": [["Name": "measure_value_x", "Value": "a"]]], "419 The name 'measure_value_x' is reserved."),
    (["Dimensions": [["Name": "a:b", "Value": "a"]]], "419 The name 'a:b' contains a colon."),
    (
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "long",
        "MeasureValues": [
          ["Name": "l1", "Value": .string(String(repeating: "é", count: 600)), "Type": "VARCHAR"],
          ["Name": "l2", "Value": .string(String(repeating: "x", count: 849)), "Type": "VARCHAR"],
        ],
      ], "419 The measure values are longer than 2048 bytes together."
    ),
    (
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "long",
        "MeasureValues": [
          ["Name": "l1", "Value": .string(String(repeating: "x", count: 2040)), "Type": "VARCHAR"],
          ["Name": "l3", "Value": "true", "Type": "BOOLEAN"], ["Name": "l4", "Value": "1", "Type": "BIGINT"],
        ],
      ], "419 The measure values are longer than 2048 bytes together."
    ),
    (["MeasureName": .null], "400 Measure name is required."),
    (
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "x",
        "MeasureValues": [["Name": "t", "Value": "1800000000000", "Type": "TIMESTAMP"]],
      ], "1+0"
    ),
    (
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "y",
        "MeasureValues": [["Name": "t", "Value": "1", "Type": "BIGINT"]],
      ], "419 The measure 't' has the type TIMESTAMP, not BIGINT."
    ),
    (
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "y",
        "MeasureValues": [["Name": "id", "Value": "1", "Type": "BIGINT"]],
      ], "419 'id' is the name of both a dimension and a measure."
    ),
  ]

  @Test("Records are stored or refused, each for its reason") func writeRecords() throws {
    let store = try Self.store()
    for (members, answer) in Self.records {
      #expect(Self.write(store, members) == answer, "\(JSON.object(members).text)")
    }
  }

  @Test("Common attributes are merged, and must not overlap") func common() throws {
    let store = try Self.store(magnetic: false)
    #expect(Self.write(store, [:], common: ["Dimensions": [["Name": "site", "Value": "n"]], "Version": 4]) == "1+0")
    #expect(
      Self.write(store, ["MeasureValue": "9"], common: ["Dimensions": [["Name": "site", "Value": "n"]], "Version": 3])
        .contains("(4)"))
    #expect(
      Self.write(store, [:], common: ["Dimensions": [["Name": "id", "Value": "n"]]])
        == "400 Dimension id is in both the record and the common attributes.")
    #expect(Self.write(store, ["Time": .string(String(Self.now - 13 * Self.hour))]).contains("of the memory store."))
  }

  @Test("A table has at most 8,192 measure names") func measureNames() throws {
    let store = try Self.store()
    func written(_ range: Range<Int>) -> String {
      var input = Input([
        "DatabaseName": "ddd", "TableName": "ttt",
        "Records": .array(
          range.map { number in
            [
              "Dimensions": [["Name": "id", "Value": "a"]], "MeasureName": .string("m\(number)"), "MeasureValue": "1",
              "Time": .string(String(Self.now)),
            ]
          }),
      ])
      do throws(ServiceError) { return try store.writeRecords(&input)["RecordsIngested"]?["Total"]?.text ?? "" } catch {
        return error.members["RejectedRecords"]?.array?.compactMap { $0["Reason"]?.string }.joined() ?? ""
      }
    }
    for start in stride(from: 0, to: 8100, by: 100) { #expect(written(start..<(start + 100)) == "100") }
    #expect(written(8100..<8192) == "92")
    #expect(written(8192..<8193) == "The table would have more than 8192 measure names.")
    #expect(written(8191..<8192) == "1")
  }

  @Test("A rejected record leaves no column, and texts are told apart by their bytes") func traces() throws {
    let store = try Self.store()
    func multi(_ names: [String], _ more: JSONObject = [:]) -> String {
      var members: JSONObject = [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "x",
        "MeasureValues": .array(names.map { ["Name": .string($0), "Value": "1", "Type": "BIGINT"] }),
      ]
      for member in more.members { members[member.name] = member.value }
      return Self.write(store, members)
    }
    #expect(multi(["a"]) == "1+0")
    #expect(multi(["a", "ghost"]).hasPrefix("419 A record already exists"))
    let columns = try store.storage.database.with { connection throws(DatabaseError) in
      try store.find("ddd", "ttt", connection)?.columns.map(\.name)
    }
    #expect(columns == ["id", "a"])

    // Composed, and a letter with its accent: two series, two values, two dimensions.
    let (composed, decomposed) = ("\u{e9}", "e\u{301}")
    for value in [composed, decomposed] {
      #expect(multi(["a"], ["Dimensions": [["Name": "id", "Value": .string(value)]]]) == "1+0")
    }
    let both: JSON = [["Name": .string(composed), "Value": "x"], ["Name": .string(decomposed), "Value": "y"]]
    #expect(multi(["a"], ["Dimensions": both]) == "1+0")
    let rows = try store.storage.database.with { connection throws(DatabaseError) in
      try connection.rows("SELECT count(*) FROM ts_series_1").first?.first
    }
    #expect(rows == .integer(4))
    let text: JSONObject = ["MeasureValueType": "VARCHAR", "MeasureName": "t", "MeasureValue": .string(composed)]
    #expect(Self.write(store, text) == "1+0")
    #expect(Self.write(store, text.with("MeasureValue", .string(decomposed))).hasPrefix("419 A record already exists"))
  }

  @Test("Without magnetic writes the memory store takes all that is taken") func slack() throws {
    let store = try Self.store(magnetic: false)
    #expect(Self.write(store, ["Time": .string(String(Self.now - 12 * Self.hour - 20 * 60_000))]) == "1+0")
  }

  @Test("The sweep takes rows that are too old, series that have none left, and what a crash left of deleted tables")
  func sweep() async throws {
    let store = try Self.store()
    for (series, ago) in [("a", 0), ("a", 100), ("b", 100)] {
      let dimensions: JSON = [["Name": "id", "Value": .string(series)]]
      let time = Self.now - Int64(ago) * Self.hour
      #expect(Self.write(store, ["Dimensions": dimensions, "Time": .string(String(time))]).count == 3)
    }
    func count(_ table: String) throws -> SQLValue? {
      try store.storage.database.with { connection throws(DatabaseError) in
        try connection.row("SELECT count(*) FROM \(table)")?[0]
      }
    }
    // Memory and magnetic store keep 132 hours: 40 hours on, those of 100 hours ago are over.
    let later = TimestreamStore(storage: store.storage, account: Account(), clock: .fixed(Self.now + 40 * Self.hour))
    try await store.sweepExpired()
    #expect(try count("ts_rows_1") == .integer(3))
    try await later.sweepExpired()
    #expect(try count("ts_rows_1") == .integer(1))
    #expect(try count("ts_series_1") == .integer(1))

    try store.storage.database.with { connection throws(DatabaseError) in
      try connection.execute("DELETE FROM timestream_tables")
    }
    try await store.sweepExpired()
    #expect(try count("sqlite_master WHERE name LIKE 'ts_%'") == .integer(0))
    // A table that comes after has another number.
    var table = Input(["DatabaseName": "ddd", "TableName": "ttt"])
    _ = try store.createTable(&table)
    #expect(try count("ts_rows_2") == .integer(0))
  }

  @Test("An account has at most 500 databases") func databases() throws {
    let store = try Self.store()
    func made(_ number: Int) throws {
      var input = Input(["DatabaseName": .string("database-\(number)")])
      _ = try store.createDatabase(&input)
    }
    for number in 1..<500 { try made(number) }
    #expect { try made(500) } throws: {
      ($0 as? ServiceError)?.type.hasSuffix("#ServiceQuotaExceededException") ?? false
    }
  }

  @Test("A thousand measures can be written, and written again") func wide() throws {
    let store = try Self.store()
    func record(_ version: Int, _ range: Range<Int>) -> JSONObject {
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "wide", "Version": .integer(version),
        "MeasureValues": .array(range.map { ["Name": .string("m\($0)"), "Value": "1", "Type": "DOUBLE"] }),
      ]
    }
    for start in stride(from: 0, to: 1000, by: 250) {
      var members = record(1, start..<(start + 250))
      members["Time"] = .string(String(Self.now + Int64(start)))
      #expect(Self.write(store, members) == "1+0")
      #expect(Self.write(store, members) == "1+0")
      members["Version"] = 2
      #expect(Self.write(store, members) == "1+0")
    }
    // The same time with other measures is another value, not the same one again.
    #expect(Self.write(store, record(2, 0..<5).with("Time", .string(String(Self.now)))).contains("(2)"))
    var more = record(1, 1000..<1100)
    more["Time"] = .string(String(Self.now + 5))
    #expect(
      Self.write(store, more) == "419 The table would have more than 1024 unique measures in multi-measure records.")
  }

  @Test("Results of one page are not kept for long") func keptResults() async throws {
    let store = try Self.store()
    let engine = try QueryEngine(store: store, clock: .fixed(Self.now))
    for number in 0..<300 {
      var input = Input([
        "QueryString": .string("SELECT '\(String(repeating: "x", count: 200_000))', \(number)"),
        "ClientToken": .string(RandomID.uuid()),
      ])
      let answer = try JSON(parsing: try await engine.answer(QueryRequest(&input)).body)
      #expect(answer["NextToken"] == nil)
    }
    #expect(engine.results.bytes <= QueryResults.repeatBytes + 200_100)
  }

  @Test("A batch's failures are named as Lambda reads them") func failures() {
    let batch: Set<String> = ["a", "b"]
    let cases: [(String, Set<String>?)] = [
      ("", []), ("null", []), ("{}", []), (#"{"batchItemFailures":[]}"#, []), (#"{"batchItemFailures":null}"#, []),
      (#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#, ["a"]),
      (#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, nil),
      (#"{"batchItemFailures":[{"itemIdentifier":"zz"}]}"#, nil), (#"{"batchItemFailures":[{}]}"#, nil), ("no", nil),
      (#"{"batchItemFailures":5}"#, nil),
    ]
    for (payload, failed) in cases {
      #expect(EventSource.failures(in: Array(payload.utf8), of: batch) == failed, "\(payload)")
    }
  }

  // MARK: Schedules and the sun

  static let schedules: [(text: String, after: String, next: String?)] = [
    ("cron(0 1 * * ? *)", "2026-11-20T00:59:59Z", "2026-11-20T01:00:00Z"),
    ("cron(0 1 * * ? *)", "2026-11-20T01:00:00Z", "2026-11-21T01:00:00Z"),
    ("cron(0/15 8-17 ? * MON-FRI *)", "2026-11-20T17:45:00Z", "2026-11-23T08:00:00Z"),
    ("cron(30 10 29 2 ? *)", "2026-11-20T00:00:00Z", "2028-02-29T10:30:00Z"),
    ("cron(0 0 ? * 1 *)", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
    ("cron(0 0 1 1 ? 2020)", "2026-11-20T00:00:00Z", nil),
    ("cron(0 0 L * ? *)", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z"),
    ("cron(0 0 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"),
    ("cron(0 0 1W * ? *)", "2026-07-31T00:00:00Z", "2026-08-03T00:00:00Z"),
    ("cron(0 0 31W * ? *)", "2027-01-01T00:00:00Z", "2027-01-29T00:00:00Z"),
    ("cron(0 0 20W * ? *)", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"),
    ("cron(0 0 ? * 6#3 *)", "2026-11-20T00:00:01Z", "2026-12-18T00:00:00Z"),
    ("cron(0 0 ? * FRI#3 *)", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"),
    ("cron(0 0 ? * 6L *)", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"),
    ("cron(0 0 ? * L *)", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("rate(5 minutes)", "2026-11-20T00:00:00Z", "2026-11-20T00:05:00Z"),
  ]

  @Test("Schedules fire when EventBridge's would", arguments: schedules.indices)
  func schedule(index: Int) throws {
    let (text, after, next) = Self.schedules[index]
    let instant = try #require(ISO8601Time(after)).epochMilliseconds()
    #expect(try Schedule(text).next(after: instant).map { UTCTime(epochMilliseconds: $0).iso8601Text } == next)
  }

  @Test(
    "What is no schedule is refused",
    arguments: [
      "", "daily", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "cron(0 1 * * * *)", "cron(60 1 * * ? *)",
      "cron(0 0 32W * ? *)", "cron(0 0 ? * 6#6 *)", "cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 ? * 8L *)",
      "cron(0 1 * * ?)", "cron(0 5-3 * * ? *)", "cron(0 0/0 * * ? *)",
    ])
  func badSchedule(text: String) { #expect(throws: Schedule.Failure.self) { try Schedule(text) } }

  /// From NOAA's own calculator (https://gml.noaa.gov/grad/solcalc/) the declination at the 2024 June solstice is 23.44° and
  /// at the March equinox 0°: the noon elevation is then 90° less latitude, plus the declination.
  @Test("The sun stands where it must") func sun() throws {
    func highest(_ day: String, _ latitude: Double, _ longitude: Double) throws -> Double {
      let start = try #require(ISO8601Time(day)).epochMilliseconds()
      return (0..<1440).map {
        SolarPosition(time: start + Int64($0) * 60_000, latitude: latitude, longitude: longitude).elevation
      }.max() ?? 0
    }
    #expect(abs(try highest("2024-06-20", 51.4779, 0) - (90 - 51.4779 + 23.437)) < 0.02)
    #expect(abs(try highest("2024-12-21", 51.4779, 0) - (90 - 51.4779 - 23.437)) < 0.02)
    #expect(abs(try highest("2024-03-20", 0, 0) - 90) < 0.3)
    #expect(
      SolarPosition(time: try #require(ISO8601Time("2024-06-20")).epochMilliseconds(), latitude: 51.4779, longitude: 0)
        .clearSkyIrradiance == 0)
  }

  @Test(
    "A day of the five-minute grid is 288 rows, wherever it starts",
    arguments: [0 as Int64, 1, 299_999, 300_000, -1, -300_001, 1_800_000_000_123])
  func grid(from: Int64) {
    let times = Array(SampleSource.grid(from: from, to: from + 86_400_000))
    #expect(times.count == 288)
    #expect(times.allSatisfy { $0 % 300_000 == 0 && $0 >= from && $0 < from + 86_400_000 })
  }

  @Test("The sample source wants its key") func sampleKey() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let url = cloud.cloud.address + "/sample/v1/sun?place=0,0&from=0&to=600000"
      #expect(try await cloud.http.send(HTTPRequest(url: url)).status == 401)
      let key = try await SSMClient(cloud.client).parameter(cloud.output("SourceKeyParameterName"))
      let answer = try await cloud.http.send(HTTPRequest(url: url, headers: ["x-api-key": key]))
      #expect(try JSON(parsing: answer.body)["data"]?.array?.count == 2)
      #expect(
        try await cloud.http.send(
          HTTPRequest(url: url.replacing("600000", with: "99999999999999"), headers: ["x-api-key": key])
        ).status == 400)
    }
  }

  // MARK: The process

  @Test("Data outlive the cloud; two clouds do not share a folder or a port") func restart() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "data-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let key = try await TestCloud.with(polls: false, configure: { $0.folder = folder }) { cloud async throws in
      try await cloud.register(["kept"])
      #expect(throws: (any Error).self) {
        var options = LocalCloud.Options(template: try TestCloud.template())
        options.port = 0
        options.folder = folder
        _ = try LocalCloud(options)
      }
      #expect(throws: HTTPServer.Failure.self) {
        _ = try HTTPServer(port: UInt16(cloud.cloud.address.split(separator: ":").last ?? "") ?? 0) { _ in
          .now(.text(200, ""))
        }
      }
      return cloud.output("ApiKey")
    }
    try await TestCloud.with(polls: false, configure: { $0.folder = folder }) { cloud async throws in
      #expect(cloud.output("ApiKey") == key)
      #expect(
        try await DynamoDBClient(cloud.client).getItem(
          ["identifier": .s("kept")], from: cloud.output("IdentifierTableName")) == [
            "identifier": .s("kept")
          ])
      let sources = try await SSMClient(cloud.client).parameter(cloud.output("SourcesParameterName"))
      #expect(sources.contains(cloud.cloud.address))
    }
  }

  @Test("A cloud whose function hangs ends at once all the same", .timeLimit(.minutes(10))) func stops() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "hang-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["Queue", "Fetch", "API"] {
      let file = folder.appending(path: "\(name)Function").path
      try Data(
        "#!/bin/sh\ncurl -s \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\" -o /dev/null; exec sleep 100\n"
          .utf8
      ).write(to: URL(filePath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    // The function's own limit is a quarter of an hour, longer than the test may take: whoever waits for it fails.
    let processes = try await TestCloud.with(configure: { $0.executables = folder.path }) { cloud async throws in
      let invocation = try await LambdaClient(cloud.client).invoke(cloud.output("QueueFunctionName"), type: .event)
      #expect(invocation.status == 202)
      #expect(try await eventually { !cloud.cloud.processIDs(of: cloud.output("QueueFunctionName")).isEmpty })
      return cloud.cloud.processIDs(of: cloud.output("QueueFunctionName"))
    }
    #expect(processes.allSatisfy { kill($0, 0) == -1 && errno == ESRCH })
  }

  @Test("A function past its timeout is killed and says so; one that cannot start is an error, not a hang")
  func timeouts() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "slow-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func install(_ name: String, _ script: String) throws {
      let file = folder.appending(path: "\(name)Function").path
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    try install(
      "Queue",
      "curl -s \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\" -o /dev/null; exec sleep 100")
    try install("Fetch", "exit 3")
    try await TestCloud.with(
      polls: false,
      configure: {
        $0.executables = folder.path
        // The queue function's alone: what ends at once may take longer than a second to, on a busy machine.
        try $0.template.edit("      Timeout: 900", "      Timeout: 1")
      }
    ) { cloud async throws in
      let client = LambdaClient(cloud.client)
      let slow = try await client.invoke("timeseries-cache-queue")
      #expect(slow.functionError == "Unhandled")
      #expect(String(decoding: slow.payload, as: UTF8.self).contains("Task timed out after 1.00 seconds"))
      let broken = try await client.invoke("timeseries-cache-fetch")
      #expect(String(decoding: broken.payload, as: UTF8.self).contains("exit status 3"))
      let missing = try await client.invoke("timeseries-cache-api")
      #expect(String(decoding: missing.payload, as: UTF8.self).contains("Runtime.InvalidEntrypoint"))
      await #expect { try await client.invoke("nobody") } throws: { ($0 as? AWSError)?.status == 404 }
    }
  }
}
