import CacheSupport
import Testing

@testable import LocalCloud

/// How much of a request that breaks its model is kept, and told.
@Suite struct ConstraintTests {
  @Test("The first ten that are broken are told, and all are counted") func told() {
    var constraints = Constraints()
    for index in 0..<7 { constraints.violate("a.\(index)", nil, "not be null") }
    var others = Constraints()
    for index in 0..<1000 { others.violate("b.\(index)", "x", "satisfy enum value set: [Y]") }
    constraints.absorb(others)
    let expected =
      (0..<7).map { "Value null at 'a.\($0)' failed to satisfy constraint: Member must not be null" }
      + (0..<3).map {
        "Value 'x' at 'b.\($0)' failed to satisfy constraint: Member must satisfy enum value set: [Y]"
      }
    let error = #expect(throws: ServiceError.self) { try constraints.check() }
    #expect(error?.message == "1007 validation errors detected: " + expected.joined(separator: "; "))
  }

  private static func read(_ body: JSON) throws -> (kept: [Int], error: String?) {
    let bytes = body.bytes
    var reader = WriteRecordsReader(bytes.span)
    try reader.read()
    let kept = [reader.records.count, reader.dimensions.count, reader.measures.count]
    do throws(ServiceError) {
      _ = try IncomingRecords(try WriteRecordsRequest(bytes))
      return (kept, nil)
    } catch { return (kept, error.message) }
  }

  private static func record(dimensions: Int = 1, measures: Int = 0) -> JSON {
    let members: JSONObject = [
      "Dimensions": .array((0..<dimensions).map { ["Name": .string("d\($0)"), "Value": "v"] }),
      "MeasureName": "m", "Time": "1", "MeasureValueType": "MULTI",
      "MeasureValues": .array((0..<measures).map { ["Name": .string("m\($0)"), "Value": "1", "Type": "BIGINT"] }),
    ]
    return .object(members)
  }

  static let bodies: [(records: [JSON], kept: [Int], error: String?)] = [
    (Array(repeating: record(measures: 1), count: 100), [100, 100, 100], nil),
    (
      Array(repeating: record(measures: 1), count: 5000), [100, 100, 100],
      "1 validation error detected: Value '[5000 elements]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 100"
    ),
    ([record(dimensions: 128, measures: 256)], [1, 128, 256], nil),
    (
      [record(dimensions: 3000, measures: 1)], [1, 128, 1],
      "1 validation error detected: Value '[3000 elements]' at 'records.1.member.dimensions' failed to satisfy constraint: Member must have length less than or equal to 128"
    ),
    ([record(measures: 3000)], [1, 1, 257], "A multi-measure record has at most 256 measures."),
  ]

  @Test("What is past a limit is counted and not kept", arguments: bodies.indices) func bounded(index: Int) throws {
    let (records, kept, error) = Self.bodies[index]
    let found = try Self.read(["DatabaseName": "ddd", "TableName": "ttt", "Records": .array(records)])
    #expect(found.kept == kept)
    #expect(found.error == error)
  }

  @Test("Of a list that comes many times, one is kept") func repeated() throws {
    let list = #""Dimensions":[{"Name":"a","Value":"b"}],"MeasureValues":[{"Name":"m","Value":"1","Type":"BIGINT"}],"#
    let bytes = Array(
      (#"{"DatabaseName":"ddd","TableName":"ttt","Records":[{"# + String(repeating: list, count: 500)
        + #""MeasureName":"x","Time":"1","MeasureValueType":"MULTI"}]}"#).utf8)
    var reader = WriteRecordsReader(bytes.span)
    try reader.read()
    #expect([reader.records.count, reader.dimensions.count, reader.measures.count] == [1, 1, 1])
    _ = try IncomingRecords(try WriteRecordsRequest(bytes))
  }
}
