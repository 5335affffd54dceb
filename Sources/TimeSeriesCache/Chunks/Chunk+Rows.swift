import CacheSupport

extension Chunk {
  /// Rows in columns.
  ///
  /// - Parameter rows: ascending by instant, and none twice; others are put in order, and of one instant the highest version counts.
  package init(_ rows: [ChunkRow]) {
    let rows = rows.inOrder
    var columns: [ColumnsOfOneMeasure] = []
    var places: [ByteText: Int] = [:]
    // Which column each measure of the row before was in: as a rule the next row has the same.
    var before: [Int] = []
    var current: [Int] = []
    times.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      times.append(row.sample.time)
      if row.sample.nanoseconds != 0, nanoseconds == nil { nanoseconds = Array(repeating: 0, count: index) }
      nanoseconds?.append(row.sample.nanoseconds)
      if versions.last?.version == row.version {
        versions[versions.count - 1].end = index + 1
      } else {
        versions.append(VersionRun(version: row.version, end: index + 1))
      }
      current.removeAll(keepingCapacity: true)
      for (position, measure) in row.sample.measures.enumerated() {
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
        columns[place].append(measure.value, row: Int32(truncatingIfNeeded: index))
        current.append(place)
      }
      swap(&before, &current)
    }
    measures = columns.sorted { ByteText($0.name) < ByteText($1.name) }.map { $0.measure(rows: rows.count) }
  }

  /// The samples of a range, as a ``HistoryStore`` returns them.
  package func samples(in range: TimeRange) -> [Sample] { samples(rows(in: range)) }

  /// The samples of some rows.
  ///
  /// - Parameter rows: what of them is not in the chunk is left out.
  package func samples(_ rows: Range<Int>) -> [Sample] {
    let rows = rows.clamped(to: 0..<count)
    var cursors = measures.flatMap { measure in
      measure.columns.map { ColumnCursor(name: measure.name, column: $0, place: $0.place(of: rows.lowerBound)) }
    }
    var samples: [Sample] = []
    samples.reserveCapacity(rows.count)
    var width = cursors.count
    for row in rows {
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

  /// The rows with their versions.
  package func allRows() -> [ChunkRow] {
    var run = 0
    return samples(0..<count).enumerated().map { index, sample in
      while run + 1 < versions.count, versions[run].end <= index { run += 1 }
      return ChunkRow(sample: sample, version: versions[run].version)
    }
  }
}

/// Walks down a column, row by row.
private struct ColumnCursor {
  let name: String
  let column: ChunkColumn
  /// Of the next value.
  var place: Int

  mutating func value(at row: Int) -> MeasureValue? {
    if let rows = column.rows, place >= rows.count || Int(rows[place]) != row { return nil }
    defer { place += 1 }
    return column.values[place]
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

  func measure(rows count: Int) -> ChunkMeasure {
    var columns: [ChunkColumn] = []
    func add(_ rows: [Int32], _ values: ChunkValues) {
      guard !rows.isEmpty else { return }
      columns.append(ChunkColumn(rows: rows.count == count ? nil : rows, values: values))
    }
    add(doubles.rows, .doubles(doubles.values))
    add(bigints.rows, .bigints(bigints.values))
    add(texts.rows, .texts(dictionary, texts.places))
    add(booleans.rows, .booleans(booleans.values))
    return ChunkMeasure(name: name, columns: columns)
  }
}

extension [ChunkRow] {
  /// Ascending by instant, none twice: as a rule they are already.
  fileprivate var inOrder: [ChunkRow] {
    func isBefore(_ one: ChunkRow, _ other: ChunkRow) -> Bool {
      (one.sample.time, one.sample.nanoseconds) < (other.sample.time, other.sample.nanoseconds)
    }
    if zip(self, dropFirst()).allSatisfy(isBefore) { return self }
    let sorted = enumerated().sorted { one, other in
      isBefore(one.element, other.element)
        || !isBefore(other.element, one.element)
          && (one.element.version, one.offset) < (other.element.version, other.offset)
    }.map(\.element)
    return zip(sorted.indices, sorted).filter { index, row in
      index + 1 == sorted.count || isBefore(row, sorted[index + 1])
    }.map(\.1)
  }
}
