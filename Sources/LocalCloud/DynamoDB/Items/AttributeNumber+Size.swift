extension AttributeNumber {
  /// What the number counts against the size limits: a byte for the exponent, one for each two digits to both sides of the point,
  /// and one for a sign: 21 at most.
  var size: Int { Self.size(digits: digits.count, exponent: exponent, isNegative: isNegative) }

  private static func size(digits: Int, exponent: Int, isNegative: Bool) -> Int {
    let places = digits + (exponent % 2 == 0 ? 0 : 1)
    return min(21, 1 + (places + 1) / 2 + (isNegative ? 1 : 0))
  }

  /// What a number counts whose text is in the plain form that DynamoDB gives back, as nearly all are.
  ///
  /// - Returns: nil for any other text, which must be read digit by digit.
  static func plainSize(_ text: Span<UInt8>) -> Int? {
    let (zero, nine, dot) = (UInt8(ascii: "0"), UInt8(ascii: "9"), UInt8(ascii: "."))
    let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    guard text.count > start, text.count <= 40 else { return nil }
    var point: Int?
    var count = 0
    var first: Int?
    var last = 0
    for index in start..<text.count {
      let byte = text[index]
      if byte == dot {
        guard point == nil, count > 0 else { return nil }
        point = count
        continue
      }
      guard byte >= zero, byte <= nine else { return nil }
      if byte != zero {
        if first == nil { first = count }
        last = count
      }
      count += 1
    }
    // Zero has one form; a leading zero stands only before a point, and a fraction ends in no zero.
    guard let first else { return count == 1 && start == 0 && point == nil ? 1 : nil }
    if text[start] == zero, point != 1 { return nil }
    if let point { guard point < count, last == count - 1 else { return nil } }
    guard last - first < 38, (point ?? count) <= 38 else { return nil }
    return size(digits: last - first + 1, exponent: (point ?? count) - first, isNegative: isNegative)
  }
}
