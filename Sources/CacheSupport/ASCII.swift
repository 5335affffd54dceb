/// What protocols mean by letters and blanks: bytes of ASCII, whatever the text's language.
package enum ASCII {
  @inlinable package static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// A space, a tab, or one of the characters that end a line or a page.
  @inlinable package static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

  /// A letter, a digit, `-` or `_`: what most of AWS's services take in names.
  package static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Compares names of header fields: byte by byte, letters without regard to case.
  package static func isSameName(_ one: String, _ other: String) -> Bool {
    let (one, other) = (one.utf8, other.utf8)
    return one.count == other.count && one.elementsEqual(other) { lowercased($0) == lowercased($1) }
  }
}
