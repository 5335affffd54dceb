import SQLiteStore

/// The mathematics of time series: interpolation, derivatives, integrals, correlation.
///
/// AWS says what each does, not what it does at the edges; what was chosen there is in docs/timestream-sql.md.
enum TimeSeriesMath {
  struct Point: Sendable {
    var time: Int64
    var value: Double
  }

  /// The points of a series of numbers.
  static func points(_ value: SQLValue) -> [Point] {
    value.items.compactMap { item in
      let parts = item.items
      guard parts.count == 2, let time = parts[0].integer, let value = parts[1].double else { return nil }
      return Point(time: time, value: value)
    }
  }

  /// The index of the last element whose time is not after an instant; nil before the first.
  static func last<Element>(_ items: [Element], notAfter instant: Int64, _ time: (Element) -> Int64) -> Int? {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if time(items[middle]) <= instant { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  /// Nanoseconds from one instant to another, which may lie further apart than 64 bits reach.
  static func span(_ start: Int64, _ end: Int64) -> Double {
    let (length, overflows) = end.subtractingReportingOverflow(start)
    return overflows ? Double(end) - Double(start) : Double(length)
  }

  // MARK: Interpolation

  /// On the line between the neighbours; nil outside the series.
  static func linear(_ points: [Point], at instant: Int64) -> Double? {
    guard let index = last(points, notAfter: instant, \.time) else { return nil }
    let left = points[index]
    if left.time == instant { return left.value }
    guard index + 1 < points.count else { return nil }
    let right = points[index + 1]
    let share = span(left.time, instant) / span(left.time, right.time)
    return left.value + (right.value - left.value) * share
  }

  /// The natural cubic spline through points: its second derivatives are zero at both ends.
  struct Spline {
    private let points: [Point]
    /// The second derivative at each point, per second squared.
    private var curvature: [Double]

    /// - Throws: where two points are at one time, or there are fewer than two.
    init(_ points: [Point]) throws(QueryFault) {
      guard points.count >= 2 else {
        throw QueryFault(message: "interpolate_spline_cubic needs at least two points; found \(points.count)")
      }
      for (one, next) in zip(points, points.dropFirst()) where one.time == next.time {
        throw QueryFault(
          message:
            "interpolate_spline_cubic needs one point at a time; found two at \(TimestreamType.timestamp(one.time))")
      }
      self.points = points
      curvature = Array(repeating: 0, count: points.count)
      // A tridiagonal system, solved by Thomas' algorithm.
      var upper = curvature
      for index in points.indices.dropFirst().dropLast() {
        let (before, after) = (
          Self.seconds(points[index - 1], points[index]), Self.seconds(points[index], points[index + 1])
        )
        let slopes =
          (points[index + 1].value - points[index].value) / after
          - (points[index].value - points[index - 1].value) / before
        let pivot = 2 * (before + after) - before * upper[index - 1]
        upper[index] = after / pivot
        curvature[index] = (6 * slopes - before * curvature[index - 1]) / pivot
      }
      for index in points.indices.dropFirst().dropLast().reversed() {
        curvature[index] -= upper[index] * curvature[index + 1]
      }
    }

    private static func seconds(_ one: Point, _ other: Point) -> Double { span(one.time, other.time) / 1e9 }

    /// Nil outside the series.
    func value(at instant: Int64) -> Double? {
      guard let index = last(points, notAfter: instant, \.time) else { return nil }
      let left = points[index]
      if left.time == instant { return left.value }
      guard index + 1 < points.count else { return nil }
      let right = points[index + 1]
      let length = Self.seconds(left, right)
      let behind = span(left.time, instant) / 1e9
      let ahead = length - behind
      let cubes =
        (curvature[index] * ahead * ahead * ahead + curvature[index + 1] * behind * behind * behind) / (6 * length)
      return cubes + (left.value / length - curvature[index] * length / 6) * ahead
        + (right.value / length - curvature[index + 1] * length / 6) * behind
    }
  }

  // MARK: Derivatives and integrals

  /// The change from each point to the next, per interval, at the later point.
  ///
  /// - Throws: where two points are at one time.
  static func derivative(_ points: [Point], per interval: Int64) throws(QueryFault) -> [Point] {
    var result: [Point] = []
    for (one, next) in zip(points, points.dropFirst()) {
      guard next.time > one.time else {
        throw QueryFault(
          message: "a derivative needs one point at a time; found two at \(TimestreamType.timestamp(one.time))")
      }
      let slope = (next.value - one.value) * Double(interval) / span(one.time, next.time)
      result.append(Point(time: next.time, value: slope))
    }
    return result
  }

  /// The area under the lines between the points, time measured in intervals.
  static func integral(_ points: [Point], per interval: Int64) -> Double {
    zip(points, points.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.0.value + pair.1.value) / 2 * span(pair.0.time, pair.1.time) / Double(interval)
    }
  }

  // MARK: Correlation

  /// Pearson's coefficient; NaN of fewer than two points, and where a side does not change.
  static func pearson(_ ones: [Double], _ others: [Double]) -> Double {
    var pairs = Pairs()
    for (one, other) in zip(ones, others) { pairs.add(one, other) }
    return pairs.correlation
  }

  /// Ranks from 1; equal values share the middle of theirs. Among values with a NaN there is no order, and each rank is NaN.
  static func ranks(_ values: [Double]) -> [Double] {
    guard !values.contains(where: \.isNaN) else { return values.map { _ in .nan } }
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = Array(repeating: 0.0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }
}
