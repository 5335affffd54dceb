/// A regular expression as it is written: Java's syntax, without what no matcher can do in linear time.
indirect enum PatternSyntax: Sendable {
  case empty
  case one(PatternProgram.Test)
  case assertion(PatternAssertion)
  case sequence([PatternSyntax])
  case choice([PatternSyntax])
  case group(PatternSyntax, number: Int)
  /// A count without an upper end has none.
  case repeated(PatternSyntax, least: Int, most: Int?, isLazy: Bool)

  /// Whether it may take no character at all.
  var canBeEmpty: Bool {
    switch self {
    case .empty, .assertion: true
    case .one: false
    case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
    case .choice(let branches): branches.contains(where: \.canBeEmpty)
    case .group(let inner, _): inner.canBeEmpty
    case .repeated(let inner, let least, _, _): least == 0 || inner.canBeEmpty
    }
  }
}

/// What must hold at a place without taking a character.
enum PatternAssertion: Sendable {
  case textStart, lineStart, textEnd, lineEnd, veryEnd, wordBoundary, noWordBoundary
}

/// Which characters stand at a place of a pattern.
indirect enum ScalarTest: Sendable {
  case everything
  case range(Unicode.Scalar, Unicode.Scalar)
  case digit, space, horizontalSpace, word, lineEnd
  /// A property of Unicode or Java, as `\p{…}` names it.
  case property(ScalarProperty)
  case union([ScalarTest])
  case all([ScalarTest])
  case not(ScalarTest)
  /// In any case.
  case folded(ScalarTest)

  static func only(_ scalar: Unicode.Scalar) -> ScalarTest { .range(scalar, scalar) }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .everything: true
    case .range(let first, let last): first <= scalar && scalar <= last
    case .digit: scalar.properties.generalCategory == .decimalNumber
    case .space: scalar.properties.isWhitespace
    case .horizontalSpace: scalar == "\t" || scalar.properties.generalCategory == .spaceSeparator
    case .word: scalar.isWordPart
    case .lineEnd: scalar.endsLine
    case .property(let property): property.holds(scalar)
    case .union(let tests): tests.contains { $0.contains(scalar) }
    case .all(let tests): tests.allSatisfy { $0.contains(scalar) }
    case .not(let test): !test.contains(scalar)
    case .folded(let test): LetterCase.all(of: scalar).contains(where: test.contains)
    }
  }

  /// Units of work that it takes for a character, at most.
  var cost: Int {
    switch self {
    case .everything, .range, .lineEnd: 1
    case .digit, .space, .horizontalSpace, .word: 2
    case .property: 8
    case .union(let tests), .all(let tests): tests.reduce(1) { $0 + $1.cost }
    case .not(let test): test.cost
    case .folded(let test): 4 + 4 * test.cost
    }
  }
}

extension Unicode.Scalar {
  /// Whether `\w` stands for it.
  var isWordPart: Bool {
    if properties.isAlphabetic { return true }
    switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return self == "\u{200C}" || self == "\u{200D}"
    }
  }

  /// Whether a dot does not stand for it.
  var endsLine: Bool { self == "\n" || self == "\r" || self == "\u{85}" || self == "\u{2028}" || self == "\u{2029}" }
}
