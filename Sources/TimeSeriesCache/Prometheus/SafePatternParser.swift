/// The parts of a regular expression.
indirect enum SafePatternNode: Sendable, Hashable {
  case empty
  case character(SafePattern.CharacterSet)
  case atStart, atEnd
  case sequence([SafePatternNode])
  case alternatives([SafePatternNode])
  /// Without a maximum: any number of times.
  case repeated(SafePatternNode, minimum: Int, maximum: Int?)
}

/// Reads a regular expression into its parts.
struct SafePatternParser {
  private let text: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  private var ignoresCase = false
  /// As Prometheus sets it: a dot is any character, a line break too.
  private var dotIsAny = true

  static func node(of text: String) throws(SafePatternError) -> SafePatternNode {
    var parser = SafePatternParser(text: Array(text.unicodeScalars))
    let node = try parser.alternatives()
    guard parser.index == parser.text.count else { throw parser.refused("')' closes no group") }
    return node
  }

  private init(text: [Unicode.Scalar]) { self.text = text }

  private var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  private mutating func take(_ word: String) -> Bool {
    let scalars = word.unicodeScalars
    guard text[index...].starts(with: scalars) else { return false }
    index += scalars.count
    return true
  }

  private func refused(_ reason: String) -> SafePatternError {
    var shown = String.UnicodeScalarView()
    shown.append(contentsOf: text.prefix(60))
    return SafePatternError("the regular expression '\(String(shown))' is refused at character \(index + 1): \(reason)")
  }

  private mutating func alternatives() throws(SafePatternError) -> SafePatternNode {
    guard depth < SafePattern.maximumDepth else {
      throw refused("groups are nested too deep; \(SafePattern.maximumDepth) levels are the most")
    }
    depth += 1
    defer { depth -= 1 }
    var nodes = [try sequence()]
    while take("|") { nodes.append(try sequence()) }
    return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
  }

  private mutating func sequence() throws(SafePatternError) -> SafePatternNode {
    var nodes: [SafePatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" { nodes.append(try repeated(try atom())) }
    return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  // MARK: Counts

  private mutating func repeated(_ node: SafePatternNode) throws(SafePatternError) -> SafePatternNode {
    guard let count = try count() else { return node }
    // Which of the ways to match is taken does not matter to whether there is one.
    _ = take("?")
    if try self.count() != nil { throw refused("a count follows another: put the first in a group") }
    return .repeated(node, minimum: count.minimum, maximum: count.maximum)
  }

  private mutating func count() throws(SafePatternError) -> (minimum: Int, maximum: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = index
    guard take("{"), let minimum = number() else {
      // A brace that is no count is a character.
      index = start
      return nil
    }
    var maximum: Int? = minimum
    if take(",") { maximum = number() }
    guard take("}") else {
      index = start
      return nil
    }
    guard minimum <= SafePattern.maximumCount,
      maximum.map({ (minimum...SafePattern.maximumCount).contains($0) }) ?? true
    else { throw refused("a count is from 0 to \(SafePattern.maximumCount), the lower one first") }
    return (minimum, maximum)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next?.value, (0x30...0x39).contains(digit) {
      value = min((value ?? 0) * 10 + Int(digit - 0x30), SafePattern.maximumCount + 1)
      index += 1
    }
    return value
  }

  // MARK: Characters

  private func character(_ ranges: [ClosedRange<UInt32>], isNegated: Bool = false) -> SafePatternNode {
    .character(SafePattern.CharacterSet(ranges: ranges, isNegated: isNegated, ignoresCase: ignoresCase))
  }

  private mutating func atom() throws(SafePatternError) -> SafePatternNode {
    guard let scalar = next else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[": return try bracketed()
    case "*", "+", "?": throw refused("'\(scalar)' has nothing to repeat")
    case "\\":
      if take("\\A") { return .atStart }
      if take("\\z") { return .atEnd }
      let escaped = try escape()
      return character(escaped.ranges, isNegated: escaped.isNegated)
    default: index += 1
    }
    switch scalar {
    case ".": return dotIsAny ? character([], isNegated: true) : character([10...10], isNegated: true)
    case "^": return .atStart
    case "$": return .atEnd
    default: return character([scalar.value...scalar.value])
    }
  }

  private mutating func group() throws(SafePatternError) -> SafePatternNode {
    let before = (ignoresCase, dotIsAny)
    index += 1
    if take("?") {
      let isNamed =
        take("P<")
        || (next == "<" && !text[index...].starts(with: "<=".unicodeScalars)
          && !text[index...].starts(with: "<!".unicodeScalars) && take("<"))
      if isNamed {
        guard let end = text[index...].firstIndex(of: ">") else { throw refused("a group's name has no end") }
        index = end + 1
      } else {
        var isOn = true
        flags: while true {
          guard let flag = next else { throw refused("a group has no end") }
          switch flag {
          case "i": ignoresCase = isOn
          case "s": dotIsAny = isOn
          case "-" where isOn: isOn = false
          case ":": break flags
          case ")":
            // From here to the end of the group around it.
            index += 1
            return .empty
          default: throw refused("of the groups that begin with (?, (?:…), (?i), (?s) and names are supported")
          }
          index += 1
        }
        index += 1
      }
    }
    let node = try alternatives()
    guard take(")") else { throw refused("a group has no end") }
    (ignoresCase, dotIsAny) = before
    return node
  }

  private static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
  private static let words: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
  private static let blanks: [ClosedRange<UInt32>] = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]
  private static let controls: [Unicode.Scalar: UInt32] = ["a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11]

  /// What a backslash and what follows it stand for.
  private mutating func escape() throws(SafePatternError) -> (ranges: [ClosedRange<UInt32>], isNegated: Bool) {
    index += 1
    guard let scalar = next else { throw refused("a backslash is the last character") }
    switch scalar {
    case "d", "D": return taken(Self.digits, scalar == "D")
    case "w", "W": return taken(Self.words, scalar == "W")
    case "s", "S": return taken(Self.blanks, scalar == "S")
    case "x":
      index += 1
      let isBraced = take("{")
      let start = index
      while let digit = next, digit.properties.isASCIIHexDigit, index - start < (isBraced ? 6 : 2) { index += 1 }
      var digits = String.UnicodeScalarView()
      digits.append(contentsOf: text[start..<index])
      guard let value = UInt32(String(digits), radix: 16), isBraced ? take("}") : index - start == 2,
        Unicode.Scalar(value) != nil
      else { throw refused("write \\x7F or \\x{10FFFF}") }
      return ([value...value], false)
    default:
      if let control = Self.controls[scalar] { return taken([control...control], false) }
      guard scalar.isASCII, !UInt8(ascii: scalar).isASCIIDigit, !UInt8(ascii: scalar).isASCIILetter else {
        throw refused("the escape \\\(scalar) is not supported; \\d \\w \\s \\t \\n \\x7F and signs are")
      }
      return taken([scalar.value...scalar.value], false)
    }
  }

  private mutating func taken(
    _ ranges: [ClosedRange<UInt32>], _ isNegated: Bool
  ) -> (ranges: [ClosedRange<UInt32>], isNegated: Bool) {
    index += 1
    return (ranges, isNegated)
  }

  private static let classes: [String: [ClosedRange<UInt32>]] = [
    "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "ascii": [0...0x7F],
    "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F], "digit": digits, "graph": [0x21...0x7E],
    "lower": [0x61...0x7A], "print": [0x20...0x7E], "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
    "space": [0x09...0x0D, 0x20...0x20], "upper": [0x41...0x5A], "word": words,
    "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
  ]

  /// `[a-z]`, `[^\d]`, `[[:alpha:]_]`.
  private mutating func bracketed() throws(SafePatternError) -> SafePatternNode {
    index += 1
    let isNegated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while isFirst || next != "]" {
      isFirst = false
      guard next != nil else { throw refused("'[' is not closed") }
      if take("[:") {
        let isClassNegated = take("^")
        guard let known = Self.classes.first(where: { take($0.key + ":]") }) else {
          throw refused("there is no such class; [:alnum:], [:alpha:], [:digit:] and the like are supported")
        }
        ranges += isClassNegated ? Self.inverted(known.value) : known.value
        continue
      }
      let low = try member()
      guard next == "-", index + 1 < text.count, text[index + 1] != "]" else {
        ranges += low
        continue
      }
      index += 1
      let high = try member()
      guard low.count == 1, high.count == 1, low[0].count == 1, high[0].count == 1,
        low[0].lowerBound <= high[0].lowerBound
      else { throw refused("a range in brackets goes from a character to a later one") }
      ranges.append(low[0].lowerBound...high[0].lowerBound)
    }
    index += 1
    return character(ranges, isNegated: isNegated)
  }

  private mutating func member() throws(SafePatternError) -> [ClosedRange<UInt32>] {
    guard let scalar = next else { throw refused("'[' is not closed") }
    if scalar == "\\" {
      let escaped = try escape()
      return escaped.isNegated ? Self.inverted(escaped.ranges) : escaped.ranges
    }
    index += 1
    return [scalar.value...scalar.value]
  }

  /// All other characters; the ranges are ordered and do not overlap.
  private static func inverted(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var inverted: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { inverted.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    inverted.append(next...0x10FFFF)
    return inverted
  }
}
