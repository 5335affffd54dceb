import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// A chunk store over a table in memory, or over what stands before it.
enum ChunkHarness {
  static let now: Int64 = 1_800_000_000_000
  static let day: Int64 = 86_400_000
  /// A cell that began before ``now``.
  static let cell: Int64 = ChunkTiers.start(of: now, ChunkTiers.cell)
  static let environment: ProcessEnvironment = [
    "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
    "AWS_MAX_ATTEMPTS": "1",
  ]

  static func store(
    _ http: any HTTPClient, _ policy: ChunkPolicy = .history(retentionDays: nil), clock: WallClock = .fixed(now),
    sleep: @escaping @Sendable (Duration) async throws -> Void = { _ in await Task.yield() }
  ) throws -> ChunkStore {
    ChunkStore(
      try AWSClient(environment: environment, http: http, clock: clock), table: "t", policy: policy, clock: clock,
      sleep: sleep)
  }

  /// A row of two measures whose values tell the version.
  static func sample(_ time: Int64, _ version: Int64, nanoseconds: Int32 = 0) -> Sample {
    Sample(
      time: time, nanoseconds: nanoseconds,
      measures: [
        Measure("power", .bigint(version)), Measure("temperature", .double(Double(time % 977) / 10)),
      ])
  }

  static func samples(_ times: some Sequence<Int64>, _ version: Int64) -> [Sample] {
    times.map { sample($0, version) }
  }
}

/// What is in a table, once it was found to be as a layout must be.
struct StoredChunks {
  var items: [ChunkItem]
  var rows: [ChunkRow] = []

  /// Checks that no two items overlap, that each is where the path leads, that rows lie in their items, ascending, and that an item is
  /// kept no longer than those from which it was cut.
  ///
  /// - Parameter now: what has expired by then does not count.
  init(_ items: [ChunkItem], now: Int64, of series: String = "s", _ location: SourceLocation = #_sourceLocation) throws
  {
    self.items = items.filter { !$0.isExpired(now) }
    var layouts: [Int64: ChunkLayout] = [:]
    for item in self.items {
      let cell = ChunkTiers.start(of: item.start, ChunkTiers.cell)
      layouts[cell, default: ChunkLayout(start: cell)].insert(item, now: now)
    }
    for (before, after) in zip(self.items, self.items.dropFirst()) {
      #expect(before.end <= after.start, "overlap", sourceLocation: location)
    }
    let identifier = try Identifier(series)
    for item in self.items {
      let cell = ChunkTiers.start(of: item.start, ChunkTiers.cell)
      layouts[cell]?.needsPath.insert(item.start)
      layouts[cell]?.see(cell...cell + ChunkTiers.cell - 1)
      guard case .item(item.start, let parents?)? = layouts[cell]?.place(of: item.start) else {
        Issue.record("no path leads to the item at \(item.start)", sourceLocation: location)
        continue
      }
      for parent in parents.compactMap({ layouts[cell]?.item(at: $0) }) {
        #expect(
          (parent.expiry ?? .max) >= (item.expiry ?? .max), "a parent expires first", sourceLocation: location)
      }
      let rows = try ChunkCodec.unpack(PackedChunk(head: item.head, rows: item.rows))
      #expect(
        rows.allSatisfy { item.start <= $0.sample.time && $0.sample.time < item.end }, "a row outside",
        sourceLocation: location)
      #expect(item.bytes(of: identifier) <= ChunkTiers.mostBytes, sourceLocation: location)
      self.rows += rows
    }
    let instants = self.rows.map { Instant($0.sample) }
    #expect(zip(instants, instants.dropFirst()).allSatisfy { $0 < $1 }, "rows out of order", sourceLocation: location)
  }
}

extension FakeChunkTable {
  func stored(
    _ series: String = "s", now: Int64 = ChunkHarness.now, _ location: SourceLocation = #_sourceLocation
  ) throws -> StoredChunks {
    try StoredChunks(try items(of: series), now: now, of: series, location)
  }
}

/// Of each instant the row of the highest version: what a table must have once everything was written.
struct ChunkModel {
  private var newest: [Instant: ChunkRow] = [:]

  mutating func write(_ samples: [Sample], _ version: Int64) {
    for sample in samples where (newest[Instant(sample)]?.version ?? .min) < version {
      newest[Instant(sample)] = ChunkRow(sample: sample, version: version)
    }
  }

  var rows: [ChunkRow] { newest.values.sorted { Instant($0.sample) < Instant($1.sample) } }
}

extension HistoryWrite {
  /// How many became what, for a comparison at a glance.
  var counts: [Int] { [stored, superseded, rejected.count, failure == nil ? 0 : 1] }
}
