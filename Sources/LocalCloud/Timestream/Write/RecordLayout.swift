import CacheSupport
import TimestreamSQL

/// Which columns a record fills, in the order of its values.
struct RecordLayout: Sendable {
  struct Column: Sendable {
    var name: ByteText
    var kind: TimestreamStore.Column.Kind
    var type: TimestreamType
  }

  let columns: [Column]
  /// The type of the one value of a record that is not of the type MULTI.
  let single: TimestreamType?

  /// All measures of a type share a column.
  init(single type: TimestreamType) {
    single = type
    columns = [Column(name: ByteText("measure_value::\(type.name)"), kind: .measure, type: type)]
  }

  /// - Throws: ValidationException for a name that is there twice.
  init(
    _ measures: ArraySlice<WriteRecordsRequest.Measure>, _ texts: borrowing JSONReader
  ) throws(ServiceError) {
    var columns: [Column] = []
    for measure in measures {
      guard let type = measure.type.scalar else {
        throw IncomingRecords.invalid("MULTI is an invalid measure value type")
      }
      columns.append(Column(name: ByteText(texts.content(measure.name)), kind: .multi, type: type))
    }
    guard Set(columns.map(\.name)).count == columns.count else {
      throw IncomingRecords.invalid("Duplicate measure names.")
    }
    single = nil
    self.columns = columns
  }

  /// True where measures have these names and types, in this order.
  func fits(_ measures: ArraySlice<WriteRecordsRequest.Measure>, _ texts: borrowing JSONReader) -> Bool {
    guard single == nil, measures.count == columns.count else { return false }
    for (measure, column) in zip(measures, columns) {
      guard measure.type.scalar == column.type, texts.equals(measure.name, bytesOf: column.name) else { return false }
    }
    return true
  }

  /// Why records of a series with these columns are rejected whatever the table.
  func fault(with series: IncomingSeries) -> String? {
    for column in columns where column.kind == .multi {
      let name = column.name.text
      if let reservation = IncomingSeries.reservation(of: name) { return reservation }
      if series.dimensions.contains(where: { $0.name == column.name }) {
        return "'\(name)' is the name of both a dimension and a measure."
      }
      if name.utf8.count > 256 { return "The measure name '\(name.prefix(40))…' is longer than 256 bytes." }
    }
    return nil
  }
}
