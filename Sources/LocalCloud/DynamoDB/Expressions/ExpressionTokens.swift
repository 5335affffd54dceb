/// The words and signs of an expression, with the place of the parenthesis that closes each that opens.
///
/// A word starts with a letter, and a number has no needless zeros: `_a` and `1a` are two tokens each. A sign that no expression has is a
/// token by itself, which fits nowhere.
struct ExpressionTokens: Sendable {
  let texts: [String]
  private let source: [UInt8]
  /// Where each token is in the source.
  private let places: [Range<Int>]
  /// By the place of the parenthesis that opens.
  private(set) var closing: [Int: Int] = [:]

  /// Splits a text. All that an expression may hold is ASCII.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    var texts: [String] = []
    var places: [Range<Int>] = []
    var open: [Int] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if Self.isBlank(byte) {
        index += 1
        continue
      }
      var end = index + 1
      switch byte {
      case _ where Self.isLetter(byte) || byte == UInt8(ascii: "#") || byte == UInt8(ascii: ":"):
        while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
      case UInt8(ascii: "1")...UInt8(ascii: "9"):
        while end < bytes.count, Self.isDigit(bytes[end]) { end += 1 }
      case UInt8(ascii: "<"):
        if end < bytes.count, bytes[end] == UInt8(ascii: "=") || bytes[end] == UInt8(ascii: ">") { end += 1 }
      case UInt8(ascii: ">"): if end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
      case UInt8(ascii: "("): open.append(texts.count)
      case UInt8(ascii: ")"): if let start = open.popLast() { closing[start] = texts.count }
      default: while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
      }
      texts.append(String(decoding: bytes[index..<end], as: UTF8.self))
      places.append(index..<end)
      index = end
    }
    (self.texts, self.places, source) = (texts, places, bytes)
  }

  /// What stands around a token, as DynamoDB shows it: from the token before it to the one after it, as they were written.
  func near(_ index: Int) -> String {
    guard let last = places.last else { return "" }
    let start = places[min(max(index - 1, 0), places.count - 1)].lowerBound
    let end = index + 1 < places.count ? places[index + 1].upperBound : last.upperBound
    return String(decoding: source[start..<end], as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: false
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") }

  /// True where parentheses stand directly within others, as in `((a))`; those of a call are none of the two.
  var hasRedundantParentheses: Bool {
    closing.contains { start, end in
      guard let inner = closing[start + 1], inner + 1 == end else { return false }
      let isCall = start > 0 && Self.isLetter(texts[start - 1].utf8.first ?? 0)
      return !isCall || ["AND", "OR", "NOT", "IN", "BETWEEN"].contains(texts[start - 1].uppercased())
    }
  }
}
