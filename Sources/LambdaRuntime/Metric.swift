/// A figure that CloudWatch graphs and alarms on, by function.
public struct Metric: Sendable, Hashable {
  /// The units of CloudWatch that are used here.
  ///
  /// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>.
  public enum Unit: String, Sendable, Hashable {
    /// A number of things.
    case count = "Count"
    /// A size in bytes.
    case bytes = "Bytes"
    /// A time in milliseconds.
    case milliseconds = "Milliseconds"
  }

  /// What CloudWatch calls it, up to 255 ASCII characters.
  public var name: String
  /// What the value counts.
  public var unit: Unit
  /// One observation.
  public var value: Double

  /// One observation; a plain count unless said otherwise.
  public init(_ name: String, _ value: Double, unit: Unit = .count) {
    self.name = name
    self.unit = unit
    self.value = value
  }
}
