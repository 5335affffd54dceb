/// What a function needs to know of a run of samples; two neighbouring runs have a summary of their own.
protocol WindowSummary {
  /// Of one sample.
  init(_ value: Double)
  /// Of this run and the one that follows it.
  func followed(by next: Self) -> Self
}

/// The lowest and the highest value.
struct ExtremeSummary: WindowSummary {
  var lowest: Double
  var highest: Double

  init(_ value: Double) { (lowest, highest) = (value, value) }

  func followed(by next: Self) -> Self {
    var both = self
    both.lowest = min(lowest, next.lowest)
    both.highest = max(highest, next.highest)
    return both
  }
}

/// The sum, with what rounding took from it kept beside it (Neumaier 1974), so that the order of adding does not show.
struct SumSummary: WindowSummary {
  private var rounded: Double
  private var rest: Double = 0
  /// The sum of the values scaled down, for a mean whose sum is beyond the largest number.
  private var scaled: Double

  private static let scale: Double = 0x1p-60

  init(_ value: Double) {
    rounded = value
    scaled = value * Self.scale
  }

  func followed(by next: Self) -> Self {
    var both = self
    both.rounded = rounded + next.rounded
    let error =
      abs(rounded) >= abs(next.rounded)
      ? (rounded - both.rounded) + next.rounded : (next.rounded - both.rounded) + rounded
    both.rest = rest + next.rest + error
    both.scaled = scaled + next.scaled
    return both
  }

  var sum: Double { rounded.isFinite ? rounded + rest : rounded }

  func mean(of count: Int) -> Double {
    rounded.isFinite ? sum / Double(count) : scaled / Double(count) / Self.scale
  }
}

/// The mean and the squares of the distances from it (Chan, Golub and LeVeque 1979).
struct SpreadSummary: WindowSummary {
  private var count: Double = 1
  private var mean: Double
  private var squares: Double = 0

  init(_ value: Double) { mean = value }

  func followed(by next: Self) -> Self {
    var both = self
    let distance = next.mean - mean
    both.count = count + next.count
    both.mean = mean + distance * (next.count / both.count)
    both.squares = squares + next.squares + distance * distance * (count * next.count / both.count)
    return both
  }

  /// Of the whole population, as Prometheus has it.
  var deviation: Double { (squares / count).squareRoot() }
}

/// How far a counter was when it began anew, all times together.
struct ResetSummary: WindowSummary {
  private var first: Double
  private var last: Double
  private(set) var lost: Double = 0

  init(_ value: Double) { (first, last) = (value, value) }

  func followed(by next: Self) -> Self {
    var both = self
    both.last = next.last
    both.lost = lost + next.lost + (next.first < last ? last : 0)
    return both
  }
}

/// Summaries of a window that moves over the samples in one direction.
///
/// Each sample is summed up at most twice, however many windows it is in: the front of the window keeps a summary of each of its
/// ends, the back a summary of all that has come since. Nothing is ever subtracted, which would let rounding errors grow.
struct SlidingWindow<Summary: WindowSummary> {
  private let values: [Double]
  /// Of the samples from each place of the window up to ``middle``, the shortest first.
  private var front: [Summary] = []
  private var back: Summary?
  private var start = 0
  private var middle = 0
  private var end = 0
  /// How many times two summaries became one.
  private(set) var work = 0

  init(_ values: [Double]) { self.values = values }

  /// - Parameter window: neither bound is before that of the call before; nil where it is empty.
  mutating func summary(of window: Range<Int>) -> Summary? {
    guard !window.isEmpty else { return nil }
    if window.lowerBound >= middle {
      front.removeAll(keepingCapacity: true)
      back = nil
      for place in window.reversed() { front.append(joined(Summary(values[place]), front.last)) }
      middle = window.upperBound
    } else {
      front.removeLast(window.lowerBound - start)
      for place in end..<window.upperBound {
        let new = Summary(values[place])
        back = back.map { joined($0, new) } ?? new
      }
    }
    (start, end) = (window.lowerBound, window.upperBound)
    return front.last.map { joined($0, back) }
  }

  private mutating func joined(_ one: Summary, _ next: Summary?) -> Summary {
    guard let next else { return one }
    work += 1
    return one.followed(by: next)
  }
}
