/// A sum of numbers that neither overflows nor loses what is small beside what is large.
///
/// Whole numbers are summed in 128 bits, others with Neumaier's compensation.
public struct MeasureSum: Sendable, Hashable {
  private var whole: Int128 = 0
  private var decimals: Double?
  private var compensation: Double = 0

  /// The sum of no numbers: zero.
  public init() {}

  /// A sum that a store has worked out, in whole numbers of 64 bits: `high` times 2³² and `low`.
  public init(high: Int64, low: Int64) { whole = Int128(high) << 32 + Int128(low) }

  /// A sum that a store has worked out.
  public init(_ sum: Double) { decimals = sum }

  /// A sum that was kept by its parts.
  init(whole: Int128, decimals: Double?, compensation: Double) {
    self.whole = whole
    self.decimals = decimals
    self.compensation = compensation
  }

  /// What the sum is kept by: of the whole numbers, of the others, and what rounding took from these.
  var parts: (whole: Int128, decimals: Double?, compensation: Double) { (whole, decimals, compensation) }

  /// Adds a number; texts and booleans are none.
  public mutating func add(_ value: MeasureValue) {
    switch value {
    case .bigint(let value): whole &+= Int128(value)
    case .double(let value): add(value)
    case .varchar, .boolean: break
    }
  }

  /// Adds another sum.
  public mutating func add(_ other: MeasureSum) {
    whole &+= other.whole
    if let value = other.decimals {
      add(value)
      add(other.compensation)
    }
  }

  /// Adds by how much a counter grew from one number to the next, see ``Aggregate/increase``.
  ///
  /// - Returns: false where either is no number.
  public mutating func addIncrease(from earlier: MeasureValue, to later: MeasureValue) -> Bool {
    guard earlier.number != nil, later.number != nil, let order = later.ordered(against: earlier) else { return false }
    if order == .before {
      add(later)
    } else if case (.bigint(let earlier), .bigint(let later)) = (earlier, later) {
      whole &+= Int128(later) - Int128(earlier)
    } else if let earlier = earlier.number, let later = later.number {
      add(later - earlier)
    }
    return true
  }

  mutating func add(_ value: Double) {
    let before = decimals ?? 0
    let sum = before + value
    if sum.isFinite { compensation += abs(before) >= abs(value) ? (before - sum) + value : (value - sum) + before }
    decimals = sum
  }

  /// The sum as a double; may be infinite.
  public var double: Double { Double(whole) + ((decimals ?? 0) + compensation) }

  /// A whole number where all were whole and it fits 64 bits, else a double; nil where that is not finite.
  public var value: MeasureValue? {
    if decimals == nil, let whole = Int64(exactly: whole) { return .bigint(whole) }
    return .finite(double)
  }
}
