import SQLiteStore

/// Arithmetic as Java has it, where SQLite's differs.
enum Numbers {
  /// The quotient, rounded down; the divisor is positive.
  static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  static func divide(_ one: SQLValue, _ other: SQLValue) throws(QueryFault) -> SQLValue {
    switch (one, other) {
    case (.integer(let dividend), .integer(let divisor)):
      guard divisor != 0 else { throw QueryFault(message: "Division by zero") }
      let (quotient, overflows) = dividend.dividedReportingOverflow(by: divisor)
      guard !overflows else { throw QueryFault(message: "bigint division overflow: \(dividend) / \(divisor)") }
      return .integer(quotient)
    default:
      guard let dividend = one.double, let divisor = other.double else { return .null }
      return .real(dividend / divisor)
    }
  }

  static func modulo(_ one: SQLValue, _ other: SQLValue) throws(QueryFault) -> SQLValue {
    switch (one, other) {
    case (.integer(let dividend), .integer(let divisor)):
      guard divisor != 0 else { throw QueryFault(message: "Division by zero") }
      return .integer(divisor == -1 ? 0 : dividend % divisor)
    default:
      guard let dividend = one.double, let divisor = other.double else { return .null }
      return .real(dividend.truncatingRemainder(dividingBy: divisor))
    }
  }

  /// Which of equal buckets between two bounds a value lies in, from 1: 0 below them, one more than there are from the upper bound on.
  ///
  /// Where the bounds fall, the same buckets are counted from the other end: the lower bound belongs to each still.
  static func bucket(
    of value: Double, from first: Double, to second: Double, _ count: Int64
  ) throws(QueryFault) -> Int64 {
    let (low, high) = (min(first, second), max(first, second))
    var bucket: Int64?
    if value < low {
      bucket = 0
    } else if value >= high {
      bucket = sum(count, 1)
    } else {
      var place = Double(count) * (value - low) / (high - low)
      // By halves where a difference or a product is too large for a double.
      if !(high - low).isFinite || !place.isFinite {
        place = Double(count) * ((value / 2 - low / 2) / (high / 2 - low / 2))
      }
      bucket = min(count, Int64(exactly: (place + 1).rounded(.down)) ?? count)
    }
    if first > second, let rising = bucket { bucket = sum(count - rising, 1) }
    guard let bucket else { throw QueryFault(message: "Bucket for value \(JavaDouble.text(value)) is out of range") }
    return bucket
  }

  /// Nil for what is too large.
  private static func sum(_ one: Int64, _ other: Int64) -> Int64? {
    let (sum, overflows) = one.addingReportingOverflow(other)
    return overflows ? nil : sum
  }

  /// Halves away from zero.
  static func round(_ value: Double, _ digits: Int64) -> Double {
    guard value.isFinite else { return value }
    guard digits != 0 else { return value.rounded(.toNearestOrAwayFromZero) }
    guard abs(digits) <= 308 else { return digits > 0 ? value : 0 }
    let factor = power10(abs(digits))
    // A power of ten is exact as long as it is whole.
    guard digits > 0 else {
      let rounded = (value / factor).rounded(.toNearestOrAwayFromZero) * factor
      return rounded.isFinite ? rounded : value
    }
    let scaled = value * factor
    // Beyond this a double has no digits after its point, or the factor was too much.
    guard scaled.isFinite, abs(scaled) < 9_007_199_254_740_992 else { return value }
    return scaled.rounded(.toNearestOrAwayFromZero) / factor
  }

  static func truncate(_ value: Double, _ digits: Int64) -> Double {
    guard value.isFinite else { return value }
    guard abs(digits) <= 308 else { return digits > 0 ? value : 0 }
    let factor = power10(abs(digits))
    guard digits > 0 else { return (value / factor).rounded(.towardZero) * factor }
    let scaled = value * factor
    return scaled.isFinite ? scaled.rounded(.towardZero) / factor : value
  }

  private static func power10(_ digits: Int64) -> Double {
    Double("1e\(digits)") ?? 1
  }

  /// Whole tens, hundreds and so on; positive digits change nothing.
  static func round(_ value: Int64, _ digits: Int64) -> Int64 {
    guard digits < 0 else { return value }
    guard digits >= -18 else { return 0 }
    var factor: Int64 = 1
    for _ in 0..<(-digits) { factor *= 10 }
    let remainder = value % factor
    let base = value - remainder
    guard remainder.magnitude * 2 >= factor.magnitude else { return base }
    let (sum, overflows) = base.addingReportingOverflow(value < 0 ? -factor : factor)
    return overflows ? base : sum
  }

  /// As a cast from a double rounds: halves away from zero.
  static func integer(_ value: Double, _ type: String) throws(QueryFault) -> Int64 {
    let rounded = value.rounded(.toNearestOrAwayFromZero)
    guard let number = Int64(exactly: rounded), type == "bigint" || Int32(exactly: number) != nil else {
      throw QueryFault(
        message: value.isFinite
          ? "Out of range for \(type): \(JavaDouble.text(value))" : "Cannot cast \(JavaDouble.text(value)) to \(type)")
    }
    return number
  }
}

extension SQLValue {
  var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .real(let number): number
    case .null, .text, .blob: nil
    }
  }
}
