extension JSONReader {
  @inline(__always)
  @_lifetime(self: copy self)
  mutating func skipBlanks() {
    // Most of what comes over the wire has none.
    if index < bytes.count, unsafe bytes[unchecked: index] > 0x20 { return }
    passBlanks()
  }

  @inline(never)
  @_lifetime(self: copy self)
  private mutating func passBlanks() {
    while index < bytes.count {
      let byte = unsafe bytes[unchecked: index]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      index += 1
    }
  }

  @inline(__always)
  @_lifetime(self: copy self)
  mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, unsafe bytes[unchecked: index] == byte else { return false }
    index += 1
    return true
  }

  @_lifetime(self: copy self)
  mutating func literal(_ word: StaticString) throws(JSONError) {
    guard bytes.count - index >= word.utf8CodeUnitCount else { throw failure("expected '\(word)'") }
    for offset in 0..<word.utf8CodeUnitCount where unsafe bytes[index + offset] != word.utf8Start[offset] {
      throw failure("expected '\(word)'")
    }
    index += word.utf8CodeUnitCount
  }

  @_lifetime(self: copy self)
  mutating func number() throws(JSONError) {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { guard digits() else { throw failure("expected a digit") } }
    if take(UInt8(ascii: ".")) { guard digits() else { throw failure("expected a digit after '.'") } }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() else { throw failure("expected a digit in the exponent") }
    }
  }

  @_lifetime(self: copy self)
  private mutating func digits() -> Bool {
    let start = index
    while index < bytes.count {
      let byte = unsafe bytes[unchecked: index]
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
      index += 1
    }
    return index > start
  }

  /// Reads a text's place, from its opening quote to after its closing one; its UTF-8 and its escapes are checked.
  @_lifetime(self: copy self)
  mutating func stringToken() throws(JSONError) -> JSONToken {
    index += 1
    let start = index
    var isASCII = true
    var isEscaped = false
    while true {
      skipPlain()
      guard index < bytes.count else { throw failure("the text ends inside a string") }
      let byte = unsafe bytes[unchecked: index]
      switch byte {
      case UInt8(ascii: "\""):
        if !isASCII { try validate(start, index) }
        index += 1
        return JSONToken(kind: .string, start: start, end: index - 1, isEscaped: isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        index += 1
        try skipEscape()
      case 0..<0x20: throw failure("unescaped control character in a string")
      default:
        if byte >= 0x80 { isASCII = false }
        index += 1
      }
    }
  }

  /// Passes over eight bytes at a time while none of them is a quote, a backslash, a control character or beyond ASCII.
  @_lifetime(self: copy self)
  private mutating func skipPlain() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while bytes.count - index >= 8 {
      let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      let found =
        (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word | word
      if found & highs != 0 {
        index += UInt64(littleEndian: found & highs).trailingZeroBitCount / 8
        return
      }
      index += 8
    }
  }

  /// Passes over bytes that are just these, blanks before them left out; false where there are others.
  ///
  /// A short cut for what services nearly always write in one way; the ordinary way must follow where it fails.
  @_lifetime(self: copy self)
  package mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - index >= count else { return false }
    for offset in 0..<count where unsafe bytes[unchecked: index + offset] != text.utf8Start[offset] { return false }
    index += count
    isFirst = false
    return true
  }

  /// Passes over an object or array that is read later, looking for its end alone: for its brackets and the ends of texts.
  @_lifetime(self: copy self)
  package mutating func postpone() throws(JSONError) {
    guard [.object, .array].contains(try peek()) else { return try skip() }
    var depth = 0
    while index < bytes.count {
      let byte = unsafe bytes[unchecked: index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): try passText()
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return }
      default: break
      }
    }
    throw failure("the text ends inside a value")
  }

  /// Goes to after the quote that ends a text.
  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func passText() throws(JSONError) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while true {
      while bytes.count - index >= 8 {
        let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let found = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & highs
        index += found == 0 ? 8 : UInt64(littleEndian: found).trailingZeroBitCount / 8
        if found != 0 { break }
      }
      guard index < bytes.count else { throw failure("the text ends inside a string") }
      let byte = unsafe bytes[unchecked: index]
      index += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { index += 1 }
    }
  }

  private func validate(_ start: Int, _ end: Int) throws(JSONError) {
    do { _ = try UTF8Span(validating: bytes.extracting(start..<end)) } catch {
      throw JSONError(reason: "invalid UTF-8 in a string", offset: start)
    }
  }

  @_lifetime(self: copy self)
  mutating func skipEscape() throws(JSONError) {
    guard index < bytes.count else { throw failure("the text ends inside an escape") }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return
    case UInt8(ascii: "u"):
      guard bytes.count - index >= 4 else { throw failure("the text ends inside an escape") }
      for offset in 0..<4 where Hex.value(of: bytes[index + offset]) == nil {
        throw failure("expected four hexadecimal digits")
      }
      index += 4
    default: throw failure("unknown escape")
    }
  }
}
