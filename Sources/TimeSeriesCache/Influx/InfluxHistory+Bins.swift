import CacheSupport

extension InfluxHistory {
  /// Bins that InfluxDB may be asked for in one request.
  static let mostBins: Int64 = 100_000

  /// Binned by InfluxDB where that gives what the rows give, in one request; else the rows are read.
  ///
  /// InfluxDB adds decimals in an order of its own, has no least text or boolean, and knows nothing of versions: sums and means of doubles,
  /// bounds of texts and booleans, increases, and series in which a version lacks a measure that another has, are worked out from the rows.
  ///
  /// - Throws: ``StoreError`` where InfluxDB fails, or its answer cannot be read.
  public func bins(
    of series: Series, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins {
    let place = InfluxPlace(series)
    if let span = InfluxSpan(range), InfluxBins.isBounded(range, binning),
      !binning.aggregates.contains(.increase), !(series.key != nil && place.isOfSource)
    {
      let schema = try await schema(of: place.measurement)
      let fields = try await fields(of: place, schema, in: span)
      if let bins = InfluxBins(fields, binning) {
        var question = InfluxQuestion()
        bins.ask(&question, self, place, schema, span)
        let answer = try await connection.ask(question)
        if var bins = try bins.read(answer, place) {
          let isCut = bins.count > limit
          bins = Array(bins.prefix(limit))
          return HistoryBins(bins: bins, isCut: isCut)
        }
      }
    }
    return try await binsFromRows(of: series, in: range, by: binning, limit: limit)
  }
}

/// The statements that bin a series, and what their answers must say for the bins to be what the rows would give.
struct InfluxBins: Sendable {
  private enum Column: Sendable {
    case count, first, last, minimum, maximum, sum
  }

  /// All fields that the series may have.
  private let fields: [InfluxField]
  /// Those that count, with the columns that are asked for.
  private let counted: [(field: InfluxField, columns: [Column])]
  private let binning: Binning

  /// False where InfluxDB would have too many bins to make, or some beyond its calendar.
  static func isBounded(_ range: TimeRange, _ binning: Binning) -> Bool {
    let calendar = -9_000_000_000_000...9_000_000_000_000 as ClosedRange<Int64>
    guard calendar.contains(range.from), calendar.contains(range.to), binning.width <= 1_000_000_000_000 else {
      return false
    }
    return (range.to - range.from) / binning.width < InfluxHistory.mostBins
  }

  /// Nil where only the rows can tell.
  init?(_ fields: [InfluxField], _ binning: Binning) {
    let aggregates = binning.aggregates
    let wantsSum = !aggregates.isDisjoint(with: [.sum, .avg])
    var counted: [(field: InfluxField, columns: [Column])] = []
    guard Set(fields.map(\.name)).count == fields.count else { return nil }
    for field in fields where binning.measures?.contains(field.name) ?? true {
      var columns: [Column] = [.count]
      if aggregates.contains(.first) { columns.append(.first) }
      if aggregates.contains(.last) { columns.append(.last) }
      switch field.type {
      case .unsigned: return nil
      case .float: if wantsSum { return nil }
      case .string, .boolean: if !aggregates.isDisjoint(with: [.min, .max]) { return nil }
      case .integer: break
      }
      let isNumber = field.type == .float || field.type == .integer
      let addsUp = wantsSum && field.type == .integer
      // The bounds tell whether a sum can have overflowed.
      if isNumber, aggregates.contains(.min) || addsUp { columns.append(.minimum) }
      if isNumber, aggregates.contains(.max) || addsUp { columns.append(.maximum) }
      if addsUp { columns.append(.sum) }
      counted.append((field, columns))
    }
    guard !counted.isEmpty else { return nil }
    (self.fields, self.counted, self.binning) = (fields, counted, binning)
  }

  private static let version = InfluxField(name: InfluxPlace.version, type: .integer).column
  private static let list = InfluxField(name: InfluxPlace.fields, type: .string).column

  /// Statements 0 to 5: the lists of fields, how often each field is there, the first point, the last one, the bins, and how many
  /// milliseconds lie between the points up to the end of each bin.
  func ask(
    _ question: inout InfluxQuestion, _ history: InfluxHistory, _ place: InfluxPlace, _ schema: InfluxSchema,
    _ span: InfluxSpan
  ) {
    func ask(_ columns: String, _ rest: String = "") {
      question.ask(history.statement(columns, place, schema, span, &question, rest: rest))
    }
    let bin = ",time(\(binning.width)ms) fill(none)"
    ask("distinct(\(Self.list))")
    ask("count(\(Self.version))," + fields.map { "count(\($0.column))" }.joined(separator: ","))
    ask("first(\(Self.version))")
    ask("last(\(Self.version))")
    ask(
      "count(\(Self.version)),"
        + counted.flatMap { pair in pair.columns.map { Self.function($0, pair.field) } }.joined(separator: ","), bin)
    let between = history.statement("elapsed(\(Self.version),1ms) AS e", place, schema, span, &question)
    question.ask("SELECT sum(e) FROM (\(between)) WHERE \(span.condition) GROUP BY *\(bin)")
  }

  private static func function(_ column: Column, _ field: InfluxField) -> String {
    let name =
      switch column {
      case .count: "count"
      case .first: "first"
      case .last: "last"
      case .minimum: "min"
      case .maximum: "max"
      case .sum: "sum"
      }
    return "\(name)(\(field.column))"
  }

  /// Reads the bins.
  ///
  /// - Returns: nil where they are not what the rows would give: where points of other writers, of several versions with other measures,
  ///   or of one millisecond are among them, a sum may have overflowed, or a point has come meanwhile.
  func read(_ answer: InfluxAnswer, _ place: InfluxPlace) throws(StoreError) -> [HistoryBin]? {
    var lists: [InfluxFieldList] = []
    var counts: [Int64] = []
    var (first, last): (Int64?, Int64?) = (nil, nil)
    var bins: [HistoryBin] = []
    var between: [Int64: Int64] = [:]
    var points: [Int64] = []
    for block in answer.blocks where place.isExactly(block.tags) {
      var rows = answer.rows(of: block)
      while try rows.next() {
        let time = try rows.time()
        switch block.statement {
        case 0:
          guard let list = InfluxFieldList(try rows.text(1) ?? "") else { return nil }
          lists.append(list)
        case 1: for column in 1..<block.columns.count { counts.append(rows.integer(column) ?? 0) }
        case 2: first = time
        case 3: last = time
        case 4:
          guard let bin = try bin(rows, at: InfluxSpan.milliseconds(time)) else { return nil }
          points.append(rows.integer(1) ?? 0)
          bins.append(bin)
        default: between[InfluxSpan.milliseconds(time)] = rows.integer(1)
        }
      }
    }
    guard let list = lists.first else { return bins.isEmpty && counts.allSatisfy { $0 == 0 } ? [] : nil }
    guard let first, let last, counts.count == fields.count + 1, !lists.contains(where: \.isFiner) else { return nil }
    for (field, count) in zip(fields, counts.dropFirst()) {
      let isThere = list.fields.contains(field)
      guard lists.allSatisfy({ $0.fields.contains(field) == isThere }), count == (isThere ? counts[0] : 0) else {
        return nil
      }
    }
    guard lists.allSatisfy({ $0.fields.isSubset(of: fields) }), points.reduce(0, +) == counts[0] else { return nil }
    var newest = InfluxSpan.milliseconds(first)
    for index in bins.indices {
      newest += between[bins[index].start] ?? 0
      guard binning.start(of: newest) == bins[index].start else { return nil }
      bins[index].newest = newest
    }
    guard newest == InfluxSpan.milliseconds(last) else { return nil }
    return bins.filter { !$0.measures.isEmpty }
  }

  /// The bin of a row: its start, the number of points, and the columns of each field.
  private func bin(_ rows: borrowing InfluxRows, at start: Int64) throws(StoreError) -> HistoryBin? {
    var bin = HistoryBin(start: start, newest: start)
    var index = 2
    for (field, columns) in counted {
      var tally = MeasureTally()
      var sum: Int64?
      for column in columns {
        switch column {
        case .count: tally.count = Int(rows.integer(index) ?? 0)
        case .first: tally.first = try rows.value(index, field.type)
        case .last: tally.last = try rows.value(index, field.type)
        case .minimum: tally.minimum = try rows.value(index, field.type)
        case .maximum: tally.maximum = try rows.value(index, field.type)
        case .sum: sum = rows.integer(index)
        }
        index += 1
      }
      guard tally.count > 0 else { continue }
      if field.type == .float || field.type == .integer { tally.numbers = tally.count }
      if columns.contains(.sum) {
        guard let sum, case .bigint(let least)? = tally.minimum, case .bigint(let most)? = tally.maximum else {
          return nil
        }
        let (_, overflows) = Int64(clamping: max(least.magnitude, most.magnitude)).multipliedReportingOverflow(
          by: Int64(tally.count))
        guard !overflows, least.magnitude <= UInt64(Int64.max) else { return nil }
        tally.sum = MeasureSum(high: 0, low: sum)
      }
      bin.measures[field.name] = tally
    }
    return bin
  }
}
