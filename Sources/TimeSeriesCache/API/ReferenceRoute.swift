import CacheSupport
import LambdaRuntime

/// `GET /timeSeries-data?startDate&endDate&identifier`: the route of the reference system, with its own answer.
///
/// `historicalRows` newest first, `futureRows` oldest first, each row `{identifier, cpu, time}` with the time in epoch
/// milliseconds. Unlike the reference's, the bounds are exact, values are numbers, no instant stands in both arrays, and
/// status codes say what they mean.
struct ReferenceRequest: Hashable {
  var identifier: Identifier
  var range: TimeRange

  /// Rows of one answer, which has no pages.
  static let limit: Int = 30_000

  init(query: [String: String]) throws(APIError) {
    let missing = ["startDate", "endDate", "identifier"].filter { query[$0]?.isEmpty ?? true }
    guard missing.isEmpty else { throw .badRequest("add \(missing.joined(separator: " and ")) to the query") }
    func milliseconds(_ name: String) throws(APIError) -> Int64 {
      guard let time = query[name].flatMap({ Int64($0) }), TimeExpression.bounds.contains(time) else {
        throw .badRequest("\(name) is '\(query[name]?.prefix(40) ?? "")': give epoch milliseconds")
      }
      return time
    }
    do throws(InvalidIdentifier) { identifier = try Identifier(query["identifier"] ?? "") } catch {
      throw .badRequest(error.description)
    }
    guard let range = TimeRange(from: try milliseconds("startDate"), to: try milliseconds("endDate")) else {
      throw .badRequest("startDate lies behind endDate: exchange them")
    }
    self.range = range
  }

  func response(_ rows: [SeriesRow]) throws(APIError) -> HTTPEventResponse {
    var writer = JSONWriter(capacity: 64 + rows.count * 80)
    let split = rows.firstIndex { $0.origin == .forecast } ?? rows.endIndex
    writer.raw("{\"historicalRows\":[")
    write(rows[..<split].reversed(), to: &writer)
    writer.raw("],\"futureRows\":[")
    write(rows[split...], to: &writer)
    writer.raw("]}")
    let escapes = JSONWriter.escapes(in: writer.bytes.span)
    guard writer.bytes.count + escapes <= PageFormat.limit else { throw Self.tooMany }
    return HTTPEventResponse(
      status: 200, headers: ["Content-Type": "application/json", "Cache-Control": "no-store"], body: writer.bytes)
  }

  static let tooMany: APIError = .tooLarge(
    "the range has more rows than one answer may hold: ask for a shorter one, or page through /v1/series/{identifier}")

  private func write(_ rows: some Sequence<SeriesRow>, to writer: inout JSONWriter) {
    var isFirst = true
    for row in rows {
      if !isFirst { writer.raw(",") }
      isFirst = false
      writer.raw("{\"identifier\":")
      writer.string(identifier.text)
      writer.raw(",\"cpu\":")
      if let value = Self.value(of: row) { value.write(to: &writer) } else { writer.raw("null") }
      writer.raw(",\"time\":")
      writer.integer(row.time)
      writer.raw("}")
    }
  }

  /// The reference knows one measure: `cpu` or `value` where the series has it, else its first by name.
  private static func value(of row: SeriesRow) -> MeasureValue? {
    row["cpu"] ?? row["value"] ?? row.measures.first?.value
  }
}
