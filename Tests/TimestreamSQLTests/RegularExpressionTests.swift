import Testing

@testable import TimestreamSQL

/// Patterns in Java's syntax, in time that grows with the text alone.
@Suite struct RegularExpressionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var pattern: String
    var text: String
    /// All matches, each with its groups by `,`; a group that took no part is `-`.
    var matches: [String]
    var testDescription: String { "\(pattern) in \(text)" }

    init(_ pattern: String, _ text: String, _ matches: String...) {
      (self.pattern, self.text, self.matches) = (pattern, text, matches)
    }
  }

  @Test(
    "A pattern for a value has to match all of it",
    arguments: [
      ("a|ab", "ab", true), ("a|ab", "abc", false), ("^a$", "a", true), ("a", "a\n", false), ("", "", true),
      (".*", "", true),
      ("(?x) a # c", "a", true), ("a*?", "aa", true), ("(a|ab)(c|bcd)(d*)", "abcd", true),
    ])
  func values(pattern: String, value: String, matches: Bool) throws {
    #expect(try ValuePattern(pattern).matches(value) == matches)
  }

  @Test("A value is not looked at for long, whatever the pattern") func longValue() throws {
    let value = String(repeating: "a", count: 4096)
    #expect(try ValuePattern("([a-z0-9]+[-_.]?)*").matches(value))
    let pattern = try ValuePattern("(.*.*){500}")
    #expect(throws: ValuePattern.Refusal.self) { try pattern.matches(value) }
  }

  @Test("What is no pattern for a value is refused", arguments: ["(", "a)(b", "(?=a)b", "a{9999}{9999}"])
  func badValuePattern(pattern: String) { #expect(throws: ValuePattern.Refusal.self) { try ValuePattern(pattern) } }

  static let cases: [Case] = [
    Case("a|ab", "ab", "a"), Case("ab|a", "ab", "ab"), Case("(a|ab)(c|bcd)", "abcd", "abcd,a,bcd"),
    Case("a*", "aab", "aa", "", ""), Case("", "ab", "", "", ""), Case("a*?", "aa", "", "", ""),
    Case("a+?", "aa", "a", "a"), Case("a{2}", "aaaaa", "aa", "aa"), Case("a{2,}", "aaaaa", "aaaaa"),
    Case("a{1,2}?", "aaa", "a", "a", "a"), Case("(a)|b", "ab", "a,a", "b,-"),
    Case("(x)?y", "y", "y,-"), Case(".", "é\n𝄞", "é", "𝄞"), Case("(?s).", "\r\n", "\r", "\n"),
    Case("^a", "aa", "a"), Case("(?m)^a$", "a\nb\na", "a", "a"), Case("a$", "a\n", "a"), Case("a\\z", "a\n"),
    Case("a\\Z", "a\r\n", "a"), Case("\\bfoo\\b", "a foo, food", "foo"), Case("\\Boo", "foo oo", "oo"),
    Case("(?i)straße", "STRAßE", "STRAßE"), Case("(?i)[a-c]+", "ABCD", "ABC"), Case("(?i)[^a]", "Ab", "b"),
    Case("(?i:a)b", "Ab AB", "Ab"), Case("(?x) a b # c", "ab", "ab"), Case("\\Qa.b\\E+", "a.bb", "a.bb"),
    Case("[a-z&&[^b]]+", "abc", "a", "c"), Case("[[:digit:]]+", "a12", "12"), Case("[\\d-]+", "1-2", "1-2"),
    Case("[]a]+", "a]", "a]"), Case("[^\\s]+", "a b", "a", "b"), Case("\\p{Lu}+", "aÄB", "ÄB"),
    Case("\\P{L}", "a1", "1"), Case("\\p{IsGreek}", "aλ", "λ"), Case("\\p{Alpha}+", "ab1", "ab"),
    Case("\\x41\\u0042\\x{43}", "ABC", "ABC"), Case("\\t\\0101", "\tA", "\tA"),
    Case("\\w+", "naïve_1 x", "naïve_1", "x"),
    Case("(?<year>\\d{4})-(?<m>\\d\\d)", "2027-01", "2027-01,2027,01"), Case("(?:ab)+(c)", "ababc", "ababc,c"),
    Case("\\.", "a.b", "."), Case("(a|b)*c|d", "abd", "d,-"), Case("\\R", "a\r\nb\n", "\r\n", "\n"),
    Case("[\\Qa-c\\E]+", "-ab", "-a"), Case("a\\Q\\E*", "aa", "aa", ""), Case("[a&&]", "a", "a"),
    Case("[a-z&&[b-y]&&[^c]]+", "abcd", "b", "d"),
    Case("\\p{Hiragana}+|\\p{InGreek}", "aひらλ", "ひら", "λ"), Case("\\p{L}+", "λ𝒜1", "λ𝒜"), Case("\\p{So}", "a😀", "😀"),
  ]

  /// Loops whose iterations may be empty: one that is ends its loop, and a preferred way goes first even where it is empty.
  static let loops: [Case] = [
    Case("(a*)+", "aa", "aa,", ","), Case("(|a)*", "aa", ",", ",", ","), Case("(|a)+", "aa", ",", ",", ","),
    Case("(|a){2}b", "ab", "ab,"), Case("(|a){2,}b", "aab", "aab,"), Case("(a|b*)*c", "abbc", "abbc,"),
    Case("((a*)+)*", "aab", "aa,,", ",,", ",,"), Case("(a|())*", "aab", "aa,,", ",,", ",,"),
    Case("(a*?)+", "aa", ",", ",", ","), Case("(a*)*?b", "aab", "aab,aa"), Case("(?:(a)|b)*", "ab", "ab,a", ",-"),
    Case("(a?)*?b", "ab", "ab,a"), Case("(a*){2,3}", "aab", "aa,", ",", ","), Case("(?:a?b??)*", "aab", "aa", "", ""),
    Case("($|a)+", "a", "a,", ","), Case("(a{0,2})*b", "aaab", "aaab,"), Case("(a|b){2,3}?", "aaba", "aa,a", "ba,a"),
    Case("(?:(x?)(y?))*", "xy", "xy,,", ",,"),
  ]

  /// Letters of one kind stand for each other, whichever of them the pattern has.
  static let letterCases: [Case] = [
    Case("(?i)\u{B5}", "\u{3BC}\u{39C}", "\u{3BC}", "\u{39C}"), Case("(?i)\u{3BC}", "\u{B5}", "\u{B5}"),
    Case("(?i)[ς]", "σΣς", "σ", "Σ", "ς"), Case("(?i)σ", "ς", "ς"), Case("(?i)\u{17F}", "sS", "s", "S"),
    Case("(?i)s", "\u{17F}", "\u{17F}"), Case("(?i)\u{212A}", "kK", "k", "K"),
    Case("(?i)[a-k]", "\u{212A}", "\u{212A}"),
    Case("(?i)[^k]", "\u{212A}K"), Case("(?i)[A-Z&&[a-z]]", "q", "q"), Case("(?i)\\p{Lu}", "a1", "a"),
    Case("(?i)\\P{Lu}", "aA1", "1"), Case("(?i)ß", "\u{1E9E}", "\u{1E9E}"), Case("(?i)ss", "ß"),
    Case("(?i)ı", "iI", "i", "I"),
    Case("(?iu)É", "é", "é"), Case("(?i)a(?-i)b", "Ab AB", "Ab"), Case("(?i)ǆ", "ǅǄ", "ǅ", "Ǆ"),
  ]

  /// Java's line terminators, and its comments.
  static let modes: [Case] = [
    Case("(?m)^.", "a\r\nb\u{2028}c\u{85}d\re", "a", "b", "c", "d", "e"),
    Case("(?m).$", "a\r\nb\u{2029}c", "a", "b", "c"),
    Case("(?m)^", "a\n", ""), Case("(?m)^", "", ""), Case(".+", "a\u{B}b\u{C}c\u{85}d", "a\u{B}b\u{C}c", "d"),
    Case("a$", "a\r\n", "a"), Case("a$", "a\r\r"), Case("a$", "a\u{2028}", "a"), Case("(?s)a.$", "a\n\n", "a\n"),
    Case("(?x)a *", "aa", "aa", ""), Case("(?x)a + ? # lazy\n b", "aab", "aab"), Case("(?x)[a b]+", "a b", "a", "b"),
    Case("(?x)\\ a", " a", " a"), Case("(?x)\\Qa b\\E", "a b", "a b"), Case("(?x)[ a - c ]+", "a b-", "a", "b"),
    Case("(?x) ( a | b ) {2}", "ab", "ab,b"), Case("(?x)a#b\rc", "ac", "ac"),
    Case("(?x)a\u{A0}", "a\u{A0}", "a\u{A0}"),
  ]

  static func matches(_ pattern: String, _ text: String, _ execution: Execution = Execution()) throws -> [String] {
    let bytes = Array(text.utf8)
    let expression = try RegularExpression(pattern)
    var found: [String] = []
    try expression.forEachMatch(in: bytes, execution) { match in
      let groups = (0...expression.groupCount).map { group in
        match[group].map { String(decoding: bytes[$0], as: UTF8.self) } ?? "-"
      }
      found.append(groups.joined(separator: ","))
    }
    return found
  }

  @Test("Patterns find what Java finds", arguments: cases + loops + letterCases + modes) func finds(test: Case) throws {
    // By their bytes: the Kelvin sign and a K are the same text to Swift.
    #expect(try Self.matches(test.pattern, test.text).map { Array($0.utf8) } == test.matches.map { Array($0.utf8) })
  }

  @Test(
    "What is no pattern, or takes more than linear time, is refused",
    arguments: [
      ("(", ""), ("a)", ""), ("[a", ""), ("*a", ""), ("a{2,1}", ""), ("\\", ""), ("\\y", ""), ("[b-a]", ""),
      ("(?<n>a)(?<n>b)", ""), ("\\p{Nothing}", ""), ("\\x{110000}", ""), ("a**", ""), ("a+*", ""), ("a{2}{3}", ""),
      ("a**+", ""), ("a?{2}", ""), ("(?i)+", ""), ("a|*", ""), ("{", ""), ("a{,2}", ""), ("a{ 2}", ""), ("[&&]", ""),
      ("(?x)[a#]", ""), ("(?w)a", ""), ("(?<1a>b)", ""), ("(?d)a", "the flag (?d)"),
      ("a++", "possessive repetition"), ("(?>a)", "an atomic group"), ("(?=a)", "look-around"),
      ("(?<!a)b", "look-around"), ("(a)\\1", "a reference to a group"),
      (String(repeating: "a", count: 20_001), "a pattern of more than 20000 characters"),
      ("a{20000}", "more than 10000 repetitions"), ("(a{200}){200}", "a pattern of more than 10000 steps"),
      (String(repeating: "(", count: 200), "groups nested deeper than 100"),
    ])
  func refuses(pattern: String, reason: String) {
    let words = reason.isEmpty ? "" : "the local cloud does not support \(reason): "
    #expect { try RegularExpression(pattern) } throws: {
      ($0 as? QueryFault)?.message == "Invalid regular expression: \(words)\(pattern)"
    }
  }

  @Test("Patterns that look alike are two: their bytes differ") func alike() throws {
    let execution = Execution()
    for (pattern, matches) in [("\u{E9}", true), ("e\u{301}", false), ("\u{E9}", true)] {
      let found = try execution.pattern(pattern).firstMatch(in: Array("\u{E9}".utf8), execution)
      #expect((found != nil) == matches)
    }
    #expect(execution.compiledPatterns == 2)
  }

  @Test(
    "The work of a match grows with the text, whatever the pattern",
    arguments: [
      "(a*)*b", "(a|aa)+$b", "(.*)(.*)(.*)(.*)x", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a+)+\\z b", "((((a*)*)*)*)*b",
      "(|a)+b", "((a?){5})*b",
    ])
  func linear(pattern: String) throws {
    func work(_ count: Int) throws -> Int {
      let execution = Execution()
      _ = try RegularExpression(pattern).firstMatch(in: Array(repeating: 97, count: count), execution)
      return execution.work
    }
    let (small, large) = (try work(200), try work(2000))
    #expect(small > 200 && large <= 11 * small)
  }

  @Test("The work of a class that is looked through counts, and that of reading a pattern") func costs() throws {
    func work(_ count: Int) throws -> Int {
      let execution = Execution()
      let letters = String(String.UnicodeScalarView((0..<count).compactMap { Unicode.Scalar(0x4E00 + 2 * $0) }))
      let pattern = try execution.pattern("[\(letters)]")
      let before = execution.work
      #expect(before >= 16 * count)
      _ = try pattern.firstMatch(in: Array(String(repeating: "é", count: 100).utf8), execution)
      return execution.work - before
    }
    #expect(try work(1000) > 9 * work(100))
    #expect(try work(100) >= 100 * 100)
  }

  @Test("Loops that may be empty are followed in steps that grow with their depth alone") func nested() throws {
    func work(_ depth: Int) throws -> Int {
      let execution = Execution()
      let pattern = String(repeating: "(?:", count: depth) + "a" + String(repeating: ")*", count: depth) + "b"
      _ = try RegularExpression(pattern).firstMatch(in: Array(repeating: 97, count: 50), execution)
      return execution.work
    }
    let (small, large) = (try work(8), try work(80))
    #expect(large <= 110 * small)
    let nested =
      String(repeating: "(?:", count: 90) + String(repeating: "a", count: 2000) + String(repeating: ")*", count: 90)
    #expect(throws: QueryFault.self) { try RegularExpression(nested) }
  }

  @Test("A match ends where the query is over") func interrupted() throws {
    let (execution, budget) = (Execution(), QueryBudget())
    execution.begin(budget)
    budget.cancel()
    #expect {
      try RegularExpression("(a*)*b").firstMatch(in: Array(repeating: 97, count: 100_000), execution)
    } throws: {
      ($0 as? QueryFault)?.endsQuery == true
    }
    #expect(execution.work < 50_000)
  }
}
