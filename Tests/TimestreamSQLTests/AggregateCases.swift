import Foundation
import Testing

/// Rows and calls for ``AggregateTests``, and what each call comes to, worked out in the plainest way.
enum AggregateCases {
  struct Row: Sendable {
    var group: Int
    /// The place in the group, from 0.
    var place: Int
    /// What RANGE frames measure: it rises, with gaps.
    var key: Int
    var x: Double?
    var y: Double?
    var n: Int64?
  }

  struct Call: Sendable, CustomTestStringConvertible {
    var sql: String
    /// How far a result may be from the plain one, as a share of it: sums in another order are rounded otherwise.
    var tolerance = 0.0
    /// It stands before OVER alone.
    var isOfWindows = false
    /// Sums of squares of these numbers are no numbers any more.
    var takesHuge = true
    var value: @Sendable ([Row]) -> Double?
    var testDescription: String { sql }

    init(
      _ sql: String, tolerance: Double = 0, isOfWindows: Bool = false, takesHuge: Bool = true,
      _ value: @escaping @Sendable ([Row]) -> Double?
    ) {
      (self.sql, self.tolerance, self.isOfWindows, self.takesHuge, self.value) =
        (sql, tolerance, isOfWindows, takesHuge, value)
    }
  }

  // MARK: The plainest way

  private static func sum(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) }
  private static func mean(_ values: [Double]) -> Double? { sum(values).map { $0 / Double(values.count) } }

  private static func moment(_ values: [Double], _ power: Int) -> Double {
    let mean = mean(values) ?? 0
    return values.reduce(0) { sum, value in
      sum + repeatElement(value - mean, count: power).reduce(1, *)
    }
  }

  private static func variance(_ values: [Double], _ lost: Double) -> Double? {
    Double(values.count) > lost ? moment(values, 2) / (Double(values.count) - lost) : nil
  }

  private static func kurtosis(_ values: [Double]) -> Double? {
    let n = Double(values.count)
    guard n >= 4 else { return nil }
    let (squares, divisor) = (moment(values, 2), (n - 2) * (n - 3))
    return (n - 1) * n * (n + 1) / divisor * moment(values, 4) / (squares * squares) - 3 * (n - 1) * (n - 1) / divisor
  }

  /// Of the rows with both numbers: how many, the means, and the sums of products of differences.
  private static func pairs(_ rows: [Row]) -> (
    count: Double, y: Double, x: Double, product: Double, squaresY: Double, squaresX: Double
  ) {
    let both = rows.compactMap { row in row.y.flatMap { y in row.x.map { (y: y, x: $0) } } }
    let (y, x) = (mean(both.map(\.y)) ?? 0, mean(both.map(\.x)) ?? 0)
    return (
      Double(both.count), y, x, both.reduce(0) { $0 + ($1.y - y) * ($1.x - x) }, moment(both.map(\.y), 2),
      moment(both.map(\.x), 2)
    )
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

  /// Digits of a list, its length first, as ``list(_:)`` reads them.
  private static func digits(_ values: [Double?]) -> Double? {
    values.isEmpty ? nil : values.reduce(Double(values.count)) { $0 * 3 + ($1 ?? 0.5) }
  }

  /// A number that tells lists of numbers apart.
  private static func list(_ sql: String) -> String { "§\(sql)" }

  /// NaN is after all numbers.
  private static func isBefore(_ one: Double, _ other: Double) -> Bool { one < other || other.isNaN && !one.isNaN }

  private static func ordered(_ rows: [Row], rising: Bool) -> [Row] {
    rows.filter { $0.x != nil }.enumerated().sorted { one, other in
      let (x, y) = (one.element.x ?? 0, other.element.x ?? 0)
      if isBefore(x, y) { return rising }
      if isBefore(y, x) { return !rising }
      return one.offset < other.offset
    }.map(\.element)
  }

  private static func bits(_ rows: [Row], _ body: (Int64, Int64) -> Int64) -> Double? {
    let values = rows.compactMap(\.n)
    return values.first.map { Double(values.dropFirst().reduce($0, body)) }
  }

  static let calls: [Call] = [
    Call("sum(x)") { sum($0.compactMap(\.x)) }, Call("avg(x)") { mean($0.compactMap(\.x)) },
    Call("sum(n)") { sum($0.compactMap(\.n).map(Double.init)) },
    Call("avg(n)") { mean($0.compactMap(\.n).map(Double.init)) }, Call("count(x)") { Double($0.compactMap(\.x).count) },
    Call("count(*)") { Double($0.count) }, Call("count_if(n > 3)") { Double($0.filter { $0.n ?? 0 > 3 }.count) },
    Call("cast(bool_and(n > 3) AS integer)") { rows in
      let values = rows.compactMap(\.n)
      return values.isEmpty ? nil : values.allSatisfy { $0 > 3 } ? 1 : 0
    },
    Call("geometric_mean(n + 1)", tolerance: 1e-12) { rows in
      mean(rows.compactMap(\.n).map { log(Double($0) + 1) }).map { exp($0) }
    },
    Call("min(x)") { ordered($0, rising: true).first?.x }, Call("max(x)") { ordered($0, rising: false).first?.x },
    Call("min_by(k, x)") { ordered($0, rising: true).first.map { Double($0.place) } },
    Call("max_by(k, x)") { ordered($0, rising: false).first.map { Double($0.place) } },
    Call(list("max_by(k, x, 2)")) { digits(ordered($0, rising: false).prefix(2).map { Double($0.place) }) },
    Call(list("min(n, 3)")) { digits($0.compactMap(\.n).sorted().prefix(3).map(Double.init)) },
    Call("bitwise_and_agg(n)") { bits($0, &) }, Call("bitwise_or_agg(n)") { bits($0, |) },
    Call("approx_percentile(x, 0.5)") { rows in
      let values = ordered(rows, rising: true)
      return values.isEmpty ? nil : values[Int((Double(values.count) / 2).rounded(.up)) - 1].x
    },
    Call(list("array_agg(n ORDER BY k DESC)")) { digits($0.reversed().map { $0.n.map(Double.init) }) },
    Call(list("array_agg(n ORDER BY n, k)")) { rows in
      digits(rows.compactMap(\.n).sorted().map(Double.init) + rows.filter { $0.n == nil }.map { _ in nil })
    },
    Call("first_value(n) IGNORE NULLS", isOfWindows: true) { $0.lazy.compactMap(\.n).first.map(Double.init) },
    Call("last_value(n) IGNORE NULLS", isOfWindows: true) { $0.compactMap(\.n).last.map(Double.init) },
    Call("var_pop(x)", tolerance: 1e-12, takesHuge: false) { variance($0.compactMap(\.x), 0) },
    Call("var_samp(x)", tolerance: 1e-12, takesHuge: false) { variance($0.compactMap(\.x), 1) },
    Call("stddev(x)", tolerance: 1e-12, takesHuge: false) { variance($0.compactMap(\.x), 1)?.squareRoot() },
    Call("skewness(x)", tolerance: 1e-9, takesHuge: false) { rows in
      let values = rows.compactMap(\.x)
      guard values.count >= 3 else { return nil }
      return Double(values.count).squareRoot() * moment(values, 3) / pow(moment(values, 2), 1.5)
    },
    Call("kurtosis(x)", tolerance: 1e-9, takesHuge: false) { kurtosis($0.compactMap(\.x)) },
    Call("covar_pop(y, x)", tolerance: 1e-9, takesHuge: false) { rows in
      let pairs = pairs(rows)
      return pairs.count > 0 ? pairs.product / pairs.count : nil
    },
    Call("covar_samp(y, x)", tolerance: 1e-9, takesHuge: false) { rows in
      let pairs = pairs(rows)
      return pairs.count > 1 ? pairs.product / (pairs.count - 1) : nil
    },
    Call("corr(y, x)", tolerance: 1e-9, takesHuge: false) { rows in
      let pairs = pairs(rows)
      return finite(pairs.product / pairs.squaresX.squareRoot() / pairs.squaresY.squareRoot())
    },
    Call("regr_slope(y, x)", tolerance: 1e-9, takesHuge: false) { rows in
      let pairs = pairs(rows)
      return finite(pairs.product / pairs.squaresX)
    },
    Call("regr_intercept(y, x)", tolerance: 1e-9, takesHuge: false) { rows in
      let pairs = pairs(rows)
      return finite(pairs.y - pairs.product / pairs.squaresX * pairs.x)
    },
  ]
}
