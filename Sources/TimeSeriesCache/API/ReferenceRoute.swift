import CacheSupport
import LambdaRuntime

/// `GET /timeSeries-data?startDate&endDate&identifier`: the route of the reference system, with its own answer.
///
/// `historicalRows` newest first, `futureRows` oldest first, each row `{identifier, cpu, time}` with the time in epoch
/// milliseconds. Unlike the reference's, the bounds are exact, values are numbers, no instant is in both arrays, and
/// status codes say what they mean.
struct ReferenceRequest: Hashable {
  var identifier: Identifier
  var range: TimeRange

  /// Rows of one answer, which has no pages.
  static let limit: Int = 30_000

  /// Other parameters are ignored, as the reference ignores them.
  init(query: QueryParameters) throws(APIError) {
    func text(_ name: ByteText) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
    guard let startDate = text("startDate"), let endDate = text("endDate"), let name = text("identifier") else {
      let missing = ["startDate", "endDate", "identifier"].filter { text(ByteText($0)) == nil }
      throw .badRequest("add \(missing.joined(separator: " and ")) to the query")
    }
    identifier = try Identifier(decoding: Array(name.utf8))
    let from = try Self.milliseconds("startDate", startDate)
    let to = try Self.milliseconds("endDate", endDate)
    guard let range = TimeRange(from: from, to: to) else {
      throw .badRequest("startDate is after endDate: exchange them")
    }
    self.range = range
  }

  private static func milliseconds(_ name: ByteText, _ text: String) throws(APIError) -> Int64 {
    do throws(TimeExpression.Failure) {
      if let milliseconds = try TimeExpression.milliseconds(text) { return milliseconds }
    } catch { throw .outOfBounds(name, text) }
    throw .badRequest("\(name) is '\(text.prefix(40))': give epoch milliseconds")
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
    return HTTPEventResponse(status: 200, headers: ["Content-Type": "application/json"], body: writer.bytes)
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
