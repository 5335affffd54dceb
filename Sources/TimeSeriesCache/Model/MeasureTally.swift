public import CacheSupport

/// The values that one measure has in one bin, as far as its aggregates need them.
public struct MeasureTally: Sendable, Hashable {
  /// How many values there are, of whatever kind.
  public var count: Int = 0
  /// How many of them are numbers.
  public var numbers: Int = 0
  /// The sum of the numbers.
  public var sum: MeasureSum = MeasureSum()
  /// The sum of the increases within the range that was read; nil where there is none.
  public var increase: MeasureSum?
  /// The earliest value.
  public var first: MeasureValue?
  /// The latest value.
  public var last: MeasureValue?
  /// The least value.
  public var minimum: MeasureValue?
  /// The greatest value.
  public var maximum: MeasureValue?

  /// No values yet.
  public init() {}

  /// Adds a value that is later than the others.
  ///
  /// - Parameters:
  ///   - value: the latest value.
  ///   - previous: the measure's value before it, in whatever bin; nil where there is none, or no increase is wanted.
  public mutating func add(_ value: MeasureValue, previous: MeasureValue?) {
    count += 1
    if value.number != nil { numbers += 1 }
    sum.add(value)
    if let previous { addIncrease(from: previous, to: value) }
    first = first ?? value
    last = value
    minimum = minimum.map { value.precedes($0) ? value : $0 } ?? value
    maximum = maximum.map { $0.precedes(value) ? value : $0 } ?? value
  }

  /// Adds values that are all later than these, such as those of the next chunk; the increase between the two is not added.
  mutating func add(_ later: MeasureTally) {
    count += later.count
    numbers += later.numbers
    sum.add(later.sum)
    if let other = later.increase {
      var sum = increase ?? MeasureSum()
      sum.add(other)
      increase = sum
    }
    first = first ?? later.first
    last = later.last ?? last
    if let value = later.minimum, minimum.map({ value.precedes($0) }) ?? true { minimum = value }
    if let value = later.maximum, maximum.map({ $0.precedes(value) }) ?? true { maximum = value }
  }

  /// Adds by how much a counter grew from one number to the next.
  mutating func addIncrease(from earlier: MeasureValue, to later: MeasureValue) {
    var sum = increase ?? MeasureSum()
    if sum.addIncrease(from: earlier, to: later) { increase = sum }
  }

  /// What an aggregate makes of the values; nil where it does not apply, as the sum of texts.
  public func value(_ aggregate: Aggregate) -> MeasureValue? {
    switch aggregate {
    case .avg: numbers == 0 ? nil : .finite(sum.double / Double(numbers))
    case .min: minimum
    case .max: maximum
    case .first: first
    case .last: last
    case .count: .bigint(Int64(count))
    case .sum: numbers == 0 ? nil : sum.value
    case .increase: increase?.value
    }
  }
}

extension MeasureValue {
  /// An order of all values: by kind (booleans, numbers, texts), then by value.
  func precedes(_ other: MeasureValue) -> Bool {
    if let order = ordered(against: other) { return order == .before }
    return kindRank < other.kindRank
  }

  private var kindRank: Int {
    switch self {
    case .boolean: 0
    case .double, .bigint: 1
    case .varchar: 2
    }
  }
}

/// The bins of a range, as a ``HistoryStore`` works them out.
public struct HistoryBin: Sendable, Hashable {
  /// Where the bin starts, epoch milliseconds: a multiple of the width.
  public var start: Int64
  /// The newest time of a row in the bin, epoch milliseconds.
  public var newest: Int64
  /// By name, those measures alone that have a value in the bin.
  public var measures: [ByteText: MeasureTally]

  /// A bin of a store.
  public init(start: Int64, newest: Int64, measures: [ByteText: MeasureTally] = [:]) {
    self.start = start
    self.newest = newest
    self.measures = measures
  }
}

/// How a range is cut into bins, and what is wanted of them.
public struct Binning: Sendable, Hashable {
  /// How long a bin is, milliseconds, at least 1. Bins start at multiples of it, counted from 1970.
  public let width: Int64
  /// What is wanted: a store may leave the rest of each tally empty.
  public var aggregates: Set<Aggregate>
  /// Whose values count; nil for every measure.
  public var measures: Set<ByteText>?

  /// A binning; a width below 1 is taken as 1.
  public init(width: Int64, aggregates: Set<Aggregate>, measures: Set<ByteText>? = nil) {
    self.width = max(width, 1)
    self.aggregates = aggregates
    self.measures = measures
  }

  /// The start of the bin that a time falls into.
  public func start(of time: Int64) -> Int64 {
    let rest = time % width
    return time.subtractingReportingOverflow(rest < 0 ? rest + width : rest).partialValue
  }

  /// The last instant of the bin that starts at a time.
  func end(of start: Int64) -> Int64 {
    let (end, overflows) = start.addingReportingOverflow(width - 1)
    return overflows ? .max : end
  }

  /// The measures of a sample that count.
  func counted(_ sample: Sample) -> [Measure] {
    guard let measures else { return sample.measures }
    return sample.measures.filter { measures.contains(ByteText($0.name)) }
  }
}
