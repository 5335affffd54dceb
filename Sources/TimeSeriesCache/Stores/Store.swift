/// Where what has happened is kept.
public protocol HistoryStore: Sendable {
  /// Writes samples of one series; a sample of a higher version replaces one of the same time.
  ///
  /// - Parameters:
  ///   - samples: times unlike each other.
  ///   - version: the fetch's epoch milliseconds, or a little more for what repeats an instant within one fetch.
  /// - Returns: what became of each sample, also where a part of them could not be written.
  func write(_ samples: [Sample], of identifier: Identifier, version: Int64) async -> HistoryWrite

  /// The series' samples in a range, oldest first, one for each millisecond.
  ///
  /// - Parameter limit: the most samples, 1 to 100,000.
  func rows(of identifier: Identifier, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows

  /// The newest time in a range, or of the whole series; nil where there is none.
  func newest(of identifier: Identifier, in range: TimeRange?) async throws(StoreError) -> NewestHistory
}

/// Where what is predicted is kept, until it expires.
public protocol ForecastStore: Sendable {
  /// Writes samples of one series; the newest fetch wins.
  ///
  /// - Parameter fetchedAt: the fetch's epoch milliseconds.
  /// - Returns: how many items were written; those of a newer fetch stay and are not counted.
  func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int

  /// The series' samples in a range that have not expired, oldest first.
  ///
  /// - Parameter limit: a page's items before expired ones are left out.
  func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage

  /// True where the series has any sample that has not expired.
  func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool
}

public struct HistoryWrite: Sendable, Hashable {
  public private(set) var stored: Int = 0
  /// The earliest and the latest time of what was stored.
  public private(set) var times: TimeRange?
  /// Samples for which the store already has a newer version: a late redelivery, and fine.
  public var superseded: Int = 0
  /// Samples that the store will never take as they are.
  public var rejected: Rejections = Rejections()
  /// Why the others were not written; writing all of them again does no harm.
  public var failure: StoreError?

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
    public var time: Int64
    public var reason: String
    public init(time: Int64, reason: String) {
      self.time = time
      self.reason = reason
    }
  }
}

/// Samples of a range.
public struct HistoryRows: Sendable, Hashable {
  public var samples: [Sample]
  /// True where the range has more after the last of them.
  public var isCut: Bool
  /// What the query is billed for, in bytes.
  public var bytesMetered: Int64

  public init(samples: [Sample], isCut: Bool = false, bytesMetered: Int64 = 0) {
    self.samples = samples
    self.isCut = isCut
    self.bytesMetered = bytesMetered
  }
}

public struct NewestHistory: Sendable, Hashable {
  /// Epoch milliseconds.
  public var time: Int64?
  public var bytesMetered: Int64
  public init(time: Int64?, bytesMetered: Int64 = 0) {
    self.time = time
    self.bytesMetered = bytesMetered
  }
}

public struct ForecastPage: Sendable, Hashable {
  public var samples: [Sample]
  /// Where the next page starts, epoch milliseconds; nil at the range's end.
  public var next: Int64?
  public init(samples: [Sample], next: Int64? = nil) {
    self.samples = samples
    self.next = next
  }
}
