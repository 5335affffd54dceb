import CacheSupport

/// Times and steps as Prometheus' API takes them.
enum PrometheusTime {
  /// Seconds since 1970 as epoch milliseconds, rounded; nil outside ``TimeExpression/bounds``.
  static func milliseconds(seconds: Double) -> Int64? {
    let milliseconds = (seconds * 1000).rounded()
    let bounds = TimeExpression.bounds
    guard milliseconds >= Double(bounds.lowerBound), milliseconds <= Double(bounds.upperBound) else { return nil }
    return Int64(milliseconds)
  }

  /// Seconds since 1970, with a fraction or without, or RFC 3339; nil for anything else.
  static func milliseconds(_ text: String) -> Int64? {
    if let seconds = number(text) { return milliseconds(seconds: seconds) }
    // A plus sign that was not encoded arrives as a blank.
    guard text.contains("T"), let time = ISO8601Time(text.replacing(" ", with: "+")), time.offsetSeconds != nil else {
      return nil
    }
    let milliseconds = time.epochMilliseconds()
    return TimeExpression.bounds.contains(milliseconds) ? milliseconds : nil
  }

  /// Seconds, or a duration such as `15s`, as milliseconds, up to ``PromQLDuration/maximum``; nil for anything else.
  static func duration(_ text: String) -> Int64? {
    guard let seconds = number(text) else { return PromQLDuration.milliseconds(text) }
    let milliseconds = seconds * 1000
    guard abs(milliseconds) <= Double(PromQLDuration.maximum) else { return nil }
    return Int64(milliseconds)
  }

  private static func number(_ text: String) -> Double? {
    let isSigned = text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
    guard let value = PrometheusNumber.parse(isSigned ? String(text.dropFirst()) : text), value.isFinite else {
      return nil
    }
    return text.utf8.first == UInt8(ascii: "-") ? -value : value
  }
}
