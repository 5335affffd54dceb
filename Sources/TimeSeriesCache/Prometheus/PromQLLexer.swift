/// Cuts an expression into tokens, one pass over its bytes.
struct PromQLLexer {
  private let text: [UInt8]
  private var index = 0

  /// Two-byte signs come before those that they begin with.
  private static let signs: [String] = [
    "=~", "!~", "!=", "==", "<=", ">=", "=", "<", ">", "(", ")", "{", "}", "[", "]", ",", "+", "-", "*", "/", "%", "^",
    "@", ":",
  ]

  /// - Returns: at least the token for the end.
  static func tokens(of text: [UInt8]) throws(PromQLError) -> [PromQLToken] {
    var lexer = PromQLLexer(text: text)
    var tokens: [PromQLToken] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
    return tokens
  }

  private init(text: [UInt8]) { self.text = text }

  private func byte(_ at: Int) -> UInt8 { at < text.count ? text[at] : 0 }

  private mutating func next() throws(PromQLError) -> PromQLToken {
    skipBlanks()
    let start = index
    guard start < text.count else { return PromQLToken(kind: .end, offset: start) }
    let first = text[start]
    let kind: PromQLToken.Kind
    switch first {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): kind = .string(try string())
    case _ where first.isASCIIDigit || first == UInt8(ascii: ".") && byte(start + 1).isASCIIDigit: kind = try number()
    case _ where Self.beginsName(first):
      while Self.beginsName(byte(index)) || byte(index).isASCIIDigit || byte(index) == UInt8(ascii: ":") { index += 1 }
      kind = .name(String(decoding: text[start..<index], as: UTF8.self))
    case UInt8(ascii: ":") where Self.beginsName(byte(start + 1)):
      index += 1
      while Self.beginsName(byte(index)) || byte(index).isASCIIDigit || byte(index) == UInt8(ascii: ":") { index += 1 }
      kind = .name(String(decoding: text[start..<index], as: UTF8.self))
    default:
      guard let sign = Self.signs.first(where: { text[start...].starts(with: $0.utf8) }) else {
        throw PromQLError(at: start, of: text, "\(Self.shown(text[start...])) has no meaning here")
      }
      index += sign.utf8.count
      kind = .sign(sign)
    }
    return PromQLToken(kind: kind, offset: start)
  }

  private static func beginsName(_ byte: UInt8) -> Bool { byte.isASCIILetter || byte == UInt8(ascii: "_") }

  /// The first character of what is left, as an error shows it.
  private static func shown(_ rest: ArraySlice<UInt8>) -> String {
    guard let first = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first,
      first.value >= 0x20, first.value != 0x7F
    else { return "a control character" }
    return "'\(first)'"
  }

  private mutating func skipBlanks() {
    while index < text.count {
      switch text[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      case UInt8(ascii: "#"): while index < text.count, text[index] != UInt8(ascii: "\n") { index += 1 }
      default: return
      }
    }
  }

  /// A number (`5`, `.5`, `1e-3`, `0x1F`) or a duration, which begins as one.
  private mutating func number() throws(PromQLError) -> PromQLToken.Kind {
    let start = index
    let isHexadecimal = byte(start) == UInt8(ascii: "0") && byte(start + 1) | 0x20 == UInt8(ascii: "x")
    var isDecimal = !isHexadecimal
    while index < text.count {
      let byte = text[index]
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      if isSign, isDecimal, index > start, text[index - 1] | 0x20 == UInt8(ascii: "e") {
        isDecimal = false
      } else if byte.isASCIILetter || byte == UInt8(ascii: "_") {
        // After any other letter a sign is an operator again: 5m-3.
        if byte | 0x20 != UInt8(ascii: "e") { isDecimal = false }
      } else if !byte.isASCIIDigit, byte != UInt8(ascii: ".") {
        break
      }
      index += 1
    }
    let word = String(decoding: text[start..<index], as: UTF8.self)
    if isHexadecimal, let value = UInt64(word.dropFirst(2), radix: 16), byte(start + 2) != UInt8(ascii: "+") {
      return .number(Double(value))
    }
    if !isHexadecimal {
      if let value = PrometheusNumber.parse(word) { return .number(value) }
      if let length = PromQLDuration.milliseconds(word) { return .duration(length) }
    }
    throw PromQLError(
      at: start, of: text,
      "'\(word.prefix(60))' is neither a number (1.5, 1e3, 0x1F) nor a duration of at most 100 years (90s, 1h30m)")
  }

  /// A text in quotes, with the escapes of Go's strings, or in backticks, without any.
  private mutating func string() throws(PromQLError) -> String {
    let start = index
    let quote = text[index]
    var bytes: [UInt8] = []
    index += 1
    while true {
      guard index < text.count, quote == UInt8(ascii: "`") || text[index] != UInt8(ascii: "\n") else {
        throw PromQLError(at: start, of: text, "a string has no end")
      }
      let byte = text[index]
      index += 1
      if byte == quote { break }
      if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
        try escape(quote, to: &bytes)
      } else {
        bytes.append(byte)
      }
    }
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw PromQLError(at: start, of: text, "a string is not UTF-8")
    }
    return string
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13,
    UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): UInt8(ascii: "\\"),
  ]

  private mutating func escape(_ quote: UInt8, to bytes: inout [UInt8]) throws(PromQLError) {
    let start = index - 1
    let byte = byte(index)
    index += 1
    if byte == quote { return bytes.append(byte) }
    if let plain = Self.escapes[byte] { return bytes.append(plain) }
    // How many digits follow, of what base; octal ones begin at once.
    let (count, radix): (Int, Int)
    switch byte {
    case UInt8(ascii: "x"): (count, radix) = (2, 16)
    case UInt8(ascii: "u"): (count, radix) = (4, 16)
    case UInt8(ascii: "U"): (count, radix) = (8, 16)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      (count, radix) = (3, 8)
      index -= 1
    default: throw PromQLError(at: start, of: text, "a string has an unknown escape: write \\\\ for a backslash")
    }
    let digits = text[min(index, text.count)..<min(index + count, text.count)]
    let unread = PromQLError(at: start, of: text, "a string's escape is not finished")
    guard digits.count == count, digits.allSatisfy({ $0.isASCIIDigit || $0.isASCIILetter }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
    else { throw unread }
    index += count
    if count <= 3 {
      guard let byte = UInt8(exactly: value) else { throw unread }
      bytes.append(byte)
    } else {
      guard let scalar = Unicode.Scalar(value) else { throw unread }
      bytes.append(contentsOf: String(Character(scalar)).utf8)
    }
  }
}
