import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Ranges of chunks, however they are cut: what a plain array of rows gives.
@Suite struct ChunkRangeTests {
  static let day: Int64 = 86_400_000

  /// Rows in bursts with gaps between them, around a cell's border, some of them with others in their millisecond.
  static func rows(_ random: inout SplitMix, count: Int) -> [ChunkRow] {
    let border = ChunkTiers.cell * ([0, 300, -3].randomElement(using: &random) ?? 0)
    var instants: Set<[Int64]> = []
    while instants.count < count {
      let step: Int64 = [1, 7, 1000, 300_000, 3_600_000, day, 9 * day].randomElement(using: &random) ?? 1
      let start = border + Int64.random(in: -100...100, using: &random) * day * 7 / 10
      for index in 0..<Int64.random(in: 1...20, using: &random) {
        let time = start + index * step
        instants.insert([time, 0])
        if Int.random(in: 0..<8, using: &random) == 0 {
          instants.insert([time, Int64.random(in: 1...3, using: &random)])
        }
      }
    }
    return instants.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }.map { instant in
      let measures: [Measure] = [
        Measure("a", .double(Double(Int.random(in: -40...40, using: &random)) / 4)),
        Measure("b", .bigint(Int64.random(in: -5...5, using: &random))),
        Measure("c", .varchar(["x", "é", ""].randomElement(using: &random) ?? "x")),
        Measure("d", Bool.random(using: &random) ? .boolean(true) : .bigint(.max)),
      ]
      let some = measures.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
      return ChunkRow(
        sample: Sample(
          time: instant[0], nanoseconds: Int32(instant[1]), measures: some.isEmpty ? [measures[0]] : some),
        version: Int64.random(in: 1...3, using: &random))
    }
  }

  /// One sample for each millisecond.
  static func samples(_ rows: [ChunkRow]) -> [Sample] {
    var samples: [Sample] = []
    for row in rows { samples.add(row.sample) }
    return samples
  }

  /// A range that begins and ends at, beside or between what there is.
  static func range(_ rows: [ChunkRow], _ items: [ChunkItem], _ random: inout SplitMix) throws -> TimeRange {
    func place(_ random: inout SplitMix) -> Int64 {
      let near: Int64 = [-day, -1, 0, 0, 1, day].randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return (rows.first?.sample.time ?? 0) + near
      case 1: return (rows.last?.sample.time ?? 0) + near
      case 2: return (items.randomElement(using: &random)?.start ?? 0) + near
      case 3: return (items.randomElement(using: &random)?.last ?? 0) + near
      default: return (rows.randomElement(using: &random)?.sample.time ?? 0) + near
      }
    }
    let (one, other) = (place(&random), place(&random))
    return try #require(TimeRange(from: min(one, other), to: max(one, other)))
  }

  @Test("Every range of every layout has its rows, whatever was expected", arguments: UInt64(0)..<12)
  func property(seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
    let rows = Self.rows(&random, count: [0, 1, 3, 30, 200, 600][Int(seed) % 6])
    var maker = ChunkLayoutMaker(random: SplitMix(seed: seed + 1000))
    let items = maker.items(rows)
    #expect(Set(items.map(\.start)).count == items.count)
    #expect(zip(items, items.dropFirst()).allSatisfy { $0.last < $1.start })
    let (series, other) = (try Identifier("s é"), try Identifier("other"))
    let samples = Self.samples(rows)
    try await ChunkTable.with { table in
      try await table.put(items, of: series)
      try await table.put([ChunkLayoutMaker.item(rows.suffix(1), start: 0, widths: [ChunkTiers.cell])], of: other)
      for _ in 0..<60 {
        let range = try Self.range(rows, items, &random)
        if Int.random(in: 0..<4, using: &random) > 0 {
          table.store.hints[series] = .init(
            width: ChunkTiers.widths.randomElement(using: &random) ?? 1,
            rows: [1, 10, 1000].randomElement(using: &random) ?? 1)
        }
        let limit = [1, 2, 10, 100_000].randomElement(using: &random) ?? 1
        let inside = samples.filter { range.from <= $0.time && $0.time <= range.to }
        let answer = try await table.history.rows(of: Series(series), in: range, limit: limit)
        #expect(answer.samples == Array(inside.prefix(limit)), "seed \(seed), \(range), limit \(limit)")
        #expect(answer.isCut == (inside.count > limit))
        #expect(answer.bytesMetered > 0)
        let newest = try await table.history.newest(of: Series(series), in: range)
        #expect(newest.time == inside.last?.time, "seed \(seed), \(range)")
      }
      #expect(try await table.history.newest(of: Series(series), in: nil).time == samples.last?.time)
      let all = [Series(series), Series(try Identifier("unknown"))]
      #expect(try await table.history.latest(of: all).samples == (samples.last.map { [all[0]: $0] } ?? [:]))
    }
  }
  @Test("What was written in any order is read in every range", arguments: UInt64(0)..<4)
  func written(seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
    let rows = Self.rows(&random, count: [30, 200, 600, 900][Int(seed) % 4])
    let series = Series(try Identifier("s é"))
    let samples = Self.samples(rows)
    try await ChunkTable.with { table in
      let history = table.history
      var left = rows.shuffled(using: &random)
      while !left.isEmpty {
        let part = left.suffix([1, 7, 300].randomElement(using: &random) ?? 1)
        left.removeLast(part.count)
        let outcome = await history.write(part.map(\.sample), of: series, version: 1)
        #expect(outcome.stored == part.count && outcome.failure == nil)
      }
      var maker = ChunkLayoutMaker(random: random)
      let places = maker.items(rows)
      for _ in 0..<40 {
        let range = try Self.range(rows, places, &random)
        let reader = Bool.random(using: &random) ? table.unread() : history
        let inside = samples.filter { range.from <= $0.time && $0.time <= range.to }
        let limit = [2, 100_000].randomElement(using: &random) ?? 1
        let answer = try await reader.rows(of: series, in: range, limit: limit)
        #expect(answer.samples == Array(inside.prefix(limit)), "seed \(seed), \(range)")
        #expect(try await reader.newest(of: series, in: range).time == inside.last?.time)
      }
    }
  }
}
