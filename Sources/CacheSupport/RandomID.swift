/// Random identifiers from the system's generator.
package enum RandomID {
  /// A version 4 UUID (RFC 9562 §5.4), lower case.
  package static func uuid() -> String {
    // Two draws: each is a system call.
    let high = UInt64.random(in: 0 ... .max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = UInt64.random(in: 0 ... .max) >> 2 | 1 << 63
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for digit in 0..<32 {
      if [8, 12, 16, 20].contains(digit) { text.append(UInt8(ascii: "-")) }
      let half = digit < 16 ? high : low
      text.append(Hex.digit(UInt8(truncatingIfNeeded: half >> UInt64(60 - digit % 16 * 4) & 15)))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
