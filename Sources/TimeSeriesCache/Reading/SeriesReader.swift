public import CacheSupport

/// Reads both stores as one series.
///
/// ```swift
/// let client = try AWSClient(environment: .process(), http: CurlClient())
/// let reader = SeriesReader(
///   history: TimestreamHistory(client, database: "TimeSeriesDB", table: "history"),
///   forecast: DynamoDBForecast(client, table: "forecast"))
/// for try await row in reader.rows(of: identifier, in: range) { print(row.time, row.origin, row.measures) }
/// ```
public struct SeriesReader: Sendable {
  private let history: any HistoryStore
  private let forecast: any ForecastStore
  private let clock: WallClock

  public init(history: any HistoryStore, forecast: any ForecastStore, clock: WallClock = .system) {
    self.history = history
    self.forecast = forecast
    self.clock = clock
  }

  /// One page of the merged series.
  public struct Page: Sendable, Hashable {
    /// The newest history time in the range; where the range holds none, of the series; nil for a series without history.
    public var baseline: Int64?
    /// Ascending by time; no instant twice.
    public var rows: [SeriesRow]
    /// The time behind which the next page starts; nil at the end.
    public var next: Int64?
    /// What Timestream bills for the page.
    public var bytesMetered: Int64

    public init(baseline: Int64?, rows: [SeriesRow], next: Int64?, bytesMetered: Int64 = 0) {
      self.baseline = baseline
      self.rows = rows
      self.next = next
      self.bytesMetered = bytesMetered
    }
  }

  /// The most rows of a page.
  public static let maximumLimit: Int = 100_000

  /// Reads one page: history first, then the forecasts that lie behind the baseline.
  ///
  /// Both stores are asked at once. A further question, for the baseline, is asked only where the rows do not tell it: they
  /// were cut by the limit, or there are none.
  ///
  /// - Parameters:
  ///   - range: inclusive.
  ///   - after: the `next` of the page before.
  ///   - limit: the most rows, 1 to 100,000.
  /// - Throws: ``StoreError``.
  public func page(
    of identifier: Identifier, in range: TimeRange, after: Int64? = nil, limit: Int = 1000
  ) async throws(StoreError) -> Page {
    let limit = min(max(limit, 1), Self.maximumLimit)
    let start = after.map { $0 == .max ? $0 : max(range.from, $0 + 1) } ?? range.from
    guard after != .max, let rest = TimeRange(from: start, to: range.to) else {
      let newest = try await baseline(of: identifier, in: range)
      return Page(baseline: newest.time, rows: [], next: nil, bytesMetered: newest.bytesMetered)
    }
    let now = clock.now
    // A range ahead of now holds no history, so that the baseline's question need not wait to be sure of it.
    let asksAhead = rest.from >= now
    async let historyAnswer = result { () async throws(StoreError) in
      try await history.rows(of: identifier, in: rest, limit: limit + 1)
    }
    async let forecastAnswer = result { () async throws(StoreError) in
      try await forecast.page(of: identifier, in: rest, limit: limit + 1, now: now)
    }
    async let baselineAnswer: Result<NewestHistory, StoreError>? =
      asksAhead
      ? result { () async throws(StoreError) in try await baseline(of: identifier, in: range) } : nil
    let past = try await historyAnswer.get()
    let ahead = try await baselineAnswer?.get()
    let firstForecasts = await forecastAnswer

    var rows = past.samples.prefix(limit).map { SeriesRow($0, origin: .history) }
    var bytes = past.bytesMetered + (ahead?.bytesMetered ?? 0)
    let isCut = past.samples.count > limit
    var newest = past.samples.last?.time
    if isCut || (newest == nil && ahead == nil) {
      let asked =
        isCut ? try await history.newest(of: identifier, in: rest) : try await baseline(of: identifier, in: range)
      bytes += asked.bytesMetered
      newest = [newest, asked.time].compactMap { $0 }.max()
    } else {
      newest = newest ?? ahead?.time
    }
    if isCut { return Page(baseline: newest, rows: rows, next: rows.last?.time, bytesMetered: bytes) }

    var page = try firstForecasts.get()
    while true {
      for sample in page.samples where newest.map({ sample.time > $0 }) ?? true {
        if rows.count == limit { return Page(baseline: newest, rows: rows, next: rows.last?.time, bytesMetered: bytes) }
        rows.append(SeriesRow(sample, origin: .forecast))
      }
      // What lies at or before the baseline is not served, so it is not read either.
      guard let next = page.next.map({ max($0, newest.map { $0 + 1 } ?? $0) }),
        let left = TimeRange(from: next, to: range.to)
      else { return Page(baseline: newest, rows: rows, next: nil, bytesMetered: bytes) }
      page = try await forecast.page(of: identifier, in: left, limit: limit + 1 - rows.count, now: now)
    }
  }

  /// The newest history time in a range; where the range holds none, of the series.
  private func baseline(of identifier: Identifier, in range: TimeRange) async throws(StoreError) -> NewestHistory {
    var newest = try await history.newest(of: identifier, in: range)
    if newest.time == nil {
      let ofSeries = try await history.newest(of: identifier, in: nil)
      newest.time = ofSeries.time
      newest.bytesMetered += ofSeries.bytesMetered
    }
    return newest
  }

  /// True where the series has a forecast that has not expired, at whatever time.
  public func hasForecast(_ identifier: Identifier) async throws(StoreError) -> Bool {
    try await forecast.hasAny(identifier, now: clock.now)
  }

  /// Every row of a range, read page by page as they are asked for.
  public func rows(of identifier: Identifier, in range: TimeRange, pageSize: Int = 1000) -> SeriesRows {
    SeriesRows(reader: self, identifier: identifier, range: range, pageSize: pageSize)
  }
}

/// The rows of a merged series, oldest first.
public struct SeriesRows: AsyncSequence, Sendable {
  public typealias Element = SeriesRow
  public typealias Failure = StoreError

  let reader: SeriesReader
  let identifier: Identifier
  let range: TimeRange
  let pageSize: Int

  public func makeAsyncIterator() -> Iterator { Iterator(series: self) }

  public struct Iterator: AsyncIteratorProtocol {
    let series: SeriesRows
    private var page: ArraySlice<SeriesRow> = []
    private var after: Int64?
    private var isLast = false

    init(series: SeriesRows) { self.series = series }

    public mutating func next() async throws(StoreError) -> SeriesRow? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation: isolated (any Actor)?) async throws(StoreError) -> SeriesRow? {
      while page.isEmpty, !isLast {
        let read = try await series.reader.page(
          of: series.identifier, in: series.range, after: after, limit: series.pageSize)
        page = read.rows[...]
        after = read.next
        isLast = read.next == nil
      }
      return page.popFirst()
    }
  }
}
