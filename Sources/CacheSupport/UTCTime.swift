/// A date and time of day in UTC on the proleptic Gregorian calendar, without leap seconds.
///
/// The arithmetic follows Howard Hinnant's `days_from_civil` and `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
public struct UTCTime: Sendable, Hashable {
  /// From -9999 to 9999 where it was given as a date; 0 is the year before 1.
  public var year: Int
  /// 1 to 12.
  public var month: Int
  /// 1 to 31.
  public var day: Int
  /// 0 to 23.
  public var hour: Int
  /// 0 to 59.
  public var minute: Int
  /// 0 to 59.
  public var second: Int
  /// 0 to 999,999,999.
  public var nanosecond: Int

  /// Takes a date and a time of day that exist, in the years -9999 to 9999; nil for any other, such as 30 February or 24:00.
  public init?(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, nanosecond: Int = 0
  ) {
    guard (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day), (0..<24).contains(hour),
      (0..<60).contains(minute), (0..<60).contains(second), (0..<1_000_000_000).contains(nanosecond),
      (-9999...9999).contains(year)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second, self.nanosecond) = (hour, minute, second, nanosecond)
  }

  /// Takes seconds since 1970-01-01T00:00:00Z, negative before it, and the nanoseconds after them.
  public init(epochSeconds: Int64, nanosecond: Int = 0) {
    let (days, rest) = Self.floorDivide(epochSeconds, 86_400)
    let shifted = days + 719_468
    let (era, dayOfEra) = Self.floorDivide(shifted, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    hour = Int(rest / 3600)
    minute = Int(rest % 3600 / 60)
    second = Int(rest % 60)
    self.nanosecond = nanosecond
  }

  /// Takes milliseconds since 1970-01-01T00:00:00Z, negative before it.
  public init(epochMilliseconds: Int64) {
    let (seconds, rest) = Self.floorDivide(epochMilliseconds, 1000)
    self.init(epochSeconds: seconds, nanosecond: Int(rest) * 1_000_000)
  }

  /// Takes nanoseconds since 1970-01-01T00:00:00Z, negative before it.
  public init(epochNanoseconds: Int64) {
    let (seconds, rest) = Self.floorDivide(epochNanoseconds, 1_000_000_000)
    self.init(epochSeconds: seconds, nanosecond: Int(rest))
  }

  /// Seconds since 1970-01-01T00:00:00Z, negative before it; what is finer is cut off.
  public var epochSeconds: Int64 {
    let shiftedYear = Int64(month <= 2 ? year - 1 : year)
    let (era, yearOfEra) = Self.floorDivide(shiftedYear, 400)
    let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// Milliseconds since 1970-01-01T00:00:00Z, negative before it; what is finer is cut off.
  public var epochMilliseconds: Int64 { epochSeconds * 1000 + Int64(nanosecond / 1_000_000) }

  /// 1 for Monday to 7 for Sunday.
  package var dayOfWeek: Int {
    Int(Self.floorDivide(Self.floorDivide(epochSeconds, 86_400).quotient + 3, 7).remainder) + 1
  }

  package static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension UTCTime {
  /// `20150830T123600Z`: ISO 8601 basic, as `X-Amz-Date` has it.
  package var basicText: String {
    guard (0...9999).contains(year) else {
      return Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(day, 2) + "T" + Self.padded(hour, 2)
        + Self.padded(minute, 2) + Self.padded(second, 2) + "Z"
    }
    return unsafe String(unsafeUninitializedCapacity: 16) { bytes in
      var place = 0
      func put(_ byte: UInt8) {
        unsafe bytes[place] = byte
        place += 1
      }
      func put(_ value: Int) {
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10 % 10))
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
      }
      put(year / 100)
      put(year % 100)
      put(month)
      put(day)
      put(UInt8(ascii: "T"))
      put(hour)
      put(minute)
      put(second)
      put(UInt8(ascii: "Z"))
      return place
    }
  }

  /// `2015-08-30`.
  package var dateText: String { Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2) }

  /// `12:36:00`.
  package var timeText: String { Self.padded(hour, 2) + ":" + Self.padded(minute, 2) + ":" + Self.padded(second, 2) }

  /// `2015-08-30T12:36:00Z`, with milliseconds only where there are some.
  public var iso8601Text: String {
    let milliseconds = nanosecond / 1_000_000
    return dateText + "T" + timeText + (milliseconds == 0 ? "" : "." + Self.padded(milliseconds, 3)) + "Z"
  }

  package static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
