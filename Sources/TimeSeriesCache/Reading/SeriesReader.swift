public import CacheSupport

/// Reads both stores as one series: history, then the forecasts after it.
///
/// ```swift
/// let client = try AWSClient(environment: .process(), http: CurlClient())
/// let reader = SeriesReader(
///   history: TimestreamHistory(client, database: "TimeSeriesDB", table: "history"),
///   forecast: DynamoDBForecast(client, table: "forecast"))
/// for try await row in reader.rows(of: Series(identifier), in: range) { print(row.time, row.origin, row.measures) }
/// ```
public struct SeriesReader: Sendable {
  let history: any HistoryStore
  let forecast: any ForecastStore
  let clock: WallClock

  /// A reader of two stores.
  ///
  /// - Parameters:
  ///   - history: its rows come first.
  ///   - forecast: only its rows after the newest history time are served.
  ///   - clock: tells which forecasts have expired.
  public init(history: any HistoryStore, forecast: any ForecastStore, clock: WallClock = .system) {
    self.history = history
    self.forecast = forecast
    self.clock = clock
  }

  /// One page of the merged series.
  public struct Page: Sendable, Hashable {
    /// The newest history time in the range or, where the range has no history, in the series; nil for a series without history.
    public var baseline: Int64?
    /// One after the other; none is without rows.
    private(set) var parts: [Part] = []
    /// Where the next page starts; nil at the end.
    public var next: Continuation?
    /// What the history bills for the page, in bytes.
    public var bytesMetered: Int64

    /// Rows that come from one store, in columns.
    struct Part: Sendable {
      var origin: SeriesRow.Origin
      var block: SeriesBlock
    }

    /// - Parameter parts: one after the other, ascending by time.
    init(baseline: Int64?, parts: [Part], next: Continuation? = nil, bytesMetered: Int64 = 0) {
      self.baseline = baseline
      self.parts = parts.filter { $0.block.count > 0 }
      self.next = next
      self.bytesMetered = bytesMetered
    }

    /// A page put together by hand.
    package init(baseline: Int64?, rows: [SeriesRow], next: Continuation? = nil, bytesMetered: Int64 = 0) {
      var parts: [Part] = []
      var samples: [Sample] = []
      for (index, row) in rows.enumerated() {
        samples.append(Sample(time: row.time, measures: row.measures))
        guard index + 1 == rows.count || rows[index + 1].origin != row.origin else { continue }
        parts.append(Part(origin: row.origin, block: SeriesBlock(samples)))
        samples = []
      }
      self.init(baseline: baseline, parts: parts, next: next, bytesMetered: bytesMetered)
    }

    /// True where there are no rows.
    public var isEmpty: Bool { parts.isEmpty }

    /// Ascending by time; no instant appears twice. They are made of columns, each time that they are asked for.
    public var rows: [SeriesRow] {
      parts.flatMap { part in part.block.samples.map { SeriesRow($0, origin: part.origin) } }
    }

    /// Equal where all is that a reader sees.
    public static func == (one: Self, other: Self) -> Bool {
      one.baseline == other.baseline && one.next == other.next && one.bytesMetered == other.bytesMetered
        && one.rows == other.rows
    }

    /// Hashes the rows.
    public func hash(into hasher: inout Hasher) { hasher.combine(rows) }
  }

  /// Where the next page starts, and what the pages before it learnt, so that it is not asked for again.
  public struct Continuation: Sendable, Hashable {
    /// Only rows later than this follow, epoch milliseconds.
    public var after: Int64
    /// The baseline of the pages before.
    public var baseline: Baseline
    /// Of bins with ``Aggregate/increase``: the latest number of each measure in the pages before; nil where they did not tell, and
    /// the next page asks the stores.
    package var latest: [ByteText: MeasureValue]?

    /// The newest history time of the pages before, where they know it.
    public enum Baseline: Sendable, Hashable {
      /// No page before told it: the next one asks the store.
      case unknown
      /// The series has no history.
      case none
      /// The newest history time, epoch milliseconds.
      case time(Int64)

      init(_ time: Int64?) { self = time.map { .time($0) } ?? .none }
    }

    /// A continuation made by hand, such as one that a program has kept.
    ///
    /// - Parameters:
    ///   - after: the time of the last row that was read, epoch milliseconds.
    ///   - baseline: what the pages before told of it; where it is unknown, the next page finds it out.
    public init(after: Int64, baseline: Baseline = .unknown) {
      self.after = after
      self.baseline = baseline
    }
  }

  /// The most rows of a page: 100,000.
  public static let maximumLimit: Int = 100_000
  /// Items of a further page of forecasts, at least.
  static let leastForecasts: Int = 500

  /// Reads one page: history first, then the forecasts after the baseline. It has fewer rows than the limit where they are wide: a page
  /// takes about 32 MB of memory at the most.
  ///
  /// The history is asked one question. It is asked a second one, for the baseline, only where neither the rows nor a page before
  /// tell it: the rows were cut by the limit, or there are no rows. Both stores are asked at once, unless the history is known to
  /// go on: a page that is cut has no forecasts.
  ///
  /// - Parameters:
  ///   - series: an unknown one has an empty page.
  ///   - range: inclusive.
  ///   - start: ``Page/next`` of the page before; nil for the first page.
  ///   - limit: the most rows, 1 to ``maximumLimit``; other values are taken as the nearest of these.
  ///   - condition: only rows that meet it are served. The baseline is that of all rows, and takes a question of its own.
  /// - Throws: ``StoreError`` where a store cannot be read.
  public func page(
    of series: Series, in range: TimeRange, after start: Continuation? = nil, limit: Int = 1000,
    where condition: MeasureCondition? = nil
  ) async throws(StoreError) -> Page {
    let limit = min(max(limit, 1), Self.maximumLimit)
    guard let rest = range.after(start?.after) else {
      let newest = try await baseline(start, of: series, in: range)
      return Page(baseline: newest.time, rows: [], bytesMetered: newest.bytesMetered)
    }
    let now = clock.now
    let goesOn = if case .time(let time)? = start?.baseline { time > rest.from } else { false }
    async let historyAnswer = result { () async throws(StoreError) in
      try await self.history(of: series, in: rest, of: range, after: start, limit: limit, where: condition, now: now)
    }
    async let forecastAnswer: Result<ForecastPage, StoreError>? =
      goesOn
      ? nil
      : result { () async throws(StoreError) in
        try await forecast.page(of: series.identifier, in: rest, limit: limit + 1, now: now)
      }
    let past = try await historyAnswer.get()
    let known = past.blocks.reduce(0) { $0 + $1.count }
    var memory = RowMemory()
    for block in past.blocks { memory.add(block) }
    var predicted: [Sample] = []
    func page(isLast: Bool) -> Page {
      let last = isLast ? nil : predicted.last?.time ?? past.blocks.last?.times.last
      let parts =
        past.blocks.map { Page.Part(origin: .history, block: $0) }
        + [Page.Part(origin: .forecast, block: SeriesBlock(predicted))]
      return Page(
        baseline: past.baseline, parts: parts,
        next: last.map { Continuation(after: $0, baseline: .init(past.baseline)) }, bytesMetered: past.bytesMetered)
    }
    if past.isCut { return page(isLast: false) }

    var answer = try await forecastAnswer?.get()
    while true {
      for sample in answer?.samples ?? []
      where past.baseline.map({ sample.time > $0 }) ?? true && condition?.isMet(by: sample.measures) ?? true {
        if known + predicted.count == limit || memory.isFull { return page(isLast: false) }
        memory.add(sample)
        predicted.append(sample)
      }
      // What lies at or before the baseline is not served, so it is not read either.
      let next = max(answer.map { $0.next ?? .max } ?? rest.from, past.baseline.map { $0 &+ 1 } ?? .min)
      guard let left = TimeRange(from: next, to: range.to), next != .max else { return page(isLast: true) }
      // Items are counted before expired ones are left out: few at a time could be very many questions.
      let items = max(limit + 1 - known - predicted.count, Self.leastForecasts)
      answer = try await forecast.page(of: series.identifier, in: left, limit: items, now: now)
    }
  }

  /// The history of a page, and the baseline that goes with it.
  private struct Past: Sendable {
    var blocks: [SeriesBlock]
    var isCut: Bool
    var baseline: Int64?
    var bytesMetered: Int64
  }

  private func history(
    of series: Series, in rest: TimeRange, of range: TimeRange, after start: Continuation?, limit: Int,
    where condition: MeasureCondition?, now: Int64
  ) async throws(StoreError) -> Past {
    var ofSeries: NewestHistory?
    // A range ahead of now holds no history, unless the clocks differ: the series' newest row tells both.
    if start == nil, rest.from >= now {
      let newest = try await history.newest(of: series, in: nil)
      guard let time = newest.time, time >= rest.from else {
        return Past(blocks: [], isCut: false, baseline: newest.time, bytesMetered: newest.bytesMetered)
      }
      ofSeries = newest
    }
    let rows =
      if let condition {
        try await history.rows(of: series, in: rest, limit: limit, where: condition)
      } else {
        try await history.rows(of: series, in: rest, limit: limit)
      }
    var past = Past(
      blocks: rows.blocks, isCut: rows.isCut, baseline: rows.last,
      bytesMetered: rows.bytesMetered + (ofSeries?.bytesMetered ?? 0))
    switch start?.baseline ?? .unknown {
    case .time(let known): past.baseline = max(known, past.baseline ?? known)
    case .none: break
    case .unknown where (past.isCut || condition != nil) && ofSeries?.time.map { $0 <= rest.to } ?? false:
      past.baseline = ofSeries?.time
    case .unknown where condition != nil:
      // Rows that were left out do not tell their times.
      let newest = try await baseline(start, of: series, in: range)
      past.baseline = newest.time
      past.bytesMetered += newest.bytesMetered
    case .unknown where past.isCut:
      let newest = try await history.newest(of: series, in: rest)
      past.baseline = newest.time ?? past.baseline
      past.bytesMetered += newest.bytesMetered
    case .unknown where past.baseline == nil && ofSeries != nil: past.baseline = ofSeries?.time
    case .unknown where past.baseline == nil:
      // Of the first page the range is known to hold none.
      let newest = try await baseline(start, of: series, in: start == nil ? nil : range)
      past.baseline = newest.time
      past.bytesMetered += newest.bytesMetered
    case .unknown: break
    }
    return past
  }

  /// The newest history time in a range or, where the range has no history or there is no range, in the series.
  func baseline(
    _ start: Continuation?, of series: Series, in range: TimeRange?
  ) async throws(StoreError) -> NewestHistory {
    switch start?.baseline ?? .unknown {
    case .none: return NewestHistory(time: nil)
    case .time(let time): return NewestHistory(time: time)
    case .unknown: break
    }
    guard let range else { return try await history.newest(of: series, in: nil) }
    var newest = try await history.newest(of: series, in: range)
    if newest.time == nil {
      let ofSeries = try await history.newest(of: series, in: nil)
      newest.time = ofSeries.time
      newest.bytesMetered += ofSeries.bytesMetered
    }
    return newest
  }

  /// True where the series has a forecast that has not expired, at whatever time.
  package func hasForecast(_ identifier: Identifier) async throws(StoreError) -> Bool {
    try await forecast.hasAny(identifier, now: clock.now)
  }

  /// Every row of a range, oldest first, read page by page while they are asked for.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no rows.
  ///   - range: inclusive.
  ///   - pageSize: the most rows that are held at a time, 1 to ``maximumLimit``.
  public func rows(of series: Series, in range: TimeRange, pageSize: Int = 1000) -> SeriesRows {
    SeriesRows(reader: self, series: series, range: range, pageSize: pageSize)
  }
}
