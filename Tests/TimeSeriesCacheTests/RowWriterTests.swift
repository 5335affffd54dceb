import CacheSupport
import LambdaRuntime
import Testing

@testable import TimeSeriesCache

/// Rows that are written straight from their columns are those that a simple writer would write from the rows.
@Suite struct RowWriterTests {
  private static let identifier = "a,\"b\""

  private static func request(_ format: PageFormat, _ shape: PageShape) throws -> SeriesRequest {
    let query = [("from", "0"), ("to", "1000")].map {
      HTTPEvent.QueryItem(name: Array($0.0.utf8), value: Array($0.1.utf8))
    }
    var request = try SeriesRequest(
      identifier: Identifier(identifier), query: QueryParameters(query), accept: nil, now: 2000)
    request.format = format
    request.shape = shape
    return request
  }

  private static func text(_ value: MeasureValue, _ format: PageFormat) -> String {
    switch value {
    case .double(let number): JSON.double(number).text
    case .bigint(let number): "\(number)"
    case .varchar(let text): format == .csv ? field(text) : JSON.string(text).text
    case .boolean(let flag): "\(flag)"
    }
  }

  /// RFC 4180.
  private static func field(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// The page, from its rows alone.
  private static func page(_ rows: [SeriesRow], _ format: PageFormat, _ shape: PageShape) -> String {
    switch format {
    case .json, .ndjson:
      let objects = rows.map { row in
        let values = row.measures.map { "\(JSON.string($0.name).text):\(text($0.value, format))" }
        return
          "{\"time\":\(row.time),\"values\":{\(values.joined(separator: ","))},\"origin\":\"\(row.origin.rawValue)\"}"
      }
      if format == .ndjson { return objects.map { $0 + "\n" }.joined() }
      let head = "{\"identifier\":\(JSON.string(identifier).text),\"from\":0,\"to\":1000,\"baseline\":500,\"rows\":["
      return head + objects.joined(separator: ",") + "],\"next\":null}"
    case .csv:
      let names = Set(rows.flatMap(\.measures).map { ByteText($0.name) }).sorted().map(\.text)
      var lines = [
        shape == .flat
          ? "time,series,measure,value,origin" : (["time", "origin"] + names.map(field)).joined(separator: ",")
      ]
      for row in rows {
        let (time, origin) = (UTCTime(epochMilliseconds: row.time).iso8601Text, row.origin.rawValue)
        if shape == .flat {
          lines += row.measures.map {
            [time, field(identifier), field($0.name), text($0.value, format), origin].joined(separator: ",")
          }
        } else {
          let values = names.map { row[$0].map { text($0, format) } ?? "" }
          lines.append(([time, origin] + values).joined(separator: ","))
        }
      }
      return lines.map { $0 + "\r\n" }.joined()
    }
  }

  @Test("They are, in each format and shape", arguments: 0..<8 as Range<UInt64>) func rows(seed: UInt64) throws {
    for seed in (seed * 25)..<(seed * 25 + 25) {
      var random = RandomRows(seed: seed)
      let samples = random.rows(upTo: 60).map(\.sample)
      // What has happened comes first, and either may be all.
      let parts = [0, samples.count / 2, samples.count][Int(seed % 3)]
      let rows = samples.enumerated().map { SeriesRow($1, origin: $0 < parts ? .history : .forecast) }
      let page = SeriesReader.Page(baseline: 500, rows: rows)
      for format in PageFormat.allCases {
        for shape in PageShape.allCases {
          let response = try format.response(page, Self.request(format, shape))
          let expected = Array(Self.page(rows, format, shape).utf8)
          #expect(response.body == expected, "seed \(seed), \(format), \(shape)")
        }
      }
    }
  }

  @Test("A page that is full ends at a whole row, and tells where the next begins") func limit() throws {
    let long = String(repeating: "x", count: 100_000)
    let rows = (0..<60).map { number in
      SeriesRow(Sample(time: Int64(number), measures: [Measure("m", .varchar(long))]), origin: .history)
    }
    let page = SeriesReader.Page(baseline: 500, rows: rows)
    for format in [PageFormat.json, .ndjson] {
      let response = try format.response(page, Self.request(format, .wide))
      let cursor = try #require(response.headers["X-Next-Cursor"])
      func first(_ count: Int) -> String {
        let text = Self.page(Array(rows.prefix(count)), format, .wide)
        return text.replacing("\"next\":null", with: "\"next\":\(JSON.string(cursor).text)")
      }
      // Each row names the store that it came from.
      let written = String(decoding: response.body, as: UTF8.self).split(separator: "history").count - 1
      #expect(response.body == Array(first(written).utf8))
      // The limit holds for the rows; what ends a page comes after it.
      let end = format == .json ? QuotedText("],\"next\":\(JSON.string(cursor).text)}").count : 0
      #expect(QuotedText(first(written)).count - end <= PageFormat.limit)
      #expect(QuotedText(first(written + 1)).count - end > PageFormat.limit)
    }
  }
}
