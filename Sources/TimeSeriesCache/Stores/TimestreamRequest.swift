import CacheSupport

/// Requests to Timestream Write, written straight into bytes.
enum TimestreamRequest {
  /// WriteRecords with samples of one table; what all records share is said once, in `CommonAttributes`: version, type, unit, and the
  /// measure name and those dimensions that are the same in every series of the request.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_WriteRecords.html>.
  static func records(_ batch: RecordBatch, version: Int64, into table: TimestreamTable) -> [UInt8] {
    let common = Common(batch)
    let measures = batch.runs.first?.samples.first?.measures.count ?? 0
    var writer = JSONWriter(capacity: 512 + batch.count * (64 + 72 * measures))
    writer.raw("{\"DatabaseName\":")
    writer.string(table.database.text)
    writer.raw(",\"TableName\":")
    writer.string(table.table.text)
    writer.raw(",\"CommonAttributes\":{")
    if !common.dimensions.isEmpty {
      write(common.dimensions, to: &writer)
      writer.raw(",")
    }
    if let name = common.measureName {
      writer.raw("\"MeasureName\":")
      writer.string(name)
      writer.raw(",")
    }
    writer.raw("\"MeasureValueType\":\"MULTI\",\"TimeUnit\":\"MILLISECONDS\",\"Version\":")
    writer.integer(version)
    writer.raw("},\"Records\":[")
    var isFirst = true
    for run in batch.runs {
      let own = common.dimensions.isEmpty ? run.place.dimensions : run.place.dimensions.filter { !common.has($0) }
      for sample in run.samples {
        writer.raw(isFirst ? "{" : ",{")
        isFirst = false
        if !own.isEmpty {
          write(own, to: &writer)
          writer.raw(",")
        }
        if common.measureName == nil {
          writer.raw("\"MeasureName\":")
          writer.string(run.place.measureName)
          writer.raw(",")
        }
        write(sample, to: &writer)
      }
    }
    writer.raw("]}")
    return writer.bytes
  }

  /// The measure name and the dimensions that every series of a batch has.
  private struct Common {
    var measureName: String?
    var dimensions: [SeriesKey.Tag]

    init(_ batch: RecordBatch) {
      measureName = batch.runs.first?.place.measureName
      dimensions = batch.runs.first?.place.dimensions ?? []
      for run in batch.runs.dropFirst() {
        if let name = measureName, !name.hasSameBytes(as: run.place.measureName) { measureName = nil }
        if dimensions == run.place.dimensions { continue }
        let others = Set(run.place.dimensions)
        dimensions.removeAll { !others.contains($0) }
      }
    }

    func has(_ dimension: SeriesKey.Tag) -> Bool { dimensions.contains(dimension) }
  }

  private static func write(_ dimensions: [SeriesKey.Tag], to writer: inout JSONWriter) {
    writer.raw("\"Dimensions\":[")
    for (index, dimension) in dimensions.enumerated() {
      writer.raw(index == 0 ? "{\"Name\":" : ",{\"Name\":")
      writer.string(dimension.name.text)
      writer.raw(",\"Value\":")
      writer.string(dimension.value.text)
      writer.raw("}")
    }
    writer.raw("]")
  }

  private static func write(_ sample: Sample, to writer: inout JSONWriter) {
    writer.raw("\"Time\":\"")
    if sample.nanoseconds == 0 {
      writer.integer(sample.time)
    } else {
      // What is out of a record's bounds was rejected before: see `TimestreamLimits`.
      writer.integer(sample.time &* 1_000_000 &+ Int64(sample.nanoseconds))
      writer.raw("\",\"TimeUnit\":\"NANOSECONDS")
    }
    writer.raw("\",\"MeasureValues\":[")
    for (index, measure) in sample.measures.enumerated() {
      writer.raw(index == 0 ? "{\"Name\":" : ",{\"Name\":")
      writer.string(measure.name)
      writer.raw(",\"Value\":")
      measure.value.writeTimestream(to: &writer)
    }
    writer.raw("]}")
  }
}

extension MeasureValue {
  /// The value as text, then its type: `"21.5","Type":"DOUBLE"}`.
  fileprivate func writeTimestream(to writer: inout JSONWriter) {
    switch self {
    case .double(let value):
      writer.raw("\"")
      writer.double(value)
      writer.raw("\",\"Type\":\"DOUBLE\"}")
    case .bigint(let value):
      writer.raw("\"")
      writer.integer(value)
      writer.raw("\",\"Type\":\"BIGINT\"}")
    case .varchar(let value):
      writer.string(value)
      writer.raw(",\"Type\":\"VARCHAR\"}")
    case .boolean(let value):
      writer.raw(value ? "\"true\",\"Type\":\"BOOLEAN\"}" : "\"false\",\"Type\":\"BOOLEAN\"}")
    }
  }
}
