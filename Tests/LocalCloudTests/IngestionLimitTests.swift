import CacheSupport
import SQLiteStore
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

/// What a table has at most, and what a record that is refused leaves behind.
@Suite struct IngestionLimitTests {
  @Test("A table has at most 8,192 measure names") func measureNames() throws {
    let store = try WriteRecordsTests.store()
    func written(_ range: Range<Int>) -> String {
      var input = Input([
        "DatabaseName": "ddd", "TableName": "ttt",
        "Records": .array(
          range.map { number in
            [
              "Dimensions": [["Name": "id", "Value": "a"]], "MeasureName": .string("m\(number)"), "MeasureValue": "1",
              "Time": .string(String(WriteRecordsTests.now)),
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
    // One that is refused leaves no column behind, nor does it take the place of one.
    let refused: JSONObject = [
      "MeasureName": "m8192", "MeasureValueType": "MULTI", "MeasureValue": .null,
      "Dimensions": [["Name": "id", "Value": "a"], ["Name": "ghost", "Value": "b"]],
      "MeasureValues": [["Name": "spectre", "Value": "1", "Type": "BIGINT"]],
    ]
    for _ in 0..<2 {
      #expect(WriteRecordsTests.write(store, refused) == "419 The table would have more than 8192 measure names.")
    }
    let columns = try store.storage.read { connection throws(ServiceError) in
      try storing { try store.find("ddd", "ttt", connection)?.columns.map(\.name) }
    }
    #expect(columns == ["id", "measure_value::double"])
    var names = refused
    names["MeasureName"] = "m7"
    #expect(WriteRecordsTests.write(store, names) == "1+0")
  }

  @Test("A rejected record leaves no column, and texts are told apart by their bytes") func traces() throws {
    let store = try WriteRecordsTests.store()
    func multi(_ names: [String], _ more: JSONObject = [:]) -> String {
      var members: JSONObject = [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "x",
        "MeasureValues": .array(names.map { ["Name": .string($0), "Value": "1", "Type": "BIGINT"] }),
      ]
      for member in more.members { members[member.name] = member.value }
      return WriteRecordsTests.write(store, members)
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
    #expect(WriteRecordsTests.write(store, text) == "1+0")
    #expect(
      WriteRecordsTests.write(store, text.with("MeasureValue", .string(decomposed))).hasPrefix(
        "419 A record already exists"))
  }

  @Test("Without magnetic writes the memory store takes all that is taken") func slack() throws {
    let store = try WriteRecordsTests.store(magnetic: false)
    #expect(
      WriteRecordsTests.write(
        store, ["Time": .string(String(WriteRecordsTests.now - 12 * WriteRecordsTests.hour - 20 * 60_000))]) == "1+0")
  }

  @Test("A thousand measures can be written, and written again") func wide() throws {
    let store = try WriteRecordsTests.store()
    func record(_ version: Int, _ range: Range<Int>) -> JSONObject {
      [
        "MeasureValueType": "MULTI", "MeasureValue": .null, "MeasureName": "wide", "Version": .integer(version),
        "MeasureValues": .array(range.map { ["Name": .string("m\($0)"), "Value": "1", "Type": "DOUBLE"] }),
      ]
    }
    for start in stride(from: 0, to: 1000, by: 250) {
      var members = record(1, start..<(start + 250))
      members["Time"] = .string(String(WriteRecordsTests.now + Int64(start)))
      #expect(WriteRecordsTests.write(store, members) == "1+0")
      #expect(WriteRecordsTests.write(store, members) == "1+0")
      members["Version"] = 2
      #expect(WriteRecordsTests.write(store, members) == "1+0")
    }
    // The same time with other measures is another value, not the same one again.
    #expect(
      WriteRecordsTests.write(store, record(2, 0..<5).with("Time", .string(String(WriteRecordsTests.now)))).contains(
        "(2)"))
    var more = record(1, 1000..<1100)
    more["Time"] = .string(String(WriteRecordsTests.now + 5))
    #expect(
      WriteRecordsTests.write(store, more)
        == "419 The table would have more than 1024 unique measures in multi-measure records.")
  }
}
