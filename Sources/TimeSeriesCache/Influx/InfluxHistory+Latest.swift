public import CacheSupport

extension InfluxHistory {
  /// Columns of all statements of one request: InfluxDB opens a cursor for each.
  static let columnsPerRequest: Int = 4000

  /// The newest row of each of many series: a statement for each, up to a hundred statements per request, four requests at a time.
  ///
  /// InfluxDB opens every shard of the time that a statement is about, for each statement anew. So all are asked about the last week, then
  /// those that have nothing there about a longer time before it, and at last about all of it, fewer in a request.
  ///
  /// - Throws: ``StoreError`` where InfluxDB fails, or its answer cannot be read.
  public func latest(of series: [Series]) async throws(StoreError) -> LatestHistory {
    let readable = series.filter { $0.key == nil || !InfluxPlace($0).isOfSource }
    let measurements = Set(readable.map { InfluxPlace($0).measurement }).sorted()
    let schemas = try await mapConcurrently(measurements, limit: Self.requestsInFlight) {
      measurement async throws(StoreError) -> (ByteText, Int) in
      (measurement, try await schema(of: measurement).fields.count)
    }
    let fields = Dictionary(schemas) { first, _ in first }
    var latest = LatestHistory(samples: [:])
    var left = readable
    for (span, statements) in Self.latestSpans(now: clock.now) where !left.isEmpty {
      let parts = parts(of: left, statements, fields)
      let answers = try await mapConcurrently(parts, limit: Self.requestsInFlight) {
        part async throws(StoreError) -> [Series: Sample] in
        for isLast in [false, true] {
          if let samples = try await self.latest(part, in: span, isFresh: isLast) { return samples }
        }
        throw StoreError(
          .unavailable, "InfluxDB has points whose fields it does not know yet", code: "UnexpectedAnswer")
      }
      for answer in answers { latest.samples.merge(answer) { first, _ in first } }
      left = left.filter { latest.samples[$0] == nil }
    }
    return latest
  }

  /// Where newest rows are looked for, one span after the other, and the statements of a request: the older the span, the more shards each opens.
  static func latestSpans(now: Int64) -> [(span: InfluxSpan, statements: Int)] {
    var spans: [(span: InfluxSpan, statements: Int)] = []
    var end = InfluxSpan.whole.to
    for (weeks, statements) in [(1, statementsPerRequest), (8, statementsPerRequest), (64, statementsPerRequest / 4)] {
      let back = TimeRange(from: now - Int64(weeks) * 7 * 86_400_000, to: .max)
      guard let from = back.flatMap({ InfluxSpan($0) })?.from, from < end else { break }
      spans.append((InfluxSpan(from: from, to: end), statements))
      end = from - 1
    }
    return spans + [(InfluxSpan(from: InfluxSpan.whole.from, to: end), statementsPerRequest / 10)]
  }

  /// The series of each request.
  private func parts(of series: [Series], _ statements: Int, _ fields: [ByteText: Int]) -> [[Series]] {
    var parts: [[Series]] = []
    var columns = 0
    for one in series {
      let more = 3 + (fields[InfluxPlace(one).measurement] ?? 0)
      if (parts.last?.count ?? statements) == statements || columns + more > Self.columnsPerRequest {
        parts.append([])
        columns = 0
      }
      parts[parts.count - 1].append(one)
      columns += more
    }
    return parts
  }

  /// Asks about some series.
  ///
  /// - Returns: nil where a point has a field that was not asked for.
  private func latest(
    _ series: [Series], in span: InfluxSpan, isFresh: Bool
  ) async throws(StoreError) -> [Series: Sample]? {
    var schemas: [ByteText: InfluxSchema] = [:]
    var question = InfluxQuestion()
    var asked: [(series: Series, place: InfluxPlace, schema: InfluxSchema)] = []
    for one in series {
      let place = InfluxPlace(one)
      if schemas[place.measurement] == nil {
        schemas[place.measurement] = try await schema(of: place.measurement, isFresh: isFresh)
      }
      guard let schema = schemas[place.measurement], !schema.fields.isEmpty else { continue }
      let columns = Self.columns(schema.fields)
      question.ask(
        statement(columns, place, schema, span, &question, rest: " ORDER BY time DESC LIMIT 1"))
      asked.append((one, place, schema))
    }
    guard !asked.isEmpty else { return [:] }
    let answer = try await connection.ask(question)
    var samples: [Series: Sample] = [:]
    var shared: [Series] = []
    for block in answer.blocks where asked.indices.contains(block.statement) {
      let (series, place, schema) = asked[block.statement]
      guard place.isExactly(block.tags) else { continue }
      var reading = InfluxReading(schema.fields)
      try reading.checkColumns(block)
      var rows = answer.rows(of: block)
      while try rows.next() {
        let instant = try rows.time()
        guard let measures = try reading.measures(rows) else { return nil }
        let time = InfluxSpan.milliseconds(instant)
        if !measures.isEmpty { samples[series] = Sample(time: time, measures: measures) }
        // Others of the same millisecond may lie before it.
        if InfluxSpan.nanoseconds(time, 0) != instant || measures.isEmpty { shared.append(series) }
      }
    }
    let whole = try await mapConcurrently(shared, limit: Self.requestsInFlight) {
      series async throws(StoreError) -> Sample? in
      guard let time = try await newest(of: series, in: nil).time, let range = TimeRange(from: time, to: time) else {
        return nil
      }
      return try await rows(of: series, in: range, limit: 1).samples.last
    }
    for (series, sample) in zip(shared, whole) { samples[series] = sample }
    return samples
  }

  /// The last value of each measure: a statement for each field, a hundred statements per request.
  ///
  /// The rows themselves are read where a field has several types, or where its last value belongs to a version that was replaced.
  ///
  /// - Throws: ``StoreError`` where InfluxDB fails, or its answer cannot be read.
  public func lastValues(
    of series: Series, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues {
    let place = InfluxPlace(series)
    guard let range = TimeRange(before: time), let span = InfluxSpan(range), !(series.key != nil && place.isOfSource)
    else { return HistoryValues(values: [:]) }
    // What is known may be a minute old: a new field has a last value.
    let schema = try await schema(of: place.measurement, isFresh: true)
    let fields = schema.fields.filter { measures?.contains($0.name) ?? true }
    guard fields.allSatisfy({ schema.isOnly($0) }) else {
      return try await lastValuesFromRows(of: series, before: time, measures: measures)
    }
    let parts = stride(from: 0, to: fields.count, by: Self.statementsPerRequest).map {
      Array(fields[$0..<min($0 + Self.statementsPerRequest, fields.count)])
    }
    let answers = try await mapConcurrently(parts, limit: Self.requestsInFlight) {
      part async throws(StoreError) -> [ByteText: MeasureValue]? in
      try await lastValues(part, place, schema, in: span)
    }
    var values = HistoryValues(values: [:])
    for answer in answers {
      guard let answer else { return try await lastValuesFromRows(of: series, before: time, measures: measures) }
      values.values.merge(answer) { first, _ in first }
    }
    return values
  }

  /// - Returns: nil where a value belongs to a version that was replaced.
  private func lastValues(
    _ fields: [InfluxField], _ place: InfluxPlace, _ schema: InfluxSchema, in span: InfluxSpan
  ) async throws(StoreError) -> [ByteText: MeasureValue]? {
    var question = InfluxQuestion()
    let list = InfluxField(name: InfluxPlace.fields, type: .string).column
    for field in fields { question.ask(statement("last(\(field.column)),\(list)", place, schema, span, &question)) }
    let answer = try await connection.ask(question)
    var values: [ByteText: MeasureValue] = [:]
    for block in answer.blocks where fields.indices.contains(block.statement) && block.columns.count == 3 {
      guard place.isExactly(block.tags) else { continue }
      let field = fields[block.statement]
      var rows = answer.rows(of: block)
      while try rows.next() {
        if let text = try rows.text(2), !(InfluxFieldList(text)?.fields.contains(field) ?? false) { return nil }
        if let value = try rows.value(1, field.type) { values[field.name] = value }
      }
    }
    return values
  }
}
