/// About how much memory the rows of one answer take. Whatever limit of rows was asked for, an answer ends where it is full, and says that
/// it is cut: a function has 256 MB, and 50,000 rows of 200 texts each would be gigabytes.
struct RowMemory {
  /// Bytes from which on an answer takes no further rows. A page of JSON is full long before, with 5 MB.
  static let most: Int = 32 << 20

  private(set) var bytes = 0

  var isFull: Bool { bytes >= Self.most }

  mutating func add(_ sample: Sample) { bytes += sample.memory }
  mutating func add(_ block: SeriesBlock) { bytes += block.memory }
}

extension Sample {
  /// Bytes, about: names are shared between rows, texts may not be.
  fileprivate var memory: Int {
    measures.reduce(MemoryLayout<Sample>.stride) { sum, measure in
      let text = if case .varchar(let text) = measure.value { text.utf8.count } else { 0 }
      return sum + MemoryLayout<Measure>.stride + text
    }
  }
}

extension SeriesBlock {
  /// Bytes, about.
  fileprivate var memory: Int {
    var bytes = count * MemoryLayout<Int64>.stride
    for column in measures.lazy.flatMap(\.columns) {
      bytes += (column.rows?.count ?? 0) * MemoryLayout<Int32>.stride
      switch column.values {
      case .doubles(let values): bytes += values.count * MemoryLayout<Double>.stride
      case .bigints(let values): bytes += values.count * MemoryLayout<Int64>.stride
      case .texts(let texts, let places):
        bytes += places.count * MemoryLayout<Int32>.stride
        bytes += texts.reduce(0) { $0 + MemoryLayout<String>.stride + $1.utf8.count }
      case .booleans(let values): bytes += values.count
      }
    }
    return bytes
  }
}
