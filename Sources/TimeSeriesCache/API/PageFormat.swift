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
    // The names of bins are not those of measures.
    let asked = request.bins == nil ? request.measures : nil
    var parts = page.parts
    if let asked { for place in parts.indices { parts[place].block = parts[place].block.with(asked) } }
    // A page's header names what was asked for, or what the page has.
    let isWide = self == .csv && request.shape == .wide
    let names = asked ?? Set(parts.lazy.flatMap { $0.block.measures.map { ByteText($0.name) } })
    var body = RowWriter(
      format: self, shape: request.shape, columns: isWide ? names.sorted().map(\.text) : [],
      rows: parts.reduce(0) { $0 + $1.block.count })
    body.begin(page, request)
    var next = page.next
    if !parts.allSatisfy({ body.append($0) }) {
      guard let last = body.last else {
        throw .tooLarge("one row is larger than an answer may be: choose measures with 'measures'")
      }
      next = SeriesReader.Continuation(after: last, baseline: .init(page.baseline))
    }
    let cursor = next.map { Cursor(range: request.range, after: $0).text }
    body.end(cursor: cursor)
    var headers = ["Content-Type": contentType]
    headers["X-Next-Cursor"] = cursor
    headers["X-Baseline"] = page.baseline.map { String($0) }
    return HTTPEventResponse(status: 200, headers: headers, content: .quoted(body.body))
  }
}
