import CacheSupport

/// Bytes in which escapes of URLs, JSON and HTML are decoded, each with its place in the text as it was given.
struct DecodedText {
  private(set) var bytes: [UInt8]
  /// Where each byte is written.
  private(set) var places: [Range<Int>]

  init(_ text: [UInt8]) {
    bytes = text
    places = text.indices.map { $0..<$0 + 1 }
  }

  /// Escapes within escapes that are decoded: a URL in a URL, in JSON, in HTML, and one to spare.
  static let rounds: Int = 5

  /// The text as it is, then with one more round of escapes decoded each; ends early where none are left.
  static func rounds(of text: [UInt8]) -> [DecodedText] {
    var rounds = [DecodedText(text)]
    while rounds.count <= Self.rounds, let next = rounds.last?.decoded() { rounds.append(next) }
    return rounds
  }

  /// Nil where there is nothing to decode.
  private func decoded() -> DecodedText? {
    guard bytes.contains(where: { "%\\&".utf8.contains($0) }) else { return nil }
    var decoded = DecodedText([])
    var index = 0
    while index < bytes.count {
      let (meant, length) = escape(at: index) ?? ([bytes[index]], 1)
      let place = places[index].lowerBound..<places[index + length - 1].upperBound
      decoded.bytes += meant
      decoded.places += meant.map { _ in place }
      index += length
    }
    return decoded.bytes == bytes ? nil : decoded
  }

  /// What an escape means, and how long it is; nil where there is none.
  private func escape(at index: Int) -> ([UInt8], Int)? {
    switch bytes[index] {
    case UInt8(ascii: "%"): return number(index + 1..<index + 3).map { ([UInt8($0)], 3) }
    case UInt8(ascii: "\\"): return backslash(at: index)
    case UInt8(ascii: "&"): return entity(at: index)
    default: return nil
    }
  }

  private func backslash(at index: Int) -> ([UInt8], Int)? {
    guard index + 1 < bytes.count else { return nil }
    switch bytes[index + 1] {
    case UInt8(ascii: "x"):
      if let byte = number(index + 2..<index + 4) { return ([UInt8(byte)], 4) }
    case UInt8(ascii: "u"):
      guard let unit = number(index + 2..<index + 6) else { break }
      if let scalar = Unicode.Scalar(unit) { return (Array(String(scalar).utf8), 6) }
      // Beyond the first 65,536 characters, JSON writes two halves.
      if unit < 0xDC00, bytes[index + 6..<min(index + 8, bytes.count)].elementsEqual("\\u".utf8),
        let low = number(index + 8..<index + 12), (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      {
        return (Array(String(scalar).utf8), 12)
      }
    default: break
    }
    return ([bytes[index + 1]], 2)
  }

  /// A character by its number or its name in HTML; browsers read numbers also without the semicolon.
  private func entity(at index: Int) -> ([UInt8], Int)? {
    var name = bytes[(index + 1)...].prefix(Self.longestEntity).prefix { Self.isOfEntity($0) }
    let scalar: Unicode.Scalar?
    if name.starts(with: "#x".utf8) || name.starts(with: "#X".utf8) {
      name = name.prefix(2) + name.dropFirst(2).prefix { Hex.value(of: $0) != nil }
      scalar = UInt32(String(decoding: name.dropFirst(2), as: UTF8.self), radix: 16).flatMap { Unicode.Scalar($0) }
    } else if name.first == UInt8(ascii: "#") {
      name = name.prefix(1) + name.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      scalar = UInt32(String(decoding: name.dropFirst(), as: UTF8.self)).flatMap { Unicode.Scalar($0) }
    } else {
      scalar = Self.entities[String(decoding: name, as: UTF8.self)]
    }
    guard let scalar else { return nil }
    let end = index + 1 + name.count
    let length = 1 + name.count + (end < bytes.count && bytes[end] == UInt8(ascii: ";") ? 1 : 0)
    return (Array(String(scalar).utf8), length)
  }

  private static let longestEntity: Int = 12

  private static func isOfEntity(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "#")
  }

  /// HTML's names for the punctuation of ASCII, of which keys are made.
  private static let entities: [String: Unicode.Scalar] = [
    "excl": "!", "quot": "\"", "num": "#", "dollar": "$", "percnt": "%", "amp": "&", "apos": "'", "lpar": "(",
    "rpar": ")", "ast": "*", "plus": "+", "comma": ",", "period": ".", "sol": "/", "colon": ":", "semi": ";",
    "lt": "<", "equals": "=", "gt": ">", "quest": "?", "commat": "@", "lsqb": "[", "lbrack": "[", "bsol": "\\",
    "rsqb": "]", "rbrack": "]", "Hat": "^", "lowbar": "_", "grave": "`", "lcub": "{", "lbrace": "{", "verbar": "|",
    "vert": "|", "rcub": "}", "rbrace": "}",
  ]

  /// Hexadecimal digits; nil where a byte of the range is none, or lies behind the end.
  private func number(_ digits: Range<Int>) -> UInt32? {
    guard digits.upperBound <= bytes.count else { return nil }
    var number: UInt32 = 0
    for digit in bytes[digits] {
      guard let value = Hex.value(of: digit) else { return nil }
      number = number << 4 | UInt32(value)
    }
    return number
  }
}
