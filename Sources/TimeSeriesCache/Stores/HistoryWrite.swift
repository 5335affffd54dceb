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
