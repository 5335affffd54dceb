import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What reading chunks costs, what it meets on the way, and what it leaves out.
@Suite struct ChunkReadingTests {
  static let day: Int64 = 86_400_000
  static let start: Int64 = 300 * ChunkTiers.cell

  /// Two measures, every five minutes of some days: an item a day.
  static func days(_ days: Range<Int64>, rowsPerDay: Int64 = 288) -> [ChunkItem] {
    days.map { day in
      let rows = (0..<rowsPerDay).map { row in
        let measures = [
          Measure("power", .double(Double((day * 37 + row * row) % 4000))),
          Measure("temperature", .double(Double((day + row) % 300) / 10)),
        ]
        let time = start + day * Self.day + row * (Self.day / rowsPerDay)
        return ChunkRow(sample: Sample(time: time, measures: measures), version: start)
      }
      return ChunkLayoutMaker.item(
        rows, start: start + day * Self.day, widths: day % 64 == 0 ? [ChunkTiers.cell, Self.day] : [Self.day])
    }
  }

  static func range(_ from: Int64, _ to: Int64) throws -> TimeRange {
    try #require(TimeRange(from: start + from, to: start + to))
  }

  // MARK: Cost

  @Test("A few rows of a long series take a few items, also ten times as long", arguments: [30, 300])
  func limits(days: Int64) async throws {
    let series = Series(try Identifier("s"))
    try await ChunkTable.with { table in
      try await table.put(Self.days(0..<days), of: series.identifier)
      let all = try Self.range(0, days * Self.day)
      // Nothing is known of the series, then everything.
      for _ in 0..<2 {
        _ = table.http.taken()
        let few = try await table.history.rows(of: series, in: all, limit: 10)
        #expect(few.samples.count == 10 && few.isCut)
        #expect(table.http.taken().map { $0["Limit"]?.int64 } == [2])
        #expect(few.bytesMetered <= 8192)
      }
      let page = try await table.history.rows(of: series, in: all, limit: 1000)
      #expect(page.samples.count == 1000 && page.isCut)
      #expect(table.http.taken().map { $0["Limit"]?.int64 } == [5])
      let newest = try await table.history.newest(of: series, in: nil)
      #expect(newest.time == Self.start + days * Self.day - 300_000)
      #expect(newest.bytesMetered <= 8192)
      let latest = try await table.history.latest(of: [series])
      #expect(latest.samples[series]?.time == newest.time)
      let last = try await table.history.lastValues(of: series, before: .max, measures: ["power"])
      #expect(last.values.count == 1)
      let bins = try await table.history.bins(
        of: series, in: all, by: Binning(width: 3_600_000, aggregates: [.avg]), limit: 10)
      #expect(bins.bins.count == 10 && bins.isCut)
      let asked = table.http.taken()
      #expect(asked.count == 4)
      #expect(asked.prefix(3).map { $0["Limit"]?.int64 } == [1, 1, 1])
    }
  }

  @Test("Where rows are fewer than was expected, pages grow until there are enough")
  func sparse() async throws {
    let series = Series(try Identifier("s"))
    try await ChunkTable.with { table in
      try await table.put(Self.days(0..<200, rowsPerDay: 1), of: series.identifier)
      table.store.hints[series.identifier] = .init(width: Self.day, rows: 1000)
      let answer = try await table.history.rows(of: series, in: try Self.range(0, 200 * Self.day), limit: 150)
      #expect(answer.samples.count == 150 && answer.isCut)
      #expect(table.http.taken().map { $0["Limit"]?.int64 } == [2, 8, 32, 128])
    }
  }

  @Test("A question begins where the last one found its items, and asks for the item before only where it must")
  func begin() async throws {
    let series = Series(try Identifier("s"))
    try await ChunkTable.with { table in
      let rows = (0..<Int64(60)).map { day in
        ChunkRow(
          sample: Sample(time: Self.start + day * Self.day, measures: [Measure("a", .bigint(day))]), version: 1)
      }
      try await table.put(
        [ChunkLayoutMaker.item(rows, start: Self.start, widths: [ChunkTiers.cell])], of: series.identifier)
      let part = try Self.range(50 * Self.day, 52 * Self.day)
      for questions in [2, 1, 1] {
        let answer = try await table.history.rows(of: series, in: part, limit: 1000)
        #expect(answer.samples.map(\.time) == (50...52).map { Self.start + $0 * Self.day })
        #expect(table.http.taken().count == questions)
      }
      // Before the series begins there is nothing, and after it has ended neither.
      for empty in [try Self.range(-100 * Self.day, -90 * Self.day), try Self.range(90 * Self.day, 99 * Self.day)] {
        #expect(try await table.history.rows(of: series, in: empty, limit: 1000).samples.isEmpty)
        #expect(table.http.taken().count == 2)
      }
    }
  }

  @Test("An answer longer than a page of DynamoDB is read page by page")
  func pages() async throws {
    let series = Series(try Identifier("s"))
    try await ChunkTable.with { table in
      // Texts that no packing makes short.
      var random = SplitMix(seed: 5)
      let items = (0..<Int64(40)).map { day in
        let rows = (0..<Int64(100)).map { row in
          let text = (0..<50).map { _ in String(UInt64.random(in: 0 ... .max, using: &random), radix: 36) }.joined()
          return ChunkRow(
            sample: Sample(
              time: Self.start + day * Self.day + row, measures: [Measure("t", .varchar(String(text.prefix(600))))]),
            version: 1)
        }
        return ChunkLayoutMaker.item(
          rows, start: Self.start + day * Self.day, widths: day == 0 ? [ChunkTiers.cell, Self.day] : [Self.day])
      }
      for item in items { try await table.put([item], of: series.identifier) }
      let answer = try await table.history.rows(of: series, in: try Self.range(0, 40 * Self.day), limit: 100_000)
      #expect(answer.samples.count == 4000 && !answer.isCut)
      let questions = table.http.taken().count
      #expect(questions > 1)
      // Read without consistency: half a unit for 4 KB, of which each page rounds up its own.
      let bytes = items.reduce(0) { $0 + $1.head.count + $1.rows.count }
      #expect(answer.bytesMetered >= bytes && answer.bytesMetered < Int64(bytes) + Int64(questions) * 4096 + 40 * 200)
    }
  }

  @Test("A year of two measures every five minutes is one question, one page and at most 60 read units")
  func year() async throws {
    let series = Series(try Identifier("building/heating"))
    try await ChunkTable.with { table in
      let items = Self.days(0..<365)
      try await table.put(items, of: series.identifier)
      let year = try Self.range(0, 365 * Self.day)
      _ = try await table.history.rows(of: series, in: try Self.range(0, Self.day), limit: 10)
      _ = table.http.taken()
      let moments = try await table.history.moments(of: series, in: year)
      #expect(moments.measures.mapValues(\.count) == ["power": 365 * 288, "temperature": 365 * 288])
      #expect(table.http.taken().count == 1)
      #expect(moments.bytesMetered <= 60 * 8192, "\(moments.bytesMetered / 8192) units")
      let bins = try await table.history.bins(
        of: series, in: year, by: Binning(width: Self.day, aggregates: [.avg]), limit: 1000)
      #expect(bins.bins.count == 365)
      #expect(table.http.taken().count == 1)
    }
  }

  // MARK: While the series changes

  @Test("An item that is cut between two questions loses no row and gives none twice", arguments: [0, 1, 2])
  func cutMeanwhile(question: Int) async throws {
    let series = Series(try Identifier("s"))
    let rows = (0..<Int64(64 * 4)).map { row in
      ChunkRow(
        sample: Sample(time: Self.start + row * Self.day / 4, measures: [Measure("a", .bigint(row))]), version: 1)
    }
    let whole = ChunkLayoutMaker.item(rows, start: Self.start, widths: [ChunkTiers.cell])
    let earlier = ChunkLayoutMaker.item(
      rows.map { row in
        var row = row
        row.sample.time -= ChunkTiers.cell
        return row
      }, start: Self.start - ChunkTiers.cell, widths: [ChunkTiers.cell])
    let parts = ChunkLayoutMaker.split(rows[...], 4 * Self.day).map { part in
      ChunkLayoutMaker.item(
        Array(part.rows), start: part.start,
        widths: part.start == Self.start ? [ChunkTiers.cell, 4 * Self.day] : [4 * Self.day])
    }
    for (from, width) in [(9, 1), (9, 4), (9, 64), (0, 1), (-3, 1), (-3, 64)] as [(Int64, Int64)] {
      for limit in [1, 20, 100_000] {
        try await ChunkTable.with { table in
          try await table.put([earlier, whole], of: series.identifier)
          table.store.hints[series.identifier] = .init(width: width * Self.day, rows: 1000)
          let taken = Recorder<Int>()
          table.http.before { number in
            guard number == question, taken.elements.isEmpty else { return }
            taken.append(number)
            try await table.put(parts, of: series.identifier)
          }
          let range = try Self.range(from * Self.day, 40 * Self.day)
          let expected = (earlier.samples + rows.map(\.sample)).filter {
            range.from <= $0.time && $0.time <= range.to
          }
          let answer = try await table.history.rows(of: series, in: range, limit: limit)
          #expect(answer.samples == Array(expected.prefix(limit)), "from \(from), width \(width), limit \(limit)")
          #expect(answer.isCut == (expected.count > limit))
        }
      }
    }
  }

  @Test("Bins of an item that is cut before its rows are read have all of them")
  func cutBetweenHeadAndRows() async throws {
    let series = Series(try Identifier("s"))
    let rows = (0..<Int64(64)).map { row in
      ChunkRow(sample: Sample(time: Self.start + row * Self.day, measures: [Measure("a", .bigint(1))]), version: 1)
    }
    let parts = ChunkLayoutMaker.split(rows[...], 4 * Self.day).map { part in
      ChunkLayoutMaker.item(
        Array(part.rows), start: part.start,
        widths: part.start == Self.start ? [ChunkTiers.cell, 4 * Self.day] : [4 * Self.day])
    }
    try await ChunkTable.with { table in
      try await table.put(
        [ChunkLayoutMaker.item(rows, start: Self.start, widths: [ChunkTiers.cell])], of: series.identifier)
      table.store.hints[series.identifier] = .init(width: ChunkTiers.cell, rows: 64)
      table.http.before { if $0 == 1 { try await table.put(parts, of: series.identifier) } }
      let bins = try await table.history.bins(
        of: series, in: try Self.range(2, 50 * Self.day), by: Binning(width: ChunkTiers.cell, aggregates: [.sum]),
        limit: 10)
      #expect(bins.bins.map { $0.measures["a"]?.value(.sum) } == [.bigint(50)])
    }
  }

  // MARK: What is left out

  @Test("A chunk is served until its end and the retention have passed", arguments: [-1, 0, 1] as [Int64])
  func retention(late: Int64) async throws {
    let series = Series(try Identifier("s"))
    let now = Self.start + 10 * Self.day + 30 * Self.day + late
    try await ChunkTable.with(clock: .fixed(now), retentionDays: 30) { table in
      try await table.put(Self.days(0..<10, rowsPerDay: 2), of: series.identifier)
      // The last of the ten days ends ten days after the start.
      let left = late < 0 ? 2 : 0
      let all = try Self.range(0, 10 * Self.day)
      #expect(try await table.history.rows(of: series, in: all, limit: 100).samples.count == left)
      #expect(
        try await table.history.newest(of: series, in: nil).time == (left == 0 ? nil : Self.start + 19 * Self.day / 2))
      #expect(
        try await table.history.newest(of: series, in: all).time == (left == 0 ? nil : Self.start + 19 * Self.day / 2))
      #expect(try await table.history.latest(of: [series]).samples.count == left / 2)
      #expect(try await table.history.moments(of: series, in: all).measures["power"]?.count ?? 0 == left)
      #expect(try await table.history.lastValues(of: series, before: .max, measures: nil).values.count == left)
      let bins = try await table.history.bins(
        of: series, in: all, by: Binning(width: Self.day, aggregates: [.count]), limit: 100)
      #expect(bins.bins.count == left / 2)
      #expect(try await table.history.series(after: nil, limit: 10).series == (left == 0 ? [] : [series]))
      // For ever, all of them are there.
      let kept = table.unread(clock: .fixed(now))
      #expect(try await kept.rows(of: series, in: all, limit: 100).samples.count == 20)
    }
  }

  @Test("An item that says itself that it has expired is not served", arguments: [0, 1] as [Int64])
  func expiry(seconds: Int64) async throws {
    let series = Series(try Identifier("s"))
    let now = Self.start + 5000
    try await ChunkTable.with(clock: .fixed(now)) { table in
      var item = Self.days(0..<1)[0]
      item.expiry = now / 1000 + seconds
      try await table.put([item], of: series.identifier)
      let times: [Int64] = seconds == 0 ? [] : Self.days(0..<1)[0].samples.map(\.time)
      #expect(try await table.history.newest(of: series, in: nil).time == times.last)
      let rows = try await table.history.rows(of: series, in: try Self.range(0, Self.day), limit: 1000)
      #expect(rows.samples.map(\.time) == times)
    }
  }
}

extension ChunkItem {
  var samples: [Sample] { ((try? ChunkCodec.unpack(PackedChunk(head: head, rows: rows))) ?? []).map(\.sample) }
}
