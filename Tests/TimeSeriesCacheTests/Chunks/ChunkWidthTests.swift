import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// How series of all densities are cut.
@Suite struct ChunkWidthTests {
  typealias H = ChunkHarness

  struct Density: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// How many rows come at once, and how often.
    var rows: Int
    var writes: Int = 1
    /// Milliseconds from one to the next.
    var step: Int64
    var measures: Int = 2
    /// How many items there are at the end.
    var items: ClosedRange<Int>
    /// Bytes of the largest of them.
    var bytes: ClosedRange<Int> = 0...1024
  }

  /// A walk of whole numbers and of decimals, as meters and sensors give them.
  static func samples(_ density: Density) -> [Sample] {
    var random = SplitMix(seed: 7)
    var walks = [Int](repeating: 200, count: density.measures)
    let names = (0..<density.measures).map { "measure\(1000 + $0)" }
    return (0..<Int64(density.rows * density.writes)).map { place in
      let measures = names.indices.map { index in
        walks[index] += Int.random(in: -2...2, using: &random)
        return Measure(
          names[index], .double(index.isMultiple(of: 2) ? Double(walks[index]) / 10 : Double(walks[index])))
      }
      return Sample(time: H.cell + place * density.step, measures: measures)
    }
  }

  @Test(
    "A sparse series costs no item a value, a dense one has no large items",
    arguments: [
      Density(testDescription: "a value a day, one by one", rows: 1, writes: 128, step: H.day, items: 2...2),
      Density(testDescription: "a value a day, at once", rows: 640, step: H.day, items: 10...10),
      Density(testDescription: "a value an hour, day by day", rows: 24, writes: 64, step: 3_600_000, items: 2...16),
      Density(testDescription: "every five minutes, day by day", rows: 288, writes: 32, step: 300_000, items: 16...32),
      Density(testDescription: "every five minutes, at once", rows: 288 * 64, step: 300_000, items: 32...64),
      Density(testDescription: "every second, at once", rows: 20_000, step: 1000, items: 40...110),
      Density(testDescription: "every second, 500 at a time", rows: 500, writes: 16, step: 1000, items: 12...60),
      Density(
        testDescription: "200 measures", rows: 288, step: 300_000, measures: 200, items: 2...24, bytes: 2000...80_000),
      Density(testDescription: "every millisecond, at once", rows: 5000, step: 1, items: 5...60),
    ])
  func widths(_ density: Density) async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    let samples = Self.samples(density)
    let s = try Identifier("s")
    for write in 0..<density.writes {
      let part = Array(samples[write * density.rows..<(write + 1) * density.rows])
      #expect(await store.write(part, of: s, version: 1).counts == [density.rows, 0, 0, 0])
    }
    let stored = try table.stored()
    #expect(stored.rows.map(\.sample) == samples)
    let full = stored.items.filter { !$0.rows.isEmpty }
    #expect(density.items.contains(full.count), "\(full.count) items")
    let largest = stored.items.map { $0.bytes(of: s) }.max() ?? 0
    #expect(density.bytes.contains(largest), "\(largest) bytes")
  }

  @Test("100,000 rows at once, and ten times the rows take ten times the requests")
  func hundredThousand() async throws {
    let s = try Identifier("s")
    var requests: [Int] = []
    for rows in [10_000, 100_000] {
      let table = FakeChunkTable()
      let store = try H.store(table)
      let samples = (0..<Int64(rows)).map { H.sample(H.cell + $0 * 300_000, $0 / 10) }
      #expect(await store.write(samples, of: s, version: 1).counts == [rows, 0, 0, 0])
      requests.append(table.operations.count)
      #expect(try table.stored().rows.map(\.sample) == samples)
    }
    #expect(requests[1] <= 11 * requests[0], "\(requests)")
  }

  @Test("A burst in a sparse series leaves the rest of it in few items")
  func burst() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    let s = try Identifier("s")
    let daily = (0..<64).map { H.sample(H.cell + $0 * H.day, 1) }
    let burst = ChunkRaceTests.noise(2000..<3000, 1, every: 10_000)
    _ = await store.write(daily, of: s, version: 1)
    #expect(await store.write(burst, of: s, version: 1).counts == [1000, 0, 0, 0])
    let stored = try table.stored()
    #expect(stored.rows.count == 1064)
    let items = stored.items.filter { !$0.rows.isEmpty }
    #expect((10...50).contains(items.count), "\(items.count) items")
  }

  @Test("Times before 1970 and at the ends of what is taken")
  func farTimes() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    let times = [
      TimeExpression.bounds.lowerBound, -ChunkTiers.cell - 1, -ChunkTiers.cell, -1, 0, 1,
      TimeExpression.bounds.upperBound,
    ]
    #expect(await store.write(H.samples(times, 1), of: try Identifier("s"), version: 1).counts == [7, 0, 0, 0])
    #expect(try table.stored().rows.map(\.sample.time) == times)
  }
}
