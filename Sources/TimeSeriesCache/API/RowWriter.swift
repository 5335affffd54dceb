import CacheSupport

/// Appends rows to a body, straight into bytes, and keeps count of what Lambda's quoting will add.
struct RowWriter {
  let format: PageFormat
  let shape: PageShape
  /// The measures of a CSV, ordered by their bytes.
  let columns: [String]
  private(set) var writer: JSONWriter
  private var escapes = 0
  private var isFirst = true
  /// The names of the row before as they are written, each with what is before and after it: most rows have the same.
  private var names: [(name: String, json: [UInt8])] = []
  /// The identifier as a field of a flat CSV, with the commas around it.
  private var series: [UInt8] = []

  /// - Parameter rows: for which room is made at once, rather than while the body grows: those like the first take about as much.
  init(format: PageFormat, shape: PageShape = .wide, columns: [String], rows: [SeriesRow] = []) {
    let bytes = rows.count.multipliedReportingOverflow(by: 56 + 24 * (rows.first?.measures.count ?? 0))
    writer = JSONWriter(capacity: min(max(bytes.overflow ? .max : bytes.partialValue, 4096), PageFormat.limit))
    self.format = format
    self.shape = shape
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
    case .csv where shape == .flat:
      writer.raw("time,series,measure,value,origin\r\n")
      var field = JSONWriter()
      field.raw(",")
      field.field(request.identifier.text)
      field.raw(",")
      series = field.bytes
    case .csv:
      writer.raw("time,origin")
      for column in columns {
        writer.raw(",")
        writer.field(column)
      }
      writer.raw("\r\n")
    case .ndjson: break
    }
    escapes = JSONWriter.escapes(in: writer.bytes.span)
  }

  /// - Returns: false where the row would pass the limit; it is then not written.
  mutating func append(_ row: SeriesRow) -> Bool {
    let before = writer.bytes.count
    switch format {
    case .json:
      if !isFirst { writer.raw(",") }
      object(row)
    case .ndjson:
      object(row)
      writer.raw("\n")
    case .csv where shape == .flat: lines(row)
    case .csv: line(row)
    }
    let more = JSONWriter.escapes(in: writer.bytes.span.extracting(before...))
    guard writer.bytes.count + escapes + more <= PageFormat.limit else {
      writer.truncate(to: before)
      return false
    }
    escapes += more
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
    for place in row.measures.indices {
      if place == names.count || !names[place].name.hasSameBytes(as: row.measures[place].name) {
        let name = row.measures[place].name
        names.removeSubrange(place...)
        names.append((name, Self.member(name, isFirst: place == 0)))
      }
      writer.raw(names[place].json)
      row.measures[place].value.write(to: &writer)
    }
    writer.raw(row.origin == .history ? "},\"origin\":\"history\"}" : "},\"origin\":\"forecast\"}")
  }

  /// `"name":`, after a comma where it is not the first.
  private static func member(_ name: String, isFirst: Bool) -> [UInt8] {
    var writer = JSONWriter(capacity: name.utf8.count + 4)
    if !isFirst { writer.raw(",") }
    writer.string(name)
    writer.raw(":")
    return writer.bytes
  }

  /// Columns and measures have one order, so that one walk finds them all.
  private mutating func line(_ row: SeriesRow) {
    writer.iso8601(row.time)
    writer.raw(row.origin == .history ? ",history" : ",forecast")
    var next = 0
    for column in columns {
      writer.raw(",")
      while next < row.measures.count, ByteText(row.measures[next].name) < ByteText(column) { next += 1 }
      guard next < row.measures.count, row.measures[next].name.hasSameBytes(as: column) else { continue }
      field(row.measures[next].value)
      next += 1
    }
    writer.raw("\r\n")
  }

  /// One line a value: `time,series,measure,value,origin`.
  private mutating func lines(_ row: SeriesRow) {
    for measure in row.measures {
      writer.iso8601(row.time)
      writer.raw(series)
      writer.field(measure.name)
      writer.raw(",")
      field(measure.value)
      writer.raw(row.origin == .history ? ",history\r\n" : ",forecast\r\n")
    }
  }

  private mutating func field(_ value: MeasureValue) {
    if case .varchar(let text) = value { writer.field(text) } else { value.write(to: &writer) }
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
}

extension SeriesRow {
  /// As a page of JSON has it.
  var json: JSON {
    var values = JSONObject()
    for measure in measures { values[measure.name] = measure.value.json }
    return ["time": .integer(time), "values": .object(values), "origin": .string(origin.rawValue)]
  }
}

extension MeasureValue {
  var json: JSON {
    switch self {
    case .double(let value): .double(value)
    case .bigint(let value): .integer(value)
    case .varchar(let value): .string(value)
    case .boolean(let value): .bool(value)
    }
  }
}

extension JSONWriter {
  /// RFC 4180: a field with a comma, quote or line break is put in quotes, its own doubled.
  fileprivate mutating func field(_ text: String) {
    let isQuoted = text.utf8.contains { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 10 || byte == 13
    }
    raw((isQuoted ? Quoting.doubled(text, quote: "\"") : text).utf8Span.span)
  }

  /// `2015-08-30T12:36:00Z`, with milliseconds only where there are some.
  fileprivate mutating func iso8601(_ milliseconds: Int64) {
    raw(UTCTime(epochMilliseconds: milliseconds).iso8601Text.utf8Span.span)
  }
}
