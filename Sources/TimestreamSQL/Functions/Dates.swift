import CacheSupport
import Foundation
import SQLiteStore

/// Functions of timestamps, dates, times and intervals.
enum Dates {
  static let functions: [SQLFunction] = parts + calendar + epochs + formats

  static let units: Set<String> = [
    "nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year",
  ]

  // MARK: Parts

  private static let partNames: [String] = [
    "year", "quarter", "month", "week", "week_of_year", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
    "doy", "year_of_week", "yow", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond",
  ]
  /// What `extract` takes; each is a function of its own, too.
  static let extractable: Set<String> = Set(partNames)

  private static let part = NativeFunction.strict("part", 2) { arguments in
    CalendarMath.part(arguments.text(0), of: arguments.integer(1)).map { .integer($0) } ?? .null
  }

  private static let parts: [SQLFunction] = partNames.map { name in
    SQLFunction(
      name, .init([.date], .bigint, "\(part)('\(text: name)', $0 * 86400000000000)"),
      .init([.timestamp], .bigint, "\(part)('\(text: name)', $0)"),
      .init([.time], .bigint, "\(part)('\(text: name)', $0)"),
      .init([.varchar], .bigint, "\(part)('\(text: name)', \(Conversions.toTimestamp)($0))"))
  }

  // MARK: The calendar

  /// Whole units of a number, rounded down: `(number, unit)`.
  static let floor = NativeFunction.strict("floor", 2) { arguments in
    .integer(Numbers.floor(arguments.integer(0), max(1, arguments.integer(1))))
  }

  static let day = NativeFunction.failing("day", 1) { arguments throws(QueryFault) in
    let day = Numbers.floor(arguments.integer(0), CalendarMath.day)
    guard TimestreamType.dayRange.contains(day) else { throw CalendarMath.overflow }
    return .integer(day)
  }

  private static let truncate = NativeFunction.failing("date_trunc", 2) { arguments throws(QueryFault) in
    .integer(try CalendarMath.truncate(arguments.integer(1), arguments.text(0)))
  }
  private static let add = NativeFunction.failing("date_add", 3) { arguments throws(QueryFault) in
    .integer(try CalendarMath.add(arguments.integer(1), arguments.text(0), to: arguments.integer(2)))
  }
  private static let difference = NativeFunction.failing("date_diff", 3) { arguments throws(QueryFault) in
    .integer(try CalendarMath.difference(arguments.text(0), from: arguments.integer(1), to: arguments.integer(2)))
  }
  private static let lastDay = NativeFunction.failing("last_day", 1) { arguments throws(QueryFault) in
    let time = UTCTime(epochNanoseconds: arguments.integer(0))
    let day = Numbers.floor(arguments.integer(0), CalendarMath.day)
    let last = day + Int64(UTCTime.days(inMonth: time.month, of: time.year) - time.day)
    guard TimestreamType.dayRange.contains(last) else { throw CalendarMath.overflow }
    return .integer(last)
  }
  /// The start of the interval in which an instant lies.
  private static let bin = NativeFunction.failing("bin", 2) { arguments throws(QueryFault) in
    guard let instant = arguments[0].integer else { throw CalendarMath.overflow }
    guard let length = arguments[1].integer, length > 0 else {
      throw QueryFault(message: "the second argument of bin must be a positive interval")
    }
    let (start, overflows) = Numbers.floor(instant, length).multipliedReportingOverflow(by: length)
    guard !overflows else { throw CalendarMath.overflow }
    return .integer(start)
  }

  /// A unit that stands there and is none.
  private static let noUnit: SQLFunction.Signature.Refusal = { arguments in
    guard case .constant(.text(let unit)) = arguments[0].node, !units.contains(unit.lowercased()) else { return nil }
    return "'\(unit)' is not a valid \(arguments.last?.type == .date ? "DATE" : "TIMESTAMP") field"
  }

  /// An interval that stands there and is not above zero.
  private static let notPositive: SQLFunction.Signature.Refusal = { arguments in
    guard case .constant(.integer(let length)) = arguments[1].node, length <= 0 else { return nil }
    return "the second argument of bin must be a positive interval"
  }

  private static let calendar: [SQLFunction] = [
    SQLFunction(
      "bin", .init([.timestamp, .interval], .timestamp, "\(bin)($0, $1)", refusal: notPositive),
      .init([.date, .interval], .timestamp, "\(bin)($0 * 86400000000000, $1)", refusal: notPositive)),
    SQLFunction(
      "date", .init([.date], .date, "$0"), .init([.timestamp], .date, "\(day)($0)"),
      .init([.varchar], .date, "\(Conversions.toDate)($0)")),
    SQLFunction(
      "date_trunc",
      .init(
        [.varchar, .date], .date, "\(floor)(\(truncate)($0, $1 * 86400000000000), 86400000000000)", refusal: noUnit),
      .init([.varchar, .timestamp], .timestamp, "\(truncate)($0, $1)", refusal: noUnit)),
    SQLFunction(
      "date_add",
      .init(
        [.varchar, .bigint, .date], .date, "\(floor)(\(add)($0, $1, $2 * 86400000000000), 86400000000000)",
        refusal: noUnit),
      .init([.varchar, .bigint, .timestamp], .timestamp, "\(add)($0, $1, $2)", refusal: noUnit),
      .init(
        [.varchar, .bigint, .time], .time,
        "((\(add)($0, $1, $2) % 86400000000000 + 86400000000000) % 86400000000000)", refusal: noUnit)),
    SQLFunction(
      "date_diff",
      .init([.varchar, .timestamp, .timestamp], .bigint, "\(difference)($0, $1, $2)", refusal: noUnit),
      .init([.varchar, .time, .time], .bigint, "\(difference)($0, $1, $2)", refusal: noUnit)),
    SQLFunction(
      "last_day_of_month", .init([.date], .date, "\(lastDay)($0 * 86400000000000)"),
      .init([.timestamp], .date, "\(lastDay)($0)")),
  ]

  // MARK: Operators of times

  /// What `+`, `-` and `*` of times and intervals call.
  static let operators: [NativeFunction] = [addMonths, addMonthsToDate, addDays, scale, divide]

  static let addMonths = NativeFunction.failing("add_months", 2) { arguments throws(QueryFault) in
    .integer(try CalendarMath.addMonths(arguments.integer(1), to: arguments.integer(0)))
  }

  static let addMonthsToDate = NativeFunction.failing("date_add_months", 2) { arguments throws(QueryFault) in
    let (start, overflows) = arguments.integer(0).multipliedReportingOverflow(by: CalendarMath.day)
    guard !overflows else { throw CalendarMath.overflow }
    return .integer(Numbers.floor(try CalendarMath.addMonths(arguments.integer(1), to: start), CalendarMath.day))
  }

  static let addDays = NativeFunction.failing("add_days", 2) { arguments throws(QueryFault) in
    let (days, rest) = arguments.integer(1).quotientAndRemainder(dividingBy: CalendarMath.day)
    guard rest == 0 else { throw QueryFault(message: "Cannot add hour, minutes or seconds to a date") }
    let (sum, overflows) = arguments.integer(0).addingReportingOverflow(days)
    guard !overflows, TimestreamType.dayRange.contains(sum) else { throw CalendarMath.overflow }
    return .integer(sum)
  }

  /// An interval by a number.
  static let scale = NativeFunction.failing("scale", 2) { arguments throws(QueryFault) in
    if let factor = arguments[1].integer {
      let (product, overflows) = arguments.integer(0).multipliedReportingOverflow(by: factor)
      guard !overflows else { throw QueryFault(message: "interval overflow") }
      return .integer(product)
    }
    let product = (arguments.double(0) * arguments.double(1)).rounded(.towardZero)
    guard let length = Int64(exactly: product) else { throw QueryFault(message: "interval overflow") }
    return .integer(length)
  }

  /// An interval by a number, rounded towards zero as in Trino.
  static let divide = NativeFunction.failing("interval_divide", 2) { arguments throws(QueryFault) in
    if let divisor = arguments[1].integer {
      guard divisor != 0 else { throw QueryFault(message: "Division by zero") }
      let (quotient, overflows) = arguments.integer(0).dividedReportingOverflow(by: divisor)
      guard !overflows else { throw QueryFault(message: "interval overflow") }
      return .integer(quotient)
    }
    guard arguments.double(1) != 0 else { throw QueryFault(message: "Division by zero") }
    let quotient = (arguments.double(0) / arguments.double(1)).rounded(.towardZero)
    guard let length = Int64(exactly: quotient) else { throw QueryFault(message: "interval overflow") }
    return .integer(length)
  }

  // MARK: Epochs and durations

  private static let fromUnixtime = NativeFunction.failing("from_unixtime", 1) { arguments throws(QueryFault) in
    guard let nanoseconds = Int64(exactly: (arguments.double(0) * 1e9).rounded(.towardZero)) else {
      throw CalendarMath.overflow
    }
    return .integer(nanoseconds)
  }

  private static let durationUnits: [String: Double] = [
    "ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86_400e9, "nanosecond": 1,
    "microsecond": 1e3, "millisecond": 1e6, "second": 1e9, "minute": 60e9, "hour": 3600e9, "day": 86_400e9,
  ]

  private static let parseDuration = Conversions.read("parse_duration", "interval") { text in
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
    guard let factor = durationUnits[unit], let number = Double(digits) else { return nil }
    return Int64(exactly: (number * factor).rounded())
  }

  private static let isoText = NativeFunction.strict("iso8601", 1) { arguments in
    .text(TimestreamType.timestamp(arguments.integer(0)).replacing(" ", with: "T"))
  }

  private static let epochs: [SQLFunction] = [
    SQLFunction("from_milliseconds", .init([.bigint], .timestamp, "\(Operators.bigints)('*', $0, 1000000)")),
    SQLFunction("from_nanoseconds", .init([.bigint], .timestamp, "($0)")),
    SQLFunction([.double], .timestamp, fromUnixtime),
    SQLFunction("to_unixtime", .init([.timestamp], .double, "($0 / 1000000000.0)")),
    SQLFunction(
      "to_milliseconds", .init([.timestamp], .bigint, "\(floor)($0, 1000000)"),
      .init([.interval], .bigint, "($0 / 1000000)")),
    SQLFunction("to_nanoseconds", .init([.timestamp], .bigint, "($0)"), .init([.interval], .bigint, "($0)")),
    SQLFunction(
      "to_iso8601", .init([.date], .varchar, "\(Conversions.dateText)($0)"),
      .init([.timestamp], .varchar, "\(isoText)($0)")),
    SQLFunction("from_iso8601_timestamp", .init([.varchar], .timestamp, "\(Conversions.toTimestamp)($0)")),
    SQLFunction("from_iso8601_date", .init([.varchar], .date, "\(Conversions.toDate)($0)")),
    SQLFunction([.varchar], .interval, parseDuration),
  ]

  // MARK: Formats

  /// From an instant to a text.
  private static func written(
    _ name: String, _ format: @escaping @Sendable (Execution, String) throws(QueryFault) -> DateFormat
  ) -> SQLFunction {
    SQLFunction(
      [.timestamp, .varchar], .varchar,
      .metered(name, 2) { arguments, execution throws(QueryFault) in
        .text(try format(execution, arguments.text(1)).text(arguments.integer(0), execution))
      })
  }

  /// From a text to an instant.
  private static func read(
    _ name: String, _ format: @escaping @Sendable (Execution, String) throws(QueryFault) -> DateFormat
  ) -> SQLFunction {
    SQLFunction(
      [.varchar, .varchar], .timestamp,
      .metered(name, 2) { arguments, execution throws(QueryFault) in
        .integer(try format(execution, arguments.text(1)).instant(arguments.text(0), execution))
      })
  }

  private static func mysql(_ execution: Execution, _ format: String) throws(QueryFault) -> DateFormat {
    try execution.mysqlFormats.form(of: format) { format throws(QueryFault) in
      try DateFormat.prepare(format, execution)
      return try DateFormat(mysql: format)
    }
  }

  private static func joda(_ execution: Execution, _ format: String) throws(QueryFault) -> DateFormat {
    try execution.jodaFormats.form(of: format) { format throws(QueryFault) in
      try DateFormat.prepare(format, execution)
      return try DateFormat(joda: format)
    }
  }

  private static let formats: [SQLFunction] = [
    written("date_format", mysql), read("date_parse", mysql), written("format_datetime", joda),
    read("parse_datetime", joda),
  ]
}
