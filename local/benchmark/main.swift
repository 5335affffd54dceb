import AWSClients
import CacheSupport
import CommandLineSupport
import Foundation
import TimeSeriesCache

// The paths that carry rows, each beside a peer in the same run: ratios count, for machines differ and are noisy.

/// The least time of several runs, in milliseconds.
func least(of runs: Int = 15, _ body: () throws -> Int) rethrows -> Double {
  var best = Double.infinity
  var kept = 0
  for _ in 0..<runs {
    let start = ContinuousClock.now
    kept &+= try body()
    best = min(best, (ContinuousClock.now - start) / .milliseconds(1))
  }
  // The results are used, so that no run can be left out.
  precondition(kept != 0)
  return best
}

func report(_ name: String, bytes: Int, ours: Double, peer: String, _ theirs: Double) {
  func rate(_ milliseconds: Double) -> String { "\(Int(Double(bytes) / 1000 / milliseconds)) MB/s" }
  Output.line("\(name): \(bytes / 1000) kB")
  Output.line("  this project        \(String(format: "%8.2f", ours)) ms  \(rate(ours))")
  let padded = peer.padding(toLength: 20, withPad: " ", startingAt: 0)
  Output.line(
    "  \(padded)\(String(format: "%8.2f", theirs)) ms  \(rate(theirs))   ratio \(String(format: "%.1f", theirs / ours))"
  )
}

/// What Foundation's decoder needs to be told of DynamoDB's Query.
struct DynamoDBPage: Decodable {
  struct Value: Decodable {
    var string: String?
    var number: String?
    var map: [String: Value]?
    enum CodingKeys: String, CodingKey { case string = "S", number = "N", map = "M" }
  }
  var items: [[String: Value]]
  enum CodingKeys: String, CodingKey { case items = "Items" }
}

struct TimestreamPage: Decodable {
  struct Row: Decodable {
    struct Datum: Decodable {
      var scalar: String?
      enum CodingKeys: String, CodingKey { case scalar = "ScalarValue" }
    }
    var data: [Datum]
    enum CodingKeys: String, CodingKey { case data = "Data" }
  }
  var rows: [Row]
  enum CodingKeys: String, CodingKey { case rows = "Rows" }
}

let items = (0..<9000).map { number in
  #"{"identifier":{"S":"greenwich"},"time":{"N":"\#(1_800_000_000 + number * 300)"},"expiry":{"N":"1800604800"},"values":{"M":{"elevation":{"N":"\#(Double(number) / 7)"},"irradiance":{"N":"\#(number)"}}}}"#
}
let dynamoDB = Array(#"{"Count":9000,"ScannedCount":9000,"Items":[\#(items.joined(separator: ","))]}"#.utf8)
report(
  "A Query answer of DynamoDB, 9,000 items read", bytes: dynamoDB.count,
  ours: try least { try JSON(parsing: dynamoDB)["Items"]?.array?.compactMap { Item(item: $0) }.count ?? 0 },
  peer: "JSONDecoder",
  try least { try JSONDecoder().decode(DynamoDBPage.self, from: Data(dynamoDB)).items.count })

let rows = (0..<9000).map { number in
  #"{"Data":[{"ScalarValue":"greenwich"},{"ScalarValue":"sample"},{"ScalarValue":"2027-01-15 08:00:00.000000000"},{"ScalarValue":"\#(Double(number) / 7)"},{"NullValue":true}]}"#
}
let timestream = Array(#"{"QueryId":"Q","Rows":[\#(rows.joined(separator: ","))]}"#.utf8)
report(
  "A Query answer of Timestream, 9,000 rows read", bytes: timestream.count,
  ours: try least { try JSON(parsing: timestream)["Rows"]?.array?.count ?? 0 }, peer: "JSONDecoder",
  try least { try JSONDecoder().decode(TimestreamPage.self, from: Data(timestream)).rows.count })

struct EncodedRow: Encodable {
  var time: Int64
  var values: [String: Double]
  var origin: String
}
let samples = (0..<9000).map {
  EncodedRow(time: Int64($0) * 300_000, values: ["elevation": Double($0) / 7], origin: "history")
}
func written() -> [UInt8] {
  var writer = JSONWriter(capacity: 1 << 20)
  writer.raw("[")
  for (index, row) in samples.enumerated() {
    if index > 0 { writer.raw(",") }
    writer.raw("{\"time\":")
    writer.integer(row.time)
    writer.raw(",\"values\":{")
    for (name, value) in row.values {
      writer.string(name)
      writer.raw(":")
      writer.double(value)
    }
    writer.raw("},\"origin\":\"history\"}")
  }
  writer.raw("]")
  return writer.bytes
}
report(
  "9,000 rows written", bytes: written().count, ours: least { written().count }, peer: "JSONEncoder",
  try least { try JSONEncoder().encode(samples).count })
