import CacheSupport

/// The aggregates that queries have and SQLite has not. Rows with a null among the arguments do not count.
enum QueryAggregates {
  struct Kind: Sendable {
    var name: String
    var count: Int
    /// Whether it is for a window, whose rows go again: then it keeps them.
    var make: @Sendable (_ isWindow: Bool) -> any QueryAggregate
  }

  static let all: [Kind] = moments + pairs + others

  private static func moment(_ name: String, _ result: @escaping @Sendable (Moments) -> Double?) -> Kind {
    Kind(name: name, count: 1) { MomentAggregate(isWindow: $0, result) }
  }

  private static func pair(_ name: String, _ result: @escaping @Sendable (Pairs) -> Double?) -> Kind {
    Kind(name: name, count: 2) { PairAggregate(isWindow: $0, result) }
  }

  private static let moments: [Kind] = [
    moment("stddev") { $0.variance(sample: true)?.squareRoot() },
    moment("stddev_samp") { $0.variance(sample: true)?.squareRoot() },
    moment("stddev_pop") { $0.variance(sample: false)?.squareRoot() },
    moment("variance") { $0.variance(sample: true) }, moment("var_samp") { $0.variance(sample: true) },
    moment("var_pop") { $0.variance(sample: false) }, moment("skewness") { $0.skewness },
    moment("kurtosis") { $0.kurtosis },
  ]

  private static let pairs: [Kind] = [
    pair("covar_samp") { $0.count > 1 ? $0.product / ($0.count - 1) : nil },
    pair("covar_pop") { $0.count > 0 ? $0.product / $0.count : nil },
    pair("corr") { pairs in
      let squares = pairs.squaresX * pairs.squaresY
      return squares > 0 ? pairs.product / squares.squareRoot() : nil
    },
    pair("regr_slope") { $0.squaresX > 0 ? $0.product / $0.squaresX : nil },
    pair("regr_intercept") { pairs in
      pairs.squaresX > 0 ? pairs.meanY - pairs.product / pairs.squaresX * pairs.meanX : nil
    },
  ]

  private static let others: [Kind] = [
    Kind(name: "max_by", count: 2) { ByAggregate(isMaximum: true, isWindow: $0) },
    Kind(name: "min_by", count: 2) { ByAggregate(isMaximum: false, isWindow: $0) },
    Kind(name: "percentile", count: 3) { _ in PercentileAggregate() },
    Kind(name: "max_n", count: 3) { TopAggregate(isMaximum: true, isWindow: $0) },
    Kind(name: "min_n", count: 3) { TopAggregate(isMaximum: false, isWindow: $0) },
    Kind(name: "sum", count: 1) { SumAggregate(isMean: false, isWindow: $0) },
    Kind(name: "avg", count: 1) { SumAggregate(isMean: true, isWindow: $0) },
    Kind(name: "array_agg", count: 1) { _ in ListAggregate() },
    Kind(name: "array_agg_by", count: 3) { _ in OrderedListAggregate() },
    Kind(name: "create_time_series", count: 2) { _ in SeriesAggregate() },
    Kind(name: "collect", count: 3) { _ in CollectAggregate() },
    Kind(name: "any", count: 2) { _ in MatchAggregate(sought: true) },
    Kind(name: "all", count: 2) { _ in MatchAggregate(sought: false) },
    Kind(name: "first_present", count: 1) { _ in PresentAggregate(isFirst: true) },
    Kind(name: "last_present", count: 1) { _ in PresentAggregate(isFirst: false) },
    Kind(name: "bitwise_and_agg", count: 1) { _ in BitAggregate(isAnd: true) },
    Kind(name: "bitwise_or_agg", count: 1) { _ in BitAggregate(isAnd: false) },
  ]
}

/// Means and squares of differences from them, kept by Welford's method, which can also take a value back.
struct Moments: Sendable {
  var count = 0.0
  var mean = 0.0
  var squares = 0.0
  var cubes = 0.0
  var fourths = 0.0

  func variance(sample: Bool) -> Double? {
    let divisor = sample ? count - 1 : count
    return divisor > 0 ? (squares < 0 ? 0 : squares) / divisor : nil
  }

  var skewness: Double? {
    guard count >= 3, squares > 0 else { return nil }
    return count.squareRoot() * cubes / (squares * squares.squareRoot())
  }

  /// Excess kurtosis of a sample.
  var kurtosis: Double? {
    guard count >= 4, squares > 0 else { return nil }
    let n = count
    let divisor = (n - 2) * (n - 3)
    let factor = (n - 1) * n * (n + 1) / divisor
    let correction = 3 * (n - 1) * (n - 1) / divisor
    return factor * fourths / (squares * squares) - correction
  }

  mutating func add(_ value: Double) {
    count += 1
    let delta = value - mean
    let step = delta / count
    let term = delta * step * (count - 1)
    mean += step
    fourths += term * step * step * (count * count - 3 * count + 3) + 6 * step * step * squares - 4 * step * cubes
    cubes += term * step * (count - 2) - 3 * step * squares
    squares += term
  }
}

/// Aggregates of numbers. Over a window the numbers are kept, for a sum of powers cannot be undone exactly.
private final class MomentAggregate: QueryAggregate {
  private var moments = Moments()
  private var values: [Double] = []
  private var first = 0
  private let isWindow: Bool
  private let result: @Sendable (Moments) -> Double?

  init(isWindow: Bool, _ result: @escaping @Sendable (Moments) -> Double?) {
    self.isWindow = isWindow
    self.result = result
  }

  func add(_ arguments: [SQLValue]) {
    guard let value = arguments[0].double else { return }
    if isWindow { values.append(value) } else { moments.add(value) }
  }

  func remove(_ arguments: [SQLValue]) { if arguments[0].double != nil { first += 1 } }

  var value: SQLValue {
    if isWindow {
      moments = Moments()
      for value in values[min(first, values.count)...] { moments.add(value) }
    }
    return result(moments).map { .real($0) } ?? .null
  }
}

/// What two columns of numbers have together: the first argument is y, the second x.
struct Pairs: Sendable {
  var count = 0.0
  var meanX = 0.0
  var meanY = 0.0
  var squaresX = 0.0
  var squaresY = 0.0
  var product = 0.0

  mutating func add(_ y: Double, _ x: Double) {
    count += 1
    let deltaX = x - meanX
    let deltaY = y - meanY
    meanX += deltaX / count
    meanY += deltaY / count
    squaresX += deltaX * (x - meanX)
    squaresY += deltaY * (y - meanY)
    product += deltaX * (y - meanY)
  }
}

private final class PairAggregate: QueryAggregate {
  private var pairs = Pairs()
  private var values: [(Double, Double)] = []
  private var first = 0
  private let isWindow: Bool
  private let result: @Sendable (Pairs) -> Double?

  init(isWindow: Bool, _ result: @escaping @Sendable (Pairs) -> Double?) {
    self.isWindow = isWindow
    self.result = result
  }

  func add(_ arguments: [SQLValue]) {
    guard let y = arguments[0].double, let x = arguments[1].double else { return }
    if isWindow { values.append((y, x)) } else { pairs.add(y, x) }
  }

  func remove(_ arguments: [SQLValue]) {
    if arguments[0].double != nil, arguments[1].double != nil { first += 1 }
  }

  var value: SQLValue {
    if isWindow {
      pairs = Pairs()
      for (y, x) in values[min(first, values.count)...] { pairs.add(y, x) }
    }
    return result(pairs).map { .real($0) } ?? .null
  }
}

/// The first argument where the second is largest or smallest. Rows leave a window in the order in which they came.
private final class ByAggregate: QueryAggregate {
  private var rows: [(value: SQLValue, key: SQLValue)] = []
  private var first = 0
  private var budget = AggregateBudget()
  private var best: (value: SQLValue, key: SQLValue)?
  private let isMaximum: Bool
  private let isWindow: Bool

  init(isMaximum: Bool, isWindow: Bool) {
    self.isMaximum = isMaximum
    self.isWindow = isWindow
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard arguments[1] != .null else { return }
    if isWindow {
      try budget.take(arguments[0], arguments[1])
      rows.append((arguments[0], arguments[1]))
    }
    if let best, !isBetter(arguments[1], than: best.key) { return }
    best = (arguments[0], arguments[1])
  }

  func remove(_ arguments: [SQLValue]) {
    guard arguments[1] != .null else { return }
    first += 1
    best = rows[min(first, rows.count)...].reduce(nil) { best, row in
      best.map { isBetter(row.key, than: $0.key) ? row : $0 } ?? row
    }
  }

  private func isBetter(_ one: SQLValue, than other: SQLValue) -> Bool {
    isMaximum ? SQLValue.areInOrder(other, one) : SQLValue.areInOrder(one, other)
  }

  var value: SQLValue { best?.value ?? .null }
}

private final class BitAggregate: QueryAggregate {
  private var values: [Int64] = []
  private let isAnd: Bool

  init(isAnd: Bool) { self.isAnd = isAnd }

  func add(_ arguments: [SQLValue]) { if let value = arguments[0].integer { values.append(value) } }

  func remove(_ arguments: [SQLValue]) {
    if let value = arguments[0].integer, let place = values.firstIndex(of: value) { values.remove(at: place) }
  }

  var value: SQLValue {
    guard let first = values.first else { return .null }
    return .integer(values.dropFirst().reduce(first) { isAnd ? $0 & $1 : $0 | $1 })
  }
}
