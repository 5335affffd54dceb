import AWSClients
import CacheSupport

extension TimestreamHistory {
  /// One query, unless so many records share a millisecond that none of them is whole, or the table has got columns that were not known.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or a row cannot be read.
  public func rows(
    of series: Series, in range: TimeRange, limit: Int
  ) async throws(StoreError) -> HistoryRows {
    try await rows(of: series, in: range, limit: limit, byInstant: false)
  }

  /// - Parameter byInstant: whether samples keep their nanoseconds; the answer then ends with a whole millisecond, see ``InstantReading``.
  func rows(
    of series: Series, in range: TimeRange, limit: Int, byInstant: Bool
  ) async throws(StoreError) -> HistoryRows {
    let place = place(of: series)
    guard series.key != nil else {
      return try await rows(place, condition(place), in: range, limit: limit, nil, byInstant: byInstant).rows
    }
    let names = place.dimensions.map(\.name)
    // Twice at the most: with the columns that are known, then with those that the table has now.
    for isLast in [false, true] {
      var schema = isLast ? nil : schemas.known(place.table)
      if !(schema.map { schema in names.allSatisfy { schema.dimensions.contains($0) } } ?? false) {
        schema = try await schemas.describe(place.table)
      }
      guard let schema, names.allSatisfy({ schema.dimensions.contains($0) }) else { break }
      let answer = try await rows(
        place, condition(place, schema), in: range, limit: limit, schema, byInstant: byInstant)
      if isLast || !answer.hasUnknownColumn { return answer.rows }
    }
    return HistoryRows(samples: [])
  }

  /// The condition that a record is one of the series: exactly its dimensions and, where several measurements share a table, its measure name.
  ///
  /// - Parameter schema: the table's columns; nil for series that sources know, whose one dimension is enough.
  func condition(_ place: RecordPlace, _ schema: TimestreamSchema? = nil) -> TimestreamCondition {
    var conditions = place.dimensions.map { TimestreamCondition.equal($0.name, $0.value) }
    guard let schema else { return conditions[0] }
    let names = Set(place.dimensions.map(\.name))
    for other in schema.dimensions where !names.contains(other) { conditions.append(.isNull(.column(other))) }
    if case .single = mapping.tables { conditions.append(.equal("measure_name", ByteText(place.measureName))) }
    return .all(conditions)
  }

  /// Reads whole records, oldest first.
  func rows(
    _ place: RecordPlace, _ condition: TimestreamCondition, in range: TimeRange, limit: Int,
    _ schema: TimestreamSchema?, byInstant: Bool = false
  ) async throws(StoreError) -> (rows: HistoryRows, hasUnknownColumn: Bool) {
    var records = limit + 1
    while true {
      var reading = TimestreamReading(
        .init(ours: ByteText(place.measureName), schema: schema, hasNanoseconds: byInstant))
      var merger = RecordMerger()
      var memory = RowMemory()
      let question = TimestreamQuery(place.table).selectAll().where(condition).within(range)
        .order(by: .time).limit(records)
      // One whole millisecond is read in any case.
      var isFull: Bool { memory.isFull && merger.samples.first?.time != merger.samples.last?.time }
      try await ask(question, while: { !isFull }) { answer throws(AWSError) in
        try reading.read(answer) { record in
          memory.add(record.sample)
          merger.add(record.sample, isOurs: record.isOurs)
        }
      }
      // Records of one millisecond are one sample: of the last one there may be more.
      let isCut = reading.records >= records || isFull
      if isCut, let last = merger.samples.last { merger.samples.removeTail(of: last.time) }
      // So many records of one millisecond that not even one of them is whole: ask for more of them.
      if isCut, merger.samples.isEmpty, records < Self.mostRecords {
        records = min(records * 16, Self.mostRecords)
        continue
      }
      if isCut, merger.samples.isEmpty, byInstant {
        throw StoreError(
          .failed, "more than \(Self.mostRecords) records of \(place.table.table.text) share one millisecond")
      }
      let whole = byInstant ? merger.samples.wholeMilliseconds(limit) : merger.samples.prefix(limit)
      let rows = HistoryRows(
        samples: Array(whole), isCut: isCut || whole.count < merger.samples.count, bytesMetered: reading.bytesMetered)
      return (rows, reading.hasUnknownColumn)
    }
  }

  /// Records that are read for one page at the most.
  private static let mostRecords: Int = 200_000

  /// One query for the newest time; of a written series the table's columns are described meanwhile.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or its answer cannot be read.
  public func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    let place = place(of: series)
    guard series.key != nil else { return try await newest(place, condition(place), in: range) }
    return try await schemas.asking(place.table, having: place.dimensions.map(\.name)) {
      schema async throws(StoreError) in
      try await newest(place, condition(place, schema), in: range)
    } ?? NewestHistory(time: nil)
  }

  private func newest(
    _ place: RecordPlace, _ condition: TimestreamCondition, in range: TimeRange?
  ) async throws(StoreError) -> NewestHistory {
    var newest = NewestHistory(time: nil)
    var question = TimestreamQuery(place.table).select(.aggregate(.max, .time)).where(condition)
    if let range { question = question.within(range) }
    try await ask(question) { answer throws(AWSError) in
      newest.bytesMetered = max(newest.bytesMetered, answer.bytesMetered)
      var rows = answer.rows
      while try rows.nextRow() {
        while let cell = try rows.nextCell() { newest.time = try rows.time(cell) ?? newest.time }
      }
    }
    return newest
  }

  /// Hands over each page; none for a table into which nothing was ever written: it has no column `identifier` yet, and
  /// says so.
  ///
  /// - Parameter goesOn: asked after each page; false asks for no further one.
  func ask(
    _ question: TimestreamQuery, while goesOn: () -> Bool = { true },
    _ body: (TimestreamAnswer) throws(AWSError) -> Void
  ) async throws(StoreError) {
    do throws(AWSError) { try await query.forEachAnswer(question.sql, while: goesOn, body) } catch {
      let hasNoColumn =
        error.code == .validation && error.message.contains("'\(Self.dimension)' does not exist")
      if hasNoColumn { return }
      throw StoreError(error)
    }
  }
}
