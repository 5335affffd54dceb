/// Random identifiers from the system's generator.
package enum RandomID {
  /// A version 4 UUID (RFC 9562 §5.4), lower case.
  package static func uuid() -> String {
    // Two draws: each is a system call.
    let high = UInt64.random(in: 0 ... .max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = UInt64.random(in: 0 ... .max) >> 2 | 1 << 63
    return unsafe String(unsafeUninitializedCapacity: 36) { text in
      var place = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          unsafe text[place] = UInt8(ascii: "-")
          place += 1
        }
        let half = digit < 16 ? high : low
        unsafe text[place] = Hex.digit(UInt8(truncatingIfNeeded: half >> UInt64(60 - digit % 16 * 4) & 15))
        place += 1
      }
      return place
    }
  }
}
