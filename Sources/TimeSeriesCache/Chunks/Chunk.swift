import CacheSupport

/// The rows of a chunk in columns: a range of them is found and read without a look at the others.
package struct Chunk: Sendable {
  /// Epoch milliseconds, ascending; equal ones differ in their nanoseconds.
  var times: [Int64] = []
  /// One a row; nil where all are zero.
  var nanoseconds: [Int32]?
  /// One after the other: so many rows of one version.
  var versions: [VersionRun] = []
  /// Ordered by the bytes of their names, which all differ.
  var measures: [ChunkMeasure] = []

  /// Rows one after the other that a write of one version brought.
  struct VersionRun: Sendable, Hashable {
    var version: Int64
    /// The row after the last of them.
    var end: Int
  }

  /// How many rows there are.
  package var count: Int { times.count }

  /// The rows whose times lie in a range.
  package func rows(in range: TimeRange) -> Range<Int> {
    let first = times.firstPlace { $0 >= range.from }
    return first..<max(first, times.firstPlace { $0 > range.to })
  }
}

/// One measure of a chunk: a column for each type that its values have.
struct ChunkMeasure: Sendable {
  var name: String
  /// One at least, in the order of ``ChunkValues``' cases; no row is in two of them.
  var columns: [ChunkColumn]
}

/// The values of one measure that have one type.
struct ChunkColumn: Sendable {
  /// The rows that have a value, ascending; nil where all have one.
  var rows: [Int32]?
  /// One for each of the rows.
  var values: ChunkValues

  /// Where the values of rows from this one on begin.
  func place(of row: Int) -> Int { rows.map { $0.firstPlace { $0 >= row } } ?? row }
}

/// Values of one type.
enum ChunkValues: Sendable {
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
