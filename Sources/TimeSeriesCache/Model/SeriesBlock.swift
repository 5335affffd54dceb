import CacheSupport

/// Rows of one series in columns, ascending by instant: as chunks have them, and as they go on to an answer.
package struct SeriesBlock: Sendable {
  /// Epoch milliseconds, ascending; equal ones differ in their nanoseconds.
  package internal(set) var times: [Int64] = []
  /// One a row; nil where all are zero.
  var nanoseconds: [Int32]?
  /// Ordered by the bytes of their names, which all differ; each has a value in some row.
  var measures: [MeasureColumns] = []

  /// How many rows there are.
  package var count: Int { times.count }

  /// The rows whose times lie in a range.
  package func rows(in range: TimeRange) -> Range<Int> {
    let first = times.firstPlace { $0 >= range.from }
    return first..<max(first, times.firstPlace { $0 > range.to })
  }

  /// Some of the rows; what of them is not there is left out.
  package subscript(rows: Range<Int>) -> SeriesBlock {
    let rows = rows.clamped(to: 0..<count)
    if rows.count == count { return self }
    var part = SeriesBlock()
    part.times = Array(times[rows])
    if let nanoseconds, nanoseconds[rows].contains(where: { $0 != 0 }) { part.nanoseconds = Array(nanoseconds[rows]) }
    part.measures = measures.compactMap { measure in
      let columns = measure.columns.compactMap { $0[rows] }
      return columns.isEmpty ? nil : MeasureColumns(name: measure.name, columns: columns)
    }
    return part
  }

  /// The rows with some of the measures alone, without those that have none of them.
  func with(_ wanted: Set<ByteText>) -> SeriesBlock {
    var part = self
    part.measures.removeAll { !wanted.contains(ByteText($0.name)) }
    return part.hasEmptyRows ? SeriesBlock(part.samples.filter { !$0.measures.isEmpty }) : part
  }

  /// True where a row has no value.
  private var hasEmptyRows: Bool {
    let columns = measures.lazy.flatMap(\.columns)
    if count == 0 || columns.contains(where: { $0.rows == nil }) { return false }
    return Set(columns.compactMap(\.rows).joined()).count < count
  }

  /// True where rows differ in their nanoseconds alone: to whoever reads them, those of one millisecond are one.
  var sharesMilliseconds: Bool {
    guard nanoseconds != nil else { return false }
    return zip(times, times.dropFirst()).contains { $0 == $1 }
  }

  /// The rows as they are served: one for each millisecond that has a value.
  var merged: SeriesBlock {
    guard sharesMilliseconds || hasEmptyRows else { return self }
    var merged: [Sample] = []
    merged.reserveCapacity(count)
    for sample in samples { merged.add(sample) }
    return SeriesBlock(merged)
  }
}

/// One measure of a block: a column for each type that its values have.
struct MeasureColumns: Sendable {
  var name: String
  /// One at least, in the order of ``ColumnValues``' cases; no row is in two of them.
  var columns: [ValueColumn]
}

/// The values of one measure that have one type.
struct ValueColumn: Sendable {
  /// The rows that have a value, ascending; nil where all have one.
  var rows: [Int32]?
  /// One for each of the rows.
  var values: ColumnValues

  /// Where the values of rows from this one on begin.
  func place(of row: Int) -> Int { rows.map { $0.firstPlace { $0 >= row } } ?? row }

  /// The values of some rows, counted from the first of them; nil where they have none.
  fileprivate subscript(part: Range<Int>) -> ValueColumn? {
    let places = place(of: part.lowerBound)..<place(of: part.upperBound)
    guard !places.isEmpty else { return nil }
    guard let rows, places.count < part.count else { return ValueColumn(values: values[places]) }
    return ValueColumn(rows: rows[places].map { $0 - Int32(part.lowerBound) }, values: values[places])
  }
}

/// Values of one type.
enum ColumnValues: Sendable {
  case doubles([Double])
  case bigints([Int64])
  /// Texts of which each is there once, and which of them each value is.
  case texts([String], [Int32])
  case booleans([Bool])

  var count: Int {
    switch self {
    case .doubles(let values): values.count
    case .bigints(let values): values.count
    case .texts(_, let places): places.count
    case .booleans(let values): values.count
    }
  }

  subscript(place: Int) -> MeasureValue {
    switch self {
    case .doubles(let values): .double(values[place])
    case .bigints(let values): .bigint(values[place])
    case .texts(let texts, let places): .varchar(texts[Int(places[place])])
    case .booleans(let values): .boolean(values[place])
    }
  }

  /// Some of the values.
  fileprivate subscript(places: Range<Int>) -> ColumnValues {
    switch self {
    case .doubles(let values): .doubles(Array(values[places]))
    case .bigints(let values): .bigints(Array(values[places]))
    case .texts(let texts, let all): .texts(texts, Array(all[places]))
    case .booleans(let values): .booleans(Array(values[places]))
    }
  }
}

extension Array {
  /// The first index from which on all elements fulfil a condition, where those that do come last.
  func firstPlace(_ condition: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
