public import CacheSupport

/// An answer of a ``HistoryStore``: samples of a range.
public struct HistoryRows: Sendable {
  /// One after the other; none is without rows.
  private(set) var blocks: [SeriesBlock] = []
  /// True where the range has more samples after the last of these.
  public var isCut: Bool
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  ///
  /// - Parameters:
  ///   - samples: ascending by time, one for each millisecond.
  ///   - isCut: whether the range has more after the last of them.
  ///   - bytesMetered: what the store bills for the question, in bytes.
  public init(samples: [Sample] = [], isCut: Bool = false, bytesMetered: Int64 = 0) {
    self.isCut = isCut
    self.bytesMetered = bytesMetered
    add(SeriesBlock(samples))
  }

  /// Adds rows, which are later than all before.
  mutating func add(_ block: SeriesBlock) {
    if block.count > 0 { blocks.append(block) }
  }

  /// Ascending by time, one for each millisecond; they are made of columns, each time that they are asked for.
  public var samples: [Sample] { blocks.flatMap(\.samples) }

  /// The time of the last row; nil where there are none.
  var last: Int64? { blocks.last?.times.last }
}

extension HistoryRows: Hashable {
  /// Equal where rows, cut and bytes are, however the rows are divided.
  public static func == (one: Self, other: Self) -> Bool {
    one.isCut == other.isCut && one.bytesMetered == other.bytesMetered && one.samples == other.samples
  }

  /// Hashes the rows.
  public func hash(into hasher: inout Hasher) { hasher.combine(samples) }
}

/// An answer of a ``HistoryStore``: the newest time.
public struct NewestHistory: Sendable, Hashable {
  /// Epoch milliseconds; nil where there is no sample.
  public var time: Int64?
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64
  /// An answer of a store.
  public init(time: Int64?, bytesMetered: Int64 = 0) {
    self.time = time
    self.bytesMetered = bytesMetered
  }
}

/// An answer of a ``HistoryStore``: bins of a range.
public struct HistoryBins: Sendable, Hashable {
  /// Ascending by time; none is empty.
  public var bins: [HistoryBin]
  /// True where the range has more bins after the last of these.
  public var isCut: Bool
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  public init(bins: [HistoryBin], isCut: Bool = false, bytesMetered: Int64 = 0) {
    self.bins = bins
    self.isCut = isCut
    self.bytesMetered = bytesMetered
  }
}

/// An answer of a ``HistoryStore``: one value of each measure.
public struct HistoryValues: Sendable, Hashable {
  /// By the measure's name.
  public var values: [ByteText: MeasureValue]
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  public init(values: [ByteText: MeasureValue], bytesMetered: Int64 = 0) {
    self.values = values
    self.bytesMetered = bytesMetered
  }
}

/// An answer of a ``HistoryStore``: the newest row of each series.
public struct LatestHistory: Sendable, Hashable {
  /// Without the series that have no history.
  public var samples: [Series: Sample]
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  public init(samples: [Series: Sample], bytesMetered: Int64 = 0) {
    self.samples = samples
    self.bytesMetered = bytesMetered
  }
}

/// An answer of a ``HistoryStore``: what the values of a range are like.
public struct HistoryMoments: Sendable, Hashable {
  /// By the measure's name.
  public var measures: [ByteText: MeasureMoments]
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  public init(measures: [ByteText: MeasureMoments], bytesMetered: Int64 = 0) {
    self.measures = measures
    self.bytesMetered = bytesMetered
  }
}

/// An answer of a ``HistoryStore``: some of the series that it knows.
public struct SeriesPage: Sendable, Hashable {
  /// Those of the page; a page may be empty and have a next one.
  public var series: [Series]
  /// Where the next page starts, in the store's own words; nil at the end.
  public var next: String?
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  public init(series: [Series], next: String? = nil, bytesMetered: Int64 = 0) {
    self.series = series
    self.next = next
    self.bytesMetered = bytesMetered
  }
}
