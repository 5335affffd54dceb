/// Count, bounds, mean and spread of the values of one measure, added one by one or part by part without loss of precision.
///
/// See T. F. Chan, G. H. Golub, R. J. LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances (1979).
public struct MeasureMoments: Sendable, Hashable {
  /// How many values there are, of whatever kind.
  public var count: Int = 0
  /// The least value: numbers as numbers, texts by their bytes, false before true.
  public var minimum: MeasureValue?
  /// The greatest value.
  public var maximum: MeasureValue?
  /// How many of the values are numbers.
  public var numbers: Int = 0
  /// The mean of the numbers; zero where there is none.
  public var mean: Double = 0
  /// The sum of the squares of the numbers' distances from the mean.
  public var squares: Double = 0

  /// No values yet.
  public init() {}

  /// Adds a value.
  public mutating func add(_ value: MeasureValue) {
    var one = MeasureMoments()
    one.count = 1
    (one.minimum, one.maximum) = (value, value)
    if let number = value.number { (one.numbers, one.mean) = (1, number) }
    add(one)
  }

  /// Adds the values of another part.
  public mutating func add(_ other: MeasureMoments) {
    count += other.count
    if let value = other.minimum, minimum.map({ value.precedes($0) }) ?? true { minimum = value }
    if let value = other.maximum, maximum.map({ $0.precedes(value) }) ?? true { maximum = value }
    guard other.numbers > 0 else { return }
    let (before, added) = (Double(numbers), Double(other.numbers))
    let distance = other.mean - mean
    numbers += other.numbers
    mean += distance * (added / Double(numbers))
    squares += other.squares + distance * distance * (before / Double(numbers)) * added
  }

  /// The sample deviation, as Timestream's `stddev`: divided by one less than the number of numbers; nil for fewer than two, and where
  /// the numbers are so large that it is not finite.
  public var deviation: Double? {
    guard numbers > 1 else { return nil }
    let value = (squares / Double(numbers - 1)).squareRoot()
    return value.isFinite ? value : nil
  }
}

/// How far from a mean a number may be before it counts as an outlier.
public struct OutlierBound: Sendable, Hashable {
  /// The measure's mean.
  public var mean: Double
  /// A number that is further from the mean than this is an outlier.
  public var distance: Double

  /// A bound around a mean.
  public init(mean: Double, distance: Double) {
    self.mean = mean
    self.distance = distance
  }

  /// True where the value is a number that lies outside.
  public func excludes(_ value: MeasureValue) -> Bool { value.number.map { abs($0 - mean) > distance } ?? false }
}
