/// Doubles from decimal numbers as they are usually written: at most 19 digits, and a power of ten that is not far from 1.
package enum ShortDecimal {
  /// The double nearest to `digits` times ten to a power, half to even; nil where the power is not -27 to 27.
  @inlinable package static func double(_ digits: UInt64, _ power: Int) -> Double? {
    // Both are exact doubles, so that one operation rounds once (Clinger 1990).
    if digits <= 1 << 53, power >= -22, power <= 22 {
      return power < 0 ? Double(digits) / tens[0 &- power] : Double(digits) * tens[power]
    }
    guard power >= -27, power <= 27 else { return nil }
    return digits == 0 ? 0 : power < 0 ? quotient(digits, 0 &- power) : product(digits, power)
  }

  // Ten to a power is five to it, which fits 64 bits, times two to it, which only moves the exponent. What is multiplied or divided
  // here is exact: 128 bits of a product; 64 bits of a quotient, and whether something remains. No result is near the smallest or
  // the largest doubles.

  @usableFromInline static func product(_ digits: UInt64, _ power: Int) -> Double {
    let product = digits.multipliedFullWidth(by: fives[power])
    guard product.high > 0 else { return rounded(product.low, false, exponent: power) }
    let up = product.high.leadingZeroBitCount
    // Shifts by 64 give 0 here.
    return rounded(
      product.high << up | product.low >> (64 - up), product.low << up != 0, exponent: power + 64 - up)
  }

  @usableFromInline static func quotient(_ digits: UInt64, _ power: Int) -> Double {
    // With the highest bit of both set, the quotient has 64 bits, or one more: then the dividend moves down by one.
    let shift = digits.leadingZeroBitCount
    let up = fives[power].leadingZeroBitCount
    let (dividend, divisor) = (digits << shift, fives[power] << up)
    let down = dividend >= divisor ? 1 : 0
    let result = divisor.dividingFullWidth((dividend >> down, down == 1 ? dividend << 63 : 0))
    return rounded(result.quotient, result.remainder != 0, exponent: up - shift + down - 64 - power)
  }

  /// A number, a little more than which it is or not, times two to a power, rounded to 53 bits.
  private static func rounded(_ number: UInt64, _ isMore: Bool, exponent: Int) -> Double {
    let up = number.leadingZeroBitCount
    let number = number << up
    var kept = number >> 11
    let rest = number & 0x7FF
    if rest > 0x400 || rest == 0x400 && (isMore || kept & 1 == 1) { kept += 1 }
    // Where it was rounded up to 2 to the 53rd, the sum moves the exponent.
    return Double(bitPattern: UInt64(exponent - up + 11 + 52 + 1023) << 52 + (kept - 1 << 52))
  }

  @usableFromInline static let tens: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// 5 to the power of 0 to 27, the last that fits 64 bits.
  private static let fives: [UInt64] = (0...27).map { power in (0..<power).reduce(1) { value, _ in value * 5 } }
}
