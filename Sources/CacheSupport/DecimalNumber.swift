/// A number by JSON's grammar (RFC 8259 §6), read from its bytes without a text in between.
package struct DecimalNumber {
  private var isNegative: Bool
  /// The digits without the point; nil where they pass 19 digits.
  private var digits: UInt64
  private var isExact: Bool
  /// The power of ten by which the digits are multiplied.
  private var exponent: Int
  /// The nearest double without its sign, where it takes no reading of all the digits.
  private let near: Double?
  private let text: String?

  /// Nil for what is not a number: a leading `+`, `0x10`, `.5`, `1.`, blanks, `NaN`, nothing at all.
  package init?(_ bytes: Span<UInt8>) {
    var index = 0
    func byte(_ at: Int) -> UInt8 { at < bytes.count ? bytes[at] : 0 }
    func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    isNegative = byte(0) == UInt8(ascii: "-")
    if isNegative { index = 1 }
    digits = 0
    isExact = true
    exponent = 0
    guard isDigit(byte(index)) else { return nil }
    if byte(index) == UInt8(ascii: "0"), isDigit(byte(index + 1)) { return nil }
    var count = 0
    func add(_ digit: UInt8, _ digits: inout UInt64, _ isExact: inout Bool) {
      // 19 digits always fit.
      if count == 19 { isExact = false } else { digits = digits &* 10 &+ UInt64(digit &- UInt8(ascii: "0")) }
      if digits > 0 || count > 0, isExact { count += 1 }
    }
    while isDigit(byte(index)) {
      add(byte(index), &digits, &isExact)
      index += 1
    }
    if byte(index) == UInt8(ascii: ".") {
      index += 1
      let start = index
      while isDigit(byte(index)) {
        add(byte(index), &digits, &isExact)
        index += 1
      }
      guard index > start else { return nil }
      exponent = start - index
    }
    if byte(index) | 0x20 == UInt8(ascii: "e") {
      index += 1
      let isDown = byte(index) == UInt8(ascii: "-")
      if isDown || byte(index) == UInt8(ascii: "+") { index += 1 }
      let start = index
      var power = 0
      while isDigit(byte(index)) {
        // Beyond this every double is 0 or infinite; the digits alone cannot bring it back.
        if power < 100_000 { power = power * 10 + Int(byte(index) - UInt8(ascii: "0")) } else { isExact = false }
        index += 1
      }
      guard index > start else { return nil }
      exponent += isDown ? -power : power
    }
    guard index == bytes.count else { return nil }
    near = isExact ? ShortDecimal.double(digits, exponent) : nil
    text = near == nil ? Self.text(bytes) : nil
  }

  /// The nearest double; nil for one too large for any.
  package var double: Double? {
    guard let text else { return near.map { isNegative ? -$0 : $0 } }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// A whole number that fits, of at most 19 digits.
  package var int64: Int64? {
    if isExact, exponent == 0 {
      guard isNegative else { return Int64(exactly: digits) }
      return digits <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- digits) : nil
    }
    return scaled
  }

  /// The same where the digits have a fraction or an exponent, worked out in whole numbers.
  private var scaled: Int64? {
    guard isExact else { return nil }
    if digits == 0 { return 0 }
    guard abs(exponent) <= 19 else { return nil }
    var value = digits
    for _ in 0..<abs(exponent) {
      if exponent > 0 {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        guard !overflow else { return nil }
        value = product
      } else {
        guard value % 10 == 0 else { return nil }
        value /= 10
      }
    }
    guard isNegative else { return Int64(exactly: value) }
    return value <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil
  }

  private static func text(_ bytes: Span<UInt8>) -> String {
    // ASCII, or the grammar would have refused it.
    String(copying: unsafe UTF8Span(unchecked: bytes))
  }
}
