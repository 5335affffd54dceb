import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite struct PromQLEvaluationTests {
  /// One value a minute, which is reset after the fourth.
  static let column = SampleColumn(
    times: [60_000, 120_000, 180_000, 240_000, 300_000, 360_000], values: [1, 2, 4, 8, 1, 3])

  static func values(
    _ text: String, at steps: PromQLSteps, of column: SampleColumn = column
  ) throws -> [String] {
    try PromQLParser.expression(text).points(of: column, at: steps).map {
      "\(PrometheusNumber.seconds($0.time)): \(PrometheusNumber.text($0.value))"
    }
  }

  @Test(
    "An expression's value at one time",
    arguments: [
      ("x", "370: 3"), ("x offset 5m", "370: 1"), ("x offset -4m", "370: 3"), ("x offset -5m", ""),
      ("x @ 185", "370: 4"),
      ("x @ 185 offset 1m", "370: 2"), ("x @ start()", "370: 3"), ("x offset 6m", ""),
      // Later than the bound below, not later than the one above: Prometheus' rule since version 3.
      ("count_over_time(x[250s])", "370: 4"), ("count_over_time(x[250001ms])", "370: 5"),
      ("count_over_time(x[1m] @ 120)", "370: 1"),
      ("sum_over_time(x[4m])", "370: 16"), ("avg_over_time(x[4m])", "370: 4"), ("min_over_time(x[4m])", "370: 1"),
      ("max_over_time(x[4m])", "370: 8"), ("last_over_time(x[4m])", "370: 3"), ("stddev_over_time(x[2m])", "370: 1"),
      ("quantile_over_time(0.5, x[4m])", "370: 3.5"), ("quantile_over_time(1, x[4m])", "370: 8"),
      ("quantile_over_time(0, x[4m])", "370: 1"), ("quantile_over_time(2, x[4m])", "370: +Inf"),
      ("quantile_over_time(-1, x[4m])", "370: -Inf"), ("quantile_over_time(NaN, x[4m])", "370: NaN"),
      ("increase(x[1m])", ""), ("rate(x[5m] offset 10m)", ""),
      // 4, 8, 1, 3 grow by 7 in 3 minutes, 50 s after the start of the window and 10 s before its end; a slope of 7 from 4 would
      // have begun at zero 103 s before.
      ("increase(x[4m])", "370: 9.333333333333332"), ("rate(x[4m])", "370: 0.03888888888888888"),
      ("-x", "370: -3"), ("+x * 2 ^ 2 - 1", "370: 11"), ("1 / (x - 3)", "370: +Inf"), ("-(x % 2)", "370: -1"),
      ("(x - 3) / 0", "370: NaN"),
      ("10 - x", "370: 7"), ("2 ^ x", "370: 8"), ("x ^ 0.5 * 0", "370: 0"),
    ] as [(String, String)])
  func instant(text: String, expected: String) throws {
    #expect(try Self.values(text, at: .instant(370_000, lookback: 300_000)).joined(separator: " ") == expected)
  }

  @Test("A range by itself has its samples as they are")
  func samples() throws {
    #expect(
      try Self.values("x[2m] offset 1m", at: .instant(370_000, lookback: 300_000)) == ["240: 8", "300: 1"])
  }

  @Test("Steps without a value are left out, and none is older than the lookback")
  func range() throws {
    let steps = PromQLSteps(start: 0, end: 480_500, step: 40_000, lookback: 50_000)
    #expect(
      try Self.values("x", at: steps) == [
        "80: 1", "120: 2", "160: 2", "200: 4", "240: 8", "280: 8", "320: 1", "360: 3", "400: 3",
      ])
    #expect(
      try Self.values("x @ end() offset 2m + 1", at: PromQLSteps(start: 0, end: 480_000, step: 240_000, lookback: 1000))
        == ["0: 4", "240: 4", "480: 4"])
    #expect(
      try Self.values("2", at: PromQLSteps(start: -1, end: 1, step: 1, lookback: 1)) == [
        "-0.001: 2", "0: 2", "0.001: 2",
      ])
  }

  static let functions: [String] =
    ["avg", "min", "max", "sum", "count", "last", "stddev"].map { "\($0)_over_time(x[R])" }
    + ["rate(x[R])", "increase(x[R])", "quantile_over_time(0.3, x[R])", "x"]

  @Test("Windows that move give what each gives alone", arguments: functions)
  func moving(text: String) throws {
    var generator = SplitMix(3)
    var column = SampleColumn()
    var time: Int64 = 0
    for _ in 0..<150 {
      time += Int64.random(in: 1...90, using: &generator)
      column.append(Double(Int.random(in: -50...50, using: &generator)) / 8, at: time)
    }
    for (step, range) in [(7, 100), (50, 40), (500, 30), (1, 2000), (90, 1)] as [(Int64, Int64)] {
      let expression = try PromQLParser.expression(text.replacing("R", with: "\(range)ms"))
      let together = expression.points(
        of: column, at: PromQLSteps(start: -20, end: time + 300, step: step, lookback: range))
      var alone: [PrometheusPoint] = []
      for instant in stride(from: Int64(-20), through: time + 300, by: Int(step)) {
        alone += expression.points(of: column, at: .instant(instant, lookback: range))
      }
      #expect(together.map(\.time) == alone.map(\.time))
      for (one, other) in zip(together, alone) {
        #expect(abs(one.value - other.value) <= 1e-9 * max(1, abs(other.value)), "\(text) at \(one.time)")
      }
    }
  }

  @Test("Ten times the samples are ten times the work, however long the range", arguments: [10, 3000])
  func linear(range: Int) {
    func work(_ count: Int) -> (sums: Int, ranks: Int) {
      let values = (0..<count).map { Double($0 * 7919 % 1013) }
      var sums = SlidingWindow<SumSummary>(values)
      var ranks = RankedWindow(values)
      for end in 1...count {
        _ = sums.summary(of: max(0, end - range)..<end)
        _ = ranks.quantile(0.5, of: max(0, end - range)..<end)
      }
      return (sums.work, ranks.work)
    }
    let (few, many) = (work(1000), work(10_000))
    #expect(few.sums <= 3 * 1000)
    #expect(many.sums <= 3 * 10_000)
    // Each sample comes, goes, and is looked for twice, each time in as many steps as the count has bits.
    #expect(few.ranks <= 4 * 1000 * 10)
    #expect(many.ranks <= 4 * 10_000 * 14)
  }

  @Test("A sum keeps what rounding would lose, and a mean is finite where its sum is not")
  func sums() throws {
    let times: [Int64] = [1, 2, 3, 4]
    let one = SampleColumn(times: times, values: [1, 1e100, 1, -1e100])
    #expect(try Self.values("sum_over_time(x[1s])", at: .instant(4, lookback: 1), of: one) == ["0.004: 2"])
    let large = SampleColumn(times: times, values: [1.5e308, 1.5e308, 1.5e308, 1.5e308])
    #expect(try Self.values("sum_over_time(x[1s])", at: .instant(4, lookback: 1), of: large) == ["0.004: +Inf"])
    #expect(
      try Self.values("avg_over_time(x[1s])", at: .instant(4, lookback: 1), of: large) == ["0.004: 1.5e+308"])
  }

  @Test(
    "A number's text is Prometheus'",
    arguments: [
      (0, "0"), (-0.0, "-0"), (5, "5"), (-12.5, "-12.5"), (0.1 + 0.2, "0.30000000000000004"), (100, "100"),
      (1e20, "100000000000000000000"),
      (1e21, "1e+21"), (1.5e300, "1.5e+300"), (1e-6, "0.000001"), (1.25e-6, "0.00000125"), (9.9e-7, "9.9e-07"),
      (.leastNonzeroMagnitude, "5e-324"),
      (-1e-10, "-1e-10"), (123_456_789.125, "123456789.125"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
      (9_007_199_254_740_992, "9007199254740992"), (1.7976931348623157e308, "1.7976931348623157e+308"),
      (0.001, "0.001"),
    ] as [(Double, String)])
  func numbers(value: Double, text: String) {
    #expect(PrometheusNumber.text(value) == text)
  }

  @Test(
    "Times and lengths of time",
    arguments: [
      ("1700000000", 1_700_000_000_000, nil), ("1700000000.1235", 1_700_000_000_124, nil), ("-1.5", -1500, nil),
      ("1.7e9", 1_700_000_000_000, nil),
      ("2023-11-14T22:13:20Z", 1_700_000_000_000, nil), ("2023-11-14T23:13:20.5+01:00", 1_700_000_000_500, nil),
      ("2023-11-14T23:13:20 01:00", 1_700_000_000_000, nil), ("2023-11-14", nil, nil),
      ("2023-11-14T22:13:20", nil, nil), ("1e300", nil, nil),
      ("NaN", nil, nil), ("", nil, nil), ("15s", nil, 15_000), ("1h30m", nil, 5_400_000), ("1ms", nil, 1), ("0", 0, 0),
      ("0.5", 500, 500),
      ("1m1h", nil, nil), ("m", nil, nil), ("5", 5000, 5000), ("99999999999y", nil, nil), ("+3", 3000, 3000),
      ("--3", nil, nil),
    ] as [(String, Int64?, Int64?)])
  func times(text: String, time: Int64?, length: Int64?) {
    #expect(PrometheusTime.milliseconds(text) == time)
    if time == nil || length != nil { #expect(PrometheusTime.duration(text) == length) }
  }
}
