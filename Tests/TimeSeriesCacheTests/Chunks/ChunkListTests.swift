import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The list of a table's series.
@Suite struct ChunkListTests {
  private static let start = ChunkReadingTests.start

  @Test("Every series with rows is listed once, whatever the pages' size", arguments: [1, 3, 7, 1000])
  func list(limit: Int) async throws {
    let now = Self.start + 200 * ChunkReadingTests.day
    try await ChunkTable.with(clock: .fixed(now), retentionDays: 150) { table in
      var expected: Set<Series> = []
      for number in 0..<30 {
        let series = Series(try Identifier("it's é \(number)"))
        // Many items, one, only empty ones, only expired ones, expired ones before others.
        let items: [ChunkItem] =
          switch number % 5 {
          case 0: ChunkReadingTests.days(100..<120, rowsPerDay: 1)
          case 1: ChunkReadingTests.days(190..<191, rowsPerDay: 1)
          case 2: [ChunkLayoutMaker.item([], start: Self.start + 2 * ChunkTiers.cell, widths: [ChunkTiers.cell])]
          case 3: ChunkReadingTests.days(1..<9, rowsPerDay: 1)
          default: ChunkReadingTests.days(1..<3, rowsPerDay: 1) + ChunkReadingTests.days(188..<190, rowsPerDay: 1)
          }
        if number % 5 != 2, number % 5 != 3 { expected.insert(series) }
        try await table.put(items, of: series.identifier)
      }
      var (found, next, pages): ([Series], String?, Int) = ([], nil, 0)
      repeat {
        let page = try await table.history.series(after: next, limit: limit)
        #expect(page.series.count <= limit)
        #expect(page.bytesMetered > 0)
        found += page.series
        next = page.next
        pages += 1
      } while next != nil && pages < 100
      #expect(found.count == expected.count)
      #expect(Set(found) == expected)
      #expect(pages <= expected.count / limit + 1)
    }
  }

  @Test("A series costs about one item, however many it has", arguments: [10, 100] as [Int64])
  func cost(items: Int64) async throws {
    try await ChunkTable.with { table in
      for number in 0..<20 {
        try await table.put(
          ChunkReadingTests.days(0..<items, rowsPerDay: 1), of: try Identifier("series \(number)"))
      }
      let page = try await table.history.series(after: nil, limit: 1000)
      #expect(page.series.count == 20 && page.next == nil)
      #expect(table.http.taken().count <= 42)
      #expect(page.bytesMetered <= 42 * 4096)
    }
  }

  @Test("Short series are listed many at a time")
  func short() async throws {
    try await ChunkTable.with { table in
      for number in 0..<200 {
        try await table.put(ChunkReadingTests.days(0..<1, rowsPerDay: 1), of: try Identifier("series \(number)"))
      }
      let page = try await table.history.series(after: nil, limit: 1000)
      #expect(Set(page.series).count == 200 && page.next == nil)
      #expect(table.http.taken().count <= 10)
    }
  }

  @Test("An empty table has no series")
  func empty() async throws {
    try await ChunkTable.with { table in
      let page = try await table.history.series(after: nil, limit: 10)
      #expect(page.series.isEmpty && page.next == nil)
    }
  }
}

/// Items that no writer made.
@Suite struct ChunkFaultTests {
  private static let start = ChunkReadingTests.start

  static let faults: [(attribute: String, value: AttributeValue?, said: String)] = [
    ("widths", nil, "its 'widths' are no list of lengths"),
    ("widths", .l([]), "its 'widths' are no list of lengths"),
    ("widths", .l([.n(0)]), "its 'widths' are no list of lengths"),
    ("widths", .l([.s("1")]), "its 'widths' are no list of lengths"),
    ("widths", .l([.n("1.5")]), "its 'widths' are no list of lengths"),
    ("widths", .n(5), "its 'widths' is of another type"),
    ("widths", .l([.n(10), .n(10)]), "its 'widths' do not divide each other"),
    ("widths", .l([.n(10), .n(3)]), "its 'widths' do not divide each other"),
    ("widths", .l([.n(10), .n(-5)]), "its 'widths' do not divide each other"),
    ("widths", .l([.n(1_000_003)]), "its 'start' is no multiple of its width"),
    ("start", .n("1658880000000.5"), "its 'start' is no whole number of 64 bits"),
    ("expiry", .n("1e100"), "its 'expiry' is no whole number of 64 bits"),
    ("expiry", .s("soon"), "its 'expiry' is of another type"),
    ("rows", .s("text"), "its 'rows' is of another type"), ("head", .bool(true), "its 'head' is of another type"),
    ("rows", .b("/v///w=="), "its rows: "), ("rows", nil, "its rows: "),
    ("head", .b("/v///w=="), "its "), ("head", nil, "its "), ("head", .b(""), "its "),
  ]

  @Test("An item that cannot be read is named in a clear error", arguments: faults.indices)
  func corrupt(fault: Int) async throws {
    let fault = Self.faults[fault]
    let series = Series(try Identifier("it's é"))
    try await ChunkTable.with { table in
      var item = ChunkTable.item(ChunkReadingTests.days(0..<1)[0], of: series.identifier)
      item[fault.attribute] = fault.value
      try await table.client.putItem(item, into: ChunkTable.name)
      let all = try ChunkReadingTests.range(-ChunkReadingTests.day, 2 * ChunkReadingTests.day)
      let history = table.history
      let questions: [(String, () async throws -> Void)] = [
        ("rows", { _ = try await history.rows(of: series, in: all, limit: 1000) }),
        (
          "bins",
          {
            _ = try await history.bins(
              of: series, in: all, by: Binning(width: 3_600_000, aggregates: [.max]), limit: 1000)
          }
        ),
        ("latest", { _ = try await history.latest(of: [series]) }),
        ("moments", { _ = try await history.moments(of: series, in: all) }),
        ("list", { _ = try await history.series(after: nil, limit: 10) }),
      ]
      for (name, question) in questions where name != "list" || !["rows", "head"].contains(fault.attribute) {
        let error = await #expect(throws: StoreError.self, "\(name)") { try await question() }
        #expect(error?.kind == .failed)
        let description = error?.description ?? ""
        #expect(description.contains(fault.said), "\(name): \(description)")
        #expect(description.hasPrefix("the chunk of 'it's é' that starts at "), "\(name): \(description)")
        #expect(description.contains("in table 'chunks'"), "\(name): \(description)")
      }
    }
  }

  @Test("Whatever bytes a chunk has, reading ends with rows or an error", arguments: UInt64(0)..<4)
  func fuzz(seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
    let series = Series(try Identifier("s"))
    try await ChunkTable.with { table in
      let all = try ChunkReadingTests.range(0, 2 * ChunkReadingTests.day)
      for _ in 0..<30 {
        var item = ChunkReadingTests.days(0..<1)[0]
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let inHead = Bool.random(using: &random)
          let bytes = inHead ? item.head : item.rows
          guard let place = bytes.indices.randomElement(using: &random) else { continue }
          let byte = UInt8.random(in: .min ... .max, using: &random)
          if inHead { item.head[place] = byte } else { item.rows[place] = byte }
        }
        try await table.put([item], of: series.identifier)
        let history = table.history
        let questions: [() async throws -> Void] = [
          { _ = try await history.rows(of: series, in: all, limit: 1000) },
          { _ = try await history.newest(of: series, in: nil) }, { _ = try await history.latest(of: [series]) },
          {
            _ = try await history.bins(
              of: series, in: all, by: Binning(width: ChunkReadingTests.day, aggregates: [.sum]), limit: 10)
          },
        ]
        for question in questions {
          do { try await question() } catch let error as StoreError { #expect(error.kind == .failed) }
        }
      }
    }
  }

  @Test("An item at the end of time, and ranges without end, do not overflow")
  func extremes() async throws {
    let series = Series(try Identifier("s"))
    try await ChunkTable.with { table in
      let last = Int64.max / ChunkTiers.cell * ChunkTiers.cell
      func row(_ time: Int64) -> ChunkRow {
        ChunkRow(sample: Sample(time: time, measures: [Measure("a", .bigint(time))]), version: 1)
      }
      let first = Int64.min / ChunkTiers.cell * ChunkTiers.cell
      try await table.put(
        [
          ChunkLayoutMaker.item([row(first)], start: first, widths: [ChunkTiers.cell]),
          ChunkLayoutMaker.item([row(.max)], start: last, widths: [ChunkTiers.cell]),
        ], of: series.identifier)
      let all = try #require(TimeRange(from: .min, to: .max))
      let answer = try await table.history.rows(of: series, in: all, limit: 10)
      #expect(answer.samples.map(\.time) == [first, .max])
      for time in [Int64.min, .max] {
        let instant = try #require(TimeRange(from: time, to: time))
        let found = try await table.history.rows(of: series, in: instant, limit: 1)
        #expect(found.samples.map(\.time) == (time == .max ? [.max] : []))
        #expect(try await table.history.newest(of: series, in: instant).time == found.samples.last?.time)
      }
      #expect(try await table.history.lastValues(of: series, before: .min, measures: nil).values.isEmpty)
      #expect(
        try await table.history.lastValues(of: series, before: .max, measures: nil).values == ["a": .bigint(first)])
      let bins = try await table.history.bins(
        of: series, in: all, by: Binning(width: .max, aggregates: [.count]), limit: .max)
      #expect(bins.bins.reduce(0) { $0 + ($1.measures["a"]?.count ?? 0) } == 2)
    }
  }
}

/// Forecasts in chunks.
@Suite struct ChunkForecastReadingTests {
  private static let now = ChunkReadingTests.start + 1000 * ChunkReadingTests.day
  private static let week = DynamoDBForecast.keptSeconds * 1000

  private static func row(_ time: Int64, fetched: Int64) -> ChunkRow {
    ChunkRow(sample: Sample(time: time, measures: [Measure("a", .bigint(time))]), version: fetched)
  }

  @Test("A row is served until seven days after the later of its time and its fetch")
  func expiry() async throws {
    let identifier = try Identifier("s")
    let now = Self.now / 1000 * 1000
    let start = now / ChunkTiers.cell * ChunkTiers.cell
    // In an item beside rows that are kept longer.
    let rows = [
      Self.row(now - Self.week - 3000, fetched: now - Self.week), Self.row(now - Self.week - 2000, fetched: now),
      Self.row(now - Self.week, fetched: now - Self.week), Self.row(now - Self.week + 1000, fetched: 0),
      Self.row(now + 5000, fetched: now - 100),
    ]
    try await ChunkTable.with(clock: .fixed(now)) { table in
      try await table.put(
        ChunkLayoutMaker.split(rows[...], ChunkTiers.cell).map {
          ChunkLayoutMaker.item(Array($0.rows), start: $0.start, widths: [ChunkTiers.cell])
        }, of: identifier)
      #expect(start > 0)
      let all = try #require(TimeRange(from: now - 2 * Self.week, to: now + Self.week))
      let page = try await table.forecast.page(of: identifier, in: all, limit: 100, now: now)
      #expect(page == ForecastPage(samples: [rows[1], rows[3], rows[4]].map(\.sample)))
      #expect(try await table.forecast.hasAny(identifier, now: now))
      #expect(try await table.forecast.hasAny(identifier, now: now + Self.week + 4999))
      #expect(try await !table.forecast.hasAny(identifier, now: now + Self.week + 5000))
      #expect(try await !table.forecast.hasAny(try Identifier("other"), now: now))
    }
  }

  @Test("Pages go on where the one before ended", arguments: [1, 2, 7, 100])
  func pages(limit: Int) async throws {
    let identifier = try Identifier("s")
    let rows = (0..<Int64(40)).map { Self.row(Self.now + $0 * ChunkReadingTests.day / 2, fetched: Self.now) }
    var maker = ChunkLayoutMaker(random: SplitMix(seed: UInt64(limit)))
    let items = maker.items(rows)
    try await ChunkTable.with(clock: .fixed(Self.now)) { table in
      try await table.put(items, of: identifier)
      var (found, from, pages): ([Sample], Int64?, Int) = ([], Self.now + 1, 0)
      while let start = from, pages < 100 {
        let range = try #require(TimeRange(from: start, to: Self.now + 15 * ChunkReadingTests.day))
        let page = try await table.forecast.page(of: identifier, in: range, limit: limit, now: Self.now)
        #expect(page.samples.count <= limit)
        found += page.samples
        from = page.next
        pages += 1
      }
      #expect(found == rows[1...30].map(\.sample))
      #expect(pages == (30 + limit - 1) / limit)
    }
  }
}
