import LambdaRuntime

/// The figures that the functions write, all in the namespace `TimeSeriesCache`.
enum CacheMetric: String, CaseIterable {
  /// Identifiers put on the queue.
  case identifiersQueued = "IdentifiersQueued"
  /// Samples that a source gave.
  case samplesFetched = "SamplesFetched"
  /// Records that the history took.
  case historyRecords = "HistoryRecords"
  /// Forecasts that DynamoDB took.
  case forecastRecords = "ForecastRecords"
  /// Records that the history refused for another reason than a newer version.
  case recordsRejected = "RecordsRejected"
  /// Identifiers whose source could not be read.
  case sourceErrors = "SourceErrors"
  /// Points of line protocol, and readings of devices, that a store took.
  case pointsWritten = "PointsWritten"
  /// Those that no store will ever take as they are.
  case pointsRejected = "PointsRejected"
  /// Written series that were registered.
  case seriesRegistered = "SeriesRegistered"
  /// What the history's store bills for its answers, or what it had to read for them.
  case bytesMetered = "BytesMetered"
  /// From asking both stores to the merged page.
  case mergeTime = "MergeTime"

  static let namespace: String = "TimeSeriesCache"

  private var unit: Metric.Unit {
    switch self {
    case .bytesMetered: .bytes
    case .mergeTime: .milliseconds
    default: .count
    }
  }

  func callAsFunction(_ value: Double) -> Metric { Metric(rawValue, value, unit: unit) }
  func callAsFunction(_ value: some BinaryInteger) -> Metric { Metric(rawValue, Double(value), unit: unit) }
}

extension LambdaLogger {
  /// Writes metrics of the cache, whatever the level.
  func metrics(_ metrics: [Metric]) { self.metrics(metrics, namespace: CacheMetric.namespace) }
}
