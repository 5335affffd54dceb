/// The values of one series at one instant: the one type from the source's answer to the store.
public struct Sample: Sendable, Hashable {
  /// Epoch milliseconds.
  public var time: Int64
  /// At least one, ordered by name, names unlike each other.
  public var measures: [Measure]

  public init(time: Int64, measures: [Measure]) {
    self.time = time
    self.measures = measures
  }
}

/// A named value.
public struct Measure: Sendable, Hashable {
  public var name: String
  public var value: MeasureValue

  public init(_ name: String, _ value: MeasureValue) {
    self.name = name
    self.value = value
  }
}

/// A value in one of the types that both stores keep.
public enum MeasureValue: Sendable, Hashable {
  /// Finite, and never the negative zero, which Timestream refuses.
  case double(Double)
  case bigint(Int64)
  case varchar(String)
  case boolean(Bool)

  /// Nil for NaN and infinities, which Timestream cannot store.
  public static func finite(_ value: Double) -> MeasureValue? {
    value.isFinite ? .double(value == 0 ? 0 : value) : nil
  }
}
