import CacheSupport

/// The values of one measure by time, oldest first; no instant appears twice.
struct SampleColumn: Sendable, Hashable {
  var times: [Int64] = []
  var values: [Double] = []

  mutating func append(_ value: Double, at time: Int64) {
    times.append(time)
    values.append(value)
  }
}

/// A value of an answer.
struct PrometheusPoint: Sendable, Hashable {
  /// Epoch milliseconds.
  var time: Int64
  var value: Double
}

/// At which times an expression is evaluated: one, or several a step apart.
struct PromQLSteps: Sendable, Hashable {
  /// Epoch milliseconds.
  var start: Int64
  /// The last step is at this time or before it.
  var end: Int64
  /// Milliseconds, at least one.
  var step: Int64
  /// How old the newest sample of an instant vector may be, in milliseconds.
  var lookback: Int64

  /// Steps of a query, at most 11,000 after the first, as in Prometheus.
  static let maximumCount: Int = 11_001

  /// One time.
  static func instant(_ time: Int64, lookback: Int64) -> PromQLSteps {
    PromQLSteps(start: time, end: time, step: 1, lookback: lookback)
  }

  var count: Int { Int((end - start) / step) + 1 }

  /// The times that a selector looks at: those of the steps, or its own, without its offset.
  func instants(of selector: PromQLSelector) -> [Int64] {
    switch selector.instant {
    case nil: (0..<count).map { start + Int64($0) * step - selector.offset }
    case .at(let time): [time - selector.offset]
    case .start: [start - selector.offset]
    case .end: [end - selector.offset]
    }
  }

  /// How far a selector looks back from an instant; its samples are later than that, and not later than the instant.
  func reach(of selector: PromQLSelector) -> Int64 { selector.range ?? lookback }

  /// What has to be read; nil where no sample can be.
  func times(of selector: PromQLSelector) -> TimeRange? {
    let instants = instants(of: selector)
    guard let first = instants.first, let last = instants.last else { return nil }
    let bounds = TimeExpression.bounds
    return TimeRange(
      from: max(first - reach(of: selector) + 1, bounds.lowerBound), to: min(last, bounds.upperBound))
  }
}

extension PromQLExpression {
  /// The values of a vector at each step, from the samples of its selector; steps without a value are left out.
  ///
  /// Samples and steps are walked once: the work is their sum, whatever the length of a range.
  func points(of column: SampleColumn, at steps: PromQLSteps) -> [PrometheusPoint] {
    switch self {
    case .number(let value):
      (0..<steps.count).map { PrometheusPoint(time: steps.start + Int64($0) * steps.step, value: value) }
    case .text: []
    case .selector(let selector):
      selector.range == nil
        ? Self.points(.last, nil, selector, of: column, at: steps) : Self.samples(selector, of: column, at: steps)
    case .call(let function, let number, let selector):
      Self.points(function, number, selector, of: column, at: steps)
    case .negative(let inner): inner.points(of: column, at: steps).mapped { -$0 }
    case .after(let inner, let operation, let number):
      inner.points(of: column, at: steps).mapped { operation.apply($0, number) }
    case .before(let number, let operation, let inner):
      inner.points(of: column, at: steps).mapped { operation.apply(number, $0) }
    }
  }

  /// How many operations there are on each value.
  var operations: Int {
    switch self {
    case .number, .text, .selector, .call: 1
    case .negative(let inner), .after(let inner, _, _), .before(_, _, let inner): 1 + inner.operations
    }
  }

  /// True where the answer's series are still named as the measures.
  var keepsName: Bool {
    switch self {
    case .selector: true
    case .call(let function, _, _): function.keepsName
    case .number, .text, .negative, .after, .before: false
    }
  }

  /// A range by itself: its samples as they are.
  private static func samples(
    _ selector: PromQLSelector, of column: SampleColumn, at steps: PromQLSteps
  ) -> [PrometheusPoint] {
    guard let times = steps.times(of: selector) else { return [] }
    return zip(column.times, column.values).filter { (times.from...times.to).contains($0.0) }.map {
      PrometheusPoint(time: $0.0, value: $0.1)
    }
  }

  private static func points(
    _ function: PromQLFunction, _ number: Double?, _ selector: PromQLSelector, of column: SampleColumn,
    at steps: PromQLSteps
  ) -> [PrometheusPoint] {
    let instants = steps.instants(of: selector)
    let reach = steps.reach(of: selector)
    var values = function.values(number, of: column, in: Windows(instants, reach: reach, of: column.times))
    // A time of its own is the same for every step.
    if selector.instant != nil, let only = values.first { values = Array(repeating: only, count: steps.count) }
    var points: [PrometheusPoint] = []
    points.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      if let value { points.append(PrometheusPoint(time: steps.start + Int64(index) * steps.step, value: value)) }
    }
    return points
  }
}

extension [PrometheusPoint] {
  fileprivate func mapped(_ change: (Double) -> Double) -> Self {
    map { PrometheusPoint(time: $0.time, value: change($0.value)) }
  }
}

/// The samples that each instant looks at, as places in a column: later than the reach before it, and not later than it.
struct Windows: Sequence, IteratorProtocol {
  private let times: [Int64]
  private let reach: Int64
  private var instants: IndexingIterator<[Int64]>
  private var window = 0..<0

  init(_ instants: [Int64], reach: Int64, of times: [Int64]) {
    self.times = times
    self.reach = reach
    self.instants = instants.makeIterator()
  }

  mutating func next() -> (instant: Int64, reach: Int64, places: Range<Int>)? {
    guard let instant = instants.next() else { return nil }
    var (low, high) = (window.lowerBound, window.upperBound)
    while high < times.count, times[high] <= instant { high += 1 }
    while low < high, times[low] <= instant - reach { low += 1 }
    window = low..<high
    return (instant, reach, window)
  }
}
