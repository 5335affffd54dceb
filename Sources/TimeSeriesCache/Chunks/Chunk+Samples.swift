import CacheSupport

extension Chunk {
  /// True where rows differ in their nanoseconds alone: to whoever reads them, those of one millisecond are one.
  private var sharesMilliseconds: Bool {
    guard nanoseconds != nil else { return false }
    return zip(times, times.dropFirst()).contains { $0 == $1 }
  }

  /// The samples of some rows, one for each millisecond that has a value.
  func merged(_ rows: Range<Int>) -> [Sample] {
    let samples = samples(rows)
    // As a rule some measure is in all rows, so that none is empty; a key path in this loop would cost more than the samples.
    let hasFullColumn = measures.contains { $0.columns.contains { $0.rows == nil } }
    let hasEmpty = !hasFullColumn && samples.contains { $0.measures.isEmpty }
    guard sharesMilliseconds || hasEmpty else { return samples }
    var merged: [Sample] = []
    merged.reserveCapacity(samples.count)
    for sample in samples { merged.add(sample) }
    return merged
  }

  /// What a bin of all the rows has of each measure, by name.
  var tallies: [(name: String, tally: MeasureTally)] {
    // A bin counts what is served: of rows of one millisecond the later value counts alone.
    let chunk = sharesMilliseconds ? Chunk(merged(0..<count).map { ChunkRow(sample: $0, version: 0) }) : self
    return chunk.measures.map { ($0.name, $0.tally) }
  }

  /// The newest sample at or before a time.
  func newest(atOrBefore time: Int64) -> Sample? {
    // Rows without a value are nobody's newest.
    var end = times.firstPlace { $0 > time }
    while end > 0 {
      let start = times.firstPlace { $0 >= times[end - 1] }
      if let sample = merged(start..<end).first { return sample }
      end = start
    }
    return nil
  }
}
