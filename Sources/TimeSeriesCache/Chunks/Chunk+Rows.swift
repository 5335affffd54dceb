extension Chunk {
  /// Rows in columns.
  ///
  /// - Parameter rows: ascending by instant, and none twice; others are put in order, and of one instant the highest version counts.
  package init(_ rows: [ChunkRow]) {
    let rows = rows.inOrder
    var builder = SeriesBlock.Builder(rows: rows.count)
    for (index, row) in rows.enumerated() {
      builder.append(row.sample)
      if versions.last?.version == row.version {
        versions[versions.count - 1].end = index + 1
      } else {
        versions.append(VersionRun(version: row.version, end: index + 1))
      }
    }
    block = builder.block
  }

  /// The rows with their versions.
  package func allRows() -> [ChunkRow] {
    var run = 0
    return block.samples.enumerated().map { index, sample in
      while run + 1 < versions.count, versions[run].end <= index { run += 1 }
      return ChunkRow(sample: sample, version: versions[run].version)
    }
  }

  /// What a bin of all the rows has of each measure, by name.
  var tallies: [(name: String, tally: MeasureTally)] {
    // A bin counts what is served: of rows of one millisecond the later value counts alone.
    (block.sharesMilliseconds ? block.merged : block).measures.map { ($0.name, $0.tally) }
  }

  /// The newest sample at or before a time.
  func newest(atOrBefore time: Int64) -> Sample? {
    // Rows without a value are nobody's newest.
    var end = block.times.firstPlace { $0 > time }
    while end > 0 {
      let start = block.times.firstPlace { $0 >= block.times[end - 1] }
      if let sample = block[start..<end].merged.samples.first { return sample }
      end = start
    }
    return nil
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
