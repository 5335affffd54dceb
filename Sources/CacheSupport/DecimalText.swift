/// Numbers as JSON has them.
package enum DecimalText {
  /// The most bytes of a number: `-2.2250738585072014e-308` has 24.
  package static let most: Int = 24
}

extension OutputSpan<UInt8> {
  /// Appends a whole number: up to 20 bytes.
  package mutating func integer(_ value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    digits(value.magnitude)
  }

  /// Appends the shortest text that reads back as the same number, or null for NaN and infinities: up to ``DecimalText/most`` bytes.
  package mutating func double(_ value: Double) {
    guard value.isFinite else { return append("null") }
    if value.magnitude < 1e15, let integer = Int64(exactly: value) { return self.integer(integer) }
    if decimal(value) { return }
    append(copying: value.description.utf8Span.span)
  }

  /// Appends text; there is room for it.
  package mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { unsafe append(text.utf8Start[index]) }
  }

  /// Appends bytes; there is room for them.
  package mutating func append(copying bytes: borrowing Span<UInt8>) {
    precondition(bytes.count <= freeCapacity)
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe bytes.withUnsafeBufferPointer { source in
        _ = unsafe buffer.extracting(count...).initialize(from: source)
      }
      count += bytes.count
    }
  }

  /// Appends a value of one to four decimals, as most that are measured are; it is no whole number.
  ///
  /// Of decimals with at most 15 digits no two are the same double. So if one of them is the value, it is the shortest text.
  ///
  /// - Returns: false where the value is none, and nothing was written.
  private mutating func decimal(_ value: Double) -> Bool {
    var scale: UInt64 = 1
    for places in 1...4 {
      scale *= 10
      let product = value.magnitude * Double(scale)
      guard product < 1e15 else { return false }
      // Where the lowest bit of a double says 1, a sum is rounded to a whole number.
      let number = product + 0x1p52 - 0x1p52
      guard number / Double(scale) == value.magnitude else { continue }
      let (whole, rest) = UInt64(number).quotientAndRemainder(dividingBy: scale)
      if value < 0 { append(UInt8(ascii: "-")) }
      digits(whole)
      append(UInt8(ascii: "."))
      digits(rest, atLeast: places)
      return true
    }
    return false
  }

  /// - Parameter least: how many digits there are at least, zeros before them.
  private mutating func digits(_ value: UInt64, atLeast least: Int = 1) {
    var digits: [20 of UInt8] = .init(repeating: UInt8(ascii: "0"))
    var start = digits.count
    var rest = value
    // Two at a time: each division waits for the one before.
    while rest > 0 {
      let pair = UInt8(truncatingIfNeeded: rest % 100)
      rest /= 100
      start -= 2
      digits[start] = UInt8(ascii: "0") + pair / 10
      digits[start + 1] = UInt8(ascii: "0") + pair % 10
    }
    while start < digits.count - least, digits[start] == UInt8(ascii: "0") { start += 1 }
    append(copying: digits.span.extracting(min(start, digits.count - least)...))
  }
}
