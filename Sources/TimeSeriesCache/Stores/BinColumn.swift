import AWSClients
import CacheSupport

/// What a column of a binned answer is, and how it is asked for.
enum BinColumn {
  case start, newest
  case count(ByteText)
  case first(ByteText)
  case last(ByteText)
  case minimum(ByteText)
  case maximum(ByteText)
  case sum(ByteText)
  /// A sum of whole numbers comes in two columns, neither of which overflows: of the upper bits, and of the lower 32.
  case sumHigh(ByteText)
  case sumLow(ByteText)
  case increase(ByteText)
  case increaseHigh(ByteText)
  case increaseLow(ByteText)

  private static let lowBits: TimestreamExpression = .literal(.integer(1 << 32))

  /// The columns that aggregates of a measure need.
  ///
  /// - Parameters:
  ///   - before: the column with the value before, of numbers and where an increase is wanted.
  ///   - time: the column of the rows' times.
  static func wanted(
    _ name: ByteText, type: String, before: ByteText, time: TimestreamExpression, _ aggregates: Set<Aggregate>
  ) -> [(value: TimestreamExpression, column: BinColumn)] {
    let value = TimestreamExpression.column(name)
    let present = TimestreamExpression.when(.isPresent(value), then: time, otherwise: nil)
    // The count tells that there is a value at all.
    var wanted: [(value: TimestreamExpression, column: BinColumn)] = [(.aggregate(.count, value), .count(name))]
    if aggregates.contains(.first) { wanted.append((.atLeast(value, by: present), .first(name))) }
    if aggregates.contains(.last) { wanted.append((.atGreatest(value, by: present), .last(name))) }
    if aggregates.contains(.min) {
      wanted.append((.aggregate(type == "BOOLEAN" ? .everyone : .min, value), .minimum(name)))
    }
    if aggregates.contains(.max) {
      wanted.append((.aggregate(type == "BOOLEAN" ? .anyone : .max, value), .maximum(name)))
    }
    guard type.isNumber else { return wanted }
    let isWhole = type != "DOUBLE"
    if !aggregates.isDisjoint(with: [.sum, .avg]) {
      if isWhole {
        wanted.append((.aggregate(.sum, .infix(value, .dividedBy, lowBits)), .sumHigh(name)))
        wanted.append((.aggregate(.sum, .infix(value, .modulo, lowBits)), .sumLow(name)))
      } else {
        wanted.append((.aggregate(.sum, value), .sum(name)))
      }
    }
    if aggregates.contains(.increase) {
      let before = TimestreamExpression.column(before)
      if isWhole {
        wanted.append((increase(value, before) { .infix($0, .dividedBy, lowBits) }, .increaseHigh(name)))
        wanted.append((increase(value, before) { .infix($0, .modulo, lowBits) }, .increaseLow(name)))
      } else {
        wanted.append((increase(value, before) { $0 }, .increase(name)))
      }
    }
    return wanted
  }

  /// The sum of what each value is more than the one before; a value that is less counts from zero.
  private static func increase(
    _ value: TimestreamExpression, _ before: TimestreamExpression,
    part: (TimestreamExpression) -> TimestreamExpression
  ) -> TimestreamExpression {
    .aggregate(
      .sum,
      .when(
        .all([.isPresent(value), .isPresent(before)]),
        then: .when(
          .compare(value, .less, before), then: part(value),
          otherwise: .infix(part(value), .minus, part(before))), otherwise: nil))
  }

  /// Reads the bins of a page.
  static func read(
    _ page: TimestreamAnswer, _ columns: [BinColumn], into bins: inout [HistoryBin]
  ) throws(AWSError) {
    let types = page.columns.map(\.scalar)
    guard types.count == columns.count else {
      throw AWSError(
        .unexpectedAnswer, "\(columns.count) columns were asked for, \(types.count) came",
        operation: "Timestream_20181101.Query")
    }
    var rows = page.rows
    while try rows.nextRow() {
      var bin = HistoryBin(start: 0, newest: 0)
      var tally = MeasureTally()
      // The upper part of a sum, until the lower one comes.
      var high: Int64 = 0
      var index = 0
      while let cell = try rows.nextCell() {
        let type = types[index]
        switch columns[index] {
        case .start: bin.start = try rows.time(cell) ?? 0
        case .newest: bin.newest = try rows.time(cell) ?? 0
        case .count:
          tally = MeasureTally()
          if case .bigint(let count)? = try rows.value(cell, type) { tally.count = Int(count) }
        case .first: tally.first = try rows.value(cell, type)
        case .last: tally.last = try rows.value(cell, type)
        case .minimum: tally.minimum = try rows.value(cell, type)
        case .maximum: tally.maximum = try rows.value(cell, type)
        case .sum: if let sum = try rows.number(cell) { tally.sum = MeasureSum(sum) }
        case .increase: tally.increase = try rows.number(cell).map { MeasureSum($0) }
        case .sumHigh, .increaseHigh: high = try rows.whole(cell) ?? 0
        case .sumLow: if let low = try rows.whole(cell) { tally.sum = MeasureSum(high: high, low: low) }
        case .increaseLow: tally.increase = try rows.whole(cell).map { MeasureSum(high: high, low: $0) }
        }
        index += 1
        if let name = columns[index - 1].name, index == columns.count || columns[index].name != name, tally.count > 0 {
          tally.numbers = columns[index - 1].isOfNumber ? tally.count : 0
          bin.measures[name] = tally
        }
      }
      bins.append(bin)
    }
  }

  /// The measure that the column is about.
  private var name: ByteText? {
    switch self {
    case .start, .newest: nil
    case .count(let name), .first(let name), .last(let name), .minimum(let name), .maximum(let name), .sum(let name),
      .sumHigh(let name), .sumLow(let name), .increase(let name), .increaseHigh(let name), .increaseLow(let name):
      name
    }
  }

  /// True for the sums, which numbers alone have: they are the last columns of their measure.
  private var isOfNumber: Bool {
    switch self {
    case .sum, .sumLow, .increase, .increaseLow: true
    default: false
    }
  }
}

extension TimestreamRows {
  /// A whole number of 64 bits.
  fileprivate func whole(_ cell: Cell) throws(AWSError) -> Int64? {
    guard case .scalar(let token) = cell else { return nil }
    return reader.int64(token)
  }
}
