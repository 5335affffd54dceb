/// Where a next page starts: times alone, so that it never expires and needs no memory of the request.
struct Cursor: Hashable {
  var range: TimeRange
  /// The next page has the rows after this time.
  var after: Int64

  var text: String { "\(range.from).\(range.to).\(after)" }

  init(range: TimeRange, after: Int64) {
    self.range = range
    self.after = after
  }

  /// Nil for a text that no answer had.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 3, let from = parts[0], let to = parts[1], let after = parts[2],
      let range = TimeRange(from: from, to: to), from <= after, after <= to, TimeExpression.bounds.contains(from),
      TimeExpression.bounds.contains(to)
    else { return nil }
    self.init(range: range, after: after)
  }
}
