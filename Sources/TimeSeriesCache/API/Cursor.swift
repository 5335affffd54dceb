/// Where a next page starts: times alone, so that it never expires and needs no memory of the request.
///
/// Its text is `from.to.after.baseline`, epoch milliseconds; the baseline is `-` for a series without history. A cursor of
/// an earlier version has none: it is then asked for again.
struct Cursor: Hashable {
  var range: TimeRange
  var after: SeriesReader.Continuation

  var text: String {
    let times = "\(range.from).\(range.to).\(after.after)"
    return switch after.baseline {
    case .unknown: times
    case .none: times + ".-"
    case .time(let time): times + ".\(time)"
    }
  }

  init(range: TimeRange, after: SeriesReader.Continuation) {
    self.range = range
    self.after = after
    // The first bin may start before the range: it is the bin of the range's first time, too.
    self.after.after = max(after.after, range.from)
  }

  /// Nil for a text that no answer had.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let times = parts.prefix(3).compactMap { Int64($0) }
    guard (3...4).contains(parts.count), times.count == 3, let range = TimeRange(from: times[0], to: times[1]),
      range.from <= times[2], times[2] <= range.to, TimeExpression.bounds.contains(range.from),
      TimeExpression.bounds.contains(range.to)
    else { return nil }
    self.init(range: range, after: SeriesReader.Continuation(after: times[2]))
    guard parts.count == 4 else { return }
    if parts[3] == "-" {
      after.baseline = .none
    } else {
      guard let baseline = Int64(parts[3]), TimeExpression.bounds.contains(baseline) else { return nil }
      after.baseline = .time(baseline)
    }
  }
}
