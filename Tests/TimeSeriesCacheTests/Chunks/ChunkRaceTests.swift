import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Writers of one series that cross, over a table in memory.
@Suite struct ChunkRaceTests {
  typealias H = ChunkHarness

  /// Rows that hardly pack: a few dozens fill an item.
  static func noise(_ places: some Sequence<Int64>, _ version: Int64, every step: Int64 = 300_000) -> [Sample] {
    places.map { place in
      var random = SplitMix(seed: UInt64(bitPattern: place &* 31 &+ version))
      return Sample(
        time: H.cell + place * step,
        measures: [
          Measure("a", .double(Double.random(in: 0..<1, using: &random))),
          Measure("v", .bigint(version)),
        ])
    }
  }

  struct Scene: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var before: [Range<Int64>]
    var first: Range<Int64>
    var second: Range<Int64>
    var step: Int64 = 300_000
  }

  static let scenes: [Scene] = [
    Scene(testDescription: "both make the cell's first item", before: [], first: 0..<20, second: 10..<30),
    Scene(testDescription: "both cut it as they make it", before: [], first: 0..<600, second: 300..<900),
    Scene(testDescription: "one cuts it as it makes it, one does not", before: [], first: 0..<600, second: 590..<602),
    Scene(testDescription: "both cut one that is there", before: [0..<80], first: 60..<400, second: 200..<600),
    Scene(testDescription: "one cuts it, one adds to what moves", before: [0..<100], first: 90..<400, second: 95..<105),
    Scene(
      testDescription: "both make an item of a part", before: [0..<600], first: 1100..<1130, second: 1120..<1150),
    Scene(
      testDescription: "both cut an item of a part", before: [0..<600, 1152..<1220], first: 1200..<1400,
      second: 1300..<1430),
    Scene(
      testDescription: "both cut over several widths", before: [0..<3], first: 0..<700, second: 350..<1000, step: 1000),
  ]

  @Test("Two writers lose nothing in whatever order their requests arrive", arguments: scenes, [true, false])
  func interleavings(_ scene: Scene, firstIsNewer: Bool) async throws {
    let turns = 6
    for order in 0..<(1 << turns) {
      let table = FakeChunkTable()
      var model = ChunkModel()
      let s = try Identifier("s")
      let plain = try H.store(table)
      for range in scene.before {
        let samples = Self.noise(range, 1, every: scene.step)
        model.write(samples, 1)
        #expect(await plain.write(samples, of: s, version: 1).failure == nil)
      }
      let turnstile = Turnstile(turns: (0..<turns).map { order >> $0 & 1 })
      let versions: [Int64] = firstIsNewer ? [3, 2] : [2, 3]
      let ranges = [scene.first, scene.second]
      let outcomes = await mapConcurrently([0, 1], limit: 2) { writer in
        defer { turnstile.end(writer) }
        guard let store = try? H.store(turnstile.http(table, writer: writer)) else { return HistoryWrite() }
        return await store.write(
          Self.noise(ranges[writer], versions[writer], every: scene.step), of: s, version: versions[writer])
      }
      for writer in 0...1 {
        model.write(Self.noise(ranges[writer], versions[writer], every: scene.step), versions[writer])
        let outcome = outcomes[writer]
        #expect(outcome.failure == nil && outcome.rejected.isEmpty)
        #expect(outcome.stored + outcome.superseded == ranges[writer].count)
        if versions[writer] == 3 { #expect(outcome.superseded == 0) }
      }
      let stored = try table.stored()
      #expect(stored.rows == model.rows, "order \(order)")
      if stored.rows != model.rows { return }
    }
  }

  @Test("Many writers with reads that are late", arguments: 1...20 as ClosedRange<UInt64>)
  func staleReads(seed: UInt64) async throws {
    let shared = SharedRandom(seed: seed)
    let table = FakeChunkTable(staleness: { max(0, shared.int(0..<6) - 2) })
    let store = try H.store(table)
    let s = try Identifier("s")
    var random = SplitMix(seed: seed)
    var model = ChunkModel()
    for _ in 0..<6 {
      var writes: [(samples: [Sample], version: Int64)] = []
      for _ in 0..<4 {
        let version = Int64.random(in: 1...1000, using: &random) * 100 + Int64(writes.count)
        let first = Int64.random(in: 0..<2000, using: &random)
        let count = Int64([1, 12, 100, 288].randomElement(using: &random) ?? 1)
        writes.append((Self.noise(first..<first + count, version), version))
        model.write(writes.last?.samples ?? [], version)
      }
      let outcomes = await mapConcurrently(writes, limit: 4) { write in
        await store.write(write.samples, of: s, version: write.version)
      }
      for (outcome, write) in zip(outcomes, writes) {
        #expect(outcome.failure == nil)
        #expect(outcome.stored + outcome.superseded == write.samples.count)
      }
    }
    #expect(try table.stored().rows == model.rows)
  }

  @Test("An item that others always change first is given up after 25 conflicts, and nothing is lost")
  func contended() async throws {
    let table = FakeChunkTable()
    let s = try Identifier("s")
    let plain = try H.store(table)
    #expect(await plain.write(Self.noise(0..<5, 1), of: s, version: 1).stored == 5)
    let http = FaultyHTTP(table) { _, operation in
      guard operation == "PutItem" else { return .none }
      return .after {
        guard var item = try? table.items(of: "s").first else { return }
        item.revision += 1
        try? table.put(item, of: "s")
      }
    }
    table.resetOperations()
    let delays = Recorder<Duration>()
    let store = try H.store(http) { delays.append($0) }
    let outcome = await store.write(Self.noise(3..<8, 2), of: s, version: 2)
    #expect(
      outcome.failure
        == StoreError(
          .throttled, "the chunks of 's' were changed by others more than 25 times while they were written: try again"))
    #expect(outcome.stored == 0)
    #expect(table.writes == 26)
    #expect(delays.elements.count == 24)
    #expect(delays.elements.allSatisfy { .milliseconds(10) <= $0 && $0 <= .seconds(2) })
    #expect(try table.stored().rows.map(\.sample) == Self.noise(0..<5, 1))
    #expect(await plain.write(Self.noise(3..<8, 2), of: s, version: 2).stored == 5)
    #expect(try table.stored().rows.map(\.sample) == Self.noise(0..<3, 1) + Self.noise(3..<8, 2))
  }

  @Test("Two fetches of forecasts that cross: the newest wins row by row", arguments: 0..<16)
  func forecasts(order: Int) async throws {
    let table = FakeChunkTable()
    let s = try Identifier("s")
    let turnstile = Turnstile(turns: (0..<4).map { order >> $0 & 1 })
    @Sendable func samples(_ range: Range<Int64>, _ version: Int64) -> [Sample] {
      range.map { H.sample(H.now + $0 * 300_000, version) }
    }
    let ranges: [Range<Int64>] = [0..<288, 12..<300]
    _ = await mapConcurrently([0, 1], limit: 2) { writer in
      defer { turnstile.end(writer) }
      guard let store = try? H.store(turnstile.http(table, writer: writer), .forecast) else { return HistoryWrite() }
      let version = H.now - 10 + Int64(writer)
      return await store.write(samples(ranges[writer], version), of: s, version: version)
    }
    #expect(
      try table.stored().rows.map(\.sample) == samples(0..<12, H.now - 10) + samples(12..<300, H.now - 9))
  }
}
