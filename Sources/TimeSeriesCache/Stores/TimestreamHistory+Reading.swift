import AWSClients
import CacheSupport

extension TimestreamHistory {
  /// One query, unless so many records share a millisecond that none of them is whole.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or a row cannot be read.
  public func rows(
    of series: Series, in range: TimeRange, limit: Int
  ) async throws(StoreError) -> HistoryRows {
    var records = limit + 1
    while true {
      var reading = TimestreamReading()
      try await ask(sql.rows(of: series.identifier, in: range, limit: records)) { answer throws(AWSError) in
        try reading.read(answer)
      }
      // Records of one millisecond are one sample: of the last one there may be more.
      let isCut = reading.records >= records
      if isCut { _ = reading.samples.popLast() }
      // So many records of one millisecond that not even one of them is whole: ask for more of them.
      if isCut, reading.samples.isEmpty, records < Self.mostRecords {
        records = min(records * 16, Self.mostRecords)
        continue
      }
      return HistoryRows(
        samples: Array(reading.samples.prefix(limit)), isCut: isCut || reading.samples.count > limit,
        bytesMetered: reading.bytesMetered)
    }
  }

  /// Records that are read for one page at the most.
  private static let mostRecords: Int = 200_000

  /// One query for the newest time.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or its answer cannot be read.
  public func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    var newest = NewestHistory(time: nil)
    try await ask(sql.newest(of: series.identifier, in: range)) { answer throws(AWSError) in
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
  private func ask(
    _ text: String, _ body: (TimestreamAnswer) throws(AWSError) -> Void
  ) async throws(StoreError) {
    do throws(AWSError) { try await query.forEachAnswer(text, body) } catch {
      let hasNoColumn =
        error.code == .validation && error.message.contains("'\(TimestreamSQL.dimension)' does not exist")
      if hasNoColumn { return }
      throw StoreError(error)
    }
  }
}

/// What the pages of one query have given.
private struct TimestreamReading {
  /// Ascending by time, one for each millisecond.
  var samples: [Sample] = []
  /// How many records they were.
  var records = 0
  /// True where the cache itself wrote one of the last sample's records.
  private var lastIsOurs = false
  var bytesMetered: Int64 = 0

  mutating func read(_ answer: TimestreamAnswer) throws(AWSError) {
    bytesMetered = max(bytesMetered, answer.bytesMetered)
    let columns = MeasureColumns(answer.columns)
    var values = [MeasureValue?](repeating: nil, count: columns.names.count)
    var rows = answer.rows
    while try rows.nextRow() {
      records += 1
      var time: Int64?
      var measureName: String?
      var isOurs = false
      var single: MeasureValue?
      var index = 0
      while let cell = try rows.nextCell() {
        switch columns.roles[index] {
        case .time: time = try rows.time(cell)
        case .measureName:
          isOurs = rows.isOurs(cell)
          if columns.hasSingle { measureName = try rows.text(cell) }
        case .measure(let place, let type): values[place] = try rows.value(cell, type)
        case .single(let type): single = try rows.value(cell, type) ?? single
        case .other: break
        }
        index += 1
      }
      guard let time else {
        throw AWSError(.unexpectedAnswer, "a row has no time", operation: "Timestream_20181101.Query")
      }
      var measures: [Measure] = []
      measures.reserveCapacity(values.count)
      for place in values.indices {
        guard let value = values[place] else { continue }
        measures.append(Measure(columns.names[place], value))
        values[place] = nil
      }
      if let single, let measureName { measures.merge([Measure(measureName, single)]) }
      // Of two records with one measure the cache's own counts, in whatever order Timestream gives them.
      let hasOurs = lastIsOurs && samples.last?.time == time
      samples.add(Sample(time: time, measures: measures), counts: isOurs || !hasOurs)
      lastIsOurs = isOurs || hasOurs
    }
  }
}

/// What each column of an answer is; those of measures by name.
private struct MeasureColumns {
  enum Role {
    case time, measureName, other
    case measure(place: Int, String)
    /// `measure_value::double` and the like, of single-measure records: named by their measure name.
    case single(String)
  }

  var roles: [Role]
  var names: [String]
  var hasSingle = false

  init(_ columns: [TimestreamQueryClient.Column]) {
    var measures: [(index: Int, name: String, type: String)] = []
    roles = columns.map { _ in .other }
    for (index, column) in columns.enumerated() {
      guard case .scalar(let type) = column.type else { continue }
      switch column.name {
      case "time": roles[index] = .time
      case "measure_name": roles[index] = .measureName
      case TimestreamSQL.dimension: continue
      case let name where name.hasPrefix("measure_value::"):
        roles[index] = .single(type)
        hasSingle = true
      default: measures.append((index, column.name, type))
      }
    }
    measures.sort { ByteText($0.name) < ByteText($1.name) }
    for (place, measure) in measures.enumerated() { roles[measure.index] = .measure(place: place, measure.type) }
    names = measures.map(\.name)
  }
}

extension TimestreamRows {
  /// True for the measure name of the records that the cache writes.
  fileprivate func isOurs(_ cell: Cell) -> Bool {
    guard case .scalar(let token) = cell else { return false }
    return reader.equals(token, bytesOf: TimestreamHistory.measureName)
  }

  /// Epoch milliseconds; what is finer is cut off.
  fileprivate func time(_ cell: Cell) throws(AWSError) -> Int64? {
    guard case .scalar(let token) = cell else { return nil }
    guard let bytes = reader.plainBytes(token), let time = ISO8601Time(bytes) else {
      throw AWSError(
        .unexpectedAnswer, "'\(try text(cell)?.prefix(60) ?? "")' is not a time", operation: "Timestream_20181101.Query"
      )
    }
    return time.epochMilliseconds()
  }

  fileprivate func text(_ cell: Cell) throws(AWSError) -> String? {
    guard case .scalar(let token) = cell else { return nil }
    do throws(JSONError) { return try reader.text(token) } catch {
      throw AWSError(.unexpectedAnswer, "\(error)", operation: "Timestream_20181101.Query")
    }
  }

  /// Nil for null, and for what no measure can be: an array, NaN.
  fileprivate func value(_ cell: Cell, _ type: String) throws(AWSError) -> MeasureValue? {
    guard case .scalar(let token) = cell else { return nil }
    switch type {
    case "DOUBLE": return reader.double(token).map { .double($0) }
    case "BIGINT", "INTEGER": return reader.int64(token).map { .bigint($0) }
    case "BOOLEAN": return .boolean(reader.equals(token, "true"))
    default: return try text(cell).map { .varchar($0) }
    }
  }
}
