import SQLiteStore

/// `sequence` of whole numbers, dates and timestamps.
enum Sequences {
  /// Items that it may make, as in Trino.
  private static let itemLimit: Int64 = 10_000

  private static let tooLong = QueryFault(message: "result of sequence function must not have more than 10000 entries")

  /// Values from one to another, each by the one before and how many there are. One that no 64 bits hold lies past the end.
  private static func list(
    from start: Int64, to end: Int64, by step: Int64, _ value: (_ before: Int64, _ count: Int64) -> Int64?
  ) throws(QueryFault) -> SQLValue {
    guard step != 0 else { throw QueryFault(message: "step must not be zero") }
    guard step > 0 ? start <= end : start >= end else {
      throw QueryFault(
        message:
          "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start"
      )
    }
    var list = QueryList()
    var (next, count): (Int64?, Int64) = (start, 0)
    while let item = next, step > 0 ? item <= end : item >= end {
      guard count < itemLimit else { throw tooLong }
      list.append(.integer(item))
      count += 1
      next = value(item, count)
    }
    return .blob(list.bytes)
  }

  private static func list(from start: Int64, to end: Int64, by step: Int64) throws(QueryFault) -> SQLValue {
    try list(from: start, to: end, by: step) { before, _ in
      let (sum, overflows) = before.addingReportingOverflow(step)
      return overflows ? nil : sum
    }
  }

  /// `(start, end, step, hasStep)`: without a step, one in the direction of the end.
  private static let numbers = NativeFunction.raw("sequence", 4, canFail: true) { arguments, _ throws(QueryFault) in
    guard let start = arguments[0].integer, let end = arguments[1].integer,
      arguments[3] == .integer(0) || arguments[2] != .null
    else { return .null }
    return try list(from: start, to: end, by: arguments[2].integer ?? (start <= end ? 1 : -1))
  }

  private static let days = NativeFunction.failing("sequence_days", 3) { arguments throws(QueryFault) in
    let (step, rest) = arguments.integer(2).quotientAndRemainder(dividingBy: CalendarMath.day)
    guard rest == 0 else {
      throw QueryFault(message: "sequence step must be a day interval if start and end values are dates")
    }
    return try list(from: arguments.integer(0), to: arguments.integer(1), by: step)
  }

  /// `(start, end, months, nanoseconds of a unit)`.
  private static let months = NativeFunction.failing("sequence_months", 4) { arguments throws(QueryFault) in
    let (start, end, unit) = (arguments.integer(0), arguments.integer(1), max(1, arguments.integer(3)))
    // Each from the start: a sum of months is not the months' sum. What lies past the end of time lies past the end.
    let (instant, overflows) = start.multipliedReportingOverflow(by: unit)
    guard !overflows else { throw CalendarMath.overflow }
    let step = arguments.integer(2)
    return try list(from: start, to: end, by: step) { _, count in
      let (months, overflows) = step.multipliedReportingOverflow(by: count)
      guard !overflows, let next = try? CalendarMath.addMonths(months, to: instant) else { return nil }
      return Numbers.floor(next, unit)
    }
  }

  static let function = SQLFunction(
    "sequence", .init([.bigint, .bigint], .array(.bigint), "\(numbers)($0, $1, NULL, 0)"),
    .init([.bigint, .bigint, .bigint], .array(.bigint), "\(numbers)($0, $1, $2, 1)"),
    .init([.date, .date], .array(.date), "\(numbers)($0, $1, NULL, 0)"),
    .init([.date, .date, .interval], .array(.date), "\(days)($0, $1, $2)"),
    .init([.date, .date, .months], .array(.date), "\(months)($0, $1, $2, 86400000000000)"),
    .init([.timestamp, .timestamp], .array(.timestamp), "\(numbers)($0, $1, 86400000000000, 1)"),
    .init([.timestamp, .timestamp, .interval], .array(.timestamp), "\(numbers)($0, $1, $2, 1)"),
    .init([.timestamp, .timestamp, .months], .array(.timestamp), "\(months)($0, $1, $2, 1)"))
}
