import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What one writer writes, over a table in memory.
@Suite struct ChunkWriteTests {
  typealias H = ChunkHarness
  static let series = "s"

  /// Writes, one after the other.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Version, the rows' places and, where it is not the version, what they have for a value.
    var writes: [(version: Int64, places: [Int64], value: Int64?)]
    /// Stored, superseded, rejected, failed; by write.
    var counts: [[Int]]
    /// Place and value of each row at the end.
    var rows: [[Int64]]
  }

  @Test(
    "Of two rows of an instant the one of the higher version counts",
    arguments: [
      Case(
        testDescription: "new rows", writes: [(1, [3, 1, 2], nil)], counts: [[3, 0, 0, 0]],
        rows: [[1, 1], [2, 1], [3, 1]]),
      Case(
        testDescription: "a correction of some", writes: [(1, [1, 2, 3], nil), (2, [2, 4], nil)],
        counts: [[3, 0, 0, 0], [2, 0, 0, 0]], rows: [[1, 1], [2, 2], [3, 1], [4, 2]]),
      Case(
        testDescription: "a late one", writes: [(2, [1, 2], nil), (1, [2, 3], nil)],
        counts: [[2, 0, 0, 0], [1, 1, 0, 0]], rows: [[1, 2], [2, 2], [3, 1]]),
      Case(
        testDescription: "the same again", writes: [(1, [1, 2], nil), (1, [1, 2], nil)],
        counts: [[2, 0, 0, 0], [0, 2, 0, 0]], rows: [[1, 1], [2, 1]]),
      Case(
        testDescription: "the same version with other values", writes: [(1, [1, 2], nil), (1, [2], 9)],
        counts: [[2, 0, 0, 0], [0, 1, 0, 0]], rows: [[1, 1], [2, 1]]),
      Case(
        testDescription: "an instant twice in one write", writes: [(1, [1, 1], nil)], counts: [[1, 1, 0, 0]],
        rows: [[1, 1]]),
      Case(testDescription: "nothing", writes: [(1, [], nil)], counts: [[0, 0, 0, 0]], rows: []),
    ])
  func versions(_ test: Case) async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    var counts: [[Int]] = []
    for write in test.writes {
      let samples = write.places.map { H.sample(H.cell + $0 * 60_000, write.value ?? write.version) }
      counts.append(await store.write(samples, of: try Identifier("s"), version: write.version).counts)
    }
    #expect(counts == test.counts)
    let rows = try table.stored().rows
    #expect(
      rows.map { row -> [Int64] in
        guard case .bigint(let value)? = row.sample.measures.first?.value else { return [] }
        return [(row.sample.time - H.cell) / 60_000, value]
      } == test.rows)
  }

  @Test("A forecast of the same fetch replaces, one of an older fetch does not")
  func forecastVersions() async throws {
    let table = FakeChunkTable()
    let forecast = try H.store(table, .forecast)
    let s = try Identifier("s")
    let time = H.now + 60_000
    var counts: [Int] = []
    for (version, value) in [(5, 1), (5, 1), (5, 2), (4, 3), (6, 4)] as [(Int64, Int64)] {
      counts.append(await forecast.write([H.sample(time, value)], of: s, version: H.now + version).stored)
    }
    #expect(counts == [1, 1, 1, 0, 1])
    #expect(try table.stored().rows == [ChunkRow(sample: H.sample(time, 4), version: H.now + 6)])
  }

  @Test("Where nothing is new nothing is written")
  func nothingNew() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    let samples = H.samples((0..<2000).map { H.cell + $0 * 300_000 }, 1)
    #expect(await store.write(samples, of: try Identifier("s"), version: 1).counts == [2000, 0, 0, 0])
    table.resetOperations()
    #expect(await store.write(samples, of: try Identifier("s"), version: 1).counts == [0, 2000, 0, 0])
    #expect(table.writes == 0)
    #expect(table.operations.allSatisfy { $0 == "Query" })
  }

  @Test("Several parts of several series, and what became of each")
  func parts() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table, .history(retentionDays: 400))
    let (a, b) = (try Identifier("a"), try Identifier("b"))
    _ = await store.write(H.samples([H.cell + 5], 9), of: a, version: 9)
    let old = H.now - 401 * H.day
    let outcomes = await store.write(
      [
        (a, H.samples([H.cell, H.cell + 5], 1)), (b, H.samples([H.cell + 1, old], 1)),
        (a, H.samples([H.cell + 2 - ChunkTiers.cell], 1)), (b, []),
      ], version: 1)
    #expect(outcomes.map(\.counts) == [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    #expect(
      outcomes[1].rejected.first == [.init(time: old, reason: "the sample is older than the retention of 400 days")])
    #expect(try table.stored("a").rows.map(\.sample.time) == [H.cell + 2 - ChunkTiers.cell, H.cell, H.cell + 5])
    #expect(try table.stored("b").rows.map(\.sample.time) == [H.cell + 1])
  }

  @Test("Rows of one millisecond, by their nanoseconds")
  func nanoseconds() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    let samples = (0..<5000).map { H.sample(H.now, 1, nanoseconds: Int32($0) * 7) }
    #expect(await store.write(samples.reversed(), of: try Identifier("s"), version: 1).counts == [5000, 0, 0, 0])
    #expect(try table.stored().rows.map(\.sample) == samples)
  }

  @Test("What can never be written is rejected, with its time and why, and the rest is written")
  func rejected() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    var random = SplitMix(seed: 1)
    let noise = String(
      decoding: (0..<500_000).map { _ in UInt8.random(in: 35...126, using: &random) }, as: UTF8.self)
    let large = Sample(time: H.now + 1, measures: [Measure("text", .varchar(noise))])
    let samples = [H.sample(H.now, 1), large, H.sample(.max, 1), H.sample(.min, 1), H.sample(H.now + 2, 1)]
    let outcome = await store.write(samples, of: try Identifier("s"), version: 1)
    #expect(outcome.counts == [2, 0, 3, 0])
    #expect(outcome.rejected.first.map(\.time) == [H.now + 1, .max, .min])
    #expect(outcome.rejected.first.first?.reason.hasSuffix("an item takes no more than 358400") == true)
    #expect(try table.stored().rows.map(\.sample.time) == [H.now, H.now + 2])
  }

  @Test("Rows of one millisecond that no item can hold are rejected from the first that does not fit")
  func millisecondIsFull() async throws {
    let table = FakeChunkTable()
    let store = try H.store(table)
    var random = SplitMix(seed: 1)
    let samples = (0..<8).map { number in
      let noise = String(
        decoding: (0..<100_000).map { _ in UInt8.random(in: 35...126, using: &random) }, as: UTF8.self)
      return Sample(time: H.now, nanoseconds: Int32(number), measures: [Measure("text", .varchar(noise))])
    }
    _ = await store.write([H.sample(H.now + 1, 1), H.sample(H.now - 1, 1)], of: try Identifier("s"), version: 1)
    let outcome = await store.write(samples, of: try Identifier("s"), version: 1)
    #expect(outcome.stored + outcome.rejected.count == 8)
    #expect(outcome.stored >= 1 && outcome.rejected.count >= 1)
    #expect(
      outcome.rejected.first.first?.reason
        == "the samples of one millisecond are more than an item takes: 358400 bytes, 65536 rows")
    let kept = try table.stored().rows.map(\.sample)
    #expect(kept == [H.sample(H.now - 1, 1)] + samples.prefix(outcome.stored) + [H.sample(H.now + 1, 1)])
  }
}
