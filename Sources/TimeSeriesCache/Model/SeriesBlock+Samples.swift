import CacheSupport

extension SeriesBlock {
  /// Samples in columns.
  ///
  /// - Parameter samples: ascending by instant, and none twice.
  package init(_ samples: some Collection<Sample>) {
    var builder = Builder(rows: samples.count)
    for sample in samples { builder.append(sample) }
    self = builder.block
  }

  /// The rows as samples.
  package var samples: [Sample] {
    var cursors = cursors
    var samples: [Sample] = []
    samples.reserveCapacity(count)
    var width = cursors.count
    for row in 0..<count {
      var values: [Measure] = []
      values.reserveCapacity(width)
      for index in cursors.indices {
        if let value = cursors[index].value(at: row) { values.append(Measure(cursors[index].name, value)) }
      }
      width = values.count
      samples.append(Sample(time: times[row], nanoseconds: nanoseconds?[row] ?? 0, measures: values))
    }
    return samples
  }

  /// Walks down the columns, side by side, in the order of their measures.
  var cursors: [ColumnCursor] {
    measures.flatMap { measure in measure.columns.map { ColumnCursor(name: measure.name, column: $0) } }
  }

  /// Walks down a column, row by row.
  struct ColumnCursor {
    /// Of the column's measure.
    let name: String
    private let column: ValueColumn
    /// Of the next value.
    private var place = 0

    init(name: String, column: ValueColumn) {
      self.name = name
      self.column = column
    }

    /// The row's value; nil where it has none.
    ///
    /// - Parameter row: later than all that were asked for before.
    mutating func value(at row: Int) -> MeasureValue? {
      if let rows = column.rows, place >= rows.count || Int(rows[place]) != row { return nil }
      defer { place += 1 }
      return column.values[place]
    }
  }

  /// Makes columns of samples, one after the other.
  struct Builder {
    private var times: [Int64] = []
    private var nanoseconds: [Int32]?
    private var columns: [ColumnsOfOneMeasure] = []
    private var places: [ByteText: Int] = [:]
    /// Which column each measure of the row before was in: as a rule the next row has the same.
    private var before: [Int] = []
    private var current: [Int] = []

    /// - Parameter rows: about how many there will be.
    init(rows: Int) { times.reserveCapacity(rows) }

    /// - Parameter sample: later than all before.
    mutating func append(_ sample: Sample) {
      if sample.nanoseconds != 0, nanoseconds == nil { nanoseconds = Array(repeating: 0, count: times.count) }
      nanoseconds?.append(sample.nanoseconds)
      let row = Int32(truncatingIfNeeded: times.count)
      times.append(sample.time)
      current.removeAll(keepingCapacity: true)
      for (position, measure) in sample.measures.enumerated() {
        let place: Int
        if position < before.count, columns[before[position]].name.hasSameBytes(as: measure.name) {
          place = before[position]
        } else if let known = places[ByteText(measure.name)] {
          place = known
        } else {
          place = columns.count
          places[ByteText(measure.name)] = place
          columns.append(ColumnsOfOneMeasure(name: measure.name))
        }
        columns[place].append(measure.value, row: row)
        current.append(place)
      }
      swap(&before, &current)
    }

    var block: SeriesBlock {
      SeriesBlock(
        times: times, nanoseconds: nanoseconds,
        measures: columns.sorted { ByteText($0.name) < ByteText($1.name) }.map { $0.measure(rows: times.count) })
    }
  }
}

/// The columns of one measure while rows are added.
private struct ColumnsOfOneMeasure {
  let name: String
  private var doubles: (rows: [Int32], values: [Double]) = ([], [])
  private var bigints: (rows: [Int32], values: [Int64]) = ([], [])
  private var booleans: (rows: [Int32], values: [Bool]) = ([], [])
  private var texts: (rows: [Int32], places: [Int32]) = ([], [])
  private var dictionary: [String] = []
  private var known: [ByteText: Int32] = [:]
  private var last: Int32 = -1

  init(name: String) { self.name = name }

  /// - Parameter row: of two values of one row the first counts.
  mutating func append(_ value: MeasureValue, row: Int32) {
    guard row > last else { return }
    last = row
    switch value {
    case .double(let value):
      doubles.rows.append(row)
      doubles.values.append(value)
    case .bigint(let value):
      bigints.rows.append(row)
      bigints.values.append(value)
    case .boolean(let value):
      booleans.rows.append(row)
      booleans.values.append(value)
    case .varchar(let text):
      texts.rows.append(row)
      let place = known[ByteText(text)] ?? Int32(truncatingIfNeeded: dictionary.count)
      if Int(place) == dictionary.count {
        known[ByteText(text)] = place
        dictionary.append(text)
      }
      texts.places.append(place)
    }
  }

  func measure(rows count: Int) -> MeasureColumns {
    var columns: [ValueColumn] = []
    func add(_ rows: [Int32], _ values: ColumnValues) {
      guard !rows.isEmpty else { return }
      columns.append(ValueColumn(rows: rows.count == count ? nil : rows, values: values))
    }
    add(doubles.rows, .doubles(doubles.values))
    add(bigints.rows, .bigints(bigints.values))
    add(texts.rows, .texts(dictionary, texts.places))
    add(booleans.rows, .booleans(booleans.values))
    return MeasureColumns(name: name, columns: columns)
  }
}
