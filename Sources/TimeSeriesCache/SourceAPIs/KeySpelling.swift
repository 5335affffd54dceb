/// One way in which a source may write the key that it was sent, once escapes are decoded.
struct KeySpelling: Sendable, Hashable {
  private let bytes: [UInt8]
  private let isBase64: Bool

  /// A shorter one is looked for as a word of its own: as a part of words it would take every text to pieces.
  static let shortest: Int = 4

  private init(_ bytes: [UInt8], isBase64: Bool = false) {
    self.bytes = bytes
    self.isBase64 = isBase64
  }

  /// The key's own bytes, decoded where it looks encoded itself; read as Latin-1 or written in it, as headers are by some; in
  /// Base64, wherever in it the key begins.
  static func all(of key: [UInt8]) -> Set<KeySpelling> {
    guard !key.isEmpty else { return [] }
    let scalars = String(decoding: key, as: UTF8.self).unicodeScalars
    var all = Set(DecodedText.rounds(of: key).map { KeySpelling($0.bytes) })
    all.insert(KeySpelling(key.flatMap { Array(String(Unicode.Scalar($0)).utf8) }))
    if scalars.allSatisfy({ $0.value < 0x100 }) { all.insert(KeySpelling(scalars.map { UInt8($0.value) })) }
    if key.count >= shortest {
      for lead in 0..<3 {
        for isForURLs in [false, true] { all.insert(base64(key, after: lead, isForURLs)) }
      }
    }
    return all
  }

  /// The digits that the key alone decides, with a number of other bytes before it.
  private static func base64(_ key: [UInt8], after lead: Int, _ isForURLs: Bool) -> KeySpelling {
    let alphabet = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(isForURLs ? "-_" : "+/")".utf8)
    var digits: [UInt8] = []
    var bits = 0
    var unread = 0
    // The key's bits of the digit that the byte before it decides, too.
    var skipped = (6 - lead * 8 % 6) % 6
    for byte in key {
      bits = bits << 8 | Int(byte)
      unread += 8 - skipped
      skipped = 0
      while unread >= 6 {
        unread -= 6
        digits.append(alphabet[bits >> unread & 0x3F])
      }
      bits &= 0xFF
    }
    return KeySpelling(digits, isBase64: true)
  }

  /// Where the spelling is in a text.
  func ranges(in text: [UInt8]) -> [Range<Int>] {
    guard text.count >= bytes.count else { return [] }
    var ranges: [Range<Int>] = []
    var index = 0
    while index <= text.count - bytes.count {
      guard isAt(index, in: text) else {
        index += 1
        continue
      }
      var (start, end) = (index, index + bytes.count)
      if isBase64 {
        // What is encoded beside the key, such as a name and a colon, and the key's first and last bits.
        while start > 0, Self.isDigit(text[start - 1]) { start -= 1 }
        while end < text.count, Self.isDigit(text[end]) { end += 1 }
      }
      ranges.append(start..<end)
      index = end
    }
    return ranges
  }

  private func isAt(_ index: Int, in text: [UInt8]) -> Bool {
    for (offset, byte) in bytes.enumerated() {
      let found = text[index + offset]
      if found == byte { continue }
      guard !isBase64, Self.folded(found) == Self.folded(byte) || found == UInt8(ascii: "+") && byte == 0x20 else {
        return false
      }
    }
    guard bytes.count < Self.shortest else { return true }
    let end = index + bytes.count
    return (index == 0 || !Self.isAlphanumeric(text[index - 1]))
      && (end == text.count || !Self.isAlphanumeric(text[end]))
  }

  /// Upper and lower case are one: a key in the wrong case still tells the right one.
  private static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Of Base64 in both alphabets.
  private static func isDigit(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "+/-_=".utf8.contains(byte) }
}
