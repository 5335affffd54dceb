import AWSClients
import CacheSupport

/// Samples that the records of one series become, in the order of time: those of one instant are one.
struct RecordMerger {
  /// Ascending by time, one for each instant: a millisecond, unless the records were read with their nanoseconds.
  var samples: [Sample] = []
  /// True where the cache itself wrote one of the last sample's records.
  private var lastIsOurs = false

  mutating func add(_ sample: Sample, isOurs: Bool) {
    // Of two records with one measure the cache's own counts, in whatever order Timestream gives them.
    let hasOurs =
      lastIsOurs && samples.last?.time == sample.time && samples.last?.nanoseconds == sample.nanoseconds
    if let last = samples.last, last.time == sample.time, last.nanoseconds != sample.nanoseconds {
      // An instant of its own, where they are told apart.
      if !sample.measures.isEmpty { samples.append(sample) }
    } else {
      samples.add(sample, counts: isOurs || !hasOurs)
    }
    lastIsOurs = isOurs || hasOurs
  }
}

/// What the pages of a query for whole records have given.
struct TimestreamReading {
  /// A record as it was read.
  struct Record {
    var sample: Sample
    var isOurs: Bool
    /// Of the dimensions that are asked for, in their order.
    var dimensions: [ByteText?]
    var measureName: String?
  }

  /// How many records were read.
  private(set) var records = 0
  private(set) var bytesMetered: Int64 = 0
  /// True where a page has a column of texts that may be a dimension, but was not known to be anything.
  private(set) var hasUnknownColumn = false
  private let layout: Layout

  /// Which columns are no measures, and which records are the cache's own.
  struct Layout {
    /// The measure name of the records that the cache writes; nil where it depends on the series.
    var ours: ByteText?
    /// The columns of the table; nil where every column that Timestream does not name itself is a measure, but the dimensions.
    var schema: TimestreamSchema?
    /// Dimensions that are read.
    var dimensions: [ByteText] = []
    /// True where samples keep what of their times is finer than a millisecond.
    var hasNanoseconds: Bool = false
  }

  init(_ layout: Layout) { self.layout = layout }

  /// Reads a page's records.
  mutating func read(_ answer: TimestreamAnswer, _ body: (Record) -> Void) throws(AWSError) {
    bytesMetered = max(bytesMetered, answer.bytesMetered)
    let columns = RecordColumns(answer.columns, layout)
    hasUnknownColumn = hasUnknownColumn || columns.hasUnknown
    var values = [MeasureValue?](repeating: nil, count: columns.names.count)
    var rows = answer.rows
    while try rows.nextRow() {
      records += 1
      var instant: (time: Int64, nanoseconds: Int32)?
      var measureName: String?
      var isOurs = false
      var single: MeasureValue?
      var dimensions = [ByteText?](repeating: nil, count: layout.dimensions.count)
      var index = 0
      while let cell = try rows.nextCell() {
        switch columns.roles[index] {
        case .time: instant = try rows.instant(cell)
        case .measureName:
          if let ours = layout.ours { isOurs = rows.equals(cell, ours) }
          if columns.hasSingle || layout.ours == nil { measureName = try rows.text(cell) }
        case .measure(let place, let type): values[place] = try rows.value(cell, type)
        case .single(let type): single = try rows.value(cell, type) ?? single
        case .dimension(let place): dimensions[place] = try rows.text(cell).map { ByteText($0) }
        case .other: break
        }
        index += 1
      }
      guard let instant else {
        throw AWSError(.unexpectedAnswer, "a row has no time", operation: "Timestream_20181101.Query")
      }
      var measures: [Measure] = []
      measures.reserveCapacity(values.count)
      for place in values.indices {
        guard let value = values[place] else { continue }
        measures.append(Measure(columns.names[place], value))
        values[place] = nil
      }
      if let single, let measureName { measures.merge([Measure(measureName, single)]) }
      body(
        Record(
          sample: Sample(
            time: instant.time, nanoseconds: layout.hasNanoseconds ? instant.nanoseconds : 0, measures: measures),
          isOurs: isOurs, dimensions: dimensions, measureName: measureName))
    }
  }
}

/// What each column of an answer is; those of measures by name.
private struct RecordColumns {
  enum Role {
    case time, measureName, other
    case measure(place: Int, String)
    /// `measure_value::double` and the like, of single-measure records: named by their measure name.
    case single(String)
    case dimension(place: Int)
  }

  var roles: [Role]
  var names: [String]
  var hasSingle = false
  var hasUnknown = false

  init(_ columns: [TimestreamQueryClient.Column], _ layout: TimestreamReading.Layout) {
    var measures: [(index: Int, name: String, type: String)] = []
    roles = columns.map { _ in .other }
    let dimensions = Set(layout.schema?.dimensions ?? [TimestreamHistory.dimension])
    for (index, column) in columns.enumerated() {
      guard case .scalar(let type) = column.type else { continue }
      let name = ByteText(column.name)
      switch column.name {
      case "time": roles[index] = .time
      case "measure_name": roles[index] = .measureName
      case _ where dimensions.contains(name):
        if let place = layout.dimensions.firstIndex(of: name) { roles[index] = .dimension(place: place) }
      case _ where column.name.hasPrefix("measure_value::"):
        roles[index] = .single(type)
        hasSingle = true
      case _ where column.name.hasPrefix(TimestreamHistory.ownColumns): break
      default:
        if let schema = layout.schema, type == "VARCHAR", !schema.has(name) { hasUnknown = true }
        measures.append((index, column.name, type))
      }
    }
    measures.sort { ByteText($0.name) < ByteText($1.name) }
    for (place, measure) in measures.enumerated() { roles[measure.index] = .measure(place: place, measure.type) }
    names = measures.map(\.name)
  }
}

extension TimestreamRows {
  func equals(_ cell: Cell, _ text: ByteText) -> Bool {
    guard case .scalar(let token) = cell else { return false }
    return reader.equals(token, bytesOf: text)
  }

  /// Epoch milliseconds; what is finer is cut off.
  func time(_ cell: Cell) throws(AWSError) -> Int64? { try instant(cell)?.time }

  /// Epoch milliseconds, and the nanoseconds after them.
  func instant(_ cell: Cell) throws(AWSError) -> (time: Int64, nanoseconds: Int32)? {
    guard case .scalar(let token) = cell else { return nil }
    guard let bytes = reader.plainBytes(token), let time = ISO8601Time(bytes) else {
      throw AWSError(
        .unexpectedAnswer, "'\(try text(cell)?.prefix(60) ?? "")' is not a time", operation: "Timestream_20181101.Query"
      )
    }
    return (time.epochMilliseconds(), Int32(time.time.nanosecond % 1_000_000))
  }

  func text(_ cell: Cell) throws(AWSError) -> String? {
    guard case .scalar(let token) = cell else { return nil }
    do throws(JSONError) { return try reader.text(token) } catch {
      throw AWSError(.unexpectedAnswer, "\(error)", operation: "Timestream_20181101.Query")
    }
  }

  /// Nil for null, and for what no measure can be: an array, NaN.
  func value(_ cell: Cell, _ type: String) throws(AWSError) -> MeasureValue? {
    guard case .scalar(let token) = cell else { return nil }
    switch type {
    case "DOUBLE": return reader.double(token).map { .double($0) }
    case "BIGINT", "INTEGER": return reader.int64(token).map { .bigint($0) }
    case "BOOLEAN": return .boolean(reader.equals(token, "true"))
    default: return try text(cell).map { .varchar($0) }
    }
  }

  /// A number, which may be infinite.
  func number(_ cell: Cell) throws(AWSError) -> Double? {
    guard case .scalar(let token) = cell else { return nil }
    if let number = reader.double(token) { return number }
    return try text(cell).flatMap { Double($0) }
  }
}
