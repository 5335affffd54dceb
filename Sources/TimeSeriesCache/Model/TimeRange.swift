/// An inclusive range of epoch milliseconds.
public struct TimeRange: Sendable, Hashable {
  /// The first instant of the range.
  public var from: Int64
  /// The last instant of the range.
  public var to: Int64

  /// A range from one time to another, epoch milliseconds; nil where `from` is after `to`.
  public init?(from: Int64, to: Int64) {
    guard from <= to else { return nil }
    self.from = from
    self.to = to
  }

  /// Everything before a time; nil where nothing is.
  init?(before time: Int64) {
    guard time > TimeExpression.bounds.lowerBound else { return nil }
    (from, to) = (TimeExpression.bounds.lowerBound, time - 1)
  }

  /// What of the range comes after a time; nil where nothing does.
  func after(_ time: Int64?) -> TimeRange? {
    guard let time else { return self }
    guard time < to else { return nil }
    return TimeRange(from: max(from, time + 1), to: to)
  }
}
