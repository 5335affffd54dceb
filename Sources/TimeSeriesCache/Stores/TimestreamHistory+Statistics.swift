import AWSClients
public import CacheSupport

extension TimestreamHistory {
  /// One row that Timestream works out, for a table of up to 24 measures.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or its answer cannot be read.
  public func moments(of series: Series, in range: TimeRange) async throws(StoreError) -> HistoryMoments {
    let answers = try await askAboutMeasures(of: series, nil, in: range) {
      question async throws(StoreError) -> HistoryMoments in
      var query = TimestreamQuery(merged(question.place, question.condition, in: range, question.names))
      for name in question.names {
        let (value, type) = (TimestreamExpression.column(name), question.type(name))
        query = query.select(.aggregate(.count, value))
          .select(.aggregate(type == "BOOLEAN" ? .everyone : .min, value))
          .select(.aggregate(type == "BOOLEAN" ? .anyone : .max, value))
        if type.isNumber { query = query.select(.aggregate(.avg, value)).select(.aggregate(.stddev, value)) }
      }
      var moments = HistoryMoments(measures: [:])
      try await ask(query) { page throws(AWSError) in
        moments.bytesMetered = max(moments.bytesMetered, page.bytesMetered)
        try Self.read(page, question, into: &moments)
      }
      return moments
    }
    guard let answers else { return try await momentsFromRows(of: series, in: range) }
    return answers.reduce(into: HistoryMoments(measures: [:])) { all, some in
      all.measures.merge(some.measures) { first, _ in first }
      all.bytesMetered += some.bytesMetered
    }
  }

  private static func read(
    _ page: TimestreamAnswer, _ question: MeasureQuestion, into moments: inout HistoryMoments
  ) throws(AWSError) {
    let types = page.columns.map(\.scalar)
    var rows = page.rows
    while try rows.nextRow() {
      var cells: [(value: MeasureValue?, number: Double?)] = []
      while let cell = try rows.nextCell() {
        cells.append((try rows.value(cell, types[cells.count]), try rows.number(cell)))
      }
      var place = 0
      for name in question.names {
        let isNumber = question.type(name).isNumber
        defer { place += isNumber ? 5 : 3 }
        guard place + (isNumber ? 5 : 3) <= cells.count, case .bigint(let count)? = cells[place].value, count > 0 else {
          continue
        }
        var measure = MeasureMoments()
        measure.count = Int(count)
        measure.minimum = cells[place + 1].value
        measure.maximum = cells[place + 2].value
        if isNumber {
          measure.numbers = Int(count)
          measure.mean = cells[place + 3].number ?? 0
          let deviation = cells[place + 4].number ?? 0
          measure.squares = deviation * deviation * Double(count - 1)
        }
        moments.measures[name] = measure
      }
    }
  }

  /// One question for the rows that have an outlier.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or its answer cannot be read.
  public func outliers(
    of series: Series, in range: TimeRange, beyond bounds: [ByteText: OutlierBound], limit: Int
  ) async throws(StoreError) -> HistoryRows {
    let answers = try await askAboutMeasures(of: series, Set(bounds.keys), in: range) {
      question async throws(StoreError) -> HistoryRows in
      let time = TimestreamExpression.column(Self.rowTime)
      let outside = question.names.compactMap { name -> TimestreamCondition? in
        guard question.type(name).isNumber, let bound = bounds[name] else { return nil }
        let distance = TimestreamExpression.magnitude(
          .infix(.column(name), .minus, .literal(.double(bound.mean))))
        return .compare(distance, .greater, .literal(.double(bound.distance)))
      }
      guard !outside.isEmpty else { return HistoryRows(samples: []) }
      var query = TimestreamQuery(merged(question.place, question.condition, in: range, question.names)).select(time)
        .where(.any(outside)).order(by: time).limit(limit + 1)
      for name in question.names { query = query.select(.column(name)) }
      var found: [Sample] = []
      var metered: Int64 = 0
      try await ask(query) { page throws(AWSError) in
        metered = max(metered, page.bytesMetered)
        let types = page.columns.map(\.scalar)
        var rows = page.rows
        while try rows.nextRow() {
          var sample = Sample(time: 0, measures: [])
          var index = 0
          while let cell = try rows.nextCell() {
            if index == 0 {
              sample.time = try rows.time(cell) ?? 0
            } else if let value = try rows.value(cell, types[index]) {
              sample.measures.append(Measure(question.names[index - 1].text, value))
            }
            index += 1
          }
          if let outside = sample.outliers(beyond: bounds) { found.append(outside) }
        }
      }
      return HistoryRows(
        samples: Array(found.prefix(limit)), isCut: found.count > limit, bytesMetered: metered)
    }
    guard let answers else { return try await outliersFromRows(of: series, in: range, beyond: bounds, limit: limit) }
    return answers.first ?? HistoryRows(samples: [])
  }

  /// One question: the milliseconds that meet the condition, and all records of these.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or a row cannot be read.
  public func rows(
    of series: Series, in range: TimeRange, limit: Int, where condition: MeasureCondition
  ) async throws(StoreError) -> HistoryRows {
    let answers = try await askAboutMeasures(of: series, [condition.measure], in: range) {
      question async throws(StoreError) -> HistoryRows in
      guard condition.isComparable(with: question.type(condition.measure)) else { return HistoryRows(samples: []) }
      let time = TimestreamExpression.column(Self.rowTime)
      let hits = TimestreamQuery(merged(question.place, question.condition, in: range, question.names)).select(time)
        .where(.compare(.column(condition.measure), condition.comparison, .literal(TimestreamLiteral(condition.value))))
        .order(by: time).limit(limit + 1)
      let isHit = TimestreamCondition.isAmong(.bin(.time, milliseconds: 1), hits)
      return try await rows(
        question.place, .all([question.condition, isHit]), in: range, limit: limit,
        series.key == nil ? nil : question.schema
      ).rows
    }
    guard let answers else { return try await rowsFromRows(of: series, in: range, limit: limit, where: condition) }
    return answers.first ?? HistoryRows(samples: [])
  }
}

extension MeasureCondition {
  /// True where values of one of Timestream's types can meet the condition.
  fileprivate func isComparable(with type: String) -> Bool {
    switch value {
    case .double, .bigint: type.isNumber
    case .boolean: type == "BOOLEAN"
    case .varchar: type == "VARCHAR"
    }
  }
}
