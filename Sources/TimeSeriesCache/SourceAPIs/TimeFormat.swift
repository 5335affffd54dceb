import CacheSupport

/// How a source writes an instant.
package enum TimeFormat: String, Sendable, Hashable, CaseIterable {
  /// With or without a zone; without one, the document's offset counts, else UTC.
  case iso8601
  /// Epoch seconds, whole or with a fraction, number or text.
  case seconds
  /// Epoch milliseconds, number or text.
  case milliseconds

  /// Timestream's times: 1970-01-01 to 2262-04-11. One record outside them would have its whole request refused.
  private static let bounds: ClosedRange<Int64> = 0...9_223_372_036_854

  /// Epoch milliseconds; nil for what is not a time in this format, or lies outside 1970 to 2262.
  func milliseconds(_ token: JSONToken, in reader: borrowing JSONReader, utcOffset: Int) -> Int64? {
    let time: Int64?
    switch self {
    case .iso8601: time = Self.iso8601(token, reader)?.epochMilliseconds(defaultOffsetSeconds: utcOffset)
    case .seconds: time = reader.double(token).flatMap { Int64(exactly: ($0 * 1000).rounded()) }
    case .milliseconds: time = reader.double(token).flatMap { Int64(exactly: $0.rounded(.down)) }
    }
    return time.flatMap { Self.bounds.contains($0) ? $0 : nil }
  }

  /// What of a time is finer than a millisecond, 0 to 999,999: ISO 8601 alone writes it exactly.
  func nanoseconds(_ token: JSONToken, in reader: borrowing JSONReader) -> Int32 {
    guard self == .iso8601, let time = Self.iso8601(token, reader) else { return 0 }
    return Int32(truncatingIfNeeded: time.time.nanosecond % 1_000_000)
  }

  private static func iso8601(_ token: JSONToken, _ reader: borrowing JSONReader) -> ISO8601Time? {
    guard token.kind == .string else { return nil }
    if let bytes = reader.plainBytes(token) { return ISO8601Time(bytes) }
    return (try? reader.text(token)).flatMap { ISO8601Time($0) }
  }
}
