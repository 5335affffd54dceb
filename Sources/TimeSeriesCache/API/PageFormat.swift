import CacheSupport
import LambdaRuntime

/// How a page is written: JSON, CSV (RFC 4180) or NDJSON.
enum PageFormat: String, Hashable, CaseIterable {
  case json, csv, ndjson

  /// Bytes of a body once Lambda's answer quotes it: the answer's limit is 6 MB.
  static let limit: Int = 5 << 20

  init(parameter: String?, accept: String?) throws(APIError) {
    if let parameter {
      guard let format = PageFormat(rawValue: parameter.lowercased()) else {
        throw .badRequest("format is '\(parameter.prefix(40))': give json, csv or ndjson")
      }
      self = format
      return
    }
    self = Self.preferred(in: accept ?? "")
  }

  /// The known type of the highest weight, the first of equals (RFC 9110 §12.5.1); JSON where none is known.
  private static func preferred(in accept: String) -> PageFormat {
    let types: [String: PageFormat] = [
      "application/json": .json, "text/csv": .csv, "application/x-ndjson": .ndjson, "application/ndjson": .ndjson,
    ]
    var best: (format: PageFormat, weight: Double) = (.json, 0)
    for part in accept.lowercased().split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
      guard let name = pieces.first, let format = types[name] else { continue }
      let weight = pieces.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      if weight > best.weight { best = (format, weight) }
    }
    return best.format
  }

  var contentType: String {
    switch self {
    case .json: "application/json"
    case .csv: "text/csv; charset=utf-8; header=present"
    case .ndjson: "application/x-ndjson"
    }
  }

  /// Writes a page, up to the byte limit; the rows that did not fit are the next page's.
  func response(_ page: SeriesReader.Page, _ request: SeriesRequest) throws(APIError) -> HTTPEventResponse {
    var rows: [SeriesRow] = []
    rows.reserveCapacity(page.rows.count)
    for var row in page.rows {
      if let wanted = request.measures {
        row.measures.removeAll { !wanted.contains(ByteText($0.name)) }
        if row.measures.isEmpty { continue }
      }
      rows.append(row)
    }
    // A page's header names what was asked for, or what the page has.
    var body = RowWriter(
      format: self, columns: self == .csv ? request.measures?.sorted().map(\.text) ?? Self.columns(rows) : [])
    body.begin(page, request)
    var next = page.next
    var last: Int64?
    for row in rows {
      guard body.append(row) else {
        guard let last else {
          throw .tooLarge("one row is larger than an answer may be: choose measures with 'measures'")
        }
        next = last
        break
      }
      last = row.time
    }
    let cursor = next.map { Cursor(range: request.range, after: $0).text }
    body.end(cursor: cursor)
    var headers = ["Content-Type": contentType, "Cache-Control": "no-store"]
    headers["X-Next-Cursor"] = cursor
    headers["X-Baseline"] = page.baseline.map { String($0) }
    return HTTPEventResponse(status: 200, headers: headers, body: body.writer.bytes)
  }

  private static func columns(_ rows: [SeriesRow]) -> [String] {
    var names: Set<String> = []
    for row in rows { for measure in row.measures { names.insert(measure.name) } }
    return names.sorted()
  }
}

/// Appends rows to a body, straight into bytes, and keeps count of what Lambda's quoting will add.
struct RowWriter {
  let format: PageFormat
  let columns: [String]
  private(set) var writer = JSONWriter(capacity: 64 << 10)
  private var quotes = 0
  private var isFirst = true

  init(format: PageFormat, columns: [String]) {
    self.format = format
    self.columns = columns
  }

  mutating func begin(_ page: SeriesReader.Page, _ request: SeriesRequest) {
    switch format {
    case .json:
      writer.raw("{\"identifier\":")
      writer.string(request.identifier.text)
      writer.raw(",\"from\":")
      writer.integer(request.range.from)
      writer.raw(",\"to\":")
      writer.integer(request.range.to)
      writer.raw(",\"baseline\":")
      if let baseline = page.baseline { writer.integer(baseline) } else { writer.raw("null") }
      writer.raw(",\"rows\":[")
    case .csv: csvLine(["time", "origin"] + columns)
    case .ndjson: break
    }
  }

  /// - Returns: false where the row would pass the limit; it is then not written.
  mutating func append(_ row: SeriesRow) -> Bool {
    let before = writer.bytes.count
    var escapes = quotes
    switch format {
    case .json:
      if !isFirst { writer.raw(",") }
      object(row)
    case .ndjson:
      object(row)
      writer.raw("\n")
    case .csv:
      csvLine(
        [UTCTime(epochMilliseconds: row.time).iso8601Text, row.origin.rawValue]
          + columns.map { row[$0]?.text ?? "" })
    }
    for byte in writer.bytes[before...] { escapes += byte.quotingCost }
    guard writer.bytes.count + escapes <= PageFormat.limit else {
      writer.truncate(to: before)
      return false
    }
    quotes = escapes
    isFirst = false
    return true
  }

  mutating func end(cursor: String?) {
    guard format == .json else { return }
    writer.raw("],\"next\":")
    if let cursor { writer.string(cursor) } else { writer.raw("null") }
    writer.raw("}")
  }

  private mutating func object(_ row: SeriesRow) {
    writer.raw("{\"time\":")
    writer.integer(row.time)
    writer.raw(",\"values\":{")
    for (index, measure) in row.measures.enumerated() {
      if index > 0 { writer.raw(",") }
      writer.string(measure.name)
      writer.raw(":")
      measure.value.write(to: &writer)
    }
    writer.raw("},\"origin\":\"")
    switch row.origin {
    case .history: writer.raw("history\"}")
    case .forecast: writer.raw("forecast\"}")
    }
  }

  /// RFC 4180: a field with a comma, quote or line break stands in quotes, its own doubled.
  private mutating func csvLine(_ fields: [String]) {
    let line = fields.map { field in
      field.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 }
        ? Quoting.doubled(field, quote: "\"") : field
    }.joined(separator: ",")
    writer.raw(Array((line + "\r\n").utf8))
  }
}

extension UInt8 {
  /// What a byte of a body grows by within Lambda's JSON answer.
  var quotingCost: Int {
    switch self {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x09, 0x0A, 0x0D: 1
    case 0..<0x20: 5
    default: 0
    }
  }
}

extension MeasureValue {
  func write(to writer: inout JSONWriter) {
    switch self {
    case .double(let value): writer.double(value)
    case .bigint(let value): writer.integer(value)
    case .varchar(let value): writer.string(value)
    case .boolean(let value): value ? writer.raw("true") : writer.raw("false")
    }
  }

  var text: String {
    switch self {
    case .double(let value): JSONWriter.text(of: value)
    case .bigint(let value): String(value)
    case .varchar(let value): value
    case .boolean(let value): value ? "true" : "false"
    }
  }
}
