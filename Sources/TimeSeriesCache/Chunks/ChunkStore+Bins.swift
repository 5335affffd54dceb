import CacheSupport

extension ChunkStore {
  /// The bins of a range. A chunk that lies in one bin counts by its head; the others are decoded, and all where an increase is wanted.
  ///
  /// Sums are those of all rows one by one: of whole numbers exactly. Sums of doubles are added up chunk by chunk, each compensated, so that
  /// they differ from those of the rows in the last digit at most.
  func bins(
    of identifier: Identifier, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    var bins = ChunkBins(binning, limit: limit)
    let reading = ChunkReading(self, identifier)
    let width = hints[identifier]?.width ?? ChunkReading.widthExpected
    let rows = rowsExpected(of: identifier, in: limit, binning.width)
    guard !binning.aggregates.contains(.increase) else {
      try await reading.forEachSample(in: range, rows: rows) { bins.add($0) }
      return bins.answer(reading)
    }
    var seen = ChunkReading.Seen()
    defer { reading.remember(seen) }
    // Where each chunk lies in one bin, rows are needed at the range's ends alone.
    var parts: ChunkReading.Parts = binning.width % width == 0 ? .head : .all
    var readApart = 0
    var left: TimeRange? = range
    while let range = left {
      left = nil
      try await reading.ascending(in: range, rows: rows, parts) { item, part throws(StoreError) in
        let head = try reading.head(of: item)
        seen.add(item, rows: head.count)
        guard let times = head.times, times.to >= part.from else { return .goOn(after: nil) }
        if part.from <= times.from, times.to <= part.to, let isOpen = bins.add(head, times) {
          return isOpen ? .goOn(after: times.to) : .stop
        }
        guard parts == .head else { return try reading.forEachSample(of: item, in: part) { bins.add($0) } }
        guard readApart < Self.mostReadApart else {
          // Chunks are wider than they were expected to be.
          (parts, left) = (.all, part)
          return .stop
        }
        readApart += 1
        // The item may have been cut meanwhile: it is not enough to read it alone.
        guard let inside = TimeRange(from: max(part.from, item.start), to: min(part.to, item.last)) else {
          return .goOn(after: nil)
        }
        var isOpen = true
        try await reading.forEachSample(in: inside, rows: nil) { sample in
          isOpen = bins.add(sample)
          return isOpen
        }
        return isOpen ? .goOn(after: inside.to) : .stop
      }
    }
    return bins.answer(reading)
  }

  /// Chunks that are read once more with their rows, before all others are read with theirs at once.
  private static let mostReadApart: Int = 4

  /// How many rows some bins are expected to have; nil for very many.
  private func rowsExpected(of identifier: Identifier, in bins: Int, _ width: Int64) -> Int? {
    let hint = hints[identifier]
    let chunks = (Double(bins) + 1) * Double(width) / Double(hint?.width ?? ChunkReading.widthExpected)
    let rows = max(chunks, 1) * Double(hint?.rows ?? ChunkReading.rowsExpected)
    return rows < 1e9 ? Int(rows) : nil
  }
}

/// Bins while chunks and samples are added to them, oldest first.
struct ChunkBins {
  private let binning: Binning
  private let limit: Int
  private let increases: Bool
  /// Of each measure the latest value so far, where an increase is wanted.
  private var previous: [ByteText: MeasureValue] = [:]
  private var made = HistoryBins(bins: [])

  init(_ binning: Binning, limit: Int) {
    self.binning = binning
    self.limit = limit
    increases = binning.aggregates.contains(.increase)
  }

  func answer(_ reading: ChunkReading) -> HistoryBins {
    var answer = made
    answer.bytesMetered = reading.bytesMetered
    return answer
  }

  /// Adds a sample, which is later than all before.
  ///
  /// - Returns: false where its bin would be one too many.
  mutating func add(_ sample: Sample) -> Bool {
    let measures = binning.counted(sample)
    guard !measures.isEmpty else { return true }
    guard let bin = bin(of: sample.time) else { return false }
    made.bins[bin].newest = sample.time
    for measure in measures {
      let name = ByteText(measure.name)
      made.bins[bin].measures[name, default: MeasureTally()].add(
        measure.value, previous: increases ? previous[name] : nil)
      if increases { previous[name] = measure.value }
    }
    return true
  }

  /// Adds the samples of a chunk, which are later than all before, by its head.
  ///
  /// - Returns: false where its bin would be one too many; nil where its head is not enough.
  mutating func add(_ head: ChunkHead, _ times: TimeRange) -> Bool? {
    guard binning.start(of: times.from) == binning.start(of: times.to) else { return nil }
    let counted = head.measures.filter { binning.measures?.contains($0.key) ?? true }
    guard !counted.isEmpty else { return true }
    // The bin's newest row is one that has a measure that counts: it is the chunk's last where one of them is in all rows.
    guard counted.contains(where: { $1.count == head.count }) || binning.measures == nil else { return nil }
    guard let bin = bin(of: times.from) else { return false }
    made.bins[bin].newest = times.to
    for (name, tally) in counted { made.bins[bin].measures[name, default: MeasureTally()].add(tally) }
    return true
  }

  /// The bin of a time, which is in the last one or later.
  private mutating func bin(of time: Int64) -> Int? {
    let start = binning.start(of: time)
    if made.bins.last?.start != start {
      made.isCut = made.bins.count == limit
      if made.isCut { return nil }
      made.bins.append(HistoryBin(start: start, newest: time))
    }
    return made.bins.count - 1
  }
}
