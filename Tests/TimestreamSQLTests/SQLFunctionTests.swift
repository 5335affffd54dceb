import CacheSupport
import SQLiteStore
import Testing

@testable import TimestreamSQL

/// Functions one by one: what they answer at their ends, and that no argument ends the process.
@Suite struct SQLFunctionTests {
  static func answer(_ expression: String) throws -> String {
    do {
      return try QueryPlanTests.rows("SELECT \(expression)", QueryPlanTests.connection())[1]
    } catch let error as QueryError { return "\(error.kind): \(error.message)" }
  }

  @Test(
    "Functions answer at the ends of what they take",
    arguments: [
      ("width_bucket(1e308, -1e308, 1e308, 10)", "11"), ("width_bucket(0e0, -1e308, 1e308, 10)", "6"),
      ("width_bucket(-1e308, -1e308, 1e308, 10)", "1"), ("width_bucket(5.3, 0.2, 10.6, 5)", "3"),
      ("width_bucket(3e0, 4e0, 0e0, 4)", "1"), ("width_bucket(5e0, 4e0, 0e0, 4)", "0"),
      ("width_bucket(4e0, 4e0, 0e0, 4)", "0"), ("width_bucket(0e0, 4e0, 0e0, 4)", "4"),
      ("width_bucket(-1e0, 4e0, 0e0, 4)", "5"), ("width_bucket(0e0, 0e0, 4e0, 4)", "1"),
      ("width_bucket(infinity(), 0e0, 4e0, 4)", "5"), ("width_bucket(-infinity(), 0e0, 4e0, 4)", "0"),
      ("width_bucket(infinity(), 4e0, 0e0, 4)", "0"),
      ("width_bucket(1e0, 0e0, 4e0, 9223372036854775807)", "2305843009213693952"),
      ("width_bucket(4e0, 0e0, 4e0, 9223372036854775807)", "failed: Bucket for value 4.0 is out of range"),
      ("width_bucket(-1e0, 4e0, 0e0, 9223372036854775807)", "failed: Bucket for value -1.0 is out of range"),
      ("width_bucket(nan(), 0e0, 4e0, 4)", "failed: operand must not be NaN"),
      ("width_bucket(1e0, nan(), 4e0, 4)", "failed: first bound must be finite"),
      ("width_bucket(1e0, 0e0, infinity(), 4)", "failed: second bound must be finite"),
      ("width_bucket(1e0, 4e0, 4e0, 4)", "failed: bounds cannot equal each other"),
      ("width_bucket(1e0, 0e0, 4e0, 0)", "failed: bucketCount must be greater than 0"),
      ("round(123456.7, -2)", "123500.0"), ("round(-55e0, -1)", "-60.0"), ("round(1.7e308, -308)", "1.7E308"),
      ("round(7e22, -22)", "7.0E22"), ("truncate(129.5, -1)", "120.0"), ("truncate(5e0, -309)", "0.0"),
      ("truncate(1.29, 1)", "1.2"),
      (
        "sequence(timestamp '2262-03-01', timestamp '2262-04-11 23:00:00', interval '1' month)",
        "2262-03-01 2262-04-01"
      ),
      ("cardinality(sequence(date '1677-10-01', date '1677-09-22', interval '-1' month))", "1"),
      ("cardinality(sequence(date '2000-01-31', date '2000-05-01', interval '1' month))", "4"),
      (
        "cardinality(sequence(9223372036854775800, 9223372036854775807))", "8"
      ),
      ("cardinality(sequence(-9223372036854775808, 9223372036854775807, 9223372036854775807))", "3"),
      ("cardinality(sequence(1, 10001))", "failed: result of sequence function must not have more than 10000 entries"),
      ("levenshtein_distance('', 'abc')", "3"), ("strrpos('aXbXc', 'X', 2)", "2"), ("strpos('aaa', 'aa', 2)", "2"),
      ("split_part('', '', 1)", "∅"), ("split_part('äb', '', 1)", "ä"), ("bit_count(-1, 64)", "64"),
      ("reduce(sequence(1, 10000), 0, (s, x) -> s + x, s -> s)", "50005000"),
      (
        "reduce(array['a', 'b'], '', (s, x) -> reduce(array['1', '2'], s || x, (t, y) -> t || y, t -> t), s -> s)",
        "a12b12"
      ),
      ("reduce(cast(null AS array(bigint)), 0, (s, x) -> s + x, s -> s)", "∅"),
      ("reduce(array[], 7, (s, x) -> s + 1, s -> s * 2)", "14"),
      ("regexp_replace('aXbX', '(?<n>X)', '[${n}]')", "a[X]b[X]"),
    ])
  func ends(expression: String, answer: String) throws {
    if expression.hasPrefix("sequence(timestamp") {
      let text = try Self.answer("array_join(transform(\(expression), t -> cast(date(t) AS varchar)), ' ')")
      #expect(text == answer)
    } else {
      #expect(try Self.answer(expression) == answer)
    }
  }

  @Test(
    "Offsets and buckets of windows have a least value",
    arguments: [
      ("lag(x, -1)", "failed: Offset must be at least 0"), ("lead(x, -1)", "failed: Offset must be at least 0"),
      ("lag(x, 1 - x)", "failed: Offset must be at least 0"), ("nth_value(x, 0)", "failed: Offset must be at least 1"),
      ("ntile(0)", "failed: Buckets must be at least 1"),
      ("nth_value(x, cast(null AS bigint))", "failed: Offset must not be null"),
      ("ntile(cast(null AS bigint))", "failed: Buckets must not be null"), ("lag(x, cast(null AS bigint))", "∅"),
      ("lag(x, 0)", "1"), ("lead(x, 1, 9)", "2"),
    ])
  func windows(call: String, answer: String) throws {
    #expect(
      try Self.answer("y FROM (SELECT \(call) OVER (ORDER BY x) AS y, x FROM (VALUES 1, 2, 3) t(x)) ORDER BY x")
        == answer)
  }

  // MARK: Extremes

  /// Values of SQLite for each type, at the ends of what it can be.
  static func extremes(of type: TimestreamType) -> [SQLValue] {
    let day: Int64 = 106_751
    switch type {
    case .varchar:
      return [
        "", "a", "\u{0}", "é𝄞e\u{301}", "year", "month", "$.a[0]", "{\"a\":[1]}", "%Y-%m-%d %H", "yyyy'x", "(a*)*b",
        "9223372036854775808", "1e999", "1d", "2027-01-15 08:00:00", String(repeating: "ab", count: 5000),
      ].map { .text($0) } + [.null]
    case .boolean: return [.integer(0), .integer(1), .null]
    case .integer: return [Int64(Int32.min), Int64(Int32.max), 0, -1, 1, 7].map { .integer($0) } + [.null]
    case .double:
      return [
        0, -0.0, 1, -1, .infinity, -.infinity, .nan, 1e308, -1e308, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        9.3e18, -9.3e18, 0.5,
      ].map { .real($0) } + [.null]
    case .date: return [-day, day, 0, 1].map { .integer($0) } + [.null]
    case .time: return [0, 86_399_999_999_999].map { .integer($0) } + [.null]
    case .bigint, .timestamp, .interval, .intervalMonths:
      return [.min, .max, .min + 1, 0, 1, -1, 2, 36, 64, 1_000_000, 86_400_000_000_000].map { .integer($0) } + [.null]
    case .array(let element):
      let items = extremes(of: element)
      return [.list([]), .list(items), .list([.null]), .list(items.prefix(2)), .null]
    case .timeseries(let value):
      let values = extremes(of: value).filter { $0 != .null }
      let times: [Int64] = [.min, -1, 0, 1, .max]
      return [
        .list([]), .list(zip(times, values).map { .point($0, $1) }),
        .list([.point(0, values[0]), .point(0, values[0])]),
        .null,
      ]
    case .row(let members): return [.list(members.map { extremes(of: $0.type)[0] }), .null]
    case .unknown: return [.null]
    }
  }

  /// The types that a pattern may stand for, letters as one and the same.
  static func types(of pattern: TypePattern, letter: TimestreamType) -> TimestreamType {
    switch pattern {
    case .exactly(let type): type
    case .any, .ordered: letter
    case .numeric: letter.isNumeric ? letter : .double
    case .whole: .bigint
    case .array(let element): .array(types(of: element, letter: letter))
    case .timeseries(let value): .timeseries(types(of: value, letter: letter))
    case .point(let value): .point(types(of: value, letter: letter))
    case .row(let members): .row(members.map { .init(name: nil, type: types(of: $0, letter: letter)) })
    case .lambda(_, let result): types(of: result, letter: letter)
    }
  }

  /// Lists of one value of each type: all there are of few, and some of many, the same each time.
  static func combinations(_ types: [TimestreamType], limit: Int) -> [[SQLValue]] {
    let choices = types.map(extremes)
    let total = choices.reduce(1) { $0 * $1.count }
    guard total > limit else {
      return choices.reduce([[]]) { all, choice in all.flatMap { start in choice.map { start + [$0] } } }
    }
    var state: UInt64 = 20_261_122
    return (0..<limit).map { _ in
      choices.map { choice in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return choice[Int(state >> 33) % choice.count]
      }
    }
  }

  /// Runs SQL with values for `?1`, `?2`, …: a row or an error, and what comes out can be written as its type.
  static func run(
    _ sql: String, _ types: [TimestreamType], _ result: TimestreamType, _ connection: Connection, limit: Int = 60
  ) throws -> Int {
    var answered = 0
    for values in combinations(types, limit: limit) {
      do {
        // As the plan hands NaN to SQLite.
        let bound = values.map { $0 == .real(.nan) || ($0.double?.isNaN ?? false) ? .blob(NotANumber.blob) : $0 }
        try connection.limited(by: QueryBudget()) {
          for row in try connection.rows("SELECT \(sql)", bound) {
            answered += 1
            var writer = JSONWriter()
            _ = result.write(row[0], into: &writer)
          }
        }
      } catch let error as DatabaseError {
        let isTold = QueryError(error) != .failed("the query cannot be run")
        if !isTold { Issue.record("\(error.message): \(sql) of \(values)") }
      }
    }
    return answered
  }

  private static func filled(_ template: SQLTemplate, _ count: Int) -> String {
    var sql = template.sql(isTrying: false)
    let places = (0..<count).map { "?\($0 + 1)" }
    sql = sql.replacing("$*", with: places.joined(separator: ", "))
    sql = sql.replacing("$||", with: places.joined(separator: " || "))
    for (index, place) in places.enumerated() { sql = sql.replacing("$\(index)", with: place) }
    return sql
  }

  @Test("Each function, by its signature, takes every extreme of its types") func extremeArguments() throws {
    let connection = try QueryPlanTests.connection()
    var count = 0
    for (name, function) in FunctionTable.scalars.sorted(by: { $0.key < $1.key }) {
      for signature in function.signatures where !signature.takesLambda {
        for letter in [TimestreamType.bigint, .double, .varchar] {
          let types = signature.parameters.map { Self.types(of: $0, letter: letter) }
          let result = Self.types(of: signature.result, letter: letter)
          let answered = try Self.run(Self.filled(signature.sql, types.count), types, result, connection)
          if answered == 0 { Issue.record("nothing answered: \(name)") }
          count += answered
          // One is enough where no letter stands.
          if types == signature.parameters.map({ Self.types(of: $0, letter: .boolean) }) { break }
        }
      }
    }
    for cast in Conversions.casts {
      count += try Self.run(Self.filled(cast.sql, 1), [cast.from], cast.to, connection)
    }
    #expect(count > 5000)
  }

  /// The SQL of a call whose lambdas give back their last parameter, or whether it is there; and the types of the other arguments.
  private static func filled(
    _ signature: SQLFunction.Signature, letter: TimestreamType
  ) -> (sql: String, types: [TimestreamType]) {
    func named(_ template: SQLTemplate) -> String { template.named("l").sql(isTrying: false) }
    var sql = named(signature.sql).replacing("$&", with: "")
    var types: [TimestreamType] = []
    for (index, parameter) in signature.parameters.enumerated() {
      var place: String
      if case .lambda(let parameters, let result) = parameter {
        place = parameters.last.map { named($0.sql) } ?? "NULL"
        if case .exactly(.boolean) = result { place = "(\(place) IS NOT NULL)" }
      } else {
        types.append(Self.types(of: parameter, letter: letter))
        place = "?\(types.count)"
      }
      sql = sql.replacing("$\(index)", with: place)
    }
    return (sql, types)
  }

  @Test("Each function that takes a lambda does so with every extreme of its types") func extremeItems() throws {
    let connection = try QueryPlanTests.connection()
    var names: Set<String> = []
    for (name, function) in FunctionTable.scalars.sorted(by: { $0.key < $1.key }) {
      for signature in function.signatures where signature.takesLambda {
        names.insert(name)
        for letter in [TimestreamType.bigint, .double, .varchar, .array(.timestamp)] {
          let (sql, types) = Self.filled(signature, letter: letter)
          let result = Self.types(of: signature.result, letter: letter)
          let answered = try Self.run(sql, types, result, connection)
          #expect(answered > 3, "\(name)")
        }
      }
    }
    #expect(names == ["transform", "filter", "any_match", "all_match", "none_match", "zip_with", "reduce"])
  }

  @Test("Each function of windows takes every extreme, as value, offset and number of buckets") func extremeWindows()
    throws
  {
    let connection = try QueryPlanTests.connection()
    for function in FunctionTable.windows.values.sorted(by: { $0.name < $1.name }) {
      for (letter, count) in [TimestreamType.bigint, .double, .varchar].flatMap({ letter in
        function.arguments.map { (letter, $0) }
      }) {
        let types = (0..<count).map { index -> TimestreamType in
          if case .argument = function.result, index != 1 { return letter }
          return .bigint
        }
        let columns = ["1 AS k"] + (0..<count).map { "?\($0 + 1) AS c\($0)" }
        let rows = Array(repeating: "SELECT \(columns.joined(separator: ", "))", count: 3).joined(
          separator: " UNION ALL ")
        let arguments = (0..<count).map { index in
          function.bounds[index].map { $0.sql(isTrying: false).replacing("$0", with: "c\(index)") } ?? "c\(index)"
        }
        let result: TimestreamType =
          switch function.result {
          case .bigint: .bigint
          case .double: .double
          case .argument: letter
          }
        for frame in ["", "ORDER BY k ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING"] {
          let answered = try Self.run(
            "\(function.name)(\(arguments.joined(separator: ", "))) OVER (\(frame)) FROM (\(rows))", types, result,
            connection)
          #expect(answered > 2, "\(function.name)")
        }
      }
    }
  }

  @Test("Each aggregate takes every extreme of its types, over groups and over windows") func extremeRows() throws {
    let connection = try QueryPlanTests.connection()
    var count = 0
    for (_, function) in FunctionTable.aggregates.sorted(by: { $0.key < $1.key }) {
      for signature in function.signatures {
        guard case .native(let native) = signature.call else { continue }
        let types = signature.parameters.map { Self.types(of: $0, letter: .double) }
        let columns = (0..<types.count).map { "?\($0 + 1) AS c\($0)" }.joined(separator: ", ")
        let others = (0..<types.count).map { "?\($0 + 1)" }.joined(separator: ", ")
        let order = signature.order ?? types.indices.map { $0 }
        let arguments = order.map { $0.map { "c\($0)" } ?? "1" }.joined(separator: ", ")
        let rows = "(SELECT \(columns) UNION ALL SELECT \(others) UNION ALL SELECT \(others))"
        let result = Self.types(of: signature.result, letter: .double)
        count += try Self.run("ts_\(native.name)(\(arguments)) FROM \(rows)", types, result, connection, limit: 60)
        count += try Self.run(
          "ts_over_\(native.name)(\(arguments)) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM \(rows)", types,
          result, connection, limit: 60)
      }
    }
    #expect(count > 500)
  }
}

/// `LIKE`, in time that grows with text times pattern, whatever the pattern.
@Suite struct LikenessTests {
  @Test(
    "LIKE takes whole texts by characters and case",
    arguments: [
      ("'abc' LIKE 'a%'", "true"), ("'abc' LIKE 'A%'", "false"), ("'abc' LIKE '%b%'", "true"),
      ("'abc' LIKE '_b_'", "true"),
      ("'é' LIKE '_'", "true"), ("'e\u{301}' LIKE '_'", "false"), ("'' LIKE ''", "true"), ("'' LIKE '%'", "true"),
      ("'' LIKE '_'", "false"), ("'aXbXc' LIKE '%X%X_'", "true"), ("'ab' LIKE '%a'", "false"),
      ("'a%' LIKE 'a!%' ESCAPE '!'", "true"),
      ("'ab' LIKE 'a!%' ESCAPE '!'", "false"), ("'a!' LIKE 'a!!' ESCAPE '!'", "true"), ("null LIKE 'a'", "∅"),
      ("'a' LIKE 'a' ESCAPE 'xy'", "failed: Escape string must be a single character"),
      (
        "'a' LIKE '!a' ESCAPE '!'",
        "failed: Escape character must be followed by '%', '_' or the escape character itself"
      ), ("replace('aXbX', 'X', '--')", "a--b--"), ("replace('äb', '', '.')", ".ä.b."), ("replace('aaa', 'aa')", "a"),
    ])
  func like(expression: String, answer: String) throws { #expect(try SQLFunctionTests.answer(expression) == answer) }

  @Test("The work of LIKE does not grow with the number of its percent signs") func linear() throws {
    func work(_ count: Int) throws -> Int {
      try ExecutionTests.work("SELECT rpad('a', \(count), 'a') LIKE '%a%a%a%a%a%a%a%b'")
    }
    let (small, large) = (try work(1000), try work(10_000))
    #expect(small > 1000 && large <= 11 * small)
  }
}
