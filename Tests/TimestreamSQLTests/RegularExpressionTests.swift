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

  @Test("Patterns find what Java finds", arguments: cases) func finds(test: Case) throws {
    #expect(try Self.matches(test.pattern, test.text) == test.matches)
  }

  @Test(
    "What is no pattern, or takes more than linear time, is refused",
    arguments: [
      ("(", ""), ("a)", ""), ("[a", ""), ("*a", ""), ("a{2,1}", ""), ("\\", ""), ("\\y", ""), ("[b-a]", ""),
      ("(?<n>a)(?<n>b)", ""), ("\\p{Nothing}", ""), ("\\x{110000}", ""), ("a**+", "possessive repetition"),
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
    arguments: ["(a*)*b", "(a|aa)+$b", "(.*)(.*)(.*)(.*)x", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a+)+\\z b"])
  func linear(pattern: String) throws {
    func work(_ count: Int) throws -> Int {
      let execution = Execution()
      _ = try RegularExpression(pattern).firstMatch(in: Array(repeating: 97, count: count), execution)
      return execution.work
    }
    let (small, large) = (try work(200), try work(2000))
    #expect(small > 200 && large <= 11 * small)
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
