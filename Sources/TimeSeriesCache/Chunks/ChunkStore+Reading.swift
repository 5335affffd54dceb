import CacheSupport

/// Reading: the questions of ``HistoryStore`` and ``ForecastStore``, for one series each.
extension ChunkStore {
  /// One Query, unless the answer is longer than a page of DynamoDB, or its beginning is not where it was expected.
  func rows(of identifier: Identifier, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    var answer = HistoryRows()
    let reading = ChunkReading(self, identifier)
    var left = limit
    var memory = RowMemory()
    try await reading.forEachBlock(in: range, rows: limit) { block in
      let taken = memory.isFull ? 0 : min(left, block.count)
      answer.isCut = block.count > taken
      let part = block[0..<taken]
      answer.add(part)
      memory.add(part)
      left -= taken
      return !answer.isCut
    }
    answer.bytesMetered = reading.bytesMetered
    return answer
  }

  /// Chunks whose head tells that no row of theirs meets the condition are not decoded.
  func rows(
    of identifier: Identifier, in range: TimeRange, limit: Int, where condition: MeasureCondition
  ) async throws(StoreError) -> HistoryRows {
    try await rows(of: identifier, in: range, limit: limit, isOfUse: { condition.canBeMet(in: $0) }) { sample in
      condition.isMet(by: sample.measures) ? sample : nil
    }
  }

  /// Chunks whose head tells that all of their numbers are within the bounds are not decoded.
  func outliers(
    of identifier: Identifier, in range: TimeRange, beyond bounds: [ByteText: OutlierBound], limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await rows(
      of: identifier, in: range, limit: limit,
      isOfUse: { head in bounds.contains { $1.canExclude(head.measures[$0]) } }
    ) { sample in sample.outliers(beyond: bounds) }
  }

  private func rows(
    of identifier: Identifier, in range: TimeRange, limit: Int, isOfUse: @escaping (ChunkHead) -> Bool,
    _ body: (Sample) -> Sample?
  ) async throws(StoreError) -> HistoryRows {
    var found: [Sample] = []
    var memory = RowMemory()
    var isCut = false
    let reading = ChunkReading(self, identifier)
    // Of rows that meet a condition nobody knows how many others lie between them.
    try await reading.forEachSample(in: range, rows: nil, where: isOfUse) { sample in
      guard let kept = body(sample) else { return true }
      isCut = found.count == limit || memory.isFull
      guard !isCut else { return false }
      memory.add(kept)
      found.append(kept)
      return true
    }
    return HistoryRows(samples: found, isCut: isCut, bytesMetered: reading.bytesMetered)
  }

  /// One item, unless those that cover the newest times have no rows.
  func newest(of identifier: Identifier, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    var newest = NewestHistory(time: nil)
    let reading = ChunkReading(self, identifier)
    try await reading.descending(from: range?.to ?? .max, range == nil ? .head : .all) {
      item throws(StoreError) in
      if let times = try reading.head(of: item).times {
        if let range, times.to > range.to {
          newest.time = try reading.chunk(of: item).newest(atOrBefore: range.to)?.time
        } else {
          newest.time = times.to
        }
      }
      return newest.time == nil && item.start > range?.from ?? .min
    }
    // All that is earlier than the range's newest row is earlier than the range, too.
    if let range, let time = newest.time, time < range.from { newest.time = nil }
    newest.bytesMetered = reading.bytesMetered
    return newest
  }

  /// The newest sample: one item, unless those that cover the newest times have no rows.
  func newestSample(of identifier: Identifier) async throws(StoreError) -> HistoryRows {
    var answer = HistoryRows(samples: [])
    let reading = ChunkReading(self, identifier)
    try await reading.descending(from: .max, .all) { item throws(StoreError) in
      guard let sample = try reading.chunk(of: item).newest(atOrBefore: .max) else { return true }
      answer.add(SeriesBlock([sample]))
      return false
    }
    answer.bytesMetered = reading.bytesMetered
    return answer
  }

  /// The latest value of each measure before a time, from the chunks' heads; the chunk that covers the time is decoded.
  ///
  /// The way back ends where all measures that are asked for were found. If none is named, or one never had a value, it goes through
  /// all chunks before the time; if none is named their heads alone come, but DynamoDB bills whole items.
  func lastValues(
    of identifier: Identifier, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues {
    var answer = HistoryValues(values: [:])
    let reading = ChunkReading(self, identifier)
    guard time > .min else { return answer }
    func isWanted(_ name: ByteText) -> Bool { answer.values[name] == nil && measures?.contains(name) ?? true }
    // On a way back to the first chunk rows would be a burden.
    let parts: ChunkReading.Parts = measures == nil ? .head : .all
    try await reading.descending(from: time - 1, parts) { item throws(StoreError) in
      let head = try reading.head(of: item)
      guard let times = head.times else { return true }
      if times.to < time {
        for (name, tally) in head.measures where isWanted(name) { answer.values[name] = tally.last }
      } else if let inside = TimeRange(from: item.start, to: time - 1) {
        var latest: [ByteText: MeasureValue] = [:]
        func add(_ sample: Sample) -> Bool {
          for measure in sample.measures { latest[ByteText(measure.name)] = measure.value }
          return true
        }
        if parts == .all {
          _ = try reading.forEachSample(of: item, in: inside, add)
        } else {
          // The item may have been cut meanwhile: it is not enough to read it alone.
          try await reading.forEachSample(in: inside, rows: nil, add)
        }
        for (name, value) in latest where isWanted(name) { answer.values[name] = value }
      }
      return measures.map { answer.values.count < $0.count } ?? true
    }
    answer.bytesMetered = reading.bytesMetered
    return answer
  }

  /// Decodes every chunk of the range: the squares are in no head.
  func moments(of identifier: Identifier, in range: TimeRange) async throws(StoreError) -> HistoryMoments {
    var answer = HistoryMoments(measures: [:])
    let reading = ChunkReading(self, identifier)
    try await reading.forEachSample(in: range, rows: nil) { sample in
      for measure in sample.measures {
        answer.measures[ByteText(measure.name), default: MeasureMoments()].add(measure.value)
      }
      return true
    }
    answer.bytesMetered = reading.bytesMetered
    return answer
  }
}

extension MeasureCondition {
  /// False where a chunk's head tells that none of its rows meets the condition.
  func canBeMet(in head: ChunkHead) -> Bool {
    guard let tally = head.measures[measure] else { return false }
    // Values of one kind lie between the least and the greatest.
    guard tally.numbers == tally.count, let least = tally.minimum?.ordered(against: value),
      let greatest = tally.maximum?.ordered(against: value)
    else { return true }
    return switch comparison {
    case .equal: least != .after && greatest != .before
    case .notEqual: least != .same || greatest != .same
    case .less: least == .before
    case .lessOrEqual: least != .after
    case .greater: greatest == .after
    case .greaterOrEqual: greatest != .before
    }
  }
}

extension OutlierBound {
  /// False where no value of a chunk is an outlier.
  func canExclude(_ tally: MeasureTally?) -> Bool {
    guard let tally, tally.numbers > 0 else { return false }
    guard tally.numbers == tally.count, let least = tally.minimum, let greatest = tally.maximum else { return true }
    return excludes(least) || excludes(greatest)
  }
}
