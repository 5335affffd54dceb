import SQLiteStore
import Testing

@testable import TimestreamSQL

/// JSON texts and the paths into them; the paths of Trino's `JsonPathTokenizer`.
@Suite struct DocumentTests {
  private static let document =
    #"{"a": {"b c": 1, "b.c": 2, "x:y": 3, "q\"": 4, "é": 5, "e\u0301": 6}, "list": [10, [20, 21], {"n": null}], "t": true, "s": "x\ty", "": 7, "big": 1.50e2, "7": "seven", "a b": [1]}"#

  @Test(
    "A path has names, names in quotes and places",
    arguments: [
      (#"$.a["b c"]"#, "1"), (#"$["a"]["b.c"]"#, "2"), ("$.a.x:y", "3"), (#"$.a["q\""]"#, "4"), ("$.a.é", "5"),
      (#"$.a["é"]"#, "6"), ("$.list[0]", "10"), ("$.list.0", "10"), ("$.list[1][1]", "21"), ("$.t", "true"),
      ("$.s", "x\ty"), (#"$[""]"#, "7"), ("$.big", "1.50e2"), ("$[7]", "seven"), ("$.7", "seven"), ("$[a].é", "5"),
      (#"$["a b"][0]"#, "1"),
      // Nothing, null, and what has parts.
      ("$.none", "∅"), ("$.list[2].n", "∅"), ("$.list[2].m", "∅"), ("$.list[9]", "∅"), ("$.list[-1]", "∅"),
      ("$.list.x", "∅"), ("$.a", "∅"), ("$.list", "∅"), ("$", "∅"), ("$.t.x", "∅"), ("$.A", "∅"),
    ])
  func paths(path: String, answer: String) throws {
    // The é of the second path is the one with an accent of its own.
    let path = path == #"$.a["é"]"# ? "$.a[\"e\u{301}\"]" : path
    #expect(
      try SQLFunctionTests.answer("json_extract_scalar('\(Self.document)', '\(path.replacing("'", with: "''"))')")
        == answer)
  }

  @Test(
    "What is no path is refused, whatever the text",
    arguments: [
      "", "a", ".a", "$.", "$a", "$..a", "$.a b", "$[", "$[]", "$[0", #"$["a"#, #"$["a""#, #"$["a\n"]"#, #"$."a""#,
      "$.a[*]", "$[?(@.x)]", "$[0]]", " $", "$ ",
    ])
  func invalid(path: String) throws {
    for text in ["{}", "no JSON"] {
      #expect(
        try SQLFunctionTests.answer("json_extract_scalar('\(text)', '\(path)')")
          == "failed: Invalid JSON path: '\(path)'")
    }
  }

  @Test(
    "A text is read as far as it must",
    arguments: [
      ("json_extract_scalar('\"x\"', '$')", "x"), ("json_extract_scalar('3', '$')", "3"),
      ("json_extract_scalar('null', '$')", "∅"), ("json_extract_scalar('no JSON', '$')", "∅"),
      ("json_extract_scalar('', '$')", "∅"), ("json_extract_scalar('{\"a\":1,', '$.a')", "1"),
      ("json_extract_scalar('{\"a\":1,', '$.b')", "∅"), ("json_extract_scalar('{\"a\":1,\"a\":2}', '$.a')", "1"),
      ("json_extract_scalar(null, '$')", "∅"), ("json_extract_scalar('{}', null)", "∅"),
      ("json_array_length('[1, [2, 3], \"]\"]')", "3"), ("json_array_length('[]')", "0"),
      ("json_array_length('{}')", "∅"), ("json_array_length('[1')", "∅"), ("json_array_length('x')", "∅"),
      ("json_array_length(null)", "∅"),
    ])
  func texts(expression: String, answer: String) throws { #expect(try SQLFunctionTests.answer(expression) == answer) }

  @Test("A JSON text takes no more than its bytes, whatever is in it") func memory() throws {
    let list = "'[' || array_join(repeat('0', 100000), ',') || ']'"
    for call in ["json_array_length(\(list))", "json_extract_scalar(\(list), '$[99999]')"] {
      let (rows, most) = try QueryMemoryTests.answer("SELECT \(call)")
      #expect(rows.count == 1 && !rows[0].hasPrefix("failed"))
      #expect(most < 16 << 20)
    }
  }
}

/// What functions parse, and how their names are kept apart.
@Suite struct ParsedTests {
  @Test("A text is parsed once, of those too long the last, and the many do not stay") func parsed() throws {
    let forms = Parsed<Int>()
    func form(_ text: String) throws(QueryFault) -> Int {
      try forms.form(of: text) { text throws(QueryFault) in text.utf8.count }
    }
    for _ in 0..<3 { #expect(try form("é") == 2 && form("e\u{301}") == 3) }
    #expect(forms.count == 2)
    let long = String(repeating: "x", count: 5000)
    for _ in 0..<3 { #expect(try form(long) == 5000) }
    #expect(forms.count == 3)
    for _ in 0..<2 { #expect(try form(long + "y") == 5001 && form("é") == 2) }
    #expect(forms.count == 4)
    #expect(try form(long) == 5000)
    #expect(forms.count == 5)
    for number in 0..<1000 { _ = try form("\(number)") }
    _ = try form("999")
    #expect(forms.count == 1005)
    #expect(throws: QueryFault.self) {
      try forms.form(of: "bad") { _ throws(QueryFault) in throw QueryFault(message: "bad") }
    }
    #expect(try form("bad") == 3)
  }

  @Test(
    "Patterns, formats and paths are parsed once in a query",
    arguments: [
      ("cast(x AS varchar) LIKE '%1%'", 1), ("cast(x AS varchar) LIKE '%1!%' ESCAPE '!'", 1),
      ("date_format(from_milliseconds(x), '%Y') = ''", 1), ("date_parse(cast(2000 + x AS varchar), '%Y') > now()", 1),
      ("format_datetime(from_milliseconds(x), 'yyyy') = ''", 1),
      ("parse_datetime(cast(2000 + x AS varchar), 'yyyy') > now()", 1),
      ("json_extract_scalar('[' || cast(x AS varchar) || ']', '$[0]') = ''", 1),
      ("cast(x AS varchar) LIKE cast(x AS varchar)", 50),
    ])
  func once(condition: String, count: Int) throws {
    let connection = try QueryPlanTests.connection()
    let execution = try #require(connection.attachment as? Execution)
    _ = try QueryPlanTests.rows(
      "SELECT count(*) FROM UNNEST(sequence(1, 50)) AS t(x) WHERE \(condition)", connection)
    let counts = [
      execution.likes.count, execution.mysqlFormats.count, execution.jodaFormats.count, execution.jsonPaths.count,
    ]
    #expect(counts.reduce(0, +) == count)
  }

  @Test("A pattern with an escape is another than the same without") func escapes() throws {
    let rows = try QueryPlanTests.rows(
      "SELECT 'a%' LIKE 'a!%', 'a%' LIKE 'a!%' ESCAPE '!', 'e!a' LIKE '!a' ESCAPE 'e', '!a' LIKE '!a'",
      QueryPlanTests.connection())
    #expect(rows[1] == "false|true|false|true")
  }

  @Test(
    "Texts with a NUL, and results as large as they may be",
    arguments: [
      ("starts_with('a' || chr(0) || 'b', 'a' || chr(0) || 'c')", "false"),
      ("starts_with('a' || chr(0) || 'b', 'a' || chr(0))", "true"), ("starts_with('a', '')", "true"),
      ("starts_with('', 'a')", "false"), ("starts_with('\u{E9}', 'e')", "false"),
      ("starts_with('e\u{301}', 'e')", "true"), ("starts_with(null, 'a')", "∅"),
      // An upper bound of the length would refuse what occurs but once.
      ("length(replace(rpad('a', 1000000, 'b'), 'a', 'xxxxxxxxxx'))", "1000009"),
      ("length(replace(rpad('a', 1000000, 'a'), 'a', 'xxxx'))", "4000000"),
      ("length(replace(rpad('a', 1000000, 'a'), 'a', 'xxxxx'))", "failed: a value is larger than 4 MB"),
      ("length(replace(rpad('a', 999999, 'a'), '', 'xxxx'))", "failed: a value is larger than 4 MB"),
      (
        "length(format_datetime(now(), rpad('y', 1000000, 'y')))", "1000000"
      ),
      ("date_format(now(), rpad('', 1000000, '%r'))", "failed: a value is larger than 4 MB"),
    ])
  func texts(expression: String, answer: String) throws { #expect(try SQLFunctionTests.answer(expression) == answer) }

  @Test("A name is one function's, and a call is answered by one signature") func names() {
    let kinds: [[String]] = [
      Array(FunctionTable.scalars.keys), Array(FunctionTable.aggregates.keys), Array(FunctionTable.windows.keys),
    ]
    let all = kinds.flatMap(\.self)
    #expect(Set(all).count == all.count)
    // array_join is also there as its last form takes it, for what the binder makes of the others.
    #expect(SpecialFunction.allCases.map(\.rawValue).filter(all.contains) == ["array_join"])
    for (name, function) in FunctionTable.scalars {
      let signatures = function.signatures.map { "\($0.parameters.map { "\($0)" }) \($0.isVariadic)" }
      #expect(Set(signatures).count == signatures.count, "\(name)")
    }
    #expect(Set(FunctionTable.natives.map(\.name)).count == FunctionTable.natives.count)
  }
}
