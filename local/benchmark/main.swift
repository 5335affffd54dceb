import AWSClients
import CacheSupport
import CommandLineSupport
import Foundation
import HTTPTransport
import LambdaRuntime
import TimeSeriesCache

// The paths that carry rows, each from bytes to bytes or samples, beside Foundation's coders in the same run: ratios count, for
// machines differ and are noisy. `local/bench/bench.py` measures the functions around them.

/// The least time of several runs, in milliseconds.
func least(of runs: Int = 15, _ body: () async throws -> Int) async rethrows -> Double {
  var best = Double.infinity
  var kept = 0
  for _ in 0..<runs {
    let start = ContinuousClock.now
    kept &+= try await body()
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

/// Stores that answer at once with the same page.
struct CannedHTTP: HTTPClient {
  var timestream: [UInt8] = Array(#"{"QueryId":"Q","Rows":[],"ColumnInfo":[]}"#.utf8)
  var dynamoDB: [UInt8] = Array(#"{"Items":[]}"#.utf8)

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let isTimestream = request.headers["X-Amz-Target"]?.hasPrefix("Timestream") ?? false
    return HTTPResponse(status: 200, body: isTimestream ? timestream : dynamoDB)
  }
}

Program.tell(
  help: Arguments.help(
    [],
    """
    Usage: benchmark

    Measures the paths that carry rows beside Foundation's coders, and prints the least time of several runs of each.

    Example:
      benchmark
    """))

let environment: ProcessEnvironment = [
  "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
  "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "TS_DB_NAME": "d", "TS_TABLE_NAME": "t", "FUTURE_TABLE": "f",
  "FORECAST_LAYOUT": "items", "API_KEY": "k",
]
let identifier = try Identifier("greenwich")
guard let range = TimeRange(from: 0, to: 4_000_000_000_000) else { exit(1) }

func reader(_ http: CannedHTTP) throws -> SeriesReader {
  try SeriesReader(environment: environment, client: AWSClient(environment: environment, http: http))
}

// MARK: DynamoDB

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

let items = (0..<9000).map { number in
  #"{"time":{"N":"\#(1_800_000_000 + number * 300)"},"values":{"M":{"elevation":{"N":"\#(Double(number) / 7)"},"irradiance":{"N":"\#(number)"}}}}"#
}
let dynamoDB = Array(#"{"Count":9000,"ScannedCount":9000,"Items":[\#(items.joined(separator: ","))]}"#.utf8)
let forecasts = try reader(CannedHTTP(dynamoDB: dynamoDB))
report(
  "A page of DynamoDB, 9,000 items, to rows of the series", bytes: dynamoDB.count,
  ours: try await least { try await forecasts.page(of: Series(identifier), in: range, limit: 10_000).rows.count },
  peer: "JSONDecoder",
  try await least { try JSONDecoder().decode(DynamoDBPage.self, from: Data(dynamoDB)).items.count })

// MARK: Timestream

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

/// A page of Timestream with doubles beside the columns that every table has.
func timestreamPage(rows: Int, measures: [String]) -> [UInt8] {
  let columns =
    [("identifier", "VARCHAR"), ("measure_name", "VARCHAR"), ("time", "TIMESTAMP")] + measures.map { ($0, "DOUBLE") }
  let info = columns.map { #"{"Name":"\#($0.0)","Type":{"ScalarType":"\#($0.1)"}}"# }.joined(separator: ",")
  let data = (0..<rows).map { row in
    let time = UTCTime(epochMilliseconds: 1_800_000_000_000 + Int64(row) * 300_000)
    let cells =
      ["greenwich", "sample", "\(time.dateText) \(time.timeText).000000000"]
      + measures.indices.map { "\(Double(row + $0) / 7)" }
    return #"{"Data":[\#(cells.map { #"{"ScalarValue":"\#($0)"}"# }.joined(separator: ","))]}"#
  }
  return Array(#"{"QueryId":"Q","Rows":[\#(data.joined(separator: ","))],"ColumnInfo":[\#(info)]}"#.utf8)
}

let timestream = timestreamPage(rows: 9000, measures: ["elevation", "irradiance"])
let history = try reader(CannedHTTP(timestream: timestream))
report(
  "A page of Timestream, 9,000 rows, to rows of the series", bytes: timestream.count,
  ours: try await least { try await history.page(of: Series(identifier), in: range, limit: 10_000).rows.count },
  peer: "JSONDecoder",
  try await least { try JSONDecoder().decode(TimestreamPage.self, from: Data(timestream)).rows.count })

// MARK: Answers

/// A request to the API function, from Lambda's event to Lambda's answer.
func answer(_ http: CannedHTTP, _ query: String) async throws -> Int {
  let handler = try APIHandler(environment: environment, http: http)
  let event =
    #"{"httpMethod":"GET","path":"/v1/series/greenwich","headers":{"x-api-key":"k"},"queryStringParameters":{\#(query)}}"#
  let context = LambdaContext(requestID: "r", deadline: .max, logger: .silent)
  return try await handler.handle(Array(event.utf8), context).count
}

struct EncodedRow: Encodable {
  var time: Int64
  var values: [String: Double]
  var origin: String
}
let rows = (0..<9000).map {
  EncodedRow(
    time: Int64($0) * 300_000, values: ["elevation": Double($0) / 7, "irradiance": Double($0 + 1) / 7],
    origin: "history")
}
let wide = timestreamPage(rows: 500, measures: (0..<200).map { "measure\($0)" })
let all = #""from":"0","to":"4000000000000","limit":"10000""#
report(
  "9,000 rows from Timestream's page to the function's answer",
  bytes: try await answer(CannedHTTP(timestream: timestream), all),
  ours: try await least { try await answer(CannedHTTP(timestream: timestream), all) }, peer: "JSONEncoder alone",
  try await least { try JSONEncoder().encode(rows).count })
let wideRows = (0..<500).map { row in
  EncodedRow(
    time: Int64(row) * 300_000,
    values: Dictionary(uniqueKeysWithValues: (0..<200).map { ("measure\($0)", Double(row + $0) / 7) }),
    origin: "history")
}
report(
  "500 rows of 200 measures, to an answer in CSV",
  bytes: try await answer(CannedHTTP(timestream: wide), all + #","format":"csv""#),
  ours: try await least { try await answer(CannedHTTP(timestream: wide), all + #","format":"csv""#) },
  peer: "JSONEncoder alone", try await least { try JSONEncoder().encode(wideRows).count })
Output.end()
