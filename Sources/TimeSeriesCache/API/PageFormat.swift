import CacheSupport
import LambdaRuntime

/// How a CSV is laid out: one line an instant with a column a measure, or one line a value.
enum PageShape: String, Hashable, CaseIterable {
  case wide, flat

  init(parameter: String?, _ format: PageFormat) throws(APIError) {
    guard let parameter, !parameter.isEmpty else {
      self = .wide
      return
    }
    guard let shape = PageShape(rawValue: parameter) else {
      throw .badRequest("shape is '\(parameter.prefix(40))': give wide or flat")
    }
    guard shape == .wide || format == .csv else {
      throw .badRequest("shape=flat is one of CSV: add format=csv")
    }
    self = shape
  }
}

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
    let rows = request.bins == nil ? request.measures.map { Self.rows(page.rows, with: $0) } ?? page.rows : page.rows
    // A page's header names what was asked for, or what the page has; the names of bins are not those of measures.
    let asked = request.bins == nil ? request.measures : nil
    let isWide = self == .csv && request.shape == .wide
    let columns = isWide ? asked?.sorted().map(\.text) ?? Self.columns(rows) : []
    var body = RowWriter(format: self, shape: request.shape, columns: columns, rows: rows)
    body.begin(page, request)
    var next = page.next
    var last: Int64?
    for row in rows {
      guard body.append(row) else {
        guard let last else {
          throw .tooLarge("one row is larger than an answer may be: choose measures with 'measures'")
        }
        next = SeriesReader.Continuation(after: last, baseline: .init(page.baseline))
        break
      }
      last = row.time
    }
    let cursor = next.map { Cursor(range: request.range, after: $0).text }
    body.end(cursor: cursor)
    var headers = ["Content-Type": contentType]
    headers["X-Next-Cursor"] = cursor
    headers["X-Baseline"] = page.baseline.map { String($0) }
    return HTTPEventResponse(status: 200, headers: headers, body: body.writer.bytes)
  }

  /// Rows with the wanted measures alone; those that have none of them are left out.
  private static func rows(_ rows: [SeriesRow], with wanted: Set<ByteText>) -> [SeriesRow] {
    rows.compactMap { row in
      var row = row
      row.measures.removeAll { !wanted.contains(ByteText($0.name)) }
      return row.measures.isEmpty ? nil : row
    }
  }

  /// Every measure of a page, ordered. Most rows have the measures of the row before.
  private static func columns(_ rows: [SeriesRow]) -> [String] {
    var names: Set<ByteText> = []
    var before: [Measure] = []
    for row in rows {
      let isSame =
        row.measures.count == before.count
        && zip(row.measures, before).allSatisfy { $0.name.hasSameBytes(as: $1.name) }
      if !isSame { for measure in row.measures { names.insert(ByteText(measure.name)) } }
      before = row.measures
    }
    return names.sorted().map(\.text)
  }
}
