extension JSONReader {
  /// Reads a string's text as bytes, for whoever needs no `String`: UTF-8, its escapes undone.
  ///
  /// A text of megabytes is gone through once: it is checked and copied at the same time. Room is made for all that is left to read,
  /// so this is for a text that is most of it.
  ///
  /// - Throws: ``JSONError`` where no string comes next, or where it is none by RFC 8259 §7.
  @_lifetime(self: copy self)
  package mutating func textBytes() throws(JSONError) -> [UInt8] {
    guard try peek() == .string else { throw failure("expected a string") }
    index += 1
    let start = index
    var isASCII = true
    var problem: JSONError?
    let text = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count - index) { text, count in
      do throws(JSONError) { isASCII = try unsafe copyText(into: text, &count) } catch { problem = error }
    }
    if let problem { throw problem }
    guard isASCII || (try? UTF8Span(validating: text.span)) != nil else {
      throw JSONError(reason: "invalid UTF-8 in a string", offset: start)
    }
    return text
  }

  /// Copies up to the closing quote, and goes to after it. No escape is shorter than what it means, so the text never passes what is
  /// read.
  ///
  /// - Returns: true where all that was read is ASCII.
  @_lifetime(self: copy self)
  private mutating func copyText(
    into text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
  ) throws(JSONError) -> Bool {
    var isASCII = true
    while true {
      unsafe copyPlain(into: text, &count)
      guard index < bytes.count else { throw failure("the text ends inside a string") }
      let byte = unsafe bytes[unchecked: index]
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return isASCII
      case UInt8(ascii: "\\"): try unsafe copyEscape(into: text, &count)
      case 0..<0x20: throw failure("unescaped control character in a string")
      default:
        if byte >= 0x80 { isASCII = false }
        unsafe text[count] = byte
        count += 1
        index += 1
      }
    }
  }

  /// Copies eight bytes at a time up to a quote, a backslash, a control character or what is beyond ASCII, or to the last few bytes:
  /// what is copied too much is written over.
  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func copyPlain(into text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
    guard let start = text.baseAddress else { return }
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    while bytes.count - index >= 8 {
      let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
      unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: word, as: UInt64.self)
      let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
      let slashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
      let found =
        ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word | word) & highs
      // The lowest bit that is found is right; those above it need not be.
      let plain = UInt64(littleEndian: found).trailingZeroBitCount / 8
      index += plain
      count += plain
      if found != 0 { return }
    }
  }

  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func copyEscape(
    into text: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
  ) throws(JSONError) {
    index += 1
    // Nearly all escapes of a JSON text in a text are these.
    if index < bytes.count, unsafe bytes[unchecked: index] == UInt8(ascii: "\"") {
      unsafe text[count] = UInt8(ascii: "\"")
      count += 1
      index += 1
      return
    }
    let place = index
    try skipEscape()
    if let meant = Self.shortEscape(bytes[place]) {
      unsafe text[count] = meant
      count += 1
      return
    }
    let after = index
    if bytes.count - after >= 6, bytes[after] == UInt8(ascii: "\\"), bytes[after + 1] == UInt8(ascii: "u") {
      // It may be the second half of this character: what is read is checked before.
      index += 1
      try skipEscape()
    }
    let (scalar, next) = escape(place, bytes.count)
    for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
      unsafe text[count] = unit
      count += 1
    }
    index = next
  }
}
