import CacheSupport

/// A row of the merged series: the values at one instant, and the store that they came from.
public struct SeriesRow: Sendable, Hashable {
  /// Whether a row has happened or is predicted.
  public enum Origin: String, Sendable, Hashable {
    /// It has happened, and comes from the ``HistoryStore``.
    case history
    /// It is predicted, and comes from the ``ForecastStore``.
    case forecast
  }

  /// Epoch milliseconds.
  public var time: Int64
  /// Ordered by the bytes of their names; no name appears twice.
  public var measures: [Measure]
  /// The store that the row came from.
  public var origin: Origin

  /// A sample, and the store that it came from.
  package init(_ sample: Sample, origin: Origin) {
    time = sample.time
    measures = sample.measures
    self.origin = origin
  }

  /// The value of a measure, whose name is compared by bytes; nil where the row does not have it.
  public subscript(measure: String) -> MeasureValue? { measures.first { $0.name.hasSameBytes(as: measure) }?.value }
}
