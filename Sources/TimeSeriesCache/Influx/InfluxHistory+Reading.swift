import CacheSupport

extension InfluxHistory {
  /// Cells of one request for rows, and rows.
  static let cellsPerRequest: Int = 400_000
  static let rowsPerRequest: Int = 50_000
  /// Rows that are asked for where fewer are left to read: several may share a millisecond.
  static let leastRows: Int = 100
  /// Fields of a measurement from which on it is asked first which of them a series has.
  static let mostUnasked: Int = 32

  /// Pages of up to 50,000 points, until there are as many rows as are wanted, each for a part of the range.
  ///
  /// - Throws: ``StoreError`` where InfluxDB fails, or a row cannot be read.
  public func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    try await rows(of: series, in: range, limit: limit, byInstant: false)
  }

  /// - Parameter byInstant: whether samples keep their nanoseconds; the answer then ends with a whole millisecond, see ``InstantReading``.
  func rows(
    of series: Series, in range: TimeRange, limit: Int, byInstant: Bool
  ) async throws(StoreError) -> HistoryRows {
    let place = InfluxPlace(series)
    guard let span = InfluxSpan(range), !(series.key != nil && place.isOfSource) else {
      return HistoryRows(samples: [])
    }
    // Twice at the most: with the fields that are known, then with those that the measurement has now.
    for isLast in [false, true] {
      let schema = try await schema(of: place.measurement, isFresh: isLast)
      if let answer = try await rows(place, schema, in: span, limit: limit, byInstant: byInstant) {
        return answer
      }
    }
    throw StoreError(
      .unavailable, "InfluxDB has points whose fields it does not know yet", code: "UnexpectedAnswer")
  }

  /// The fields that are asked for: of a measurement with many, those that the series has.
  func fields(
    of place: InfluxPlace, _ schema: InfluxSchema, in span: InfluxSpan
  ) async throws(StoreError) -> [InfluxField] {
    guard schema.fields.count > Self.mostUnasked else { return schema.fields }
    var question = InfluxQuestion()
    let columns = schema.fields.map { "first(\($0.column))" }.joined(separator: ",")
    question.ask(
      statement(columns, place, schema, span, &question))
    let answer = try await connection.ask(question)
    var present = Set<InfluxField>()
    for block in answer.blocks where place.isExactly(block.tags) && block.columns.count == schema.fields.count + 1 {
      var rows = answer.rows(of: block)
      while try rows.next() {
        for (index, field) in schema.fields.enumerated() where rows.cells[index + 1].kind != .null {
          present.insert(field)
        }
      }
    }
    return schema.fields.filter { present.contains($0) }
  }

  /// A statement about a series.
  func statement(
    _ columns: String, _ place: InfluxPlace, _ schema: InfluxSchema, _ span: InfluxSpan,
    _ question: inout InfluxQuestion, rest: String = ""
  ) -> String {
    let condition = place.condition(&question, others: schema.tags)
    let series = condition.isEmpty ? "" : condition + " AND "
    return
      "SELECT \(columns) FROM \(InfluxQL.name(place.measurement.text)) WHERE \(series)\(span.condition) GROUP BY *\(rest)"
  }

  /// The columns of whole points: version, list of fields, and fields.
  static func columns(_ fields: [InfluxField]) -> String {
    let own = [
      InfluxField(name: InfluxPlace.version, type: .integer), InfluxField(name: InfluxPlace.fields, type: .string),
    ]
    return (own + fields).map(\.column).joined(separator: ",")
  }

  /// Reads rows page by page.
  ///
  /// - Returns: nil where a point has a field that was not asked for.
  private func rows(
    _ place: InfluxPlace, _ schema: InfluxSchema, in span: InfluxSpan, limit: Int, byInstant: Bool
  ) async throws(StoreError) -> HistoryRows? {
    guard !schema.fields.isEmpty else { return HistoryRows(samples: []) }
    var samples: [Sample] = []
    var memory = RowMemory()
    var most = min(Self.rowsPerRequest, limit + 1)
    var window = InfluxWindow(rows: min(most, Self.cellsPerRequest / (schema.fields.count + 3)))
    var reading: InfluxReading?
    var rest: InfluxSpan? = span
    // One whole millisecond is read in any case.
    var isFull: Bool { memory.isFull && samples.first?.time != samples.last?.time }
    // By the instant: until the last millisecond that fits has ended.
    while let left = rest,
      samples.count <= limit && !isFull || byInstant && samples.first?.time == samples.last?.time
    {
      let part = left.prefix(window.width)
      let fields = try await fields(of: place, schema, in: part)
      let page = max(1, min(most, Self.cellsPerRequest / (fields.count + 3)))
      let wanted = min(page, max(limit + 1 - samples.count, Self.leastRows))
      guard !fields.isEmpty else {
        window.note(0, of: wanted, in: part)
        rest = left.after(part.to)
        continue
      }
      var reader = reading.flatMap { $0.fields == fields ? $0 : nil } ?? InfluxReading(fields)
      var question = InfluxQuestion()
      question.ask(
        statement(
          Self.columns(fields), place, schema, part, &question, rest: " ORDER BY time LIMIT \(wanted)"))
      let answer: InfluxAnswer
      do throws(StoreError) { answer = try await connection.ask(question) } catch {
        // Long texts: fewer rows at a time.
        guard error.isTooLarge, page > 1 else { throw error }
        most = max(1, page / 8)
        continue
      }
      var (count, last) = (0, part.to)
      blocks: for block in answer.blocks where place.isExactly(block.tags) {
        try reader.checkColumns(block)
        var rows = answer.rows(of: block)
        while try rows.next() {
          let time = try rows.time()
          guard let measures = try reader.measures(rows) else { return nil }
          let sample = Sample(
            time: InfluxSpan.milliseconds(time), nanoseconds: byInstant ? InfluxSpan.rest(time) : 0, measures: measures)
          memory.add(sample)
          if !byInstant { samples.add(sample) } else if !measures.isEmpty { samples.append(sample) }
          (count, last) = (count + 1, time)
          if isFull { break blocks }
        }
      }
      reading = reader
      let end = count < wanted && !isFull ? part.to : last
      window.note(count, of: wanted, in: InfluxSpan(from: part.from, to: end))
      rest = left.after(end)
    }
    // Where it ended early, there may be more of the last millisecond.
    let limit = rest == nil ? limit : min(limit, samples.count - 1)
    let whole = byInstant ? samples.wholeMilliseconds(limit) : samples.prefix(limit)
    return HistoryRows(samples: Array(whole), isCut: whole.count < samples.count)
  }

  /// Looks for the newest point in the last week of the range first, and then ever further back, see ``latest(of:)``.
  ///
  /// - Throws: ``StoreError`` where InfluxDB fails, or its answer cannot be read.
  public func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    let place = InfluxPlace(series)
    let span = range.map { InfluxSpan($0) } ?? .whole
    guard let span, !(series.key != nil && place.isOfSource) else { return NewestHistory(time: nil) }
    let schema = series.key == nil ? InfluxSchema() : try await schema(of: place.measurement)
    for (part, _) in Self.latestSpans(now: clock.now) {
      guard let part = part.intersection(span) else { continue }
      var question = InfluxQuestion()
      question.ask(
        statement("*::field", place, schema, part, &question, rest: " ORDER BY time DESC LIMIT 1"))
      let answer = try await connection.ask(question)
      var newest: Int64?
      for block in answer.blocks where place.isExactly(block.tags) {
        var rows = answer.rows(of: block)
        while try rows.next() { newest = max(newest ?? .min, try rows.time()) }
      }
      if let newest { return NewestHistory(time: InfluxSpan.milliseconds(newest)) }
    }
    return NewestHistory(time: nil)
  }
}

/// Turns rows of whole points into measures.
struct InfluxReading {
  let fields: [InfluxField]
  private let asked: Set<InfluxField>
  /// The columns of each name in `fields`, in the order of the names.
  private let groups: [Range<Int>]
  /// The list of the row before, which most rows repeat: its text, and the columns that count with their types.
  private var list: (text: ByteText, columns: [(index: Int, field: InfluxField)])?

  /// The columns before those of the fields: time, version, list.
  static let ownColumns: Int = 3

  /// - Parameter fields: ordered by name.
  init(_ fields: [InfluxField]) {
    self.fields = fields
    asked = Set(fields)
    var groups: [Range<Int>] = []
    for index in fields.indices {
      if let last = groups.last, fields[last.lowerBound].name == fields[index].name {
        groups[groups.count - 1] = last.lowerBound..<(index + 1)
      } else {
        groups.append(index..<(index + 1))
      }
    }
    self.groups = groups
  }

  func checkColumns(_ block: InfluxAnswer.Block) throws(StoreError) {
    guard block.columns.count == fields.count + Self.ownColumns else {
      throw StoreError(
        .failed, "\(fields.count + Self.ownColumns) columns were asked for, \(block.columns.count) came",
        code: "UnexpectedAnswer")
    }
  }

  /// The measures of the row at hand, ordered by name; nil where its list names a field that was not asked for.
  mutating func measures(_ rows: borrowing InfluxRows) throws(StoreError) -> [Measure]? {
    var measures: [Measure] = []
    guard rows.cells[2].kind == .string else {
      // Another writer's: all that it has.
      for group in groups {
        if let value = try Self.foreign(rows, fields, group) {
          measures.append(Measure(fields[group.lowerBound].name.text, value))
        }
      }
      return measures
    }
    if !(list.map { rows.isText(2, $0.text) } ?? false) {
      let text = try rows.text(2) ?? ""
      guard let read = InfluxFieldList(text) else {
        throw StoreError(
          .failed, "the field '\(InfluxPlace.fields)' of a point is not the cache's", code: "UnexpectedAnswer")
      }
      guard read.fields.isSubset(of: asked) else { return nil }
      let columns = fields.indices.filter { read.fields.contains(fields[$0]) }.map {
        (index: $0 + Self.ownColumns, field: fields[$0])
      }
      list = (ByteText(text), columns)
    }
    guard let list else { return nil }
    measures.reserveCapacity(list.columns.count)
    for (index, field) in list.columns {
      if let value = try rows.value(index, field.type) { measures.append(Measure(field.name.text, value)) }
    }
    return measures
  }

  /// The value of another writer's point. Where a measurement has a field with several types, the point does not say which it has: a
  /// number that is whole counts as an integer.
  private static func foreign(
    _ rows: borrowing InfluxRows, _ fields: [InfluxField], _ group: Range<Int>
  ) throws(StoreError) -> MeasureValue? {
    var values: [InfluxType: MeasureValue] = [:]
    for index in group { values[fields[index].type] = try rows.value(index + ownColumns, fields[index].type) }
    if let text = values[.string] ?? values[.boolean] { return text }
    guard let whole = values[.integer] ?? values[.unsigned], let float = values[.float],
      case .bigint(let number) = whole,
      case .double(let double) = float
    else { return values[.float] ?? values[.integer] ?? values[.unsigned] }
    return double == Double(number) ? whole : float
  }
}

extension StoreError {
  /// True where an answer had more bytes than are taken.
  var isTooLarge: Bool { code == "tooLarge" }
}
