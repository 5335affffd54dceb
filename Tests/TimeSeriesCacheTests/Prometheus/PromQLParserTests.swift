import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite struct PromQLParserTests {
  @Test(
    "What is read, printed in one form",
    arguments: [
      ("1+1", "2"), ("2 ^ 3 ^ 2", "512"), ("-2^2", "(-4)"), ("2^-1", "0.5"), ("7 % 4 * 2", "6"), ("-7 % 4", "(-3)"),
      ("10 - 2 - 3", "5"), ("(10 - (2 - 3))", "11"), ("2 + 3 * 4", "14"), ("1 / 0", "+Inf"), ("-1/0", "(-Inf)"),
      ("0/0", "NaN"),
      ("inf", "+Inf"), ("-Inf", "(-Inf)"), ("nAn", "NaN"), ("0x1F", "31"), ("1e3", "1000"), ("1E-3", "0.001"),
      (".5", "0.5"),
      ("5.", "5"), ("5.e1", "50"), ("- -3", "3"), ("+3", "3"), ("0.1+0.2", "0.30000000000000004"), ("1e21", "1e+21"),
      ("1e-7", "1e-07"), ("\"a\\n\\\"b\\x41\\u00e9\\101\"", "\"a\\n\\\"bAéA\""), ("'it''s'", ""),
      ("`a\\n`", "\"a\\\\n\""),
      ("temperature", "{\"__name__\"=\"temperature\"}"), ("a:b_1", "{\"__name__\"=\"a:b_1\"}"),
      ("sum", "{\"__name__\"=\"sum\"}"),
      ("rate", "{\"__name__\"=\"rate\"}"), ("offset", "{\"__name__\"=\"offset\"}"),
      (
        "t{city='Rome',a!=\"b\", c=~\"d.*\" , e!~\"f|g\",}",
        "{\"__name__\"=\"t\",\"city\"=\"Rome\",\"a\"!=\"b\",\"c\"=~\"d.*\",\"e\"!~\"f|g\"}"
      ),
      ("{__name__=~\"a|b\"}", "{\"__name__\"=~\"a|b\"}"), ("{\"a b\", c=\"d\"}", "{\"__name__\"=\"a b\",\"c\"=\"d\"}"),
      ("{\"a-b\"=\"c\"}", "{\"a-b\"=\"c\"}"), ("t{}", "{\"__name__\"=\"t\"}"),
      ("t offset 1h30m", "{\"__name__\"=\"t\"} offset 1h30m"), ("t offset -5m", "{\"__name__\"=\"t\"} offset -5m"),
      ("t @ 1.5", "{\"__name__\"=\"t\"} @ 1.500"), ("t @ -1 offset 1m", "{\"__name__\"=\"t\"} offset 1m @ -1"),
      ("t @ start()", "{\"__name__\"=\"t\"} @ start()"), ("t @ end ( )", "{\"__name__\"=\"t\"} @ end()"),
      ("t[5m]", "{\"__name__\"=\"t\"}[5m]"), ("t[90]", "{\"__name__\"=\"t\"}[1m30s]"),
      ("rate(t[5m] offset 1d)", "rate({\"__name__\"=\"t\"}[5m] offset 1d)"),
      (
        "quantile_over_time(1-0.05, t[1y2w3d4h5m6s7ms])",
        "quantile_over_time(0.95, {\"__name__\"=\"t\"}[1y2w3d4h5m6s7ms])"
      ),
      ("avg_over_time((t[5m]))", "avg_over_time({\"__name__\"=\"t\"}[5m])"),
      ("-t * 2 + 1", "(((-{\"__name__\"=\"t\"}) * 2) + 1)"), ("2 ^ t", "(2 ^ {\"__name__\"=\"t\"})"),
      ("+t", "{\"__name__\"=\"t\"}"),
      ("t - 273.15 # to Celsius", "({\"__name__\"=\"t\"} - 273.15)"), ("1 - # here\n t", "(1 - {\"__name__\"=\"t\"})"),
    ] as [(String, String)])
  func printed(text: String, expected: String) throws {
    guard !expected.isEmpty else {
      #expect(throws: PromQLError.self) { try PromQLParser.expression(text) }
      return
    }
    let expression = try PromQLParser.expression(text)
    #expect(expression.description == expected)
    #expect(try PromQLParser.expression(expression.description).description == expected)
  }

  @Test(
    "What is refused, where, and by what name",
    arguments: [
      ("", "1:1: parse error: found the end of the expression: a selector, a function or a number is needed"),
      ("sum(t)", "1:1: parse error: found 'sum': aggregations are not supported"),
      ("1 +\n  topk by (a) (3, t)", "2:3: parse error: found 'topk': aggregations are not supported"),
      ("irate(t[5m])", "1:1: parse error: found 'irate': the function is not supported"),
      ("t + u", "1:3: parse error: '+' is between an instant vector and an instant vector"),
      ("t > 5", "1:3: parse error: found '>': comparisons are not supported"),
      ("t and u", "1:3: parse error: found 'and': operators between vectors are not supported"),
      ("t[5m:1m]", "1:5: parse error: found ':': subqueries are not supported"),
      ("(t + 1)[5m:]", "1:8: parse error: found '[': subqueries are not supported"),
      ("t[5m] + 1", "1:7: parse error: '+' is between a range vector and a number"),
      ("-t[5m]", "1:1: parse error: a sign cannot precede a range vector"),
      ("-'a'", "1:1: parse error: a sign cannot precede a string"),
      ("rate(t)", "1:6: parse error: rate needs a selector with a range, such as x[5m], and found an instant vector"),
      ("rate(t[5m], 1)", "1:11: parse error: found ',': rate takes one argument"),
      ("rate(t[5m]", "1:11: parse error: found the end"),
      ("quantile_over_time(t, t[5m])", "1:20: parse error: quantile_over_time needs a number first"),
      ("{}", "1:1: parse error: a selector needs a matcher"),
      ("{a=~\".*\"}", "1:1: parse error: a selector needs a matcher"),
      ("t{__name__=\"u\"}", "1:3: parse error: the metric's name is given twice"),
      ("t{a}", "1:4: parse error: found '}': one of = != =~ !~"),
      ("t{a=b}", "1:5: parse error: found 'b': a value in quotes is needed"),
      ("t{a:b=\"c\"}", "1:3: parse error: found 'a:b': the name of a label is needed"),
      ("t{a=\"b\" c=\"d\"}", "1:9: parse error: found 'c': '}' is needed"),
      ("t{a=~\"(\"}", "1:6: parse error: the regular expression '(' is refused"),
      ("t[0s]", "1:3: parse error: found the duration 0s: a range must be longer"),
      ("t[5x]", "1:3: parse error: '5x' is neither a number"),
      ("t[5m3h]", "1:3: parse error: '5m3h' is neither a number"), ("t[101y]", "1:3: parse error: '101y' is neither"),
      ("t offset 1h offset 2h", "1:13: parse error: found 'offset': an offset is given twice"),
      ("t @ 1e300", "1:5: parse error: found the number 1e+300: @ needs seconds"),
      ("t @ now()", "1:5: parse error: found 'now'"),
      ("1 $ 2", "1:3: parse error: '$' has no meaning here"), ("1 é 2", "1:3: parse error: 'é' has no meaning here"),
      ("'abc", "1:1: parse error: a string has no end"), ("'a\nb'", "1:1: parse error: a string has no end"),
      ("'\\q'", "1:2: parse error: a string has an unknown escape"),
      ("'\\xff'", "1:1: parse error: a string is not UTF-8"),
      ("'\\u00'", "1:2: parse error: a string's escape is not finished"),
      ("'\\ud800'", "1:2: parse error: a string's escape is not finished"),
      ("1 2", "1:3: parse error: found the number 2: it cannot follow"),
      ("(1", "1:3: parse error: found the end of the expression: ')' is needed"),
      (String(repeating: "(", count: 5000), "1:102: parse error: the expression is nested too deep"),
      (String(repeating: "-", count: 5000) + "1", "1:102: parse error: the expression is nested too deep"),
      (String(repeating: "2^", count: 4000) + "2", "1:203: parse error: the expression is nested too deep"),
      ("t" + String(repeating: "+1", count: 4000), "1:202: parse error: the expression is nested too deep"),
      (String(repeating: "1", count: 8193), "1:1: parse error: the expression has 8193 bytes; 8192 are the most"),
    ] as [(String, String)])
  func refused(text: String, beginning: String) {
    do throws(PromQLError) {
      Issue.record("it is read as \(try PromQLParser.expression(text))")
    } catch {
      #expect(error.description.hasPrefix(beginning), "\(error)")
    }
  }

  @Test("A selector alone, as match[] has it")
  func selector() throws {
    #expect(try PromQLParser.selector("t{a=\"b\"}").description == "{\"__name__\"=\"t\",\"a\"=\"b\"}")
    for text in ["t[5m]", "t offset 1m", "1", "rate(t[5m])", "t + 1", "", "(t)"] {
      #expect(throws: PromQLError.self) { try PromQLParser.selector(text) }
    }
  }

  @Test("Random expressions are refused, or print as themselves")
  func random() throws {
    var generator = SplitMix(11)
    let words = [
      "t", "a:b", "{", "}", "a=\"b\"", ",", "=~", "!~", "!=", "\"x|y\"", "'", "`", "[", "]", "5m", "1h30m", ":", "(",
      ")", "+", "-",
      "*", "/", "%", "^", "1", "0x1f", ".5", "1e", "inf", "NaN", "offset", "@", "start()", "rate(",
      "quantile_over_time(", "sum", "by",
      "and", "==", "#", "\n", "\\", "é", "\u{0}", "😀", " ", "0.1", "avg_over_time(t[5m])", "t{a=\"b\"}",
    ]
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...9, using: &generator)).map { _ in words.randomElement(using: &generator) ?? ""
      }.joined()
      guard let expression = try? PromQLParser.expression(text) else { continue }
      read += 1
      #expect(try PromQLParser.expression(expression.description).description == expression.description, "\(text)")
    }
    #expect(read > 500)
  }
}
