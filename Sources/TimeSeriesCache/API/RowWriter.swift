import CacheSupport

/// Appends rows to a body, straight from their columns into bytes, quoted as Lambda's answer has them.
struct RowWriter {
  let format: PageFormat
  let shape: PageShape
  /// The measures of a CSV, ordered by their bytes.
  let columns: [String]
  private(set) var body: QuotedText
  /// The time of the last row that was written.
  private(set) var last: Int64?
  /// The identifier as a field of a flat CSV.
  private var series = ""

  /// - Parameter rows: for which room is made at once, rather than while the body grows.
  init(format: PageFormat, shape: PageShape = .wide, columns: [String], rows: Int = 0) {
    body = QuotedText(capacity: min(4096 + min(rows, PageFormat.limit) * 96, PageFormat.limit))
    self.format = format
    self.shape = shape
    self.columns = columns
  }

  mutating func begin(_ page: SeriesReader.Page, _ request: SeriesRequest) {
    var writer = JSONWriter(capacity: 256)
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
    case .csv where shape == .flat:
      writer.raw("time,series,measure,value,origin\r\n")
      series = PageFormat.field(request.identifier.text)
    case .csv:
      writer.raw("time,origin")
      for column in columns { writer.raw(Array(("," + PageFormat.field(column)).utf8)) }
      writer.raw("\r\n")
    case .ndjson: break
    }
    body.append(writer.bytes.span)
  }

  /// - Returns: false where a row would pass the limit; it is then not written, nor are those after it.
  mutating func append(_ part: SeriesReader.Page.Part) -> Bool {
    let rows = BlockWriter(part, format, shape, columns: columns, series: series)
    var places = rows.places
    for row in part.block.times.indices {
      let (before, isFirst) = (body.count, last == nil)
      body.append(upTo: rows.most) { rows.write(row, isFirst: isFirst, &places, to: &$0) }
      guard body.count <= PageFormat.limit else {
        body.truncate(to: before)
        return false
      }
      last = part.block.times[row]
    }
    return true
  }

  mutating func end(cursor: String?) {
    guard format == .json else { return }
    var writer = JSONWriter(capacity: 256)
    writer.raw("],\"next\":")
    if let cursor { writer.string(cursor) } else { writer.raw("null") }
    writer.raw("}")
    body.append(writer.bytes.span)
  }

}
