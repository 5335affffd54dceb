import CacheSupport

/// Requests to Timestream Write, written straight into bytes.
enum TimestreamRequest {
  /// WriteRecords with samples of one series; what they share is said once, in `CommonAttributes`.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_WriteRecords.html>.
  static func records(
    _ samples: ArraySlice<Sample>, of identifier: Identifier, version: Int64, into table: TimestreamSQL
  ) -> [UInt8] {
    var writer = JSONWriter(capacity: 512 + samples.count * (64 + 72 * (samples.first?.measures.count ?? 0)))
    writer.raw("{\"DatabaseName\":")
    writer.string(table.database)
    writer.raw(",\"TableName\":")
    writer.string(table.table)
    writer.raw(",\"CommonAttributes\":{\"Dimensions\":[{\"Name\":")
    writer.string(TimestreamSQL.dimension)
    writer.raw(",\"Value\":")
    writer.string(identifier.text)
    writer.raw("}],\"MeasureName\":")
    writer.string(TimestreamHistory.measureName.text)
    writer.raw(",\"MeasureValueType\":\"MULTI\",\"TimeUnit\":\"MILLISECONDS\",\"Version\":")
    writer.integer(version)
    writer.raw("},\"Records\":[")
    for (index, sample) in samples.enumerated() {
      writer.raw(index == 0 ? "{\"Time\":\"" : ",{\"Time\":\"")
      writer.integer(sample.time)
      writer.raw("\",\"MeasureValues\":[")
      for (index, measure) in sample.measures.enumerated() {
        writer.raw(index == 0 ? "{\"Name\":" : ",{\"Name\":")
        writer.string(measure.name)
        writer.raw(",\"Value\":")
        measure.value.writeTimestream(to: &writer)
      }
      writer.raw("]}")
    }
    writer.raw("]}")
    return writer.bytes
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
