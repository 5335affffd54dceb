import CacheSupport

extension ChunkStore {
  /// Items that one write changes at once.
  static let itemsInFlight: Int = 8
  /// A sample that takes less is not packed alone to see whether an item can hold it.
  private static let smallSample: Int = 64 << 10

  /// Writes samples of one series.
  func write(_ samples: [Sample], of identifier: Identifier, version: Int64) async -> HistoryWrite {
    await write([(identifier, samples)], version: version)[0]
  }

  /// Writes samples of several series, eight items at a time.
  ///
  /// - Parameter parts: a series may have several.
  /// - Returns: what became of each part, in the order of the parts.
  func write(_ parts: [(identifier: Identifier, samples: [Sample])], version: Int64) async -> [HistoryWrite] {
    var outcomes = [HistoryWrite](repeating: HistoryWrite(), count: parts.count)
    let cells = cells(of: parts, &outcomes)
    let inFlight = max(1, Self.itemsInFlight / max(1, cells.count))
    let written = await mapConcurrently(cells, limit: Self.itemsInFlight) { cell in
      var writer = ChunkCellWriter(
        self, cell.key.identifier, cell: cell.key.start, version: version, inFlight: inFlight)
      await writer.write(cell.samples)
      return writer.outcomes
    }
    for (part, outcome) in written.joined() { outcomes[part].add(outcome) }
    return outcomes
  }

  /// A cell of a series.
  private struct Cell: Hashable {
    let identifier: Identifier
    let start: Int64
  }

  /// The samples that may be written, cell by cell, each cell's ascending; of two of one instant the last one.
  private func cells(
    of parts: [(identifier: Identifier, samples: [Sample])], _ outcomes: inout [HistoryWrite]
  ) -> [(key: Cell, samples: [ChunkSample])] {
    let now = clock.now
    var cells: [(key: Cell, samples: [ChunkSample])] = []
    var places: [Cell: Int] = [:]
    for (part, (identifier, samples)) in parts.enumerated() {
      for var sample in samples {
        if policy == .forecast { sample.nanoseconds = 0 }
        if let reason = fault(of: sample, identifier, now) {
          outcomes[part].rejected.add(.init(time: sample.time, reason: reason))
          continue
        }
        let key = Cell(identifier: identifier, start: ChunkTiers.start(of: sample.time, ChunkTiers.cell))
        let place = places[key] ?? cells.count
        if place == cells.count {
          places[key] = place
          cells.append((key, []))
        }
        cells[place].samples.append(ChunkSample(part: part, sample: sample))
      }
    }
    for place in cells.indices {
      let (last, before) = Self.lastOfEachInstant(cells[place].samples)
      cells[place].samples = last
      for sample in before { outcomes[sample.part].superseded += 1 }
    }
    return cells
  }

  /// Samples in order, of each instant the one that came last; and the others.
  private static func lastOfEachInstant(_ samples: [ChunkSample]) -> (last: [ChunkSample], before: [ChunkSample]) {
    func instant(_ index: Int) -> Instant { Instant(samples[index].sample) }
    if zip(samples.indices, samples.indices.dropFirst()).allSatisfy({ instant($0) < instant($1) }) {
      return (samples, [])
    }
    let order = samples.indices.sorted { instant($0) == instant($1) ? $0 < $1 : instant($0) < instant($1) }
    var (last, before): ([ChunkSample], [ChunkSample]) = ([], [])
    for index in order {
      if let former = last.last, Instant(former.sample) == instant(index) {
        before.append(former)
        last.removeLast()
      }
      last.append(samples[index])
    }
    return (last, before)
  }

  /// Why a sample can never be written; nil where it can.
  func fault(of sample: Sample, _ identifier: Identifier, _ now: Int64) -> String? {
    guard TimeExpression.bounds.contains(sample.time) else { return "the time is not between the years -9999 and 9999" }
    guard (0..<1_000_000).contains(sample.nanoseconds) else { return "its nanoseconds are not below a millisecond" }
    if let reason = policy.fault(of: sample.time, now) { return reason }
    let bytes = sample.measures.reduce(0) { sum, measure in
      let value = if case .varchar(let text) = measure.value { text.utf8.count } else { 8 }
      return sum + measure.name.utf8.count + value
    }
    guard bytes >= Self.smallSample else { return nil }
    let row = ChunkRow(sample: sample, version: 0)
    guard ChunkLimits.allow([row]) else {
      return "the sample takes \(bytes) bytes; an item takes no more than \(ChunkTiers.mostBytes)"
    }
    let packed = ChunkCodec.pack([row])
    let whole = ChunkItem(
      start: sample.time, widths: ChunkTiers.widths, revision: now, head: packed.head, rows: packed.rows, expiry: now
    ).bytes(of: identifier)
    guard whole > ChunkTiers.mostBytes else { return nil }
    return "the sample takes \(whole) bytes; an item takes no more than \(ChunkTiers.mostBytes)"
  }
}
