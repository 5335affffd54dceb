/// Eight bytes of a text at a time, the first in the lowest byte.
extension Span<UInt8> {
  /// The byte at a place that is known to be within.
  @inline(__always) func byte(_ index: Int) -> UInt8 { unsafe self[unchecked: index] }

  /// Eight bytes from a place; the caller has checked that there are eight.
  @inline(__always) func word(_ index: Int) -> UInt64 {
    UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
  }

  /// True where two ranges, both within, hold the same bytes.
  @inline(__always) func isSame(_ one: Int, _ other: Int, count: Int) -> Bool {
    var index = 0
    while index + 8 <= count {
      if word(one &+ index) != word(other &+ index) { return false }
      index &+= 8
    }
    while index < count {
      if byte(one &+ index) != byte(other &+ index) { return false }
      index &+= 1
    }
    return true
  }
}

/// Arithmetic on eight bytes in one word.
enum ByteWord {
  @inline(__always) static func all(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
  static var high: UInt64 { 0x8080_8080_8080_8080 }

  /// The high bit of each byte that is zero. Bytes after the first such may be marked as well.
  @inline(__always) static func zeros(_ word: UInt64) -> UInt64 { (word &- all(1)) & ~word & high }

  /// The high bit of each byte that equals another. Bytes after the first such may be marked as well.
  @inline(__always) static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 { zeros(word ^ all(byte)) }

  /// The high bit of each byte up to a blank, that is blanks and control characters. Bytes after the first may be marked as well.
  @inline(__always) static func blanks(_ word: UInt64) -> UInt64 { (word &- all(0x21)) & ~word & high }

  /// The number of bytes before the first that is marked; 8 where none is.
  @inline(__always) static func unmarked(_ marks: UInt64) -> Int { marks.trailingZeroBitCount >> 3 }

  /// How many of the bytes are digits before the first that is none: 0 to 8.
  @inline(__always) static func digits(_ word: UInt64) -> Int {
    // With '0' taken away a digit is 0 to 9: the upper half stays clear also with 6 added. Neither sum carries into the next byte
    // before the first byte that is no digit.
    let bare = word ^ all(0x30)
    let marks = (bare | (bare &+ all(6))) & all(0xF0)
    return marks.trailingZeroBitCount >> 3
  }

  /// The value of the first `count` bytes, 1 to 8 digits.
  @inline(__always) static func value(_ word: UInt64, digits count: Int) -> UInt64 {
    // The digits move up, and zeros stand before them: 8 digits, of which pairs, fours and eights are joined.
    var value = (word ^ all(0x30)) &<< UInt64(64 &- count &* 8)
    value = (value &* 10) &+ (value &>> 8)
    let mask: UInt64 = 0x0000_00FF_0000_00FF
    let upper = (value & mask) &* (100 &+ (1_000_000 &<< 32))
    let lower = ((value &>> 16) & mask) &* (1 &+ (10000 &<< 32))
    return (upper &+ lower) &>> 32
  }
}
