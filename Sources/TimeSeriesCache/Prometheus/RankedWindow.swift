/// The values of a moving window by their order, for quantiles.
///
/// How many values there are up to each rank is kept in a tree of partial counts (Fenwick 1994): to add, to remove and to find
/// the value of a place take a time that grows with the logarithm of the number of samples.
struct RankedWindow {
  private let ordered: [Double]
  private let ranks: [Int]
  private var counts: [Int]
  private var window = 0..<0
  /// How many counts were read or changed.
  private(set) var work = 0

  init(_ values: [Double]) {
    let places = values.indices.sorted { values[$0] < values[$1] }
    ordered = places.map { values[$0] }
    var ranks = [Int](repeating: 0, count: values.count)
    for (rank, place) in places.enumerated() { ranks[place] = rank }
    self.ranks = ranks
    counts = [Int](repeating: 0, count: values.count + 1)
  }

  /// The quantile of a window as Prometheus has it: between two values in proportion; infinite outside 0 to 1.
  ///
  /// - Parameter next: neither bound is before that of the call before; nil where it is empty.
  mutating func quantile(_ share: Double, of next: Range<Int>) -> Double? {
    guard !next.isEmpty else { return nil }
    for place in window.lowerBound..<min(window.upperBound, next.lowerBound) { add(-1, at: ranks[place]) }
    for place in max(window.upperBound, next.lowerBound)..<next.upperBound { add(1, at: ranks[place]) }
    window = next
    if share.isNaN { return .nan }
    if share < 0 { return -.infinity }
    if share > 1 { return .infinity }
    let rank = share * Double(next.count - 1)
    let lower = Int(rank.rounded(.down))
    let weight = rank - Double(lower)
    return value(lower) * (1 - weight) + value(min(lower + 1, next.count - 1)) * weight
  }

  private mutating func add(_ count: Int, at rank: Int) {
    var index = rank + 1
    while index < counts.count {
      counts[index] += count
      work += 1
      index += index & -index
    }
  }

  /// The value of the window that so many others precede.
  private mutating func value(_ place: Int) -> Double {
    var index = 0
    var left = place + 1
    var bit = 1 << (Int.bitWidth - 1 - counts.count.leadingZeroBitCount)
    while bit > 0 {
      let next = index + bit
      if next < counts.count, counts[next] < left {
        index = next
        left -= counts[next]
      }
      work += 1
      bit >>= 1
    }
    return ordered[index]
  }
}
