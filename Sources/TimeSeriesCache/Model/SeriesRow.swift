import CacheSupport

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

  /// The value of a measure; nil where the row has none of that name.
  public subscript(measure: String) -> MeasureValue? { measures.first { $0.name.hasSameBytes(as: measure) }?.value }
}
