import CacheSupport

/// Where a series is kept: a measurement and its tags.
struct InfluxPlace: Sendable, Hashable {
  var measurement: ByteText
  /// Ordered by the bytes of their names.
  var tags: [SeriesKey.Tag]

  /// The measurement of the series that sources know.
  static let measurement: ByteText = "history"
  /// The tag that names a series that a source knows.
  static let tag: ByteText = "identifier"
  /// The field of a point's version, an integer.
  static let version: ByteText = "~version"
  /// The field that lists a point's fields, see ``InfluxFieldList``.
  static let fields: ByteText = "~fields"

  /// Tags of other series that a condition names: each of them costs InfluxDB a look at all series of the measurement.
  private static let mostOthers: Int = 8

  init(_ series: Series) {
    if let key = series.key {
      (measurement, tags) = (key.measurement, key.tags)
    } else {
      (measurement, tags) = (Self.measurement, [SeriesKey.Tag(Self.tag, ByteText(series.identifier.text))])
    }
  }

  /// Where the series of a key is kept that InfluxDB shows.
  init(_ key: SeriesKey) { (measurement, tags) = (key.measurement, key.tags) }

  /// True for a place that belongs to a series that a source knows: no written series may have it.
  var isOfSource: Bool { measurement == Self.measurement && tags.count == 1 && tags[0].name == Self.tag }

  /// The condition that a point is the series'.
  ///
  /// - Parameter others: further tags of the measurement, which the series does not have. It is only there to get fewer rows: the answer says
  ///   of each row which tags it has, see ``isExactly(_:)``.
  func condition(_ question: inout InfluxQuestion, others: [ByteText]) -> String {
    var conditions = tags.map { "\(InfluxQL.name($0.name.text))::tag = \(question.parameter($0.value))" }
    let names = Set(tags.map(\.name))
    conditions += others.filter { !names.contains($0) }.prefix(Self.mostOthers)
      .map { "\(InfluxQL.name($0.text))::tag = ''" }
    return conditions.joined(separator: " AND ")
  }

  /// True where an answer's tags are the series' and no others; those that a series does not have are empty there.
  func isExactly(_ others: [SeriesKey.Tag]) -> Bool {
    others.filter { !$0.value.text.isEmpty }.sorted { $0.name < $1.name } == tags
  }
}

/// Nanoseconds of InfluxDB's calendar, 1677 to 2262.
struct InfluxSpan: Sendable, Hashable {
  var from: Int64
  var to: Int64

  /// See <https://docs.influxdata.com/influxdb/v1/troubleshooting/frequently-asked-questions/>, on the least and the greatest time.
  static let whole: InfluxSpan = InfluxSpan(from: -9_223_372_036_854_775_806, to: 9_223_372_036_854_775_806)

  init(from: Int64, to: Int64) { (self.from, self.to) = (from, to) }

  /// The instants of a range of milliseconds; nil where none of them is in the calendar.
  init?(_ range: TimeRange) {
    from = Self.nanoseconds(range.from, 0) ?? (range.from < 0 ? Self.whole.from : .max)
    to = Self.nanoseconds(range.to, 999_999) ?? (range.to < 0 ? .min : Self.whole.to)
    from = max(from, Self.whole.from)
    to = min(to, Self.whole.to)
    guard from <= to else { return nil }
  }

  /// An instant in nanoseconds; nil where it is not in the calendar.
  static func nanoseconds(_ time: Int64, _ rest: Int32) -> Int64? {
    let (product, overflows) = time.multipliedReportingOverflow(by: 1_000_000)
    let (sum, overflowsToo) = product.addingReportingOverflow(Int64(rest))
    guard !overflows, !overflowsToo, sum >= whole.from, sum <= whole.to else { return nil }
    return sum
  }

  /// The millisecond that an instant is in.
  static func milliseconds(_ nanoseconds: Int64) -> Int64 {
    let (quotient, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return rest < 0 ? quotient - 1 : quotient
  }

  /// What of an instant is finer than a millisecond, in nanoseconds: 0 to 999,999.
  static func rest(_ nanoseconds: Int64) -> Int32 {
    let rest = nanoseconds % 1_000_000
    return Int32(rest < 0 ? rest + 1_000_000 : rest)
  }

  /// The part after an instant; nil where nothing is.
  func after(_ instant: Int64) -> InfluxSpan? {
    instant < to ? InfluxSpan(from: max(from, instant + 1), to: to) : nil
  }

  /// What both have; nil where that is nothing.
  func intersection(_ other: InfluxSpan) -> InfluxSpan? {
    let both = InfluxSpan(from: max(from, other.from), to: min(to, other.to))
    return both.from <= both.to ? both : nil
  }

  /// The first nanoseconds, so many at the most.
  func prefix(_ width: Int64) -> InfluxSpan {
    let (sum, overflows) = from.addingReportingOverflow(max(width, 1) - 1)
    return InfluxSpan(from: from, to: overflows ? to : min(to, sum))
  }

  var condition: String { "time >= \(from) AND time <= \(to)" }
}

/// How much time the next page of rows is looked for in.
///
/// InfluxDB opens every shard of the time that it is asked about, whatever its `LIMIT`, and merges all of them row by row. With all that is
/// left in each question, a series would cost the square of its length.
struct InfluxWindow: Sendable {
  /// Nanoseconds.
  private(set) var width: Int64

  /// InfluxDB's usual shard, a week: a question for less opens no fewer.
  static let least: Int64 = 7 * 86_400_000_000_000
  /// Between two rows of a series of which nothing is known.
  private static let usualStep: Int64 = 300_000_000_000

  /// - Parameter rows: of a page.
  init(rows: Int) { width = max(Self.least, Self.usualStep.multipliedClamping(by: Int64(rows))) }

  /// Takes note of what a page has had.
  ///
  /// - Parameters:
  ///   - rows: how many it had.
  ///   - page: how many it could have had.
  ///   - span: the time that they are all the rows of.
  mutating func note(_ rows: Int, of page: Int, in span: InfluxSpan) {
    if rows >= page {
      let (time, overflows) = span.to.subtractingReportingOverflow(span.from)
      width = overflows ? .max : max(Self.least, time.multipliedClamping(by: 5) / 4)
    } else {
      // A gap, whose length nobody knows, or a series with few rows.
      width = width.multipliedClamping(by: rows == 0 ? 64 : rows < page / 8 ? 8 : 2)
    }
  }
}

extension Int64 {
  fileprivate func multipliedClamping(by factor: Int64) -> Int64 {
    let (product, overflows) = multipliedReportingOverflow(by: factor)
    return overflows ? .max : product
  }
}
