/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// What was expected or wrong.
  public var reason: String
  /// The byte where reading stopped, from 0.
  public var offset: Int

  public var description: String { "\(reason) at byte \(offset)" }
}

extension JSON {
  /// Nesting deeper than this is refused rather than risked on the stack.
  public static let maximumDepth: Int = 128

  /// Reads one JSON text (RFC 8259), strictly: UTF-8, nothing after the value, nesting of at most 128.
  ///
  /// - Throws: ``JSONError`` with the byte where reading stopped.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}

/// One pass over the bytes, which become a tree.
struct JSONParser {
  let bytes: [UInt8]
  var index: Int = 0
  var depth: Int = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSON {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { index = 3 }
    let value = try value()
    skipBlanks()
    guard index == bytes.count else { throw failure("unexpected text after the value") }
    return value
  }

  func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: index) }

  mutating func skipBlanks() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  mutating func value() throws(JSONError) -> JSON {
    skipBlanks()
    guard index < bytes.count else { throw failure("the text ends where a value is expected") }
    switch bytes[index] {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw failure("unexpected character")
    }
  }

  mutating func nested(_ body: (inout JSONParser) throws(JSONError) -> JSON) throws(JSONError) -> JSON {
    guard depth < JSON.maximumDepth else { throw failure("nested deeper than \(JSON.maximumDepth)") }
    depth += 1
    index += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let expected = word.description.utf8
    guard bytes.count - index >= expected.count, bytes[index..<index + expected.count].elementsEqual(expected) else {
      throw failure("expected '\(word)'")
    }
    index += expected.count
    return value
  }

  mutating func array() throws(JSONError) -> JSON {
    var elements: [JSON] = []
    skipBlanks()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipBlanks()
      if take("]") { return .array(elements) }
      guard take(",") else { throw failure("expected ',' or ']'") }
    }
  }

  mutating func object() throws(JSONError) -> JSON {
    var members: [(name: String, value: JSON)] = []
    // Wide objects get a set, narrow ones are looked through: most have a handful of members.
    var seen: Set<String> = []
    skipBlanks()
    if take("}") { return .object(JSONObject(uniqueMembers: members)) }
    while true {
      skipBlanks()
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw failure("expected a member's name") }
      let name = try string()
      skipBlanks()
      guard take(":") else { throw failure("expected ':'") }
      let value = try value()
      if members.count == 16 { seen = Set(members.map(\.name)) }
      let known = members.count < 16 ? members.contains { $0.name == name } : !seen.insert(name).inserted
      if known, let index = members.firstIndex(where: { $0.name == name }) {
        members[index].value = value
      } else {
        members.append((name, value))
      }
      skipBlanks()
      if take("}") { return .object(JSONObject(uniqueMembers: members)) }
      guard take(",") else { throw failure("expected ',' or '}'") }
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  mutating func number() throws(JSONError) -> String {
    let start = index
    _ = take("-")
    if !take("0") { guard digits() else { throw failure("expected a digit") } }
    if take(".") { guard digits() else { throw failure("expected a digit after '.'") } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { throw failure("expected a digit in the exponent") }
    }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  mutating func digits() -> Bool {
    let start = index
    while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") { index += 1 }
    return index > start
  }

  mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    // Nearly every text is ASCII, which needs no further look at its bytes.
    var highest: UInt8 = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        let slice = bytes[start..<index]
        let text = highest < 0x80 ? String(decoding: slice, as: UTF8.self) : try text(slice, startingAt: start)
        index += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw failure("unescaped control character in a string")
      case let byte:
        highest |= byte
        index += 1
      }
    }
    throw failure("the text ends inside a string")
  }

  func text(_ slice: some Sequence<UInt8>, startingAt start: Int) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw JSONError(reason: "invalid UTF-8 in a string", offset: start)
    }
    return text
  }

  mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var buffer = Array(bytes[start..<index])
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(buffer, startingAt: start)
      case UInt8(ascii: "\\"): buffer.append(contentsOf: try escape().utf8)
      case 0..<0x20: throw failure("unescaped control character in a string")
      default: buffer.append(byte)
      }
    }
    throw failure("the text ends inside a string")
  }

  mutating func escape() throws(JSONError) -> Character {
    guard index < bytes.count else { throw failure("the text ends inside an escape") }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try unit()
      if first & 0xFC00 == 0xD800, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
        bytes[index + 1] == UInt8(ascii: "u")
      {
        let rewind = index
        index += 2
        let second = try unit()
        if second & 0xFC00 == 0xDC00,
          let scalar = Unicode.Scalar(0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF))
        {
          return Character(scalar)
        }
        index = rewind
      }
      // A lone surrogate is no character; every reader that does not refuse it puts U+FFFD.
      return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    default: throw failure("unknown escape")
    }
  }

  mutating func unit() throws(JSONError) -> UInt16 {
    guard bytes.count - index >= 4 else { throw failure("the text ends inside an escape") }
    var value: UInt16 = 0
    for byte in bytes[index..<index + 4] {
      guard let digit = Hex.value(of: byte) else { throw failure("expected four hexadecimal digits") }
      value = value << 4 | UInt16(digit)
    }
    index += 4
    return value
  }
}
