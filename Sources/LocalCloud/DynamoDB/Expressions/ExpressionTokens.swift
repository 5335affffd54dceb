/// The words and signs of an expression, with the place of the parenthesis that closes each that opens.
struct ExpressionTokens: Sendable {
  let texts: [String]
  /// By the place of the parenthesis that opens.
  private(set) var closing: [Int: Int] = [:]

  /// A sign that is none of DynamoDB's.
  struct Failure: Error {
    var token: String
    var near: String
  }

  /// Splits a text. All that an expression may hold is ASCII.
  init(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    var texts: [String] = []
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
      case _ where Self.isWord(byte) || byte == UInt8(ascii: "#") || byte == UInt8(ascii: ":"):
        while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
      case UInt8(ascii: "<"):
        if end < bytes.count, bytes[end] == UInt8(ascii: "=") || bytes[end] == UInt8(ascii: ">") { end += 1 }
      case UInt8(ascii: ">"): if end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
      case UInt8(ascii: "("): open.append(texts.count)
      case UInt8(ascii: ")"): if let start = open.popLast() { closing[start] = texts.count }
      case _ where "=,.[]+-".utf8.contains(byte): break
      default:
        while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        let token = String(decoding: bytes[index..<end], as: UTF8.self)
        let rest = String(decoding: bytes[index..<min(bytes.count, end + 4)], as: UTF8.self)
        throw Failure(token: token, near: (texts.last ?? "") + rest)
      }
      texts.append(String(decoding: bytes[index..<end], as: UTF8.self))
      index = end
    }
    self.texts = texts
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// True where parentheses stand directly within others, as in `((a))`; those of a call are none of the two.
  var hasRedundantParentheses: Bool {
    closing.contains { start, end in
      guard let inner = closing[start + 1], inner + 1 == end else { return false }
      let isCall = start > 0 && Self.isWord(texts[start - 1].utf8.first ?? 0)
      return !isCall || ["AND", "OR", "NOT", "IN", "BETWEEN"].contains(texts[start - 1].uppercased())
    }
  }
}
