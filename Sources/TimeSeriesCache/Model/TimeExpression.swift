import CacheSupport

/// Times and lengths of time as people write them in requests and descriptions.
package enum TimeExpression {
  /// `30s`, `15m`, `24h`, `2d`, `1w` as milliseconds; nil for anything else and for more than 100 years.
  package static func duration(_ text: some StringProtocol) -> Int64? {
    let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
    guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()), count >= 0,
      count <= 3_155_760_000_000 / unit
    else { return nil }
    return count * unit
  }

  /// Why a text is not an instant.
  package enum Failure: Error, Hashable {
    case unreadable
    /// Outside ``TimeExpression/bounds``.
    case outOfBounds
  }

  /// The years -9999 to 9999: no request needs more, and no arithmetic on them overflows.
  package static let bounds: ClosedRange<Int64> = -377_705_116_800_000...253_402_300_799_999

  /// Epoch milliseconds (negative before 1970), ISO 8601, `now`, `now-24h` or `now+2d` as epoch milliseconds.
  ///
  /// In a URL a plus sign that was not encoded arrives as a blank; it is read as the plus it was meant to be.
  package static func instant(_ text: String, now: Int64) throws(Failure) -> Int64 {
    if let milliseconds = try milliseconds(text) { return milliseconds }
    guard text.hasPrefix("now") else {
      guard let time = ISO8601Time(text.replacing(" ", with: text.contains("T") ? "+" : " ")) else { throw .unreadable }
      return try bounded(time.epochMilliseconds())
    }
    let rest = text.dropFirst(3)
    guard let sign = rest.first else { return now }
    guard let duration = duration(rest.dropFirst()) else { throw .unreadable }
    switch sign {
    case "-": return now - duration
    case "+", " ": return now + duration
    default: throw .unreadable
    }
  }

  /// Epoch milliseconds; nil for a text that is not a whole number.
  static func milliseconds(_ text: String) throws(Failure) -> Int64? {
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard text.utf8.count - digits.count <= 1, !digits.isEmpty,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    guard let milliseconds = Int64(text) else { throw .outOfBounds }
    return try bounded(milliseconds)
  }

  private static func bounded(_ milliseconds: Int64) throws(Failure) -> Int64 {
    guard bounds.contains(milliseconds) else { throw .outOfBounds }
    return milliseconds
  }
}
