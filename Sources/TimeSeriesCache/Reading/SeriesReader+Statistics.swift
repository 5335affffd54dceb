public import CacheSupport

/// What the values of a range are like, history and forecasts together.
public struct SeriesStatistics: Sendable, Hashable {
  /// What the values of one measure are like.
  public struct Measure: Sendable, Hashable {
    /// The measure's name.
    public var name: ByteText
    /// How many values there are.
    public var count: Int
    /// The least value; texts by their bytes, false before true.
    public var minimum: MeasureValue
    /// The greatest value.
    public var maximum: MeasureValue
    /// The mean of numbers; nil for texts and booleans.
    public var mean: Double?
    /// The sample deviation of numbers (divided by n - 1, as Timestream's `stddev`); nil for fewer than two.
    public var deviation: Double?
    /// Values that are further from the mean than the threshold allows, oldest first.
    public var outliers: [Outlier] = []
  }

  /// A value that is far from the mean.
  public struct Outlier: Sendable, Hashable {
    /// Epoch milliseconds.
    public var time: Int64
    /// The value itself.
    public var value: MeasureValue
    /// Its distance from the mean in deviations, negative below the mean.
    public var score: Double
    /// The store that the value came from.
    public var origin: SeriesRow.Origin
  }

  /// Ordered by the bytes of their names.
  public var measures: [Measure]
  /// True where there are more rows with outliers than ``SeriesReader/maximumOutliers``, the earliest of which these are.
  public var outliersAreCut: Bool
  /// The newest history time in the range or, where the range has no history, in the series; nil for a series without history.
  public var baseline: Int64?
  /// What the history bills for the questions, in bytes.
  public var bytesMetered: Int64
}

extension SeriesReader {
  /// The most rows with outliers that ``statistics(of:in:threshold:)`` gives: 1,000.
  public static let maximumOutliers: Int = 1000
  /// Forecasts that are held while the spread of all is worked out; those past them are read again for their outliers.
  static let forecastsHeld: Int = 10_000

  /// Count, bounds, mean, deviation and outliers of each measure in a range of the merged series.
  ///
  /// Two questions to the history: what its values are like, and which of them are outliers of the whole. The parts are added without
  /// loss of precision.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no measures.
  ///   - range: inclusive.
  ///   - threshold: how many deviations from the mean a value may be before it is an outlier.
  /// - Throws: ``StoreError`` where a store cannot be read.
  public func statistics(
    of series: Series, in range: TimeRange, threshold: Double = 3
  ) async throws(StoreError) -> SeriesStatistics {
    async let newestAnswer = result { () async throws(StoreError) in try await baseline(nil, of: series, in: range) }
    var moments = try await history.moments(of: series, in: range)
    let newest = try await newestAnswer.get()
    var forecasts: [Sample] = []
    // Where forecasts go on after those that are held.
    var rest: TimeRange?
    if let ahead = range.after(newest.time) {
      try await forEachForecast(of: series, in: ahead) { sample in
        for measure in sample.measures {
          moments.measures[ByteText(measure.name), default: MeasureMoments()].add(measure.value)
        }
        if forecasts.count < Self.forecastsHeld {
          forecasts.append(sample)
        } else if rest == nil {
          rest = TimeRange(from: sample.time, to: ahead.to)
        }
        return true
      }
    }
    let bounds = moments.measures.compactMapValues { moments -> OutlierBound? in
      guard let deviation = moments.deviation, deviation > 0, moments.mean.isFinite else { return nil }
      return OutlierBound(mean: moments.mean, distance: max(threshold, 0) * deviation)
    }
    var outside = HistoryRows(samples: [])
    if !bounds.isEmpty {
      outside = try await history.outliers(of: series, in: range, beyond: bounds, limit: Self.maximumOutliers)
    }
    var rows = outside.samples.map { SeriesRow($0, origin: .history) }
    var isCut = outside.isCut
    /// Adds a forecast's outliers; false where there are too many.
    func add(_ forecast: Sample) -> Bool {
      guard !isCut, let outliers = forecast.outliers(beyond: bounds) else { return !isCut }
      isCut = rows.count == Self.maximumOutliers
      if !isCut { rows.append(SeriesRow(outliers, origin: .forecast)) }
      return !isCut
    }
    if !bounds.isEmpty, forecasts.allSatisfy(add), let rest {
      try await forEachForecast(of: series, in: rest, add)
    }
    var statistics = SeriesStatistics(
      measures: moments.measures.sorted { $0.key < $1.key }.compactMap { SeriesStatistics.Measure($0, $1) },
      outliersAreCut: isCut, baseline: newest.time,
      bytesMetered: moments.bytesMetered + newest.bytesMetered + outside.bytesMetered)
    for place in statistics.measures.indices { statistics.measures[place].takeOutliers(of: rows) }
    return statistics
  }
}

extension SeriesStatistics.Measure {
  fileprivate init?(_ name: ByteText, _ moments: MeasureMoments) {
    guard let minimum = moments.minimum, let maximum = moments.maximum else { return nil }
    let hasMean = moments.numbers > 0 && moments.mean.isFinite
    self.init(
      name: name, count: moments.count, minimum: minimum, maximum: maximum, mean: hasMean ? moments.mean : nil,
      deviation: hasMean ? moments.deviation : nil)
  }

  fileprivate mutating func takeOutliers(of rows: [SeriesRow]) {
    guard let mean, let deviation, deviation > 0 else { return }
    outliers = rows.compactMap { row in
      guard let value = row[name.text], let number = value.number else { return nil }
      return SeriesStatistics.Outlier(
        time: row.time, value: value, score: (number - mean) / deviation, origin: row.origin)
    }
  }
}
