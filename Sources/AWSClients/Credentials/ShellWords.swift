import CacheSupport

/// Words as a POSIX shell splits them, which is how the configuration files quote names and commands. Nothing is expanded.
enum ShellWords {
  /// Splits at blanks. Single quotes keep everything, double quotes everything but `\"` and `\\`; elsewhere a backslash keeps
  /// the next byte.
  ///
  /// - Returns: nil where a quote is not closed.
  static func split(_ text: String) -> [String]? {
    var words: [String] = []
    /// The word that is being read; nil between words, empty within `""`.
    var word: [UInt8]?
    var quote: UInt8?
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch (byte, quote) {
      case (UInt8(ascii: "\\"), nil): word = (word ?? []) + [bytes.next() ?? byte]
      case (UInt8(ascii: "\\"), UInt8(ascii: "\"")?):
        let next = bytes.next()
        let isEscaped = next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\")
        word = (word ?? []) + (isEscaped ? [] : [byte]) + (next.map { [$0] } ?? [])
      case (let byte, let open?) where byte == open: quote = nil
      case (let byte, _?): word = (word ?? []) + [byte]
      case (UInt8(ascii: "\""), nil), (UInt8(ascii: "'"), nil):
        quote = byte
        word = word ?? []
      case (UInt8(ascii: " "), nil), (UInt8(ascii: "\t"), nil), (UInt8(ascii: "\n"), nil), (UInt8(ascii: "\r"), nil):
        if let ended = word { words.append(String(decoding: ended, as: UTF8.self)) }
        word = nil
      case (let byte, nil): word = (word ?? []) + [byte]
      }
    }
    if let ended = word { words.append(String(decoding: ended, as: UTF8.self)) }
    return quote == nil ? words : nil
  }

  /// The word as it can be typed: between double quotes where it is more than letters, digits and the like.
  static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      byte >= 0x80 || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        || "._-+=:,@%/".utf8.contains(byte)
    }
    if isPlain, !word.isEmpty { return word }
    let escaped = word.unicodeScalars.map { "\"\\$`".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }
    return "\"\(escaped.joined())\""
  }
}
