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

/// An inclusive range of epoch milliseconds.
public struct TimeRange: Sendable, Hashable {
  public var from: Int64
  public var to: Int64

  /// Nil where `from` lies behind `to`.
  public init?(from: Int64, to: Int64) {
    guard from <= to else { return nil }
    self.from = from
    self.to = to
  }
}

/// A row of the merged series.
public struct SeriesRow: Sendable, Hashable {
  public enum Origin: String, Sendable, Hashable {
    /// It has happened; it comes from Timestream.
    case history
    /// It is predicted; it comes from DynamoDB.
    case forecast
  }

  /// Epoch milliseconds.
  public var time: Int64
  public var measures: [Measure]
  public var origin: Origin

  public init(_ sample: Sample, origin: Origin) {
    time = sample.time
    measures = sample.measures
    self.origin = origin
  }

  public subscript(measure: String) -> MeasureValue? { measures.first { $0.name == measure }?.value }
}
