import CacheSupport

/// The time of a device's reading, in any usual form.
///
/// ISO 8601 (without a zone it is UTC), or a number, also as text, of seconds, milliseconds, microseconds or nanoseconds since 1970.
/// Which of them it is, its size tells: up to 10^11 are seconds (until the year 5138), up to 10^14 milliseconds, up to 10^17
/// microseconds, and the rest nanoseconds.
struct DeviceTime: Sendable, Hashable {
  /// Epoch milliseconds.
  var milliseconds: Int64
  /// What is finer, 0 to 999,999.
  var nanoseconds: Int32

  init(milliseconds: Int64, nanoseconds: Int32 = 0) {
    self.milliseconds = milliseconds
    self.nanoseconds = nanoseconds
  }

  private init(units: Int64, ofNanoseconds unit: Int64) {
    let perMillisecond = max(1, 1_000_000 / unit)
    var (whole, rest) = units.quotientAndRemainder(dividingBy: perMillisecond)
    if rest < 0 { (whole, rest) = (whole - 1, rest + perMillisecond) }
    self.init(
      milliseconds: unit > 1_000_000 ? whole * (unit / 1_000_000) : whole,
      nanoseconds: Int32(truncatingIfNeeded: rest * min(unit, 1_000_000)))
  }

  /// - Returns: nil where there is none.
  /// - Throws: where it is no time.
  static func of(_ json: JSON?) throws(UnreadableMessage) -> DeviceTime? {
    switch json {
    case nil, .null?: return nil
    case .number(let text)?:
      if let time = number(text) { return time }
    case .string(let text)?:
      if let time = number(text.trimmed) ?? iso8601(text.trimmed) { return time }
    default: break
    }
    throw UnreadableMessage(
      reason:
        "the time is not understood: give ISO 8601, or seconds, milliseconds, microseconds or nanoseconds since 1970")
  }

  private static func iso8601(_ text: String) -> DeviceTime? {
    guard let time = ISO8601Time(text) else { return nil }
    return DeviceTime(
      milliseconds: time.epochMilliseconds(), nanoseconds: Int32(truncatingIfNeeded: time.time.nanosecond % 1_000_000))
  }

  private static func number(_ text: String) -> DeviceTime? {
    guard let number = DecimalNumber(text.utf8Span.span) else { return nil }
    if let whole = number.int64 {
      let size = whole.magnitude
      let unit: Int64 =
        size <= 100_000_000_000
        ? 1_000_000_000 : size <= 100_000_000_000_000 ? 1_000_000 : size <= 100_000_000_000_000_000 ? 1000 : 1
      return DeviceTime(units: whole, ofNanoseconds: unit)
    }
    // With a fraction: what a double has is finer than a microsecond for seconds of this century, and is kept to that.
    guard let value = number.double, value.magnitude <= 1e17 else { return nil }
    let perSecond: Double = value.magnitude <= 1e11 ? 1 : value.magnitude <= 1e14 ? 1e3 : 1e6
    let microseconds = (value / perSecond * 1e6).rounded()
    guard let whole = Int64(exactly: microseconds) else { return nil }
    return DeviceTime(units: whole, ofNanoseconds: 1000)
  }
}
