/// Where what has happened is kept.
///
/// ``TimestreamHistory`` is one; implement this to keep history elsewhere.
public protocol HistoryStore: Sendable {
  /// Writes samples of one series; a sample of a higher version replaces one of the same time.
  ///
  /// - Parameters:
  ///   - samples: any number; no time appears twice.
  ///   - series: whose samples they are.
  ///   - version: the fetch's epoch milliseconds, or a little more for what repeats an instant within one fetch.
  /// - Returns: what became of each sample, also where some of them could not be written.
  func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite

  /// The series' samples in a range, oldest first, one for each millisecond.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no samples.
  ///   - range: inclusive.
  ///   - limit: the most samples, 1 to 100,000.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows

  /// The newest time in a range, or of the whole series where the range is nil.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory
}

/// Where what is predicted is kept until it expires.
///
/// ``DynamoDBForecast`` is one; implement this to keep forecasts elsewhere.
public protocol ForecastStore: Sendable {
  /// Writes samples of one series; the newest fetch wins.
  ///
  /// - Parameters:
  ///   - samples: any number; no time appears twice.
  ///   - identifier: the series.
  ///   - fetchedAt: the fetch's epoch milliseconds.
  /// - Returns: how many were written; those of a newer fetch stay and are not counted.
  /// - Throws: ``StoreError`` where some could not be written; writing all of them again does no harm.
  func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int

  /// The series' samples in a range that have not expired, oldest first.
  ///
  /// - Parameters:
  ///   - identifier: the series; an unknown one has no samples.
  ///   - range: inclusive.
  ///   - limit: the most items of a page, before expired ones are left out.
  ///   - now: epoch milliseconds; what expires at or before it is left out.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage

  /// True where the series has any sample that has not expired.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool
}

/// What became of samples that were given to a ``HistoryStore``.
public struct HistoryWrite: Sendable, Hashable {
  /// Samples that are in the store now.
  public private(set) var stored: Int = 0
  /// The earliest and the latest time of what was stored.
  public private(set) var times: TimeRange?
  /// Samples for which the store already has a newer version, as after a late redelivery; no error.
  public var superseded: Int = 0
  /// Samples that the store will never take as they are, such as those older than its retention.
  public var rejected: Rejections = Rejections()
  /// Why the others were not written; nil where there are no others. Writing all of them again does no harm.
  public var failure: StoreError?

  /// No samples yet.
  public init() {}

  /// Counts a sample of this time as stored.
  public mutating func addStored(_ time: Int64) {
    stored += 1
    times = times?.widened(to: time) ?? TimeRange(from: time, to: time)
  }

  mutating func add(_ other: HistoryWrite) {
    stored += other.stored
    if let other = other.times { times = times?.widened(to: other) ?? other }
    superseded += other.superseded
    rejected.add(other.rejected)
    failure = failure ?? other.failure
  }

  /// A sample that the store will never take as it is.
  public struct Rejection: Sendable, Hashable {
    /// The sample's time, epoch milliseconds.
    public var time: Int64
    /// Why, in the store's words.
    public var reason: String
    /// A rejection of the sample at a time.
    public init(time: Int64, reason: String) {
      self.time = time
      self.reason = reason
    }
  }
}

/// An answer of a ``HistoryStore``: samples of a range.
public struct HistoryRows: Sendable, Hashable {
  /// Ascending by time, one for each millisecond.
  public var samples: [Sample]
  /// True where the range has more samples after the last of these.
  public var isCut: Bool
  /// What the store bills for the question, in bytes.
  public var bytesMetered: Int64

  /// An answer of a store.
  public init(samples: [Sample], isCut: Bool = false, bytesMetered: Int64 = 0) {
    self.samples = samples
    self.isCut = isCut
    self.bytesMetered = bytesMetered
  }
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

/// An answer of a ``ForecastStore``: a page of samples that have not expired.
public struct ForecastPage: Sendable, Hashable {
  /// Ascending by time. A page may be empty and have a next one.
  public var samples: [Sample]
  /// Where the next page starts, epoch milliseconds; nil at the range's end.
  public var next: Int64?
  /// An answer of a store.
  public init(samples: [Sample], next: Int64? = nil) {
    self.samples = samples
    self.next = next
  }
}
