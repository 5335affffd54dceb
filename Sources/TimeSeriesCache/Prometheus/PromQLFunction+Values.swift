extension PromQLFunction {
  /// The value of the function in each window; nil where it has none.
  func values(_ number: Double?, of column: SampleColumn, in windows: Windows) -> [Double?] {
    switch self {
    case .last: windows.map { $0.places.last.map { column.values[$0] } }
    case .count: windows.map { $0.places.isEmpty ? nil : Double($0.places.count) }
    case .sum: Self.slide(SumSummary.self, column, windows) { summary, _ in summary.sum }
    case .average:
      Self.slide(SumSummary.self, column, windows) { summary, window in summary.mean(of: window.places.count) }
    case .minimum: Self.slide(ExtremeSummary.self, column, windows) { summary, _ in summary.lowest }
    case .maximum: Self.slide(ExtremeSummary.self, column, windows) { summary, _ in summary.highest }
    case .deviation: Self.slide(SpreadSummary.self, column, windows) { summary, _ in summary.deviation }
    case .quantile: Self.quantiles(number ?? .nan, column, windows)
    case .increase: Self.increases(column, windows, perSecond: false)
    case .rate: Self.increases(column, windows, perSecond: true)
    }
  }

  private static func slide<Summary: WindowSummary>(
    _: Summary.Type, _ column: SampleColumn, _ windows: Windows, _ value: (Summary, Windows.Element) -> Double?
  ) -> [Double?] {
    var sliding = SlidingWindow<Summary>(column.values)
    return windows.map { window in sliding.summary(of: window.places).flatMap { value($0, window) } }
  }

  private static func quantiles(_ share: Double, _ column: SampleColumn, _ windows: Windows) -> [Double?] {
    var ranked = RankedWindow(column.values)
    return windows.map { ranked.quantile(share, of: $0.places) }
  }

  private static func increases(_ column: SampleColumn, _ windows: Windows, perSecond: Bool) -> [Double?] {
    slide(ResetSummary.self, column, windows) { summary, window in
      increase(in: window, of: column, lost: summary.lost, perSecond: perSecond)
    }
  }

  /// By how much a counter has grown in a window, or in a second of it, as Prometheus estimates it; nil where there are fewer than two samples.
  ///
  /// What the samples show is stretched to the ends of the window: all the way where the nearest sample is at most 1.1 times the
  /// mean distance between samples away, else by half that distance; and never to before the time at which the counter would have
  /// been zero. See `extrapolatedRate` in <https://github.com/prometheus/prometheus/blob/main/promql/functions.go>.
  private static func increase(
    in window: Windows.Element, of column: SampleColumn, lost: Double, perSecond: Bool
  ) -> Double? {
    let places = window.places
    guard places.count > 1, let first = places.first, let last = places.last else { return nil }
    let grown = column.values[last] - column.values[first] + lost
    let sampled = Double(column.times[last] - column.times[first]) / 1000
    let distance = sampled / Double(places.count - 1)
    let threshold = distance * 1.1
    var before = Double(column.times[first] - (window.instant - window.reach)) / 1000
    var after = Double(window.instant - column.times[last]) / 1000
    if before >= threshold { before = distance / 2 }
    if grown > 0, column.values[first] >= 0 { before = min(before, sampled * (column.values[first] / grown)) }
    if after >= threshold { after = distance / 2 }
    // The factors are put together in Prometheus' order, so that they round as there.
    let stretch = (sampled + before + after) / sampled
    return grown * (perSecond ? stretch / (Double(window.reach) / 1000) : stretch)
  }
}
