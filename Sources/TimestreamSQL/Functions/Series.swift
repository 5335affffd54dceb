import SQLiteStore

/// Functions of time series.
enum Series {
  static let functions: [SQLFunction] = interpolations + slopes + correlations

  private static let doubles: TypePattern = .timeseries(.double)

  // MARK: Interpolation

  /// Gives a value for each of several instants, and one for a single instant.
  private static func interpolation(
    _ name: String, of value: TypePattern, further: [TypePattern] = [],
    _ prepare: @escaping @Sendable ([SQLValue]) throws(QueryFault) -> (Int64) -> SQLValue
  ) -> SQLFunction {
    let count = 2 + further.count
    let all = NativeFunction.raw(name, count, canFail: true) { arguments, execution throws(QueryFault) in
      guard arguments[0] != .null, arguments[1] != .null else { return .null }
      let value = try prepare(arguments)
      let instants = arguments[1].items.compactMap(\.integer).sorted()
      try execution.spend(instants.count)
      return .list(instants.map { .point($0, value($0)) })
    }
    let one = NativeFunction.raw("\(name)_at", count, canFail: true) { arguments, _ throws(QueryFault) in
      guard arguments[0] != .null, let instant = arguments[1].integer else { return .null }
      return try prepare(arguments)(instant)
    }
    return SQLFunction(
      name, .init([.timeseries(value), .array(.timestamp)] + further, .timeseries(value), "\(all)($*)"),
      .init([.timeseries(value), .timestamp] + further, value, "\(one)($*)"))
  }

  /// The points of a series of any values.
  private static func pairs(_ series: SQLValue) -> [(time: Int64, value: SQLValue)] {
    series.items.compactMap { item in
      let parts = item.items
      guard parts.count == 2, let time = parts[0].integer else { return nil }
      return (time, parts[1])
    }
  }

  private static let interpolations: [SQLFunction] = [
    interpolation("interpolate_linear", of: .double) { arguments in
      let points = TimeSeriesMath.points(arguments[0])
      return { TimeSeriesMath.linear(points, at: $0).map { .real($0) } ?? .null }
    },
    interpolation("interpolate_spline_cubic", of: .double) { arguments throws(QueryFault) in
      let spline = try TimeSeriesMath.Spline(TimeSeriesMath.points(arguments[0]))
      return { spline.value(at: $0).map { .real($0) } ?? .null }
    },
    interpolation("interpolate_locf", of: .t) { arguments in
      let points = pairs(arguments[0])
      return { TimeSeriesMath.last(points, notAfter: $0, \.time).map { points[$0].value } ?? .null }
    },
    interpolation("interpolate_fill", of: .t, further: [.t]) { arguments in
      let known = Dictionary(pairs(arguments[0]).map { ($0.time, $0.value) }) { $1 }
      return { known[$0] ?? arguments[2] }
    },
  ]

  // MARK: Slopes and areas

  private static func derivative(_ name: String, keeps: @escaping @Sendable (Double) -> Bool) -> SQLFunction {
    SQLFunction(
      [doubles, .interval], doubles,
      .failing(name, 2) { arguments throws(QueryFault) in
        let interval = arguments.integer(1)
        guard interval > 0 else { throw QueryFault(message: "the interval of \(name) must be positive") }
        let points = try TimeSeriesMath.derivative(TimeSeriesMath.points(arguments[0]), per: interval)
        return .list(points.filter { keeps($0.value) }.map { .point($0.time, .real($0.value)) })
      })
  }

  private static let integral = NativeFunction.failing("integral", 2) { arguments throws(QueryFault) in
    let interval = arguments.integer(1)
    guard interval > 0 else { throw QueryFault(message: "the interval of integral_trapezoidal must be positive") }
    return .real(TimeSeriesMath.integral(TimeSeriesMath.points(arguments[0]), per: interval))
  }

  private static let slopes: [SQLFunction] = [
    derivative("derivative_linear") { _ in true },
    derivative("non_negative_derivative_linear") { $0 >= 0 },
    SQLFunction(
      "integral_trapezoidal", .init([doubles], .double, "\(integral)($0, 1000000000)"),
      .init([doubles, .interval], .double, "\(integral)($0, $1)")),
  ]

  // MARK: Correlation

  private static func correlation(
    _ name: String, _ body: @escaping @Sendable ([Double], [Double]) -> Double
  ) -> SQLFunction {
    SQLFunction(
      [doubles, doubles], .double,
      .failing(name, 2) { arguments throws(QueryFault) in
        let (ones, others) = (TimeSeriesMath.points(arguments[0]), TimeSeriesMath.points(arguments[1]))
        guard ones.map(\.time) == others.map(\.time) else {
          throw QueryFault(message: "\(name) needs two series with the same times: interpolate them first")
        }
        return .real(body(ones.map(\.value), others.map(\.value)))
      })
  }

  private static let correlations: [SQLFunction] = [
    correlation("correlate_pearson", TimeSeriesMath.pearson),
    correlation("correlate_spearman") { ones, others in
      TimeSeriesMath.pearson(TimeSeriesMath.ranks(ones), TimeSeriesMath.ranks(others))
    },
  ]
}
