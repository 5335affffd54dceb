import AWSClients
public import CacheSupport

extension TimestreamHistory {
  /// Binned by Timestream: as many rows are sent as there are bins.
  ///
  /// One question for a table of up to 24 measures, and its columns are described meanwhile. The rows themselves are read where the table
  /// has single-measure records.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or its answer cannot be read.
  public func bins(
    of series: Series, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    let answers = try await askAboutMeasures(of: series, binning.measures, in: range) {
      question async throws(StoreError) -> HistoryBins in
      try await bins(question, in: range, by: binning, limit: limit)
    }
    guard let answers else { return try await binsFromRows(of: series, in: range, by: binning, limit: limit) }
    // Each question is about the same records, and so about the same bins.
    guard var answer = answers.first else { return HistoryBins(bins: []) }
    for other in answers.dropFirst() {
      let byStart = Dictionary(other.bins.map { ($0.start, $0) }) { first, _ in first }
      for place in answer.bins.indices {
        guard let bin = byStart[answer.bins[place].start] else { continue }
        answer.bins[place].measures.merge(bin.measures) { first, _ in first }
      }
      answer.bytesMetered += other.bytesMetered
    }
    return answer
  }

  private func bins(
    _ question: MeasureQuestion, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    let time = TimestreamExpression.column(Self.rowTime)
    var source = merged(question.place, question.condition, in: range, question.names)
    if binning.measures != nil {
      source = TimestreamQuery(source).selectAll().where(.any(question.names.map { .isPresent(.column($0)) }))
    }
    var columns = [BinColumn.start, .newest]
    if binning.aggregates.contains(.increase) {
      source = TimestreamQuery(source).selectAll()
      for (place, name) in question.names.enumerated() where question.type(name).isNumber {
        source = source.select(
          .lastBefore(.column(name), orderedBy: time), as: ByteText("\(Self.ownColumns)before_\(place)"))
      }
    }
    let start = TimestreamExpression.bin(time, milliseconds: binning.width)
    var query = TimestreamQuery(source).select(start).select(.aggregate(.max, time))
    for (place, name) in question.names.enumerated() {
      let wanted = BinColumn.wanted(
        name, type: question.type(name), before: ByteText("\(Self.ownColumns)before_\(place)"), time: time,
        binning.aggregates)
      for column in wanted {
        query = query.select(column.value)
        columns.append(column.column)
      }
    }
    query = query.group(by: start).order(by: start).limit(limit + 1)
    var answer = HistoryBins(bins: [])
    try await ask(query) { page throws(AWSError) in
      answer.bytesMetered = max(answer.bytesMetered, page.bytesMetered)
      try BinColumn.read(page, columns, into: &answer.bins)
    }
    answer.isCut = answer.bins.count > limit
    if answer.isCut { answer.bins.removeLast() }
    return answer
  }

  /// One question about all values before the time.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or its answer cannot be read.
  public func lastValues(
    of series: Series, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues {
    guard let range = TimeRange(before: time) else { return HistoryValues(values: [:]) }
    let answers = try await askAboutMeasures(of: series, measures, in: range) {
      question async throws(StoreError) -> HistoryValues in
      let time = TimestreamExpression.column(Self.rowTime)
      var query = TimestreamQuery(merged(question.place, question.condition, in: range, question.names))
      for name in question.names {
        let value = TimestreamExpression.column(name)
        query = query.select(.atGreatest(value, by: .when(.isPresent(value), then: time, otherwise: nil)))
      }
      var values = HistoryValues(values: [:])
      try await ask(query) { page throws(AWSError) in
        values.bytesMetered = max(values.bytesMetered, page.bytesMetered)
        let types = page.columns.map(\.scalar)
        var rows = page.rows
        while try rows.nextRow() {
          var index = 0
          while let cell = try rows.nextCell() {
            if index < question.names.count {
              values.values[question.names[index]] = try rows.value(cell, types[index])
            }
            index += 1
          }
        }
      }
      return values
    }
    guard let answers else { return try await lastValuesFromRows(of: series, before: time, measures: measures) }
    return answers.reduce(into: HistoryValues(values: [:])) { all, some in
      all.values.merge(some.values) { first, _ in first }
      all.bytesMetered += some.bytesMetered
    }
  }
}

extension String {
  /// True for Timestream's types of numbers.
  var isNumber: Bool { self == "DOUBLE" || self == "BIGINT" || self == "INTEGER" }
}

extension TimestreamQueryClient.Column {
  /// The name of a scalar type; the empty text for others.
  var scalar: String { if case .scalar(let type) = type { type } else { "" } }
}
