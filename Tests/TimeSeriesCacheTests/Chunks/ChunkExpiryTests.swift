import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What is no longer kept, and what DynamoDB deletes in its own time and order.
@Suite struct ChunkExpiryTests {
  typealias H = ChunkHarness

  @Test("An item of history expires with its end and the retention, one that was cut with what it was made for")
  func history() async throws {
    let table = FakeChunkTable()
    let s = try Identifier("s")
    let store = try H.store(table, .history(retentionDays: 100))
    _ = await store.write(H.samples([H.cell], 1), of: s, version: 1)
    let cellEnd = (H.cell + ChunkTiers.cell) / 1000
    let first = cellEnd + Int64(100 * 86_400)
    #expect(try table.items(of: "s").map(\.expiry) == [first])
    _ = await store.write(ChunkRaceTests.noise(0..<600, 2), of: s, version: 2)
    let items = try table.stored().items
    #expect(items.count > 1)
    for item in items {
      let end = item.widths.count > 1 ? item.firstEnd : item.end
      #expect(item.expiry == end / 1000 + Int64(100 * 86_400))
    }
    let kept: Int64 = 100 * 86_400
    #expect(items.first?.expiry == cellEnd + kept)
  }

  @Test("What was cut stays as long as its parts, also where the retention is changed")
  func retentionChanges() async throws {
    let table = FakeChunkTable()
    let s = try Identifier("s")
    for (days, places) in [
      (30, 0..<600), (400, 590..<1300), (30, 1200..<1900), (nil, 1880..<1890), (30, 0..<10), (90, 3000..<3500),
    ] as [(Int?, Range<Int64>)] {
      let store = try H.store(table, .history(retentionDays: days), clock: .fixed(H.cell + 20 * H.day))
      let version = Int64(places.upperBound)
      #expect(await store.write(ChunkRaceTests.noise(places, version), of: s, version: version).failure == nil)
      // The check of the parents' expiry is what this is about.
      _ = try table.stored(now: H.cell + 20 * H.day)
    }
  }

  @Test("Whatever has expired may be deleted in any order while others write", arguments: 1...12 as ClosedRange<UInt64>)
  func deletions(seed: UInt64) async throws {
    let table = FakeChunkTable()
    let clock = ManualClock(H.cell)
    let s = try Identifier("s")
    let store = try H.store(table, .history(retentionDays: 20), clock: clock.clock)
    var random = SplitMix(seed: seed)
    var model = ChunkModel()
    for step in 0..<40 {
      clock.advance(Int64.random(in: 1...5, using: &random) * H.day)
      let version = Int64(step + 1)
      let first = (clock.now - H.cell) / 300_000 - Int64.random(in: 1...25 * 288, using: &random)
      let samples = ChunkRaceTests.noise(first..<first + Int64.random(in: 1...400, using: &random), version)
      let oldest = clock.now - 20 * H.day
      let outcome = await store.write(samples, of: s, version: version)
      #expect(outcome.counts == [samples.count { $0.time >= oldest }, 0, samples.count { $0.time < oldest }, 0])
      model.write(samples.filter { $0.time >= oldest }, version)
      let stored = try table.stored(now: clock.now)
      #expect(stored.rows.filter { $0.sample.time >= oldest } == model.rows.filter { $0.sample.time >= oldest })
      table.delete { _, item in
        guard let expiry = item["expiry"]?.number.flatMap({ Int64($0) }) else { return false }
        return expiry * 1000 <= clock.now && Bool.random(using: &random)
      }
    }
  }

  @Test("Forecasts expire row by row: with the next write of their item they go")
  func forecasts() async throws {
    let table = FakeChunkTable()
    let clock = ManualClock(H.cell)
    let s = try Identifier("s")
    let store = try H.store(table, .forecast, clock: clock.clock)
    _ = await store.write(H.samples([H.cell, H.cell + H.day], 1), of: s, version: H.cell)
    let first = (H.cell + 8 * H.day) / 1000
    #expect(try table.items(of: "s").map(\.expiry) == [first])
    clock.advance(7 * H.day)
    table.resetOperations()
    // Nothing new: what has expired stays until there is.
    #expect(await store.write(H.samples([H.cell + H.day], 1), of: s, version: H.cell).stored == 1)
    #expect(table.writes == 0)
    #expect(await store.write(H.samples([H.cell, H.cell + 9 * H.day], 1), of: s, version: H.cell).stored == 1)
    let items = try table.items(of: "s")
    let last = (H.cell + 16 * H.day) / 1000
    #expect(items.map(\.expiry) == [last])
    #expect(
      try table.stored(now: clock.now).rows.map(\.sample.time) == [H.cell + H.day, H.cell + 9 * H.day])
  }

  @Test("A forecast that was fetched after its own time is kept for its fetch's sake, and its parents with it")
  func lateForecasts() async throws {
    let table = FakeChunkTable()
    let s = try Identifier("s")
    let now = H.cell + 300 * H.day
    let store = try H.store(table, .forecast, clock: .fixed(now))
    #expect(await store.write(ChunkRaceTests.noise(0..<600, 1), of: s, version: now).stored == 600)
    #expect(await store.write(ChunkRaceTests.noise(1100..<1200, 1), of: s, version: now + 5000).stored == 100)
    #expect(await store.write(ChunkRaceTests.noise(0..<10, 1), of: s, version: now + 9000).stored == 10)
    #expect(try table.stored(now: now).rows.count == 700)
  }

  @Test("A forecast too large for an item is an error that names it, once the others were written")
  func tooLarge() async throws {
    let table = FakeChunkTable()
    var random = SplitMix(seed: 3)
    let noise = String(
      decoding: (0..<450_000).map { _ in UInt8.random(in: 35...126, using: &random) }, as: UTF8.self)
    let large = Sample(time: H.now + 1, measures: [Measure("text", .varchar(noise))])
    let chunks = try H.store(table, .forecast)
    let forecast = ChunkForecast(chunks)
    let error = await #expect(throws: StoreError.self) {
      _ = try await forecast.write([H.sample(H.now, 1), large], of: try Identifier("s"), fetchedAt: H.now)
    }
    #expect(error?.code == "ValidationException")
    #expect(
      error?.description.hasPrefix(
        "1 of 2 forecasts of 's' are refused, the one at \(H.now + 1) because the sample takes ") == true)
    #expect(try table.stored().rows.map(\.sample) == [H.sample(H.now, 1)])
  }
}
