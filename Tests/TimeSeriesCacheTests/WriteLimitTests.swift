import AWSClients
import CacheSupport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What Timestream takes and what it does not, through the write API and read back: the reference's cases, which look at the status alone.
@Suite(.timeLimit(.minutes(10))) struct WriteLimitTests {
  static let now = WriteHarness.now

  /// Lines of one series, and what becomes of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// Measurement and tags.
    let series: String
    /// The fields of each point, a second apart.
    let points: [String]
    /// Why the last point is refused; nil where all are stored.
    var refusal: String?
    var testDescription: String { name }
  }

  static func x(_ count: Int) -> String { String(repeating: "x", count: count) }
  static func tags(_ count: Int) -> String { (100..<(100 + count)).map { "t\($0)=1" }.joined(separator: ",") }
  static func fields(_ range: Range<Int>, _ value: String = "1") -> String {
    range.map { "f\($0)=\(value)" }.joined(separator: ",")
  }
  static func unique(_ count: Int) -> [String] {
    stride(from: 0, to: count, by: 256).map { fields($0..<min($0 + 256, count), "t") }
  }

  static let cases: [Case] = [
    Case(name: "float", series: "float", points: ["v=1.25"]), Case(name: "text", series: "text", points: ["v=\"a b\""]),
    Case(name: "boolean", series: "boolean", points: ["v=true"]),
    Case(name: "50 tags and 50 fields", series: "fifty,\(tags(50))", points: [fields(0..<50)]),
    Case(name: "a tag's longest name", series: "tag60,\(x(60))=\(x(1933))", points: ["v=1"]),
    Case(
      name: "tags beyond the longest identifier", series: "tag60,\(x(60))=\(x(1934))", points: ["v=1"],
      refusal: "has 2001 bytes; 2000 are the most"),
    Case(
      name: "the reference's longest pair, whose identifier is too long", series: "ttt,\(x(60))=\(x(1988))",
      points: ["v=1"],
      refusal: "2000 are the most"),
    Case(
      name: "a tag's name too long", series: "ttt,\(x(61))=1", points: ["v=1"],
      refusal: "it has 61 bytes; 60 are the most of a dimension's name"),
    Case(name: "128 tags", series: "many,\(tags(128))", points: ["v=1"]),
    Case(name: "129 tags", series: "ttt,\(tags(129))", points: ["v=1"], refusal: "the series has 129 tags"),
    Case(name: "a measurement's longest name", series: x(256), points: ["v=1"]),
    Case(
      name: "a measurement's name too long", series: x(257), points: ["v=1"], refusal: "cannot be a table's name"
    ),
    Case(name: "a field's longest name and text", series: "long", points: ["\(x(256))=\"\(x(2048))\""]),
    Case(
      name: "a field's name too long", series: "ttt", points: ["\(x(257))=1"],
      refusal: "has a name of 257 bytes; 256 are the most"),
    Case(
      name: "a field's text too long", series: "ttt,k=1", points: ["v=\"\(x(2049))\""],
      refusal: "has a text of 2049 bytes; Timestream takes 1 to 2048"),
    Case(name: "values of 2048 bytes", series: "bytes", points: ["a=\"\(x(2031))\",b=1,c=1i,d=t"]),
    Case(
      name: "values of 2049 bytes", series: "ttt,k=2", points: ["a=\"\(x(2032))\",b=1,c=1i,d=t"],
      refusal: "the fields have 2049 bytes together"),
    Case(name: "256 fields", series: "fields", points: [fields(0..<256)]),
    Case(name: "257 fields", series: "ttt,k=3", points: [fields(0..<257, "t")], refusal: "the point has 257 fields"),
    Case(name: "3 ms after 1970", series: "early", points: ["v=1 3"]),
    Case(name: "before 1970", series: "ttt,k=4", points: ["v=1 -1"], refusal: "the time is not between 1970 and 2262"),
  ]

  /// Makes the tables at once; the function makes one a second.
  static func makeTables(_ names: Set<String>, _ cloud: TestCloud) async throws {
    let client = TimestreamWriteClient(cloud.client)
    let database = try cloud.environment.require("TS_DB_NAME", "the database")
    for name in names {
      try await client.createTable(
        name, in: database, .init(memoryHours: 12, magneticDays: 73_000, magneticWrites: true))
    }
  }

  @Test("What is within Timestream's limits is read back as it was written; what is beyond them is named by its line")
  func limits() async throws {
    // All in one body: a refused line leaves the others alone.
    try await WriteHarness.with { harness async throws in
      let stored = Self.cases.filter { $0.refusal == nil }
      try await Self.makeTables(Set(stored.map { String($0.series.split(separator: ",")[0]) }), harness.cloud)
      var lines: [String] = []
      var refusals: [(line: Int, reason: String)] = []
      for test in Self.cases {
        for (place, fields) in test.points.enumerated() {
          let hasTime = fields.hasSuffix("v=1 3") || fields.hasSuffix("v=1 -1")
          lines.append(
            "\(test.series) \(fields)" + (hasTime ? "" : " \(Self.now - 1000 * Int64(test.points.count - place))"))
        }
        if let refusal = test.refusal { refusals.append((lines.count, refusal)) }
      }
      let response = await harness.write(lines.joined(separator: "\n"), ["precision": "ms"])
      #expect(response.status == 422)
      let message = PointWriterTests.message(response)
      #expect(message.hasSuffix("dropped=\(refusals.count)"))
      let told =
        message.split(separator: "partial write: line ").last.map { $0.split(separator: "; line ") } ?? []
      for (text, refusal) in zip(told, refusals) {
        #expect(text.hasPrefix("\(refusal.line): ") && text.contains(refusal.reason), "\(text.prefix(200))")
      }
      #expect(told.count == refusals.count)
      for test in stored {
        let rows = try await harness.rows(test.series, from: 0)
        #expect(rows.count == test.points.count, "\(test.name)")
        let read = Set(
          rows.flatMap { $0.split(separator: "=", maxSplits: 1)[1].split(separator: ",") }.map(String.init))
        let sent = test.points.flatMap { $0.split(separator: " 3")[0].split(separator: ",") }.map {
          String($0).replacing("=", with: ":").replacing("\"", with: "'").replacing(/:t$/, with: ":true")
        }
        #expect(read == Set(sent), "\(test.name)")
      }
    }
  }

  @Test("A table has 1,024 measures; the point that brings one more is refused by its line") func uniqueFields()
    async throws
  {
    try await WriteHarness.with { harness async throws in
      let points = Self.unique(1025)
      let lines = points.enumerated().map { "cpu \($1) \(Self.now - 9000 + Int64($0))" }
      #expect(await harness.write(lines.dropLast().joined(separator: "\n"), ["precision": "ms"]).status == 204)
      let response = await harness.write(([lines[0]] + lines.suffix(1)).joined(separator: "\n"), ["precision": "ms"])
      #expect(response.status == 422)
      #expect(PointWriterTests.message(response).contains("partial write: line 2: "))
      #expect(PointWriterTests.message(response).hasSuffix("dropped=1"))
      #expect(try await harness.rows("cpu").count == 4)
    }
  }

  static let partitions: [([String: String], bareIsTaken: Bool)] = [
    (["custom_partition_key_type": "dimension", "enforce_custom_partition_key": "optional"], true),
    (["custom_partition_key_type": "dimension", "enforce_custom_partition_key": "required"], false),
    (["custom_partition_key_type": "measure"], true),
    (["custom_partition_key_type": "measure", "enforce_custom_partition_key": "required"], true),
  ]

  @Test(
    "A point without the dimension that its table's partition key requires is refused by its line",
    arguments: partitions)
  func partitionKeys(variables: [String: String], bareIsTaken: Bool) async throws {
    let dimension = ["custom_partition_key_dimension": "host"]
    try await WriteHarness.with(variables.merging(dimension) { $1 }) { harness async throws in
      let response = await harness.write("cpu,host=a v=1\n# none\ncpu,place=x v=2\ncpu,host=b,place=x v=3")
      #expect(response.status == (bareIsTaken ? 204 : 422))
      if !bareIsTaken {
        #expect(PointWriterTests.message(response).contains("partial write: line 3: "))
        #expect(PointWriterTests.message(response).hasSuffix("dropped=1"))
      }
      #expect(try await harness.rows("cpu,host=a") == ["0=v:1"])
      #expect(try await harness.rows("cpu,host=b,place=x") == ["0=v:3"])
      #expect(try await harness.rows("cpu,place=x") == (bareIsTaken ? ["0=v:2"] : []))
    }
  }
}
