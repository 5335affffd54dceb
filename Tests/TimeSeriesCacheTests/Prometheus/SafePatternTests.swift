import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite struct SafePatternTests {
  @Test(
    "A whole text matches or not",
    arguments: [
      ("", ["": true, "a": false]),
      ("a|b", ["a": true, "b": true, "ab": false, "": false]),
      ("a*", ["": true, "aaa": true, "ab": false]),
      ("a+b?", ["a": true, "ab": true, "aab": true, "b": false, "abb": false]),
      ("a+?b??", ["a": true, "ab": true]),
      ("a{2,3}", ["a": false, "aa": true, "aaa": true, "aaaa": false]),
      ("a{2}", ["aa": true, "aaa": false]), ("a{2,}", ["a": false, "aaaaaa": true]), ("a{0}", ["": true, "a": false]),
      ("a{,2}", ["a{,2}": true, "a": false]), ("x{", ["x{": true]),
      (".*", ["": true, "a\nb": true, "ü€😀": true]), ("(?-s:.*)", ["ab": true, "a\nb": false]),
      (".", ["ü": true, "e\u{301}": false]),
      ("(ab)*c", ["c": true, "ababc": true, "abac": false]), ("(?:a|bc)+", ["abca": true, "abb": false]),
      ("(?P<n>a)(?<m>b)", ["ab": true]),
      ("^a$", ["a": true]), ("a^b", ["ab": false, "a^b": false]), ("\\Aa\\z", ["a": true]),
      ("(^a|b)c", ["ac": true, "bc": true]),
      ("[a-c]", ["b": true, "d": false]), ("[^a-c]", ["b": false, "d": true, "\n": true]),
      ("[]a]", ["]": true, "a": true]), ("[a-]", ["-": true]), ("[\\d_]+", ["1_2": true, "a": false]),
      ("[^\\D]", ["1": true, "a": false]), ("[[:alpha:]-]+", ["a-b": true, "1": false]),
      ("[[:^digit:]]", ["a": true, "1": false]),
      ("\\d\\D\\w\\W\\s\\S", ["1a_- x": true, "aa_- x": false]), ("\\.\\*\\\\", [".*\\": true]),
      ("\\x41\\x{1F600}", ["A😀": true]), ("\\t\\n", ["\t\n": true]),
      ("(?i)roMe", ["Rome": true, "ROME": true, "rom": false]), ("(?i:a)b", ["Ab": true, "AB": false]),
      ("((?i)a)b", ["Ab": true, "AB": false]), ("(?i)[a-c]é", ["BÉ": true]), ("(?i)[^a]", ["A": false, "b": true]),
      ("(a*)*", ["aaa": true, "b": false]), ("(a|)+", ["": true, "aa": true]), ("(|a)*b", ["aab": true]),
      ("a||b", ["": true, "a": true, "b": true]), ("()", ["": true]),
      ("node-(1|2)\\..+", ["node-1.x": true, "node-1.": false, "node-3.x": false]),
    ] as [(String, [String: Bool])])
  func matches(pattern: String, texts: [String: Bool]) throws {
    let compiled = try SafePattern(pattern)
    for (text, isMatch) in texts {
      #expect(compiled.matches(text) == isMatch, "\(pattern) on \(text.debugDescription)")
    }
  }

  @Test(
    "What is wrong, not supported or too large is refused by name",
    arguments: [
      ("(", "a group has no end"), (")", "')' closes no group"), ("*a", "'*' has nothing to repeat"),
      ("a|+", "'+' has nothing to repeat"), ("a**", "a count follows another"), ("a{2}{3}", "a count follows another"),
      ("[a", "'[' is not closed"), ("[z-a]", "goes from a character to a later one"),
      ("[\\d-z]", "goes from a character"),
      ("[[:nope:]]", "there is no such class"), ("\\", "a backslash is the last character"),
      ("\\1", "the escape \\1 is not supported"), ("\\b", "the escape \\b is not supported"),
      ("\\pL", "the escape \\p is not supported"), ("(?=a)", "of the groups that begin with (?"),
      ("(?!a)", "of the groups that begin with (?"), ("(?<=a)", "of the groups that begin with (?"),
      ("(?<!a)", "of the groups that begin with (?"), ("(?m)a", "of the groups that begin with (?"),
      ("(?P=n)", "of the groups that begin with (?"), ("(?P<n", "a group's name has no end"), ("\\xZ", "write \\x7F"),
      ("\\x{110000}", "write \\x7F"), ("a{1001}", "a count is from 0 to 1000"), ("a{3,2}", "a count is from 0 to 1000"),
      ("(a{1000}){1000}", "too large"), ("((((){1000}){1000}){1000}){1000}", "too large"),
      (String(repeating: "(", count: 10_000), "nested too deep"),
    ] as [(String, String)])
  func refused(pattern: String, reason: String) {
    do throws(SafePatternError) {
      _ = try SafePattern(pattern)
      Issue.record("\(pattern.prefix(40)) is accepted")
    } catch {
      #expect(error.description.contains(reason), "\(error)")
    }
  }

  @Test("The work grows with the text alone, where backtracking would double it with each character")
  func linear() throws {
    for pattern in ["(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)(.*)(.*)(.*)(.*)x"] {
      let compiled = try SafePattern(pattern)
      let short = compiled.states(String(repeating: "a", count: 200)).looked
      let long = compiled.states(String(repeating: "a", count: 2000)).looked
      #expect(long < short * 11, "\(pattern): \(short), \(long)")
      #expect(long <= 2001 * 2 * compiled.program.count)
    }
  }

  @Test("Random expressions are refused or matched, and end")
  func random() {
    var generator = SplitMix(seed: 7)
    let alphabet = Array("ab()[]{}*+?|\\^$.-,:12=<>PidsS😀\n")
    for _ in 0..<5000 {
      let pattern = String(
        (0..<Int.random(in: 0...20, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
      let text = String(
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
      if let compiled = try? SafePattern(pattern) { _ = compiled.matches(text) }
    }
  }
}
