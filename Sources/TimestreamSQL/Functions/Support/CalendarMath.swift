import CacheSupport

/// Calendar arithmetic on nanoseconds since 1970, UTC, as Trino does it.
enum CalendarMath {
  static let day: Int64 = 86_400_000_000_000
  static let overflow = QueryFault(message: "the time lies outside 1677 to 2262")

  private static let fixed: [String: Int64] = [
    "nanosecond": 1, "microsecond": 1000, "millisecond": 1_000_000, "second": 1_000_000_000,
    "minute": 60_000_000_000, "hour": 3_600_000_000_000, "day": day, "week": 7 * day,
  ]
  private static let months: [String: Int64] = ["month": 1, "quarter": 3, "year": 12]

  private static func nanoseconds(_ time: UTCTime) throws(QueryFault) -> Int64 {
    let (product, overflows) = time.epochSeconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflowsToo) = product.addingReportingOverflow(Int64(time.nanosecond))
    guard !overflows, !overflowsToo else { throw overflow }
    return sum
  }

  private static func multiplied(_ count: Int64, _ length: Int64) throws(QueryFault) -> Int64 {
    let (product, overflows) = count.multipliedReportingOverflow(by: length)
    guard !overflows else { throw overflow }
    return product
  }

  static func truncate(_ instant: Int64, _ unit: String) throws(QueryFault) -> Int64 {
    let unit = unit.lowercased()
    if unit == "week" {
      // Weeks start on Monday; the first of January 1970 was a Thursday.
      return try multiplied(Numbers.floor(Numbers.floor(instant, day) + 3, 7) * 7 - 3, day)
    }
    if let length = fixed[unit] { return try multiplied(Numbers.floor(instant, length), length) }
    guard let count = months[unit] else { throw QueryFault(message: "'\(unit)' is not a valid TIMESTAMP field") }
    var time = UTCTime(epochNanoseconds: instant)
    time.month = (time.month - 1) / Int(count) * Int(count) + 1
    (time.day, time.hour, time.minute, time.second, time.nanosecond) = (1, 0, 0, 0, 0)
    return try nanoseconds(time)
  }

  static func add(_ count: Int64, _ unit: String, to instant: Int64) throws(QueryFault) -> Int64 {
    let unit = unit.lowercased()
    if let length = fixed[unit] {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      let (sum, overflowsToo) = product.addingReportingOverflow(instant)
      guard !overflows, !overflowsToo else { throw overflow }
      return sum
    }
    guard let factor = months[unit] else { throw QueryFault(message: "'\(unit)' is not a valid TIMESTAMP field") }
    let (product, overflows) = count.multipliedReportingOverflow(by: factor)
    guard !overflows else { throw overflow }
    return try addMonths(product, to: instant)
  }

  /// A day that the month does not have becomes its last.
  static func addMonths(_ count: Int64, to instant: Int64) throws(QueryFault) -> Int64 {
    guard abs(Double(count)) < 12_000 else { throw overflow }
    var time = UTCTime(epochNanoseconds: instant)
    let month = Int64(time.year) * 12 + Int64(time.month - 1) + count
    time.year = Int(Numbers.floor(month, 12))
    time.month = Int(month - Int64(time.year) * 12) + 1
    time.day = min(time.day, UTCTime.days(inMonth: time.month, of: time.year))
    return try nanoseconds(time)
  }

  /// Whole units from one instant to another.
  static func difference(_ unit: String, from start: Int64, to end: Int64) throws(QueryFault) -> Int64 {
    let unit = unit.lowercased()
    if let length = fixed[unit] {
      let (length64, overflows) = end.subtractingReportingOverflow(start)
      guard !overflows else { throw overflow }
      return length64 / length
    }
    guard let factor = months[unit] else { throw QueryFault(message: "'\(unit)' is not a valid TIMESTAMP field") }
    let (from, to) = (UTCTime(epochNanoseconds: start), UTCTime(epochNanoseconds: end))
    var count = Int64(to.year - from.year) * 12 + Int64(to.month - from.month)
    // A month that is not whole does not count.
    if count > 0, try addMonths(count, to: start) > end { count -= 1 }
    if count < 0, try addMonths(count, to: start) < end { count += 1 }
    return count / factor
  }

  /// A part of a time; nil for a name that is none.
  static func part(_ name: String, of instant: Int64) -> Int64? {
    let time = UTCTime(epochNanoseconds: instant)
    let days = Numbers.floor(instant, day)
    switch name {
    case "year": return Int64(time.year)
    case "quarter": return Int64((time.month + 2) / 3)
    case "month": return Int64(time.month)
    case "day", "day_of_month": return Int64(time.day)
    case "hour": return Int64(time.hour)
    case "minute": return Int64(time.minute)
    case "second": return Int64(time.second)
    case "millisecond": return Int64(time.nanosecond / 1_000_000)
    case "microsecond": return Int64(time.nanosecond / 1000 % 1000)
    case "nanosecond": return Int64(time.nanosecond % 1000)
    // Monday is 1.
    case "day_of_week", "dow": return weekday(days)
    case "day_of_year", "doy": return days - firstDay(of: time.year) + 1
    case "week", "week_of_year": return week(days).week
    case "year_of_week", "yow": return week(days).year
    default: return nil
    }
  }

  private static func weekday(_ days: Int64) -> Int64 { days + 3 - Numbers.floor(days + 3, 7) * 7 + 1 }

  private static func firstDay(of year: Int) -> Int64 {
    var time = UTCTime(epochSeconds: 0)
    time.year = year
    return Numbers.floor(time.epochSeconds, 86_400)
  }

  /// ISO 8601's week: that of the Thursday.
  private static func week(_ days: Int64) -> (year: Int64, week: Int64) {
    let thursday = days - weekday(days) + 4
    let year = UTCTime(epochSeconds: thursday * 86_400).year
    return (Int64(year), (thursday - firstDay(of: year)) / 7 + 1)
  }
}
