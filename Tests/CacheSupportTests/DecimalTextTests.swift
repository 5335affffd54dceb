import CacheSupport
import TestSupport
import Testing

@Suite("Numbers have their shortest text") struct DecimalTextTests {
  static func text(_ body: (inout OutputSpan<UInt8>) -> Void) -> String {
    var bytes: [UInt8] = []
    bytes.append(addingCapacity: DecimalText.most) { body(&$0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What Swift says is the shortest; whole numbers have no fraction.
  static func expected(_ value: Double) -> String {
    if value.magnitude < 1e15, let whole = Int64(exactly: value) { return String(whole) }
    return value.description
  }

  @Test(
    "Whole numbers of every length",
    arguments: [0, 1, 9, 10, 11, 99, 100, 101, 12_345, 1_767_225_600_000, .max, .min, -1, -10, -100] as [Int64])
  func integers(value: Int64) { #expect(Self.text { $0.integer(value) } == String(value)) }

  @Test("Decimals of up to twenty places, near and far from zero", arguments: 0..<20 as Range<UInt64>)
  func decimals(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var powers: [Double] = [1]
    for _ in 0..<19 { powers.append(powers[powers.count - 1] * 10) }
    for _ in 0..<2000 {
      let digits = Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random)
      let value = Double(digits) / powers[Int.random(in: 0..<20, using: &random)]
      // The neighbours have no short text.
      for value in [value, value.nextUp, value.nextDown] {
        #expect(Self.text { $0.double(value) } == Self.expected(value), "\(value.bitPattern)")
      }
    }
  }

  @Test("Doubles of any bits", arguments: 0..<5 as Range<UInt64>)
  func bits(seed: UInt64) {
    var random = SplitMix(seed: seed)
    for _ in 0..<5000 {
      let value = Double(bitPattern: random.next())
      #expect(Self.text { $0.double(value) } == (value.isFinite ? Self.expected(value) : "null"))
    }
  }

  @Test(
    "Where the short way ends",
    arguments: [
      0.0001, 0.00001, 0.00009, 0.1, 0.3, 0.1 + 0.2, 99_999_999_999_999.9, 999_999_999_999_999.9, 1e15, 1e15 + 0.5,
      1e16,
      4_503_599_627_370_495.5, 1e-5, 123.4567, 123.45678, -0.0, -0.5, .leastNonzeroMagnitude, -.greatestFiniteMagnitude,
      -2.2250738585072014e-308, -1.2345678901234567e-100,
    ]) func ends(value: Double)
  {
    let text = Self.text { $0.double(value) }
    #expect(text == Self.expected(value))
    #expect(text.utf8.count <= DecimalText.most)
  }
}
