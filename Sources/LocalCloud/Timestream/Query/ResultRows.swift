/// Rows as JSON, one after the other in few large buffers, so that what they take is what they have.
struct ResultRows: Sendable {
  /// Full buffers and the one that is filled. Between two rows of one there is a comma.
  private var chunks: [[UInt8]] = []
  /// For each row its buffer and where it ends there.
  private var places: [(chunk: UInt32, end: UInt32)] = []
  /// Bytes that the rows have together.
  private(set) var size = 0

  /// The first buffer, bytes; each has twice as much as the one before, up to the largest.
  private static let firstChunk = 4096
  private static let largestChunk = 1 << 20

  var count: Int { places.count }

  /// The bytes that are taken from the machine.
  private(set) var capacity = 0

  /// What ``append(_:)`` would take from the machine for a row.
  func growth(for row: [UInt8]) -> Int {
    let places = places.count == places.capacity ? max(64, places.count) * Self.placeSize : 0
    return (fits(row) ? 0 : newChunk(for: row)) + places
  }

  private static let placeSize = MemoryLayout<(chunk: UInt32, end: UInt32)>.stride

  private func fits(_ row: [UInt8]) -> Bool {
    chunks.last.map { $0.count + 1 + row.count <= $0.capacity } ?? false
  }

  private func newChunk(for row: [UInt8]) -> Int {
    max(row.count, min(Self.largestChunk, Self.firstChunk << min(chunks.count, 16)))
  }

  mutating func append(_ row: [UInt8]) {
    capacity += growth(for: row)
    if places.count == places.capacity { places.reserveCapacity(2 * max(32, places.count)) }
    if fits(row) {
      chunks[chunks.count - 1].append(UInt8(ascii: ","))
    } else {
      var chunk: [UInt8] = []
      chunk.reserveCapacity(newChunk(for: row))
      chunks.append(chunk)
    }
    chunks[chunks.count - 1].append(contentsOf: row)
    places.append((UInt32(chunks.count - 1), UInt32(chunks[chunks.count - 1].count)))
    size += row.count
  }

  /// The buffer of a row and its range there.
  private func place(of row: Int) -> (chunk: Int, range: Range<Int>) {
    let (chunk, end) = places[row]
    let isFirst = row == 0 || places[row - 1].chunk != chunk
    return (Int(chunk), (isFirst ? 0 : Int(places[row - 1].end) + 1)..<Int(end))
  }

  subscript(row: Int) -> ArraySlice<UInt8> {
    let (chunk, range) = place(of: row)
    return chunks[chunk][range]
  }

  func size(of row: Int) -> Int { place(of: row).range.count }

  /// Appends rows to other bytes, with commas between.
  func write(_ rows: Range<Int>, into bytes: inout [UInt8]) {
    var next = rows.lowerBound
    while next < rows.upperBound {
      let (chunk, range) = place(of: next)
      // All that lie in one buffer go at once.
      var last = next
      while last + 1 < rows.upperBound, Int(places[last + 1].chunk) == chunk { last += 1 }
      if next > rows.lowerBound { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: chunks[chunk][range.lowerBound..<Int(places[last].end)])
      next = last + 1
    }
  }
}
