import CacheSupport

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
