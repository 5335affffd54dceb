import AWSClients
import CacheSupport

extension TimestreamHistory {
  /// Series of one table that one question is about.
  static let seriesPerQuestion: Int = 100
  private static let newestTime: ByteText = "ts_newest"

  /// One question for up to 100 series of one table, fewer where its text would be too long; the columns of a table of written series are described
  /// meanwhile.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or a row cannot be read.
  public func latest(of series: [Series]) async throws(StoreError) -> LatestHistory {
    var groups: [[Series]] = []
    var openGroup: [TimestreamTable: [Bool: Int]] = [:]
    for one in series {
      let (table, isWritten) = (place(of: one).table, one.key != nil)
      if let group = openGroup[table]?[isWritten], groups[group].count < Self.seriesPerQuestion {
        groups[group].append(one)
      } else {
        openGroup[table, default: [:]][isWritten] = groups.count
        groups.append([one])
      }
    }
    let answers = try await mapConcurrently(groups, limit: Self.requestsInFlight) {
      group async throws(StoreError) -> LatestHistory in
      try await latest(ofOneTable: group)
    }
    return answers.reduce(into: LatestHistory(samples: [:])) { $0.add($1) }
  }

  private func latest(ofOneTable group: [Series]) async throws(StoreError) -> LatestHistory {
    guard let first = group.first else { return LatestHistory(samples: [:]) }
    let table = place(of: first).table
    guard first.key != nil else { return try await latest(of: group, in: table, nil) }
    return try await schemas.asking(table, having: []) { schema async throws(StoreError) in
      let known = group.filter { one in place(of: one).dimensions.allSatisfy { schema.dimensions.contains($0.name) } }
      return try await latest(of: known, in: table, schema)
    } ?? LatestHistory(samples: [:])
  }

  private func latest(
    of group: [Series], in table: TimestreamTable, _ schema: TimestreamSchema?
  ) async throws(StoreError) -> LatestHistory {
    guard !group.isEmpty else { return LatestHistory(samples: [:]) }
    let places = group.map { place(of: $0) }
    let dimensions = schema?.dimensions ?? [Self.dimension]
    let isShared = if case .single = mapping.tables { schema != nil } else { false }
    let condition: TimestreamCondition =
      schema == nil
      ? .isOne(.column(Self.dimension), of: group.map { .text($0.identifier.text) })
      : .any(places.map { self.condition($0, schema) })
    let newest = TimestreamQuery(table).selectAll().select(
      .greatest(.time, amongSame: dimensions + (isShared ? ["measure_name"] : [])), as: Self.newestTime
    ).where(condition)
    // Every record of the newest millisecond.
    let question = TimestreamQuery(newest).selectAll().where(
      .compare(.time, .greaterOrEqual, .bin(.column(Self.newestTime), milliseconds: 1))
    ).order(by: .time)
    if group.count > 1, question.sql.utf8.count > TimestreamQuery.mostBytes {
      var halves = try await latest(of: Array(group.prefix(group.count / 2)), in: table, schema)
      halves.add(try await latest(of: Array(group.dropFirst(group.count / 2)), in: table, schema))
      return halves
    }
    // Which series a record is of: its dimensions tell and, in a shared table, its measure name.
    var byPlace: [[ByteText?]: Int] = [:]
    for (index, place) in places.enumerated() {
      var key = dimensions.map { name in place.dimensions.first { $0.name == name }?.value }
      if isShared { key.append(ByteText(place.measureName)) }
      byPlace[key] = index
    }
    var reading = TimestreamReading(
      .init(ours: isShared ? nil : ByteText(places[0].measureName), schema: schema, dimensions: dimensions))
    var mergers = [RecordMerger](repeating: RecordMerger(), count: group.count)
    try await ask(question) { answer throws(AWSError) in
      try reading.read(answer) { record in
        var key = record.dimensions
        if isShared { key.append(record.measureName.map { ByteText($0) }) }
        if let index = byPlace[key] { mergers[index].add(record.sample, isOurs: record.isOurs) }
      }
    }
    var latest = LatestHistory(samples: [:], bytesMetered: reading.bytesMetered)
    for (one, merger) in zip(group, mergers) { latest.samples[one] = merger.samples.last }
    return latest
  }
}

extension LatestHistory {
  fileprivate mutating func add(_ other: LatestHistory) {
    samples.merge(other.samples) { first, _ in first }
    bytesMetered += other.bytesMetered
  }
}
