import SQLiteStore

/// Aggregates that become one value. Rows with a null among the arguments do not count.
enum Aggregates {
  static let functions: [SQLAggregate] = counts + sums + moments + pairs + extremes + others

  private static let counts: [SQLAggregate] = [
    SQLAggregate("count", .init([.t], .bigint, .sqlite("count"))),
    SQLAggregate("count_if", .init([.boolean], .bigint, .sqlite("count"), argument: "CASE WHEN $0 THEN 1 END")),
    // It is exact here, whatever error would do.
    SQLAggregate(
      "approx_distinct", .init([.t], .bigint, .sqlite("count"), isDistinct: true),
      .init([.t, .u], .bigint, .sqlite("count"), order: [0], isDistinct: true)),
    SQLAggregate("bool_and", .init([.boolean], .boolean, .sqlite("min"))),
    SQLAggregate("every", .init([.boolean], .boolean, .sqlite("min"))),
    SQLAggregate("bool_or", .init([.boolean], .boolean, .sqlite("max"))),
  ]

  // MARK: Sums

  private static let sum = NativeAggregate.merging("sum", 1) { SumState(isMean: false) }
  private static let mean = NativeAggregate.merging("avg", 1) { SumState(isMean: true) }

  private static let sums: [SQLAggregate] = [
    SQLAggregate(
      "sum", .init([.whole], .bigint, .sqlite("sum", exact: .merging("sum_whole", 1) { WholeSumState() })),
      .init([.double], .double, .sqlite("sum", exact: sum))),
    SQLAggregate("avg", .init([.numeric("N")], .double, .sqlite("avg", exact: mean))),
    SQLAggregate(
      "geometric_mean",
      .init(
        [.numeric("N")], .double, .sqlite("avg", exact: mean), argument: "\(Mathematics.naturalLogarithm)($0)",
        wrapper: "\(Mathematics.exponential)($0)")),
  ]

  // MARK: Moments

  private static func moment(_ name: String, _ result: @escaping @Sendable (Moments) -> Double?) -> SQLAggregate {
    SQLAggregate([.double], .double, .merging(name, 1) { MomentState(result: result) })
  }

  private static let moments: [SQLAggregate] = [
    moment("stddev") { $0.variance(sample: true)?.squareRoot() },
    moment("stddev_samp") { $0.variance(sample: true)?.squareRoot() },
    moment("stddev_pop") { $0.variance(sample: false)?.squareRoot() },
    moment("variance") { $0.variance(sample: true) }, moment("var_samp") { $0.variance(sample: true) },
    moment("var_pop") { $0.variance(sample: false) }, moment("skewness") { $0.skewness },
    moment("kurtosis") { $0.kurtosis },
  ]

  private static func pair(_ name: String, _ result: @escaping @Sendable (Pairs) -> Double?) -> SQLAggregate {
    SQLAggregate([.double, .double], .double, .merging(name, 2) { PairState(result: result) })
  }

  private static let pairs: [SQLAggregate] = [
    pair("covar_samp") { $0.count > 1 ? $0.product / ($0.count - 1) : nil },
    pair("covar_pop") { $0.count > 0 ? $0.product / $0.count : nil },
    pair("corr") { finite($0.correlation) }, pair("regr_slope") { finite($0.slope) },
    pair("regr_intercept") { finite($0.intercept) },
  ]

  /// What is no number is null, as Presto has it.
  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  // MARK: Extremes

  private static func extreme(_ name: String, isMaximum: Bool) -> [SQLAggregate] {
    func top(_ name: String, _ count: Int) -> NativeAggregate {
      .recounting(name, count) { TopState(isMaximum: isMaximum) }
    }
    return [
      SQLAggregate(
        name, .init([.ordered("T")], .ordered("T"), .sqlite(name)),
        .init([.ordered("T"), .whole], .array(.ordered("T")), .native(top("\(name)_n", 2)))),
      SQLAggregate(
        "\(name)_by",
        .init([.t, .ordered("U")], .t, .native(.merging("\(name)_by", 2) { ByState(isMaximum: isMaximum) })),
        .init([.t, .ordered("U"), .whole], .array(.t), .native(top("\(name)_by_n", 3)))),
    ]
  }

  private static let extremes: [SQLAggregate] =
    extreme("max", isMaximum: true) + extreme("min", isMaximum: false)
    + ["arbitrary", "any_value"].map { SQLAggregate($0, .init([.t], .t, .sqlite("max"))) }

  private static let percentile = NativeAggregate("percentile", 3) { _, execution in PercentileAggregate(execution) }

  /// Share, or weight and share; an accuracy may follow, though this one is exact.
  private static func percentiles(_ share: TypePattern, _ result: TypePattern) -> [SQLAggregate.Signature] {
    [
      .init([.numeric("N"), share], result, .native(percentile), order: [0, nil, 1]),
      .init([.numeric("N"), .numeric("W"), share], result, .native(percentile), order: [0, 1, 2]),
      .init([.numeric("N"), .numeric("W"), share, .numeric("A")], result, .native(percentile), order: [0, 1, 2]),
    ]
  }

  private static let others: [SQLAggregate] = [
    SQLAggregate(
      "approx_percentile",
      percentiles(.numeric("S"), .numeric("N")) + percentiles(.array(.numeric("S")), .array(.numeric("N")))),
    SQLAggregate([.whole], .bigint, .merging("bitwise_and_agg", 1) { BitState(isAnd: true) }),
    SQLAggregate([.whole], .bigint, .merging("bitwise_or_agg", 1) { BitState(isAnd: false) }),
  ]
}
