import CacheSupport
import Testing

@Suite("A short decimal number becomes the nearest double")
struct ShortDecimalTests {
  /// The standard library reads all the digits.
  static func expect(_ digits: UInt64, _ power: Int) {
    let text = "\(digits)e\(power)"
    let value = ShortDecimal.double(digits, power)
    #expect(value?.bitPattern == Double(text)?.bitPattern, "\(text)")
  }

  @Test("Random digits and powers") func random() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      Self.expect(generator.next() >> UInt64.random(in: 0..<64), Int.random(in: -27...27))
      Self.expect(UInt64.random(in: 0..<10_000_000_000_000_000_000), Int.random(in: -27...27))
    }
  }

  @Test("What doubles print, of 15 to 17 digits") func printed() {
    for _ in 0..<5000 {
      let value = Double.random(in: 1e-9..<1e9)
      let parts = "\(value)".split(separator: ".")
      guard parts.count == 2, let digits = UInt64(parts[0] + parts[1]) else { continue }
      #expect(ShortDecimal.double(digits, -parts[1].count) == value)
    }
  }

  @Test("Halves between two doubles, and the numbers beside them, with any power that keeps them exact") func halves() {
    for shift in 1...10 as ClosedRange<UInt64> {
      for _ in 0..<300 {
        // 53 bits, then a one, then zeros.
        let half = (UInt64.random(in: 1 << 52..<1 << 53) << 1 | 1) << (shift - 1)
        for digits in [half - 1, half, half + 1] { Self.expect(digits, 0) }
        // The same halves with a fraction: n / 2^k is n * 5^k / 10^k.
        let (fraction, overflow) = half.multipliedReportingOverflow(by: 5)
        if !overflow { for digits in [fraction - 1, fraction, fraction + 1] { Self.expect(digits, -1) } }
        // And those that are multiples of ten, written with a power.
        if half.isMultiple(of: 10) { Self.expect(half / 10, 1) }
      }
    }
    for odd in 1...99 as ClosedRange<UInt64> where odd % 2 == 1 {
      for power in 1...4 {
        let five = (0..<power).reduce(1 as UInt64) { value, _ in value * 5 }
        let (digits, overflow) = (UInt64(1) << 53 + odd).multipliedReportingOverflow(by: five)
        if !overflow { for digits in [digits - 1, digits, digits + 1] { Self.expect(digits, -power) } }
      }
    }
  }

  @Test("The ends of digits and powers") func ends() {
    for power in -27...27 {
      let ends: [UInt64] = [
        0, 1, 9, 1 << 53 - 1, 1 << 53, 1 << 53 + 1, 1 << 63 - 1, 1 << 63, 1 << 63 + 1, .max - 1, .max,
      ]
      for digits in ends { Self.expect(digits, power) }
      // Five to a power is what the digits are divided by.
      let five = (0..<abs(power)).reduce(1 as UInt64) { value, _ in value * 5 }
      for digits in [five - 1, five, five + 1] { Self.expect(digits, power) }
    }
    #expect(ShortDecimal.double(1, 28) == nil)
    #expect(ShortDecimal.double(1, -28) == nil)
    #expect(ShortDecimal.double(1 << 60, .min) == nil)
  }
}
