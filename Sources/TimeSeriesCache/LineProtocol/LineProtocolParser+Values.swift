import CacheSupport

extension LineProtocolParser {
  /// Digits that were read: their value where there are at most 19, which always fit.
  struct Digits {
    var value: UInt64 = 0
    var count = 0

    /// Nil where it does not fit.
    func integer(_ isNegative: Bool) -> Int64? {
      guard count <= 19 else { return nil }
      guard isNegative else { return Int64(exactly: value) }
      return value <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil
    }
  }

  /// Reads digits, none to any number.
  @inline(__always) @_lifetime(self: copy self)
  mutating func readDigits() -> Digits {
    var digits = Digits()
    readDigits(&digits)
    return digits
  }

  /// Reads more digits after others.
  @inline(__always) @_lifetime(self: copy self)
  mutating func readDigits(_ digits: inout Digits) {
    while index &+ 8 <= bytes.count {
      let word = bytes.word(index)
      let count = ByteWord.digits(word)
      guard count > 0 else { return }
      digits.value = digits.value &* Self.tens[count] &+ ByteWord.value(word, digits: count)
      digits.count &+= count
      index &+= count
      guard count == 8 else { return }
    }
    while index < bytes.count, case let digit = bytes.byte(index) &- UInt8(ascii: "0"), digit < 10 {
      digits.value = digits.value &* 10 &+ UInt64(digit)
      digits.count &+= 1
      index &+= 1
    }
  }

  private static let tens: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
  ]

  /// Reads a field's value.
  @inline(__always) @_lifetime(self: copy self)
  mutating func readValue(of name: Int32) throws(Fault) {
    guard index < bytes.count else { throw Fault(.noFieldValue, at: index) }
    switch bytes.byte(index) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): try readNumber(of: name)
    case UInt8(ascii: "\""): try readText(of: name)
    default: try readBoolean(of: name)
    }
  }

  @inline(__always) private mutating func append(_ bits: UInt64, _ kind: ParsedPoints.Field.Kind, of name: Int32) {
    parsed.fields.append(ParsedPoints.Field(bits: bits, name: name, kind: kind))
  }

  // MARK: Numbers

  @inline(__always) @_lifetime(self: copy self)
  private mutating func readNumber(of name: Int32) throws(Fault) {
    let start = index
    let isNegative = bytes.byte(index) == UInt8(ascii: "-")
    if isNegative { index &+= 1 }
    var digits = readDigits()
    guard digits.count > 0 else { throw Fault(.invalidNumber, at: start) }
    var exponent = 0
    if index < bytes.count {
      switch bytes.byte(index) {
      case UInt8(ascii: "."):
        index &+= 1
        let whole = digits.count
        readDigits(&digits)
        guard digits.count > whole else { throw Fault(.invalidNumber, at: start) }
        exponent = whole &- digits.count
      case UInt8(ascii: "i"):
        index &+= 1
        guard let value = digits.integer(isNegative) else { throw Fault(.integerOverflow, at: start) }
        return append(UInt64(bitPattern: value), .bigint, of: name)
      case UInt8(ascii: "u"):
        index &+= 1
        guard !isNegative else { throw Fault(.invalidNumber, at: start) }
        guard let value = digits.integer(false) else { throw Fault(.unsignedOverflow, at: start) }
        return append(UInt64(bitPattern: value), .bigint, of: name)
      default: break
      }
      if index < bytes.count, bytes.byte(index) | 0x20 == UInt8(ascii: "e") {
        exponent &+= try readExponent(start)
      }
    }
    guard index &- start <= LineProtocol.Limit.token else { throw Fault(.tokenTooLong, at: start) }
    let value: Double
    if digits.count <= 19, let near = Decimal.double(digits.value, exponent) {
      value = isNegative ? -near : near
    } else {
      // ASCII, by the grammar; the library's own reading is right for all lengths.
      guard let slow = Double(String(copying: unsafe UTF8Span(unchecked: bytes.extracting(start..<index)))) else {
        throw Fault(.invalidNumber, at: start)
      }
      value = slow
    }
    guard case .double(let finite)? = MeasureValue.finite(value) else { throw Fault(.infiniteNumber, at: start) }
    append(finite.bitPattern, .double, of: name)
  }

  /// Reads `e5`, `E-5`.
  @_lifetime(self: copy self)
  private mutating func readExponent(_ start: Int) throws(Fault) -> Int {
    index += 1
    let isDown = index < bytes.count && bytes.byte(index) == UInt8(ascii: "-")
    if isDown || index < bytes.count && bytes.byte(index) == UInt8(ascii: "+") { index += 1 }
    let digits = readDigits()
    guard digits.count > 0 else { throw Fault(.invalidNumber, at: start) }
    // Of more digits than these only leading zeros make a difference, and the library reads those.
    let power = digits.count <= 9 ? Int(digits.value) : 1_000_000_000
    return isDown ? -power : power
  }

  // MARK: Texts and booleans

  @_lifetime(self: copy self)
  private mutating func readText(of name: Int32) throws(Fault) {
    let quote = index
    index += 1
    let start = index
    let place = parsed.texts.count
    var isASCII = true
    var copied = start
    scan: while true {
      while index &+ 8 <= bytes.count {
        let word = bytes.word(index)
        let marks =
          ByteWord.equal(word, UInt8(ascii: "\"")) | ByteWord.equal(word, UInt8(ascii: "\\"))
          | ByteWord.equal(word, UInt8(ascii: "\n")) | ByteWord.zeros(word)
        if word & ByteWord.high != 0 { isASCII = false }
        let count = ByteWord.unmarked(marks)
        index &+= count
        if count < 8 { break }
      }
      guard index < bytes.count else { throw Fault(.openText, at: quote) }
      switch bytes.byte(index) {
      case UInt8(ascii: "\""): break scan
      case UInt8(ascii: "\\"):
        if index + 1 < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(bytes.byte(index + 1)) {
          append(copied..<index)
          copied = index + 1
          index += 2
        } else {
          index += 1
        }
      case UInt8(ascii: "\n"):
        line &+= 1
        index += 1
      case 0: throw Fault(.nul, at: index)
      case let byte:
        if byte >= 0x80 { isASCII = false }
        index += 1
      }
    }
    guard index - start <= LineProtocol.Limit.token else { throw Fault(.tokenTooLong, at: quote) }
    if !isASCII { try checkText(start..<index) }
    append(copied..<index)
    index += 1
    append(UInt64(place) << 32 | UInt64(parsed.texts.count - place), .text, of: name)
  }

  private mutating func append(_ range: Range<Int>) {
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe parsed.texts.append(contentsOf: $0) }
  }

  @_lifetime(self: copy self)
  private mutating func readBoolean(of name: Int32) throws(Fault) {
    let start = index
    while !isLineEnd(index), bytes.byte(index) != UInt8(ascii: ","), bytes.byte(index) != UInt8(ascii: " "),
      index - start < 6
    {
      index += 1
    }
    guard index > start else { throw Fault(.noFieldValue, at: start) }
    let isTrue = ["t", "T", "true", "True", "TRUE"].contains { isText($0, at: start) }
    guard isTrue || ["f", "F", "false", "False", "FALSE"].contains(where: { isText($0, at: start) }) else {
      throw Fault(.invalidValue, at: start)
    }
    append(isTrue ? 1 : 0, .boolean, of: name)
  }

  private func isText(_ text: StaticString, at start: Int) -> Bool {
    index - start == text.utf8CodeUnitCount
      && (0..<text.utf8CodeUnitCount).allSatisfy { unsafe bytes.byte(start + $0) == text.utf8Start[$0] }
  }
}
