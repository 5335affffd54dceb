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
  case both(ScalarTest, ScalarTest)
  case not(ScalarTest)
  /// In either case.
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
    case .both(let one, let other): one.contains(scalar) && other.contains(scalar)
    case .not(let test): !test.contains(scalar)
    case .folded(let test): test.contains(scalar) || scalar.otherCases.contains(where: test.contains)
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

  /// The same letter in other cases, where that is one character.
  fileprivate var otherCases: [Unicode.Scalar] {
    var cases: [Unicode.Scalar] = []
    for text in [properties.lowercaseMapping, properties.uppercaseMapping, properties.titlecaseMapping] {
      guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first, scalar != self else { continue }
      cases.append(scalar)
      // The Kelvin sign is a k, too.
      let back = scalar.properties.uppercaseMapping.unicodeScalars
      if back.count == 1, let upper = back.first { cases.append(upper) }
    }
    return cases
  }
}
