import AWSClients
import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The chunk store against the local cloud's DynamoDB: many writers at once, and what it is charged for.
@Suite struct ChunkCostTests {
  typealias H = ChunkHarness

  /// Units of one fetch.
  struct Units: Sendable, Hashable {
    var read = 0.0
    var write = 0.0
  }

  /// Temperatures with a decimal and powers without.
  static func samples(_ start: Int64, _ rows: Int, _ random: inout SplitMix) -> [Sample] {
    var (temperature, power) = (180, 1500)
    return (0..<Int64(rows)).map { place in
      temperature += Int.random(in: -2...2, using: &random)
      power += Int.random(in: -15...15, using: &random)
      return Sample(
        time: start + place * 300_000,
        measures: [Measure("power", .double(Double(power))), Measure("temperature", .double(Double(temperature) / 10))])
    }
  }

  /// What fetches cost that bring as many rows of history as of forecast, one after the other.
  static func fetches(_ count: Int, rows: Int, before: Int) async throws -> [Units] {
    let clock = ManualClock(H.now)
    return try await ChunkTable.with(clock: clock.clock) { table in
      let units = Mutex(Units())
      func watched(_ store: ChunkStore) -> ChunkStore {
        var store = store
        store.client.onCapacity = { consumed in
          units.withLock {
            $0.read += consumed.readUnits
            $0.write += consumed.writeUnits
          }
        }
        return store
      }
      let (history, forecast) = (watched(table.history.chunks), watched(table.forecast.chunks))
      let (past, future) = (try Identifier("weather/station/17/past"), try Identifier("weather/station/17/future"))
      var random = SplitMix(seed: 5)
      var costs: [Units] = []
      let span = Int64(rows) * 300_000
      for number in 0..<before + count {
        units.withLock { $0 = Units() }
        let known = Self.samples(clock.now - span, rows, &random)
        let predicted = Self.samples(clock.now, rows, &random)
        #expect(await history.write(known, of: past, version: clock.now).counts == [rows, 0, 0, 0])
        #expect(await forecast.write(predicted, of: future, version: clock.now).counts == [rows, 0, 0, 0])
        if number >= before { costs.append(units.withLock { $0 }) }
        clock.advance(span)
      }
      return costs
    }
  }

  @Test("A daily fetch of 288 rows of history and 288 of forecast: at most 4 write units and 2 read units")
  func daily() async throws {
    let costs = try await Self.fetches(7, rows: 288, before: 8)
    #expect(costs.allSatisfy { $0.write <= 4 && $0.read <= 2 }, "\(costs)")
  }

  @Test("An hourly fetch of 12 rows of each: at most 2 write units, and 1 read unit but where a day begins")
  func hourly() async throws {
    let costs = try await Self.fetches(48, rows: 12, before: 24 * 8)
    #expect(costs.allSatisfy { $0.write <= 2 && $0.read <= 2 }, "\(costs)")
    #expect(costs.count { $0.read > 1 } <= 4, "\(costs)")
  }

  @Test("200 writers of one chunk lose nothing")
  func manyWriters() async throws {
    try await ChunkTable.with(clock: .fixed(H.now)) { table in
      let s = try Identifier("s")
      var store = table.history.chunks
      store = ChunkStore(table.watched, table: ChunkTable.name, policy: store.policy, clock: store.clock) {
        try await Task.sleep(for: $0 / 4)
      }
      // Ten rows each, of which every other writer has some too.
      var writers: [(version: Int64, samples: [Sample])] = []
      for number in 0..<Int64(200) {
        let version = number * 7919 % 200 + 1
        let first = H.cell + number / 4 * 300_000
        let times: [Int64] = (0..<Int64(10)).map { first + $0 * 300_000 }
        writers.append((version, H.samples(times, version)))
      }
      var model = ChunkModel()
      for writer in writers { model.write(writer.samples, writer.version) }
      let counts = await mapConcurrently(writers, limit: 200) { [store] writer in
        // Whoever is told that too many write comes again, as a message does.
        for _ in 0..<20 {
          let outcome = await store.write(writer.samples, of: s, version: writer.version)
          if outcome.failure?.kind != .throttled { return outcome.counts }
        }
        return []
      }
      #expect(counts.allSatisfy { $0.count == 4 && $0[0] + $0[1] == 10 && $0[3] == 0 })
      #expect(try await StoredChunks(Self.items(table, s), now: H.now).rows == model.rows)
    }
  }

  @Test("Cutting, repeated writes and crossing writers against DynamoDB's own transactions")
  func transactions() async throws {
    try await ChunkTable.with(clock: .fixed(H.now)) { table in
      let s = try Identifier("s")
      let store = table.history.chunks
      var model = ChunkModel()
      for (version, ranges) in [(1, [0..<80]), (2, [60..<400, 300..<600]), (3, [0..<3000, 100..<200, 2900..<3100])]
        as [(Int64, [Range<Int64>])]
      {
        let outcomes = await mapConcurrently(ranges.indices, limit: 3) { index in
          await store.write(
            ChunkRaceTests.noise(ranges[index], version * 10 + Int64(index)), of: s,
            version: version * 10 + Int64(index))
        }
        #expect(outcomes.allSatisfy { $0.failure == nil })
        for (index, range) in ranges.enumerated() {
          model.write(ChunkRaceTests.noise(range, version * 10 + Int64(index)), version * 10 + Int64(index))
        }
      }
      #expect(try await StoredChunks(Self.items(table, s), now: H.now).rows == model.rows)
    }
  }

  /// The items of a series, as they are once all is written.
  private static func items(_ table: ChunkTable, _ series: Identifier) async throws -> [ChunkItem] {
    var query = DynamoDBClient.Query(
      table: ChunkTable.name, keyCondition: "#series = :series", names: ["#series": "series"],
      values: [":series": .s(series.text)])
    query.consistent = true
    return try await table.client.query(query).items.map { try ChunkItem(item: $0) }
  }
}
