public import CacheSupport

/// What a store need not do itself, because its rows are enough to work it out here.
extension HistoryStore {
  /// Writes one series after the other.
  public func write(_ parts: [SeriesSamples], version: Int64) async -> [HistoryWrite] {
    var outcomes: [HistoryWrite] = []
    for part in parts { outcomes.append(await write(part.samples, of: part.series, version: version)) }
    return outcomes
  }

  /// Fails: rows alone do not tell which series there are.
  public func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    throw StoreError(.failed, "this store cannot list its series")
  }

  /// Reads all rows of the range, up to the last that is wanted.
  public func rows(
    of series: Series, in range: TimeRange, limit: Int, where condition: MeasureCondition
  ) async throws(StoreError) -> HistoryRows {
    try await rowsFromRows(of: series, in: range, limit: limit, where: condition)
  }

  /// Reads all rows of the range, up to the last bin that is wanted.
  public func bins(
    of series: Series, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    try await binsFromRows(of: series, in: range, by: binning, limit: limit)
  }

  /// Reads all rows before the time.
  public func lastValues(
    of series: Series, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues {
    try await lastValuesFromRows(of: series, before: time, measures: measures)
  }

  /// Reads all rows of the range.
  public func moments(of series: Series, in range: TimeRange) async throws(StoreError) -> HistoryMoments {
    try await momentsFromRows(of: series, in: range)
  }

  /// Reads all rows of the range, up to the last that is wanted.
  public func outliers(
    of series: Series, in range: TimeRange, beyond bounds: [ByteText: OutlierBound], limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await outliersFromRows(of: series, in: range, beyond: bounds, limit: limit)
  }

  /// Asks two questions for each series, of eight series at once.
  public func latest(of series: [Series]) async throws(StoreError) -> LatestHistory {
    let answers = try await mapConcurrently(series, limit: 8) { one async throws(StoreError) -> HistoryRows in
      let newest = try await newest(of: one, in: nil)
      guard let time = newest.time, let instant = TimeRange(from: time, to: time) else {
        return HistoryRows(samples: [], bytesMetered: newest.bytesMetered)
      }
      var rows = try await rows(of: one, in: instant, limit: 1)
      rows.bytesMetered += newest.bytesMetered
      return rows
    }
    var latest = LatestHistory(samples: [:])
    for (one, answer) in zip(series, answers) {
      latest.samples[one] = answer.samples.last
      latest.bytesMetered += answer.bytesMetered
    }
    return latest
  }
}

/// The same for a store that can do it better, but not always.
extension HistoryStore {
  func rowsFromRows(
    of series: Series, in range: TimeRange, limit: Int, where condition: MeasureCondition
  ) async throws(StoreError) -> HistoryRows {
    try await filtered(of: series, in: range, limit: limit) { sample in
      condition.isMet(by: sample.measures) ? sample : nil
    }
  }

  func binsFromRows(
    of series: Series, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    var answer = HistoryBins(bins: [])
    var previous: [ByteText: MeasureValue] = [:]
    answer.bytesMetered = try await forEachRow(of: series, in: range) { sample in
      let measures = binning.counted(sample)
      guard !measures.isEmpty else { return true }
      let start = binning.start(of: sample.time)
      if answer.bins.last?.start != start {
        answer.isCut = answer.bins.count == limit
        if answer.isCut { return false }
        answer.bins.append(HistoryBin(start: start, newest: sample.time))
      }
      let last = answer.bins.count - 1
      answer.bins[last].newest = sample.time
      for measure in measures {
        let name = ByteText(measure.name)
        answer.bins[last].measures[name, default: MeasureTally()].add(measure.value, previous: previous[name])
        previous[name] = measure.value
      }
      return true
    }
    return answer
  }

  func lastValuesFromRows(
    of series: Series, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues {
    var answer = HistoryValues(values: [:])
    guard let range = TimeRange(before: time) else { return answer }
    answer.bytesMetered = try await forEachRow(of: series, in: range) { sample in
      for measure in sample.measures {
        let name = ByteText(measure.name)
        if measures?.contains(name) ?? true { answer.values[name] = measure.value }
      }
      return true
    }
    return answer
  }

  func momentsFromRows(of series: Series, in range: TimeRange) async throws(StoreError) -> HistoryMoments {
    var answer = HistoryMoments(measures: [:])
    answer.bytesMetered = try await forEachRow(of: series, in: range) { sample in
      for measure in sample.measures {
        answer.measures[ByteText(measure.name), default: MeasureMoments()].add(measure.value)
      }
      return true
    }
    return answer
  }

  func outliersFromRows(
    of series: Series, in range: TimeRange, beyond bounds: [ByteText: OutlierBound], limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await filtered(of: series, in: range, limit: limit) { sample in sample.outliers(beyond: bounds) }
  }

  private func filtered(
    of series: Series, in range: TimeRange, limit: Int, _ body: (Sample) -> Sample?
  ) async throws(StoreError) -> HistoryRows {
    var found: [Sample] = []
    var memory = RowMemory()
    var isCut = false
    let metered = try await forEachRow(of: series, in: range) { sample in
      guard let kept = body(sample) else { return true }
      isCut = found.count == limit || memory.isFull
      guard !isCut else { return false }
      memory.add(kept)
      found.append(kept)
      return true
    }
    return HistoryRows(samples: found, isCut: isCut, bytesMetered: metered)
  }

  /// Reads a range page by page, until the body returns false.
  ///
  /// - Returns: the bytes that were metered.
  private func forEachRow(
    of series: Series, in range: TimeRange, _ body: (Sample) -> Bool
  ) async throws(StoreError) -> Int64 {
    var metered: Int64 = 0
    var rest: TimeRange? = range
    while let left = rest {
      let page = try await rows(of: series, in: left, limit: 10_000)
      metered += page.bytesMetered
      for sample in page.samples where !body(sample) { return metered }
      rest = page.isCut ? left.after(page.last ?? left.to) : nil
    }
    return metered
  }
}

extension Sample {
  /// The measures that are outside their bounds; nil where none is.
  func outliers(beyond bounds: [ByteText: OutlierBound]) -> Sample? {
    let outside = measures.filter { bounds[ByteText($0.name)]?.excludes($0.value) ?? false }
    return outside.isEmpty ? nil : Sample(time: time, nanoseconds: nanoseconds, measures: outside)
  }
}
