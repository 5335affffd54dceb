import SQLiteStore
import Testing

@testable import TimestreamSQL

/// Each aggregate over groups and over frames of every kind, beside the plainest way to work it out.
@Suite struct AggregateTests {
  typealias Row = AggregateCases.Row

  // MARK: Rows

  enum Kind: CaseIterable {
    case plain, withNulls, nullsAlone, withNaN, huge, infinite, equal, none

    var isHuge: Bool { self == .huge || self == .infinite }
  }

  /// Random numbers that are the same each time.
  private struct Congruential: RandomNumberGenerator {
    private var state: UInt64 = 20_261_122

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 32
    }
  }

  static func rows(_ kind: Kind) -> [Row] {
    var random = Congruential()
    var rows: [Row] = []
    for group in 0..<3 where kind != .none {
      var key = 0
      for place in 0..<[1, 6, 23][group] {
        key += Int.random(in: 1...3, using: &random)
        // Quarters: whatever their order, their sums are not rounded.
        func quarters() -> Double? { Double(Int.random(in: -4000...4000, using: &random)) / 4 }
        var row = Row(
          group: group, place: place, key: key, x: quarters(), y: quarters(), n: .random(in: 0...9, using: &random))
        let chance = Int.random(in: 0..<5, using: &random)
        switch kind {
        case .plain, .none: break
        case .withNulls: if chance < 2 { (row.x, row.n) = (nil, chance == 0 ? nil : row.n) }
        case .nullsAlone: (row.x, row.y, row.n) = (nil, nil, nil)
        case .withNaN: if chance == 0 { row.x = .nan }
        case .huge: if chance == 0 { row.x = 1e308 }
        case .infinite: if chance == 0 { row.x = .infinity }
        case .equal: (row.x, row.y) = (7.5, 2.25)
        }
        rows.append(row)
      }
    }
    return rows
  }

  /// The rows as a table: of what stands in one it is known that it is no NaN.
  private struct Facts: QueryCatalog {
    func databases() -> [String] { ["facts"] }
    func tables(of database: String) -> [String]? { ["rows"] }
    func table(_ name: String, of database: String) -> QueryTable? {
      let wholes = ["g", "k", "r", "n"].map { QueryTable.Column($0, .measure, .bigint) }
      let doubles = ["x", "y"].map { QueryTable.Column($0, .measure, .double) }
      return QueryTable(
        database: database, name: name, columns: [.init("time", .time, .timestamp)] + wholes + doubles,
        source: .rows("facts"))
    }
  }

  private static func connection(_ rows: [Row]) throws -> Connection {
    let connection = try QueryPlanTests.connection()
    try connection.execute(
      "CREATE TABLE facts (time INTEGER, g INTEGER, k INTEGER, r INTEGER, n INTEGER, x REAL, y REAL)")
    for row in rows {
      let wholes = [Int64(0), Int64(row.group), Int64(row.place), Int64(row.key), row.n]
      let doubles = [row.x, row.y].map { $0.map { $0.isNaN ? .blob(NotANumber.blob) : .real($0) } ?? SQLValue.null }
      _ = try connection.rows(
        "INSERT INTO facts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        wholes.map { $0.map { .integer($0) } ?? .null } + doubles)
    }
    return connection
  }

  /// What comes out of a query may be NaN.
  private static func table(_ kind: Kind) -> String {
    kind == .withNaN ? "(SELECT g, k, r, n, greatest(x, x) AS x, y FROM facts.rows)" : "facts.rows"
  }

  // MARK: Frames

  struct Frame: Sendable {
    var sql: String
    /// Whether a row belongs to the frame of another of its group.
    var holds: @Sendable (_ row: Row, _ other: Row) -> Bool
  }

  static let frames: [Frame] = [
    Frame(sql: "") { _, _ in true }, Frame(sql: "ORDER BY k") { $1.place <= $0.place },
    Frame(sql: "ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING") { $1.place <= $0.place + 1 },
    Frame(sql: "ORDER BY k ROWS BETWEEN 2 PRECEDING AND CURRENT ROW") { ($0.place - 2...$0.place).contains($1.place) },
    Frame(sql: "ORDER BY k ROWS BETWEEN 1 PRECEDING AND 4 FOLLOWING") {
      ($0.place - 1...$0.place + 4).contains($1.place)
    },
    Frame(sql: "ORDER BY k ROWS BETWEEN 5 PRECEDING AND 2 PRECEDING") {
      ($0.place - 5...$0.place - 2).contains($1.place)
    },
    Frame(sql: "ORDER BY k ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING") {
      ($0.place + 1...$0.place + 3).contains($1.place)
    },
    Frame(sql: "ORDER BY k ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING") { $1.place >= $0.place },
    Frame(sql: "ORDER BY r RANGE BETWEEN 4 PRECEDING AND 1 FOLLOWING") { ($0.key - 4...$0.key + 1).contains($1.key) },
    Frame(sql: "ORDER BY r RANGE BETWEEN 2 FOLLOWING AND 6 FOLLOWING") { ($0.key + 2...$0.key + 6).contains($1.key) },
  ]

  // MARK: Tests

  /// For each row of a query what a call comes to there, over each of some windows.
  private static func numbers(
    _ call: AggregateCases.Call, over windows: [String] = [""], _ rest: String, _ connection: Connection
  ) throws -> [[Double?]] {
    let (isList, sql) = (call.sql.hasPrefix("§"), call.sql.replacing("§", with: ""))
    // Within a cast stands the call.
    let (start, end) = sql.hasSuffix(" AS integer)") ? ("cast(", " AS integer)") : ("", "")
    let inner = sql.dropFirst(start.count).dropLast(end.count)
    let columns = windows.enumerated().map { "\(start)\(inner)\($1)\(end) AS v\($0)" }
    let numbers = windows.indices.map { index in
      isList
        ? "reduce(v\(index), cast(cardinality(v\(index)) AS double), (s, i) -> s * 3 + coalesce(cast(i AS double), 0.5), s -> s)"
        : "v\(index)"
    }
    let text =
      "SELECT \(numbers.joined(separator: ", ")) FROM (SELECT \(columns.joined(separator: ", ")), \(rest)) ORDER BY place"
    let budget = QueryBudget()
    let plan = try QueryPlan.compile(text, catalog: Facts(), budget: budget, now: 0)
    var rows: [[Double?]] = []
    try plan.forEachRow(on: connection, budget: budget) { row in
      rows.append(row.map { $0 == .blob(NotANumber.blob) ? .nan : $0.double })
      return true
    }
    return rows
  }

  private static func areSame(_ one: Double?, _ other: Double?, _ tolerance: Double) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    if one.isNaN || other.isNaN { return one.isNaN && other.isNaN }
    return one == other || abs(one - other) <= tolerance * max(1, abs(other))
  }

  private static func compare(_ call: AggregateCases.Call, _ found: [Double?], _ sought: [Double?], _ place: String) {
    #expect(found.count == sought.count, "\(call.sql) \(place)")
    for (index, (found, sought)) in zip(found, sought).enumerated() where !areSame(found, sought, call.tolerance) {
      Issue.record("\(call.sql) \(place), row \(index): \(found as Any), not \(sought as Any)")
    }
  }

  @Test("An aggregate of all rows, and of groups, is what it is by hand", arguments: AggregateCases.calls)
  func groups(call: AggregateCases.Call) throws {
    guard !call.isOfWindows else { return }
    for kind in Kind.allCases where call.takesHuge || !kind.isHuge {
      let rows = Self.rows(kind)
      let (connection, table) = (try Self.connection(rows), Self.table(kind))
      let groups = (0..<3).map { group in rows.filter { $0.group == group } }.filter { !$0.isEmpty }
      let grouped = try Self.numbers(call, "g AS place FROM \(table) GROUP BY g", connection)
      Self.compare(call, grouped.map { $0[0] }, groups.map(call.value), "\(kind), grouped")
      let plain = try Self.numbers(call, "max(g) AS place FROM \(table) WHERE g = 2", connection)
      Self.compare(call, plain.map { $0[0] }, [call.value(groups.last ?? [])], "\(kind), plain")
    }
  }

  @Test("An aggregate of a frame is what it is by hand, of whatever rows have left", arguments: AggregateCases.calls)
  func windows(call: AggregateCases.Call) throws {
    for kind in Kind.allCases where call.takesHuge || !kind.isHuge {
      let rows = Self.rows(kind)
      let (connection, table) = (try Self.connection(rows), Self.table(kind))
      let found = try Self.numbers(
        call, over: Self.frames.map { " OVER (PARTITION BY g \($0.sql))" },
        "g * 100 + k AS place FROM \(table)", connection)
      for (index, frame) in Self.frames.enumerated() {
        let sought = rows.map { row in call.value(rows.filter { $0.group == row.group && frame.holds(row, $0) }) }
        Self.compare(call, found.map { $0[index] }, sought, "\(kind), \(frame.sql)")
      }
    }
  }

  @Test("What has left a frame leaves nothing in a sum, and what fits is no overflow") func left() throws {
    let rows = [(1e308, Int64.max), (0.25, -5), (0.5, .max), (1e308, 1), (1e308, 1), (0.75, 2)].enumerated().map {
      Row(group: 0, place: $0, key: $0, x: $1.0, y: nil, n: $1.1)
    }
    func answers(_ call: String) throws -> [Double?] {
      let call = AggregateCases.Call(call) { _ in nil }
      let window = " OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
      return try Self.numbers(call, over: [window], "k AS place FROM facts.rows", Self.connection(rows)).map { $0[0] }
    }
    #expect(try answers("sum(x)") == [1e308, 1e308, 0.75, 1e308, .infinity, 1e308])
    #expect(try answers("avg(x)") == [1e308, 5e307, 0.375, 5e307, .infinity, 5e307])
    let most = Double(Int64.max)
    #expect(try answers("sum(n - 1)") == [most, most, most, most, 0, 1])
    #expect(throws: QueryError.failed("bigint addition overflow")) { try answers("sum(abs(n))") }
  }

  @Test(
    "Of squares that are too large or too small for a double, roots are taken first; equal values have no shape",
    arguments: [
      ("round(corr(y, x), 9)", "(1e-100, 2e-100), (2e-100, 4e-100), (4e-100, 8e-100)", "1.0"),
      ("round(corr(y, x), 9)", "(1e100, -2e100), (2e100, -4e100), (4e100, -8e100)", "-1.0"),
      ("corr(y, x)", "(1e0, 2e0), (1e0, 3e0)", "∅"), ("corr(y, x)", "(1e0, 2e0)", "∅"),
      ("regr_slope(y, x)", "(1e0, 2e0), (1e0, 3e0)", "∅"), ("regr_intercept(y, x)", "(1e0, 2e0)", "∅"),
      ("regr_slope(y, x)", "(1e0, nan()), (2e0, 3e0)", "∅"),
      ("covar_pop(y, x)", "(1e0, nan()), (2e0, 3e0)", "NaN"), ("covar_pop(y, x)", "(1e0, 2e0)", "0.0"),
      ("covar_samp(y, x)", "(1e0, 2e0)", "∅"), ("skewness(x)", "(1e0, 1e0), (1e0, 1e0), (1e0, 1e0)", "NaN"),
      ("skewness(x)", "(1e0, 1e0), (2e0, 1e0)", "∅"),
      ("kurtosis(x)", "(1e0, 1e0), (1e0, 1e0), (1e0, 1e0), (1e0, 1e0)", "NaN"),
      ("kurtosis(x)", "(1e0, 1e0), (1e0, 1e0), (1e0, 1e0)", "∅"),
    ])
  func moments(call: String, rows: String, answer: String) throws {
    #expect(try SQLFunctionTests.answer("\(call) FROM (VALUES \(rows)) t(x, y)") == answer)
  }

  @Test("Ranks among which there is a NaN do not correlate") func ranks() throws {
    let series = "SELECT create_time_series(from_unixtime(t), x) s FROM (VALUES (1, 1e0), (2, nan()), (3, 2e0)) t(t, x)"
    #expect(try SQLFunctionTests.answer("correlate_spearman(s, s) FROM (\(series))") == "NaN")
  }

  // MARK: Memory

  @Test(
    "What has left a frame holds no memory, and a window whose rows stay keeps none that it does not need",
    arguments: [
      "array_agg(s)", "array_agg(s ORDER BY k)", "approx_percentile(k, 0.5)", "first_value(s) IGNORE NULLS",
      "last_value(s) IGNORE NULLS", "max_by(s, k)", "min_by(s, -k)", "max_by(s, k, 2)", "avg(k)",
    ])
  func memory(call: String) throws {
    func held(_ count: Int, _ frame: String) throws -> Int {
      let connection = try QueryPlanTests.connection()
      let execution = try #require(connection.attachment as? Execution)
      _ = try QueryPlanTests.rows(
        "SELECT count(v) FROM (SELECT \(call) OVER (ORDER BY k \(frame)) AS v FROM (SELECT k, rpad(cast(k AS varchar), 1000, 'x') AS s FROM (SELECT 1 AS one) CROSS JOIN UNNEST(sequence(1, \(count))) AS t(k)))",
        connection)
      // Without the sequence that is unnested: nine bytes for an item.
      return execution.mostHeldBytes - 9 * count
    }
    let frame = "ROWS BETWEEN 5 PRECEDING AND CURRENT ROW"
    let (small, large) = (try held(50, frame), try held(500, frame))
    #expect(large <= small + 4000, "\(call): \(small), \(large)")
    guard !call.hasPrefix("array_agg"), !call.hasPrefix("approx") else { return }
    let (few, many) = (try held(50, ""), try held(500, ""))
    #expect(many <= few + 4000, "\(call): \(few), \(many)")
  }

  @Test("The state of a group counts as memory while it grows, and is given back with it") func groupMemory() throws {
    let connection = try QueryPlanTests.connection()
    let execution = try #require(connection.attachment as? Execution)
    func held(_ call: String, _ count: Int) throws -> Int {
      _ = try QueryPlanTests.rows(
        "SELECT \(call) AS v FROM (SELECT k, k % 5 AS g, rpad('', 1000, 'x') AS s FROM (SELECT 1 AS one) CROSS JOIN UNNEST(sequence(1, \(count))) AS t(k)) GROUP BY g",
        connection)
      // Without the sequence that is unnested: nine bytes for an item.
      return execution.mostHeldBytes - 9 * count
    }
    #expect((10_000...12_000).contains(try held("max_by(s, k, 10)", 500)))
    #expect((1000...2000).contains(try held("max_by(s, k)", 500)))
    #expect((100_000...110_000).contains(try held("array_agg(s)", 500)))
  }
}
