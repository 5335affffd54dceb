extension JSONReader {
  /// The text of a string, or of a number or literal as it is written.
  public func text(_ token: JSONToken) throws(JSONError) -> String {
    guard token.isEscaped else {
      // The scan has checked its UTF-8.
      return String(copying: unsafe UTF8Span(unchecked: bytes.extracting(token.start..<token.end)))
    }
    return String(decoding: try unescaped(token), as: UTF8.self)
  }

  /// True where the text of a string, or a literal, is the same bytes.
  public func equals(_ token: JSONToken, _ other: StaticString) -> Bool {
    let count = other.utf8CodeUnitCount
    if token.isEscaped {
      return (try? unescaped(token)).map { text in
        text.count == count && (0..<count).allSatisfy { unsafe text[$0] == other.utf8Start[$0] }
      } ?? false
    }
    guard token.end - token.start == count else { return false }
    for offset in 0..<count where unsafe bytes[unchecked: token.start + offset] != other.utf8Start[offset] {
      return false
    }
    return true
  }

  /// True where the text of a string is the same bytes.
  public func equals(_ token: JSONToken, bytesOf other: ByteText) -> Bool {
    if token.isEscaped { return (try? unescaped(token)).map { $0.elementsEqual(other.text.utf8) } ?? false }
    let utf8 = other.text.utf8
    guard token.end - token.start == utf8.count else { return false }
    var index = token.start
    for byte in utf8 {
      guard unsafe byte == bytes[unchecked: index] else { return false }
      index += 1
    }
    return true
  }

  /// The bytes of a number, or of a text without escapes; nil for a text with escapes.
  @_lifetime(copy self)
  public func plainBytes(_ token: JSONToken) -> Span<UInt8>? {
    token.isEscaped ? nil : bytes.extracting(token.start..<token.end)
  }

  /// The nearest double of a number, or of a text that JSON would take for a number; nil for everything else, and for a number
  /// too large for a double.
  public func double(_ token: JSONToken) -> Double? {
    guard token.kind == .number || token.kind == .string, !token.isEscaped else { return nil }
    return DecimalNumber(bytes.extracting(token.start..<token.end))?.double
  }

  /// A whole number that fits, or a text that JSON would take for one, else nil: `1e3` and `5.0` are whole numbers, `5.5` is not.
  public func int64(_ token: JSONToken) -> Int64? {
    guard token.kind == .number || token.kind == .string, !token.isEscaped else { return nil }
    return DecimalNumber(bytes.extracting(token.start..<token.end))?.int64
  }

  /// A boolean; nil for any other kind.
  public func bool(_ token: JSONToken) -> Bool? {
    token.kind == .bool ? bytes[token.start] == UInt8(ascii: "t") : nil
  }

  /// A string's text as bytes, its escapes undone; a lone surrogate becomes U+FFFD.
  private func unescaped(_ token: JSONToken) throws(JSONError) -> [UInt8] {
    // No escape is shorter than what it means, so the text never passes what is read.
    unsafe [UInt8](unsafeUninitializedCapacity: token.end - token.start) { text, count in
      var index = token.start
      while index < token.end {
        unsafe copyPlain(&index, token.end, into: text, &count)
        guard index < token.end else { break }
        let byte = bytes[index]
        index += 1
        if byte == UInt8(ascii: "\\"), let meant = Self.shortEscape(bytes[index]) {
          unsafe text[count] = meant
          count += 1
          index += 1
        } else if byte == UInt8(ascii: "\\") {
          let (scalar, next) = escape(index, token.end)
          for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
            unsafe text[count] = unit
            count += 1
          }
          index = next
        } else {
          unsafe text[count] = byte
          count += 1
        }
      }
    }
  }

  /// Copies up to the next backslash, or to the last few bytes, eight at a time: what follows a backslash is written over later.
  @inline(__always)
  private func copyPlain(
    _ index: inout Int, _ end: Int, into text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
  ) {
    guard let start = text.baseAddress else { return }
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    while end - index >= 8 {
      let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
      unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: word, as: UInt64.self)
      let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      // The lowest bit that is found is right; those above it need not be.
      let found = (UInt64(littleEndian: slashes) &- ones) & ~UInt64(littleEndian: slashes) & highs
      let plain = found.trailingZeroBitCount / 8
      index += plain
      count += plain
      if found != 0 { return }
    }
  }

  /// What an escape of one character means; nil for `u`, whose digits follow.
  @inline(__always)
  static func shortEscape(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "u"): nil
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    default: byte
    }
  }

  /// What the escape means whose `u` is at a place, and where it ends.
  func escape(_ index: Int, _ end: Int) -> (scalar: Unicode.Scalar, next: Int) {
    var next = index + 1
    let first = unit(next)
    next += 4
    var scalar = Unicode.Scalar(first)
    if first & 0xFC00 == 0xD800, end - next >= 6, bytes[next] == UInt8(ascii: "\\"),
      bytes[next + 1] == UInt8(ascii: "u")
    {
      let second = unit(next + 2)
      if second & 0xFC00 == 0xDC00 {
        scalar = Unicode.Scalar(0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF))
        next += 6
      }
    }
    return (scalar ?? "\u{FFFD}", next)
  }

  /// Four hexadecimal digits, which the scan has checked.
  private func unit(_ index: Int) -> UInt16 {
    (0..<4).reduce(0) { $0 << 4 | UInt16(Hex.value(of: bytes[index + $1]) ?? 0) }
  }
}
