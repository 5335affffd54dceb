/// Reads a regular expression: Java's syntax but for look-around, references to groups, atomic groups and possessive repetition.
struct PatternReader {
  /// What is wrong with a pattern.
  enum Refusal: Error {
    case invalid
    /// What Java has and a matcher of linear time has not.
    case unsupported(String)
  }

  private struct Flags {
    var ignoresCase = false
    var dotTakesAll = false
    var isMultiline = false
    var hasComments = false
  }

  private let scalars: [Unicode.Scalar]
  private var place = 0
  private var flags = Flags()
  private var depth = 0
  private(set) var groupCount = 0
  private(set) var groupNames: [String: Int] = [:]

  static let maximumLength = 20_000
  static let maximumDepth = 100
  static let maximumGroups = 100
  /// The highest count of a repetition.
  static let maximumCount = 10_000

  init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  mutating func read() throws(Refusal) -> PatternSyntax {
    guard scalars.count <= Self.maximumLength else {
      throw .unsupported("a pattern of more than \(Self.maximumLength) characters")
    }
    let syntax = try choice()
    guard place == scalars.count else { throw .invalid }
    return syntax
  }

  private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  private mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[place...].starts(with: wanted) else { return false }
    place += wanted.count
    return true
  }

  private mutating func taken() throws(Refusal) -> Unicode.Scalar {
    guard let next else { throw .invalid }
    place += 1
    return next
  }

  // MARK: Structure

  private mutating func choice() throws(Refusal) -> PatternSyntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw .unsupported("groups nested deeper than \(Self.maximumDepth)") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(Refusal) -> PatternSyntax {
    var parts: [PatternSyntax] = []
    while let sign = next, sign != "|", sign != ")" {
      if flags.hasComments, sign.properties.isWhitespace {
        place += 1
      } else if flags.hasComments, sign == "#" {
        while let sign = next, !sign.endsLine { place += 1 }
      } else if take("\\Q") {
        while place < scalars.count, !take("\\E") {
          parts.append(literal(scalars[place]))
          place += 1
        }
        if let last = parts.popLast() { parts.append(try repetition(of: last)) }
      } else if let part = try atom() {
        parts.append(try repetition(of: part))
      }
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternSyntax { .one(.init(cased(.only(scalar)))) }

  private func cased(_ test: ScalarTest) -> ScalarTest { flags.ignoresCase ? .folded(test) : test }

  private mutating func repetition(of part: PatternSyntax) throws(Refusal) -> PatternSyntax {
    var part = part
    while true {
      let (least, most): (Int, Int?)
      switch next {
      case "*": (least, most) = (0, nil)
      case "+": (least, most) = (1, nil)
      case "?": (least, most) = (0, 1)
      case "{": (least, most) = try counts()
      default: return part
      }
      place += 1
      if next == "+" { throw .unsupported("possessive repetition") }
      part = .repeated(part, least: least, most: most, isLazy: take("?"))
    }
  }

  /// `{n}`, `{n,}` or `{n,m}`, up to its closing brace.
  private mutating func counts() throws(Refusal) -> (Int, Int?) {
    place += 1
    let least = try count()
    guard let least else { throw .invalid }
    guard take(",") else {
      guard next == "}" else { throw .invalid }
      return (least, least)
    }
    let most = try count()
    guard next == "}", most ?? least >= least else { throw .invalid }
    return (least, most)
  }

  private mutating func count() throws(Refusal) -> Int? {
    var count: Int?
    while let digit = next.flatMap({ $0.isASCII ? Int(String($0)) : nil }) {
      count = (count ?? 0) * 10 + digit
      guard count ?? 0 <= Self.maximumCount else { throw .unsupported("more than \(Self.maximumCount) repetitions") }
      place += 1
    }
    return count
  }

  private mutating func atom() throws(Refusal) -> PatternSyntax? {
    let sign = try taken()
    switch sign {
    case "(": return try group()
    case "[": return .one(.init(cased(try set())))
    case ".": return .one(.init(flags.dotTakesAll ? .everything : .not(.lineEnd)))
    case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
    case "\\": return try escape()
    case "*", "+", "?", "{": throw .invalid
    default: return literal(sign)
    }
  }

  private mutating func group() throws(Refusal) -> PatternSyntax? {
    guard take("?") else { return try captured() }
    let before = flags
    if take(":") { return try enclosed(before) }
    if take(">") { throw .unsupported("an atomic group") }
    if take("=") || take("!") || take("<=") || take("<!") { throw .unsupported("look-around") }
    if take("#") {
      while try taken() != ")" {}
      return nil
    }
    if take("<") || take("P<") {
      var name = ""
      while let sign = next, sign.isASCII, sign.isWordPart, sign != "_" || !name.isEmpty {
        name.unicodeScalars.append(sign)
        place += 1
      }
      guard !name.isEmpty, take(">"), groupNames[name] == nil else { throw .invalid }
      groupNames[name] = groupCount + 1
      return try captured()
    }
    var isOn = true
    while true {
      switch try taken() {
      case "i": flags.ignoresCase = isOn
      case "s": flags.dotTakesAll = isOn
      case "m": flags.isMultiline = isOn
      case "x": flags.hasComments = isOn
      // Letters are Unicode's in any case, as they are in ICU.
      case "u", "U", "w": break
      case "-" where isOn: isOn = false
      case ":": return try enclosed(before)
      case ")": return nil
      default: throw .invalid
      }
    }
  }

  private mutating func captured() throws(Refusal) -> PatternSyntax {
    groupCount += 1
    guard groupCount <= Self.maximumGroups else { throw .unsupported("more than \(Self.maximumGroups) groups") }
    let number = groupCount
    return .group(try enclosed(flags), number: number)
  }

  /// What stands up to the closing parenthesis, behind which flags are what they were before.
  private mutating func enclosed(_ before: Flags) throws(Refusal) -> PatternSyntax {
    let inner = try choice()
    guard take(")") else { throw .invalid }
    flags = before
    return inner
  }

  // MARK: Characters

  private mutating func escape() throws(Refusal) -> PatternSyntax {
    let sign = try taken()
    switch sign {
    case "A": return .assertion(.textStart)
    case "Z": return .assertion(.textEnd)
    case "z": return .assertion(.veryEnd)
    case "b": return .assertion(.wordBoundary)
    case "B": return .assertion(.noWordBoundary)
    case "R":
      let crlf: PatternSyntax = .sequence([.one(.init(.only("\r"))), .one(.init(.only("\n")))])
      return .choice([crlf, .one(.init(.union([.lineEnd, .only("\u{B}"), .only("\u{C}")])))])
    case "1"..."9", "k": throw .unsupported("a reference to a group")
    case "G", "X": throw .unsupported("\\\(sign)")
    default:
      place -= 1
      return .one(.init(cased(try escapedTest())))
    }
  }

  /// The characters that an escape stands for, in a class or outside.
  private mutating func escapedTest() throws(Refusal) -> ScalarTest {
    let sign = try taken()
    switch sign {
    case "d": return .digit
    case "D": return .not(.digit)
    case "s": return .space
    case "S": return .not(.space)
    case "w": return .word
    case "W": return .not(.word)
    case "h": return .horizontalSpace
    case "H": return .not(.horizontalSpace)
    case "v": return .union([.lineEnd, .only("\u{B}"), .only("\u{C}")])
    case "V": return .not(.union([.lineEnd, .only("\u{B}"), .only("\u{C}")]))
    case "p": return try property()
    case "P": return .not(try property())
    case "t": return .only("\t")
    case "n": return .only("\n")
    case "r": return .only("\r")
    case "f": return .only("\u{C}")
    case "a": return .only("\u{7}")
    case "e": return .only("\u{1B}")
    case "x":
      guard take("{") else { return .only(try hexadecimal(2...2)) }
      let scalar = try hexadecimal(1...6)
      guard take("}") else { throw .invalid }
      return .only(scalar)
    case "u": return .only(try hexadecimal(4...4))
    case "U": return .only(try hexadecimal(8...8))
    case "0": return .only(try number(1...3, radix: 8))
    case "c":
      let letter = try taken()
      guard letter.isASCII, let control = Unicode.Scalar(letter.value ^ 0x40) else { throw .invalid }
      return .only(control)
    case _ where sign.isASCII && sign.properties.isAlphabetic: throw .invalid
    default: return .only(sign)
    }
  }

  private mutating func hexadecimal(_ digits: ClosedRange<Int>) throws(Refusal) -> Unicode.Scalar {
    try number(digits, radix: 16)
  }

  private mutating func number(_ digits: ClosedRange<Int>, radix: Int) throws(Refusal) -> Unicode.Scalar {
    var value: UInt32 = 0
    var count = 0
    while count < digits.upperBound, let digit = next.flatMap({ $0.isASCII ? UInt32(String($0), radix: radix) : nil }) {
      value = value &* UInt32(radix) &+ digit
      count += 1
      place += 1
    }
    guard digits.contains(count), let scalar = Unicode.Scalar(value) else { throw .invalid }
    return scalar
  }

  /// Behind `\p`: one letter, or a name in braces.
  private mutating func property() throws(Refusal) -> ScalarTest {
    var name = String(try taken())
    if name == "{" {
      name = ""
      while let sign = next, sign != "}" {
        name.unicodeScalars.append(sign)
        place += 1
      }
      guard take("}") else { throw .invalid }
    }
    guard let property = ScalarProperty(name) else { throw .invalid }
    return .property(property)
  }

  // MARK: Classes

  /// Behind `[`.
  private mutating func set() throws(Refusal) -> ScalarTest {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw .unsupported("classes nested deeper than \(Self.maximumDepth)") }
    let isNegated = take("^")
    var tests: [ScalarTest] = []
    var left: ScalarTest?
    var isFirst = true
    func union() -> ScalarTest { left.map { .both($0, .union(tests)) } ?? .union(tests) }
    while true {
      if next == "]", !isFirst {
        place += 1
        return isNegated ? .not(cased(union())) : union()
      }
      isFirst = false
      if take("&&") {
        left = union()
        tests = []
        continue
      }
      tests.append(try setItem())
    }
  }

  private mutating func setItem() throws(Refusal) -> ScalarTest {
    if take("[:") {
      let isNegated = take("^")
      var name = ""
      while let sign = next, sign != ":" {
        name.unicodeScalars.append(sign)
        place += 1
      }
      guard take(":]"), let property = ScalarProperty(name) else { throw .invalid }
      return isNegated ? .not(.property(property)) : .property(property)
    }
    if take("[") { return try set() }
    let first = try setScalar()
    guard next == "-", place + 1 < scalars.count, scalars[place + 1] != "]", case .range(let low, _) = first else {
      return first
    }
    // A class behind the hyphen makes that a character of its own: [a-[b]].
    guard scalars[place + 1] != "[" else { return first }
    place += 1
    guard case .range(let high, _) = try setScalar(), low <= high else { throw .invalid }
    return .range(low, high)
  }

  private mutating func setScalar() throws(Refusal) -> ScalarTest {
    let sign = try taken()
    guard sign == "\\" else { return .only(sign) }
    return try escapedTest()
  }
}
