import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// Ranges, pages, and what happens to a reader while others write or servers fail.
  @Suite struct Reading {
    @Test("No rows, one, and a day's, in pages of every size", arguments: StoreKind.allCases, [0, 1, 288])
    func pages(kind: StoreKind, count: Int) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let samples = everyFiveMinutes(count)
      await store.put(samples, series)
      for limit in [1, 7, 100, 287, 288, 289, 100_000] where limit > 1 || count < 10 {
        #expect(try await store.all(series, pages: limit) == samples, "\(limit)")
      }
      let range = try #require(TimeRange(from: Home.now - 288 * 300_000, to: Home.now))
      for limit in [max(count - 1, 1), max(count, 1), count + 1] {
        let page = try await store.rows(of: series, in: range, limit: limit)
        #expect(page.samples == Array(samples.prefix(limit)))
        #expect(page.isCut == (count > limit), "\(limit)")
      }
      // Times that no store keeps are asked for without harm.
      let widest = try #require(TimeRange(from: .min, to: .max))
      #expect(try await store.rows(of: series, in: widest, limit: 1000).samples == samples)
      #expect(try await store.newest(of: series, in: nil).time == samples.last?.time)
      #expect(try await store.newest(of: series, in: widest).time == samples.last?.time)
    }

    @Test("A series or a store without rows has none of anything", arguments: StoreKind.allCases, [false, true])
    func empty(kind: StoreKind, hasOthers: Bool) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("none"))
      if hasOthers { await store.put(everyFiveMinutes(3), try .source("other")) }
      let range = try #require(TimeRange(from: 0, to: Home.now))
      let binning = Binning(width: 3_600_000, aggregates: Set(Aggregate.allCases))
      for one in [series, try Series.written("room,t=1")] {
        #expect(try await store.rows(of: one, in: range, limit: 10).samples == [])
        #expect(try await store.newest(of: one, in: nil).time == nil)
        #expect(try await store.newest(of: one, in: range).time == nil)
        #expect(try await store.bins(of: one, in: range, by: binning, limit: 10).bins == [])
        #expect(try await store.lastValues(of: one, before: Home.now, measures: nil).values == [:])
        #expect(try await store.latest(of: [one]).samples == [:])
        #expect(try await store.moments(of: one, in: range).measures == [:])
        #expect(
          try await store.outliers(of: one, in: range, beyond: ["v": .init(mean: 0, distance: 0)], limit: 9).samples
            == [])
        let condition = MeasureCondition("v", .notEqual, .double(0))
        #expect(try await store.rows(of: one, in: range, limit: 9, where: condition).samples == [])
      }
      #expect(try await store.latest(of: []).samples == [:])
    }

    @Test("What a question costs is told where the store bills for it", arguments: StoreKind.allCases)
    func metering(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(everyFiveMinutes(288), series)
      let range = try #require(TimeRange(from: 0, to: Home.now))
      let condition = MeasureCondition("v", .greater, .double(3))
      let bound: [ByteText: OutlierBound] = ["v": OutlierBound(mean: 0, distance: 1)]
      let metered = [
        try await store.rows(of: series, in: range, limit: 10).bytesMetered,
        try await store.newest(of: series, in: nil).bytesMetered,
        try await store.newest(of: series, in: range).bytesMetered,
        try await store.rows(of: series, in: range, limit: 10, where: condition).bytesMetered,
        try await store.bins(of: series, in: range, by: Binning(width: 60_000, aggregates: [.sum]), limit: 9)
          .bytesMetered,
        try await store.lastValues(of: series, before: Home.now, measures: nil).bytesMetered,
        try await store.latest(of: [series]).bytesMetered, try await store.moments(of: series, in: range).bytesMetered,
        try await store.outliers(of: series, in: range, beyond: bound, limit: 9).bytesMetered,
        try await store.series(after: nil, limit: 9).bytesMetered,
      ]
      #expect(metered.map { $0 > 0 } == metered.map { _ in Facts.of(kind).isMetered }, "\(metered)")
    }

    @Test("Both ends of a range belong to it", arguments: StoreKind.allCases)
    func bounds(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let samples = (1...5).reversed().map { row(Int64($0) * 10, Double($0)) }
      await store.put(samples, series)
      let now = Home.now
      // From and to, before now; the values of the rows between them; the newest.
      let cases: [(Int64, Int64, [Double])] = [
        (50, 10, [5, 4, 3, 2, 1]), (49, 11, [4, 3, 2]), (50, 50, [5]), (10, 10, [1]), (9, 0, []), (100, 51, []),
        (35, 35, []), (30, 21, [3]), (100, 40, [5, 4]),
      ]
      for (from, to, values) in cases {
        let range = try #require(TimeRange(from: now - from, to: now - to))
        let rows = try await store.rows(of: series, in: range, limit: 10)
        #expect(rows.samples.map { $0.measures[0].value } == values.map { .double($0) }, "\(from) \(to)")
        #expect(!rows.isCut)
        let newest = try await store.newest(of: series, in: range).time
        #expect(newest == values.last.map { now - Int64($0) * 10 }, "\(from) \(to)")
      }
      #expect(TimeRange(from: 1, to: 0) == nil)
    }

    @Test("A hundred thousand rows, in large pages and small", arguments: StoreKind.allCases)
    func many(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let samples = everyFiveMinutes(100_000)
      await store.put(samples, series)
      for limit in [100_000, 33_333, 5000] {
        #expect(try await store.all(series, pages: limit) == samples, "\(limit)")
      }
      #expect(try await store.newest(of: series, in: nil).time == samples.last?.time)
      let start = try #require(TimeRange(from: 0, to: samples[49_999].time))
      #expect(try await store.newest(of: series, in: start).time == samples[49_999].time)
      let whole = try #require(TimeRange(from: 0, to: Home.now))
      let days = Binning(width: 86_400_000, aggregates: [.count, .sum, .min, .max, .first, .last])
      let bins = try await store.bins(of: series, in: whole, by: days, limit: 1000)
      #expect(bins.bins.count == 348)
      #expect(bins.bins.compactMap { $0.measures["v"]?.count }.reduce(0, +) == 100_000)
      #expect(bins.bins.last?.measures["v"]?.value(.sum) == .double((99_712..<100_000).reduce(0.0) { $0 + Double($1) }))
      // A part of it, from the middle of a day.
      let part = try #require(TimeRange(from: samples[60_000].time, to: samples[60_999].time))
      #expect(try await store.all(series, in: part, pages: 300) == Array(samples[60_000..<61_000]))
    }

    @Test("Rows that would fill the memory come in shorter answers", arguments: StoreKind.allCases)
    func memory(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      // Texts of 2,000 bytes, each of them another: 36 MB.
      let samples = (0..<18_000).map { number in
        let text = "\(number)" + String(repeating: ".", count: 2000)
        return row(Int64(18_000 - number) * 60_000, ["t": .varchar(String(text.prefix(2000)))])
      }
      await store.put(samples, series)
      let whole = try #require(TimeRange(from: 0, to: Home.now))
      let first = try await store.rows(of: series, in: whole, limit: 100_000)
      #expect(first.isCut && first.samples == Array(samples.prefix(first.samples.count)))
      #expect((12_000..<18_000).contains(first.samples.count), "\(first.samples.count)")
      #expect(try await store.all(series, pages: 100_000) == samples)
      let any = MeasureCondition("t", .notEqual, .varchar("none"))
      let chosen = try await store.rows(of: series, in: whole, limit: 100_000, where: any)
      #expect(chosen.isCut && chosen.samples == Array(samples.prefix(chosen.samples.count)))
      #expect((12_000..<18_000).contains(chosen.samples.count), "\(chosen.samples.count)")
    }

    @Test("Rows that are written between two pages belong to those that are to come", arguments: StoreKind.allCases)
    func changedUnderReader(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let (reader, writer, series) = (try home.store(), try home.store(), try Series.source("s"))
      // Every even minute, a hundred of them.
      let samples = (1...100).reversed().map { row(Int64($0) * 120_000, Double($0)) }
      await writer.put(samples, series)
      let range = try #require(TimeRange(from: 0, to: Home.now))
      let first = try await reader.rows(of: series, in: range, limit: 40)
      #expect(first.samples == Array(samples[..<40]))
      #expect(first.isCut)
      let cut = try #require(first.samples.last?.time)
      // Odd minutes before and after the cut, corrections on both sides, and rows enough for the store to arrange itself anew.
      let added = (0..<100).map { row(Int64($0) * 120_000 + 60_000, -Double($0)) }.reversed()
      let corrected = [samples[10], samples[70]].map { Sample(time: $0.time, measures: [Measure("v", .double(1000))]) }
      await writer.put(Array(added) + corrected, series, version: 2)
      let rest = try #require(range.after(cut))
      var expected =
        (samples.filter { $0.time > cut && $0.time != corrected[1].time } + [corrected[1]]
        + added.filter { $0.time > cut }).sorted { $0.time < $1.time }
      #expect(try await reader.all(series, in: rest, pages: 40) == expected)
      expected = (samples.filter { sample in !corrected.contains { $0.time == sample.time } } + corrected + added)
        .sorted { $0.time < $1.time }
      #expect(try await reader.all(series, pages: 33) == expected)
      #expect(try await home.store().all(series) == expected)
    }

    @Test("A server that fails at the third page fails the third page, and no other", arguments: StoreKind.allCases)
    func thirdPageFails(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let series = try Series.source("s")
      let samples = everyFiveMinutes(288)
      await (try home.store()).put(samples, series)
      let wire = FailingHTTP(home.http)
      let reader = try home.store { _ in wire }
      let range = try #require(TimeRange(from: 0, to: Home.now))
      let first = try await reader.rows(of: series, in: range, limit: 100)
      let second = try await reader.rows(
        of: series, in: try #require(range.after(first.samples.last?.time)), limit: 100)
      let rest = try #require(range.after(second.samples.last?.time))
      wire.fails.store(true, ordering: .relaxed)
      var failure: StoreError?
      do { _ = try await reader.rows(of: series, in: rest, limit: 100) } catch { failure = error }
      #expect(failure?.kind == .unavailable)
      failure = nil
      do { _ = try await reader.newest(of: series, in: nil) } catch { failure = error }
      #expect(failure?.kind == .unavailable)
      #expect(await reader.write([row(1, 1)], of: series, version: 2).failure?.kind == .unavailable)
      wire.fails.store(false, ordering: .relaxed)
      let third = try await reader.rows(of: series, in: rest, limit: 100)
      #expect(first.samples + second.samples + third.samples == samples)
      #expect(first.isCut && second.isCut && !third.isCut)
    }
  }
}
