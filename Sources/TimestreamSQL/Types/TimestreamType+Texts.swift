import CacheSupport

/// Times, dates and intervals as texts, and back.
extension TimestreamType {
  /// `2020-08-08 01:00:00.000000000`.
  static func timestamp(_ nanoseconds: Int64) -> String {
    let time = UTCTime(epochNanoseconds: nanoseconds)
    return "\(time.dateText) \(time.timeText).\(UTCTime.padded(time.nanosecond, 9))"
  }

  /// `1 21:00:00.000000000`.
  static func interval(_ nanoseconds: Int64) -> String {
    let magnitude = nanoseconds.magnitude
    let seconds = Int(magnitude / 1_000_000_000)
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { UTCTime.padded($0, 2) }.joined(
      separator: ":")
    return
      "\(nanoseconds < 0 ? "-" : "")\(seconds / 86_400) \(clock).\(UTCTime.padded(Int(magnitude % 1_000_000_000), 9))"
  }

  /// `2-7`: years and months.
  static func months(_ months: Int64) -> String {
    "\(months < 0 ? "-" : "")\(months.magnitude / 12)-\(months.magnitude % 12)"
  }

  /// `2020-08-08`, of days since 1970.
  static func date(_ days: Int64) -> String {
    UTCTime(epochSeconds: days.multipliedReportingOverflow(by: 86_400).partialValue).dateText
  }

  /// `01:00:00.000000000`, of nanoseconds since midnight.
  static func time(_ nanoseconds: Int64) -> String {
    let time = UTCTime(epochNanoseconds: nanoseconds)
    return "\(time.timeText).\(UTCTime.padded(time.nanosecond, 9))"
  }

  /// Days since 1970 of `2020-08-08`; nil for what is none.
  static func days(_ text: String) -> Int64? {
    guard text.utf8.count == 10, let time = ISO8601Time(text) else { return nil }
    let days = Numbers.floor(time.time.epochSeconds, 86_400)
    return dayRange.contains(days) ? days : nil
  }

  /// The dates whose midnight is a timestamp: 1677-09-22 to 2262-04-11.
  static let dayRange: ClosedRange<Int64> = -106_751...106_751

  /// Nanoseconds since midnight of `01:02`, `01:02:03` and `01:02:03.5`; nil for what is none.
  static func timeOfDay(_ text: String) -> Int64? {
    guard text.contains(":"), let nanoseconds = nanoseconds("1970-01-01 " + text), nanoseconds >= 0,
      nanoseconds < 86_400_000_000_000
    else { return nil }
    return nanoseconds
  }

  /// Reads a timestamp's text as nanoseconds; nil for what is none, or lies outside 1677 to 2262.
  public static func nanoseconds(_ text: String) -> Int64? {
    guard let time = ISO8601Time(text) else { return nil }
    let seconds = time.time.epochSeconds - Int64(time.offsetSeconds ?? 0)
    let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflowsToo) = product.addingReportingOverflow(Int64(time.time.nanosecond))
    return overflows || overflowsToo ? nil : sum
  }
}

/// Numbers as Java's `Double.toString` writes them.
enum JavaDouble {
  static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    let sign = value.sign == .minus ? "-" : ""
    if value == 0 { return sign + "0.0" }
    // Swift's description has the shortest digits that read back; only their arrangement differs.
    let parts = abs(value).description.split(separator: "e")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = mantissa[0] + (mantissa.count > 1 ? mantissa[1] : "")
    exponent += mantissa[0].count
    let leading = digits.prefix { $0 == "0" }.count
    digits.removeFirst(leading)
    exponent -= leading
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    // The value is 0.digits × 10^exponent.
    if abs(value) >= 1e-3, abs(value) < 1e7 {
      if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
      if digits.count <= exponent {
        return sign + digits + String(repeating: "0", count: exponent - digits.count) + ".0"
      }
      return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
    }
    return sign + digits.prefix(1) + "." + (digits.count > 1 ? String(digits.dropFirst()) : "0") + "E\(exponent - 1)"
  }
}
