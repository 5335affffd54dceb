import CacheSupport

/// The most that a chunk holds: what a reader takes from bytes that anyone may have written.
///
/// An item of DynamoDB has 400 KB, and deflate can make a thousand times as much of them; these bound what one chunk takes of the memory.
/// A writer cuts a chunk before it passes them, see ``allow(_:)``.
enum ChunkLimits {
  /// The most rows.
  static let rows: Int = 1 << 16
  /// The most values, of all measures together: 4 MB of numbers.
  static let values: Int = 1 << 19
  /// The most bytes before they are deflated, of the head as of the rows.
  static let bytes: Int = 1 << 24

  /// True where a reader takes a chunk of these rows; false for some of those as well that come near the last bound.
  static func allow(_ rows: [ChunkRow]) -> Bool {
    guard rows.count <= self.rows else { return false }
    // A time, its nanoseconds, a version, and how long it counts.
    var (values, bytes) = (0, 32 * rows.count)
    var before: [Measure] = []
    for row in rows {
      let measures = row.sample.measures
      values += measures.count
      // A number, and the row that it is in.
      bytes += 16 * measures.count
      for (place, measure) in measures.enumerated() {
        // A name is written once, with some 100 bytes of what its values are like.
        if place >= before.count || !before[place].name.hasSameBytes(as: measure.name) {
          bytes += 100 + measure.name.utf8.count
        }
        // Once in the rows, and up to four times in the head.
        if case .varchar(let text) = measure.value { bytes += 4 * text.utf8.count }
      }
      before = measures
    }
    return values <= self.values && bytes <= self.bytes
  }
}
