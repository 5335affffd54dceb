/// Samples of one series, such as one part of a write.
public struct SeriesSamples: Sendable, Hashable {
  /// Whose samples they are.
  public var series: Series
  /// Any number; no instant appears twice.
  public var samples: [Sample]

  /// Pairs a series with its samples.
  public init(series: Series, samples: [Sample]) {
    self.series = series
    self.samples = samples
  }
}
