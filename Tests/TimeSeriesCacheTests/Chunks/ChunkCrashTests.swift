import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// A writer that is cut off at each of its requests, over a table in memory.
@Suite struct ChunkCrashTests {
  typealias H = ChunkHarness
  typealias Scene = ChunkRaceTests.Scene

  enum Kind: CaseIterable { case unsent, lostAnswer, stopped, stoppedAfter }

  /// What the scenes begin with.
  private static func prepare(_ scene: Scene, _ model: inout ChunkModel) async throws -> FakeChunkTable {
    let table = FakeChunkTable()
    let store = try H.store(table)
    for range in scene.before {
      let samples = ChunkRaceTests.noise(range, 1, every: scene.step)
      model.write(samples, 1)
      #expect(await store.write(samples, of: try Identifier("s"), version: 1).failure == nil)
    }
    return table
  }

  @Test(
    "Whatever request is lost, what was there stays, what is acknowledged is there, and the write can be repeated",
    arguments: ChunkRaceTests.scenes, Kind.allCases)
  func everyRequest(_ scene: Scene, _ kind: Kind) async throws {
    let s = try Identifier("s")
    let samples = ChunkRaceTests.noise(scene.first, 2, every: scene.step)
    let others = ChunkRaceTests.noise(scene.second, 3, every: scene.step)
    var isThrough = false
    for fault in 0..<200 where !isThrough {
      var model = ChunkModel()
      let table = try await Self.prepare(scene, &model)
      let before = try table.stored().rows
      let http = FaultyHTTP(table) { number, _ in
        switch kind {
        case .unsent: number == fault ? .unsent : .none
        case .lostAnswer: number == fault ? .lostAnswer : .none
        case .stopped: number >= fault ? .unsent : .none
        case .stoppedAfter: number > fault ? .unsent : number == fault ? .lostAnswer : .none
        }
      }
      let outcome = await (try H.store(http)).write(samples, of: s, version: 2)
      isThrough = outcome.failure == nil
      if !isThrough { #expect(outcome.failure?.kind == .unavailable) }
      // What is there now is what was, with some of the samples.
      let rows = try table.stored().rows
      let instants = Set(samples.map(Instant.init))
      let untouched = before.filter { !instants.contains(Instant($0.sample)) }
      #expect(rows.filter { !instants.contains(Instant($0.sample)) } == untouched)
      #expect(rows.count { $0.version == 2 } >= outcome.stored)
      let whole = Set(samples)
      #expect(rows.allSatisfy { $0.version == 1 || whole.contains($0.sample) })
      // Another one goes on, and then it comes again.
      #expect(await (try H.store(table)).write(others, of: s, version: 3).counts == [others.count, 0, 0, 0])
      let again = await (try H.store(table)).write(samples, of: s, version: 2)
      #expect(again.failure == nil && again.stored + again.superseded == samples.count)
      model.write(samples, 2)
      model.write(others, 3)
      #expect(try table.stored().rows == model.rows, "request \(fault)")
    }
    #expect(isThrough)
  }

  @Test("A lost answer that the client itself repeats is no failure: all is stored", arguments: ChunkRaceTests.scenes)
  func clientRepeats(_ scene: Scene) async throws {
    let s = try Identifier("s")
    let samples = ChunkRaceTests.noise(scene.first, 2, every: scene.step)
    var environment = H.environment
    environment = environment.merging(["AWS_MAX_ATTEMPTS": "3"])
    var isThrough = false
    for fault in 0..<200 where !isThrough {
      var model = ChunkModel()
      let table = try await Self.prepare(scene, &model)
      let http = FaultyHTTP(table) { number, _ in number == fault ? .lostAnswer : .none }
      let client = try AWSClient(
        environment: environment, http: http, clock: .fixed(H.now), retries: RetryPolicy(sleep: { _ in }))
      let store = ChunkStore(client, table: "t", policy: .history(retentionDays: nil), clock: .fixed(H.now)) { _ in }
      #expect(await store.write(samples, of: s, version: 2).counts == [samples.count, 0, 0, 0], "request \(fault)")
      model.write(samples, 2)
      #expect(try table.stored().rows == model.rows)
      isThrough = http.requests <= fault
    }
    #expect(isThrough)
  }

  @Test("A chunk that cannot be read is not written over")
  func broken() async throws {
    let table = FakeChunkTable()
    let s = try Identifier("s")
    let store = try H.store(table)
    _ = await store.write([H.sample(H.cell, 1)], of: s, version: 1)
    var item = try #require(try table.items(of: "s").first)
    item.head = [0xFF, 1, 2]
    item.rows = [0xFF, 1, 2]
    try table.put(item, of: "s")
    let outcome = await store.write([H.sample(H.cell + 1, 2)], of: s, version: 2)
    #expect(outcome.stored == 0)
    #expect(outcome.failure?.kind == .failed)
    #expect(
      outcome.failure?.description.hasPrefix("the chunk of 's' that starts at \(H.cell) cannot be read") == true)
    #expect(try table.items(of: "s") == [item])
  }
}
