import CacheSupport
import Synchronization
import Testing

@testable import TimeSeriesCache

@Suite struct FetchWriterTests {
  /// A history as Timestream keeps it: a version takes one value of an instant, and a lower one none.
  final class VersionedHistory: HistoryStore {
    let samples = Mutex<[Int64: (sample: Sample, version: Int64)]>([:])
    let versions = Mutex<[Int64]>([])

    func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
      var outcome = HistoryWrite()
      versions.withLock { $0.append(version) }
      self.samples.withLock { stored in
        for sample in samples {
          if let old = stored[sample.time], old.version > version || old.version == version && old.sample != sample {
            outcome.rejected.add(
              .init(time: sample.time, reason: "version \(version) is not higher than \(old.version)"))
          } else {
            stored[sample.time] = (sample, version)
            outcome.addStored(sample.time)
          }
        }
      }
      return outcome
    }

    func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
      HistoryRows(samples: [])
    }

    func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
      NewestHistory(time: nil)
    }
  }

  /// Parts of times that one fetch gives; each sample's value is its place among all of them.
  struct Parts: Sendable, CustomTestStringConvertible {
    let name: String
    let parts: [[Int64]]
    /// What the versions are above the fetch's time.
    let versions: [Int64]
    var testDescription: String { name }
  }

  static let parts: [Parts] = [
    Parts(name: "ascending", parts: [[1, 2], [3, 4], [5]], versions: [0, 0, 0]),
    Parts(name: "descending", parts: [[9, 8], [7, 6], [5]], versions: [0, 0, 0]),
    Parts(name: "an instant twice in one part", parts: [[1, 2, 2, 1]], versions: [0]),
    Parts(name: "the same part again and again", parts: [[1, 2], [1, 2], [2, 1]], versions: [0, 1, 2]),
    Parts(name: "one instant at each border, ascending", parts: [[1, 2], [2, 3], [3, 4]], versions: [0, 1, 2]),
    Parts(name: "one instant at each border, descending", parts: [[9, 8], [8, 7], [7, 6]], versions: [0, 1, 2]),
    Parts(
      name: "new ones after a repetition, then those again", parts: [[1, 5], [3], [8], [8], [3]],
      versions: [0, 1, 0, 2, 3]),
    Parts(name: "interleaved", parts: [[1, 9], [2, 8], [3, 7], [9]], versions: [0, 1, 2, 3]),
  ]

  static func sample(_ time: Int64, _ value: Int) -> Sample {
    Sample(time: time, measures: [Measure("v", .bigint(Int64(value)))])
  }

  @Test("Of an instant that a fetch gives several times the last value counts, in both stores", arguments: parts)
  func lastCounts(parts: Parts) async throws {
    let history = VersionedHistory()
    let forecast = MemoryForecast([])
    // Half of the instants are history, the other half, a hundred later, forecast.
    var writer = SampleWriter(history: history, forecast: forecast).begin(Series(try Identifier("s")), now: 100)
    var expected: [Int64: Sample] = [:]
    var value = 0
    for part in parts.parts {
      let samples = (part + part.map { $0 + 100 }).map { time in
        value += 1
        return Self.sample(time, value)
      }
      for sample in samples { expected[sample.time] = sample }
      await writer.write(samples)
    }
    #expect(writer.outcome.history.rejected.isEmpty)
    #expect(writer.outcome.failure == nil)
    #expect(history.versions.withLock { $0 } == parts.versions.map { 100 + $0 })
    #expect(history.samples.withLock { $0.mapValues(\.sample) } == expected.filter { $0.key < 100 })
    let all = try #require(TimeRange(from: 0, to: 1000))
    let predicted = try await forecast.page(of: try Identifier("s"), in: all, limit: 1000, now: 0).samples
    #expect(predicted == expected.values.filter { $0.time >= 100 }.sorted { $0.time < $1.time })
    let times = expected.keys
    #expect(writer.outcome.times == TimeRange(from: times.min() ?? 0, to: times.max() ?? 0))
  }

  @Test("Samples finer than a millisecond are all kept in the history, and are one forecast") func fine() async throws {
    func fine(_ time: Int64, _ nanoseconds: Int32, _ name: String, _ value: Int64) -> Sample {
      Sample(time: time, nanoseconds: nanoseconds, measures: [Measure(name, .bigint(value))])
    }
    let past = [fine(5, 2, "a", 1), fine(5, 1, "a", 2), fine(5, 2, "a", 3), fine(4, 9, "a", 4)]
    let future = [fine(105, 2, "a", 1), fine(105, 1, "a", 2), fine(105, 1, "b", 3), fine(104, 0, "a", 4)]
    var writer = SampleWriter(history: VersionedHistory(), forecast: MemoryForecast([]))
      .begin(Series(try Identifier("s")), now: 100)
    let prepared = writer.prepare(past + future)
    let part = try #require(prepared)
    #expect(part.past == [fine(4, 9, "a", 4), fine(5, 1, "a", 2), fine(5, 2, "a", 3)])
    #expect(
      part.future == [
        fine(104, 0, "a", 4), Sample(time: 105, measures: [Measure("a", .bigint(1)), Measure("b", .bigint(3))]),
      ])
  }

  @Test("A later fetch replaces what this one wrote, however often it repeated an instant") func later() async throws {
    let history = VersionedHistory()
    let stores = SampleWriter(history: history, forecast: MemoryForecast([]))
    for (now, value) in [(Int64(1_000_000), 1), (1_001_000, 2)] {
      var writer = stores.begin(Series(try Identifier("s")), now: now)
      for part in 0..<20 { await writer.write([Self.sample(5, value * 100 + part)]) }
      #expect(writer.outcome.history.rejected.isEmpty)
    }
    #expect(history.samples.withLock { $0[5]?.sample } == Self.sample(5, 219))
  }

  /// Fails as it is told, and counts.
  final class FailingForecast: ForecastStore {
    let error: StoreError
    let writes = Mutex(0)
    init(_ error: StoreError) { self.error = error }

    func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int {
      writes.withLock { $0 += 1 }
      throw error
    }

    func page(
      of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
    ) async throws(StoreError) -> ForecastPage { ForecastPage(samples: []) }

    func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool { false }
  }

  @Test(
    "A store that fails is not asked again within the fetch, unless an item is at fault; the other one takes all",
    arguments: [
      (StoreError(.throttled, "no"), 1), (StoreError(.unavailable, "no"), 1), (StoreError(.timedOut, "no"), 1),
      (StoreError(.failed, "no", code: "AccessDeniedException"), 1),
      (StoreError(.failed, "no", code: "ValidationException"), 3),
    ])
  func down(error: StoreError, writes: Int) async throws {
    let forecast = FailingForecast(error)
    let history = VersionedHistory()
    var writer = SampleWriter(history: history, forecast: forecast).begin(Series(try Identifier("s")), now: 100)
    for part in 0..<3 { await writer.write([Self.sample(Int64(part), 1), Self.sample(Int64(part) + 100, 1)]) }
    #expect(forecast.writes.withLock { $0 } == writes)
    #expect(writer.outcome.history.stored == 3)
    #expect(writer.outcome.times == TimeRange(from: 0, to: 2))
    #expect(writer.outcome.failure == error)
    #expect(!writer.isDown)
  }

  /// A store that never takes forecasts of some times, and fails where it is given one.
  private struct PickyForecast: ForecastStore {
    let taken = MemoryForecast([])
    let refused: Set<Int64>

    func fault(of sample: Sample, of identifier: Identifier) -> String? {
      refused.contains(sample.time) ? "\(sample.time) is refused" : nil
    }

    func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int {
      guard samples.allSatisfy({ !refused.contains($0.time) }) else {
        throw StoreError(.failed, "refused", code: "ValidationException")
      }
      return try await taken.write(samples, of: identifier, fetchedAt: fetchedAt)
    }

    func page(
      of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
    ) async throws(StoreError) -> ForecastPage {
      try await taken.page(of: identifier, in: range, limit: limit, now: now)
    }

    func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool {
      try await taken.hasAny(identifier, now: now)
    }
  }

  @Test("A forecast that the store will never take is rejected, and does not bring the message again")
  func refusedForecasts() async throws {
    let stores = SampleWriter(history: VersionedHistory(), forecast: PickyForecast(refused: [102, 105]))
    var writer = stores.begin(Series(try Identifier("s")), now: 100)
    for times in [[98, 101, 102], [103, 105]] as [[Int64]] {
      await writer.write(times.map { Sample(time: $0, measures: [Measure("v", .bigint($0))]) })
    }
    let outcome = writer.outcome
    #expect(outcome.failure == nil && !outcome.isAllRejected)
    #expect(outcome.forecastItems == 2 && outcome.history.stored == 1 && outcome.history.rejected.isEmpty)
    #expect(outcome.rejected.first == [102, 105].map { .init(time: $0, reason: "\($0) is refused") })
    #expect(outcome.times == TimeRange(from: 98, to: 103))
  }
}
