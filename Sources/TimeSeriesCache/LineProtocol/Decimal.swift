/// Doubles from decimal digits, each the nearest one.
enum Decimal {
  /// The double nearest to `digits` times ten to a power, half to even; nil where the power is not -27 to 27.
  static func double(_ digits: UInt64, _ power: Int) -> Double? {
    // Both are exact doubles, so that one operation rounds once (Clinger 1990).
    if digits <= 1 << 53, power >= -22, power <= 22 {
      return power < 0 ? Double(digits) / powers[0 &- power] : Double(digits) * powers[power]
    }
    guard digits > 0 else { return 0 }
    guard power >= -27, power <= 27 else { return nil }
    // Ten to a power is five to it, which fits 64 bits, times two to it, which only moves the exponent. The product has 128 bits;
    // of the quotient there are 64 and what remains. No power here leaves the range of doubles, nor the normal ones.
    let shift = digits.leadingZeroBitCount
    let digits = digits &<< UInt64(shift)
    if power >= 0 {
      let product = digits.multipliedFullWidth(by: fives[power])
      let up = product.high.leadingZeroBitCount
      guard up < 64 else { return rounded(product.low, false, exponent: power &- shift) }
      let top = up == 0 ? product.high : product.high &<< UInt64(up) | product.low &>> UInt64(64 &- up)
      return rounded(top, product.low &<< UInt64(up) != 0, exponent: power &- shift &+ 64 &- up)
    }
    let divisor = fives[0 &- power]
    let up = divisor.leadingZeroBitCount
    let normal = divisor &<< UInt64(up)
    // The dividend's upper half has to be less than the divisor.
    let half: UInt64 = digits >= normal ? 1 : 0
    let result = normal.dividingFullWidth((digits &>> half, half == 0 ? 0 : digits &<< 63))
    return rounded(
      result.quotient, result.remainder != 0, exponent: power &- shift &- 64 &+ up &+ Int(half))
  }

  /// A number of 64 bits, with something after them or not, times two to a power, rounded to 53 bits.
  private static func rounded(_ bits: UInt64, _ hasRest: Bool, exponent: Int) -> Double {
    let up = bits.leadingZeroBitCount
    let bits = bits &<< UInt64(up)
    var kept = bits &>> 11
    let rest = bits & 0x7FF
    if rest > 0x400 || rest == 0x400 && (hasRest || kept & 1 == 1) { kept &+= 1 }
    // Rounded up to 2^53, it moves the exponent by itself.
    let biased = UInt64(truncatingIfNeeded: exponent &- up &+ 11 &+ 52 &+ 1023)
    return Double(bitPattern: biased &<< 52 &+ (kept &- 1 << 52))
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// 5 to the power of 0 to 27, the last that fits 64 bits.
  private static let fives: [UInt64] = (0...27).map { power in (0..<power).reduce(1) { value, _ in value * 5 } }
}
