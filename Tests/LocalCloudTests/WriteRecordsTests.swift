import CacheSupport
import SQLiteStore
import Testing

@testable import LocalCloud

/// What WriteRecords stores, and what it refuses.
@Suite struct WriteRecordsTests {
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
    try store.makeTable([
      "RetentionProperties": ["MemoryStoreRetentionPeriodInHours": 12, "MagneticStoreRetentionPeriodInDays": 5],
      "MagneticStoreWriteProperties": ["EnableMagneticStoreWrites": .bool(magnetic)],
    ])
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
}
