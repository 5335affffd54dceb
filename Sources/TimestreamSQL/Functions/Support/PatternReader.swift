import CacheSupport

/// Reads a regular expression: Java's syntax but for look-around, references to groups, atomic groups and possessive repetition.
struct PatternReader {
  /// What is wrong with a pattern.
  enum Refusal: Error {
    case invalid
    /// What Java has and a matcher of linear time cannot.
    case unsupported(String)
  }

  private struct Flags {
    var ignoresCase = false
    var dotTakesAll = false
    var isMultiline = false
    var hasComments = false
  }

  let scalars: [Unicode.Scalar]
  var place = 0
  private var flags = Flags()
  var depth = 0
  private(set) var groupCount = 0
  private(set) var groupNames: [ByteText: Int] = [:]

  static let maximumLength = 20_000
  static let maximumDepth = 100
  static let maximumGroups = 100
  /// The highest count of a repetition.
  static let maximumCount = 10_000

  init(_ pattern: String) { scalars = Self.unquoted(Array(pattern.unicodeScalars)) }

  /// A pattern without `\Q…\E`: what stands in between is literal, letter by letter.
  private static func unquoted(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var isQuoted = false
    var place = 0
    while place < scalars.count {
      let sign = scalars[place]
      let next = place + 1 < scalars.count ? scalars[place + 1] : nil
      if sign == "\\", let next, isQuoted ? next == "E" : next == "Q" {
        isQuoted.toggle()
        place += 2
      } else if isQuoted {
        let isPlain = !sign.isASCII || sign.properties.isAlphabetic || sign.properties.numericType != nil
        result += isPlain ? [sign] : ["\\", sign]
        place += 1
      } else {
        result.append(sign)
        if sign == "\\", let next { result.append(next) }
        place += sign == "\\" ? 2 : 1
      }
    }
    return result
  }

  mutating func read() throws(Refusal) -> PatternSyntax {
    guard scalars.count <= Self.maximumLength else {
      throw .unsupported("a pattern of more than \(Self.maximumLength) characters")
    }
    let syntax = try choice()
    guard place == scalars.count else { throw .invalid }
    return syntax
  }

  var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[place...].starts(with: wanted) else { return false }
    place += wanted.count
    return true
  }

  mutating func taken() throws(Refusal) -> Unicode.Scalar {
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
    while true {
      skipComments()
      guard let sign = next, sign != "|", sign != ")" else { break }
      if let part = try atom() { parts.append(try repetition(of: part)) }
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  /// Under `(?x)`, blanks and what follows a `#` up to the end of its line.
  mutating func skipComments() {
    guard flags.hasComments else { return }
    while let sign = next {
      if sign == "#" {
        while let sign = next, !sign.endsLine { place += 1 }
      } else if sign == " " || ("\t"..."\r").contains(sign) {
        place += 1
      } else {
        return
      }
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternSyntax { .one(.init(cased(.only(scalar)))) }

  /// Under `(?i)`, in any case: a letter, a range or a property, not what they make together.
  func cased(_ test: ScalarTest) -> ScalarTest {
    guard flags.ignoresCase else { return test }
    switch test {
    case .range, .property: return .folded(test)
    case .not(let inner): return .not(cased(inner))
    default: return test
    }
  }

  /// A part, repeated as often as what follows it says: once, for a repetition is not repeated.
  private mutating func repetition(of part: PatternSyntax) throws(Refusal) -> PatternSyntax {
    skipComments()
    let (least, most): (Int, Int?)
    switch next {
    case "*": (least, most) = (0, nil)
    case "+": (least, most) = (1, nil)
    case "?": (least, most) = (0, 1)
    case "{": (least, most) = try counts()
    default: return part
    }
    place += 1
    skipComments()
    if next == "+" { throw .unsupported("possessive repetition") }
    return .repeated(part, least: least, most: most, isLazy: take("?"))
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
    case "[": return .one(.init(try set()))
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
      while let sign = next, sign.isASCII, name.isEmpty ? sign.properties.isAlphabetic : sign.isWordPart {
        name.unicodeScalars.append(sign)
        place += 1
      }
      guard !name.isEmpty, take(">"), groupNames[ByteText(name)] == nil else { throw .invalid }
      groupNames[ByteText(name)] = groupCount + 1
      return try captured()
    }
    var isOn = true
    while true {
      switch try taken() {
      case "i": flags.ignoresCase = isOn
      case "s": flags.dotTakesAll = isOn
      case "m": flags.isMultiline = isOn
      case "x": flags.hasComments = isOn
      // Letters and their cases are always Unicode's.
      case "u", "U": break
      case "d": throw .unsupported("the flag (?d)")
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

  /// What stands up to the closing parenthesis, after which flags are what they were before.
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
  mutating func escapedTest() throws(Refusal) -> ScalarTest {
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

  /// After `\p`: one letter, or a name in braces.
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
}
