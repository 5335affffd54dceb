import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The lists of series that Prometheus' queries look through.
@Suite struct RegisteredSeriesTests {
  static let empty: SeriesReader = SeriesReader(history: MemoryHistory([]), forecast: MemoryForecast([]))

  /// A table of some series, which notes how often it is scanned.
  private static func store(
    _ count: Int, clock: WallClock, seriesKept: Int = RegisteredSeries.seriesKept
  ) throws -> (RegisteredSeries, FakeHTTP) {
    let (registry, http) = try IdentifierRegistryTests.registry { _, input, _ in
      let prefix = input["ExpressionAttributeValues"]?.object?.members.first?.value["S"]?.string ?? ""
      let names = (0..<count).map { "\($0 % 2 == 0 ? "a" : "b")\($0)" }.filter { $0.hasPrefix(prefix) }
      let items = names.map { #"{"identifier":{"S":"\#($0)"}}"# }.joined(separator: ",")
      return .json(200, #"{"Items":[\#(items)],"Count":\#(names.count)}"#)
    }
    return (
      try #require(RegisteredSeries(SeriesDirectory(registry), reader: empty, clock: clock, seriesKept: seriesKept)),
      http
    )
  }

  @Test(
    "A list is read once in half a minute, one without series once in five seconds; that of all serves every prefix")
  func lists() async throws {
    let clock = ManualClock(0)
    let (store, http) = try Self.store(6, clock: clock.clock)
    for (step, prefix, found, scans) in [
      (0, "a", 3, 1), (29_999, "a", 3, 1), (0, "b", 3, 2), (1, "a", 3, 3), (0, "", 6, 4), (0, "a5", 0, 4),
      (4999, "a5", 0, 4), (0, "c", 0, 4), (1, "a5", 0, 5), (4999, "a5", 0, 5), (1, "a5", 0, 6), (19_999, "b1", 1, 6),
      (1, "b1", 1, 7),
    ] as [(Int64, String, Int, Int)] {
      clock.advance(step)
      #expect(try await store.entries(prefix: prefix, limit: 10)?.count == found)
      #expect(http.requests.count == scans, "\(prefix) at \(clock.clock.now)")
    }
  }

  @Test("What is remembered of a longer list is none where it passes the limit") func limit() async throws {
    let (store, _) = try Self.store(6, clock: .fixed(0))
    #expect(try await store.entries(prefix: "", limit: 6)?.count == 6)
    #expect(try await store.entries(prefix: "", limit: 5) == nil)
    #expect(try await store.entries(prefix: "a", limit: 3)?.count == 3)
  }

  @Test("However many prefixes are asked for, what is remembered is bounded, and the oldest goes first")
  func bound() async throws {
    let clock = ManualClock(0)
    let (store, http) = try Self.store(6, clock: clock.clock, seriesKept: 10)
    for prefix in ["a", "b", "", "a"] {
      _ = try await store.entries(prefix: prefix, limit: 20)
      clock.advance(1)
    }
    // Three of each, then all six: the first list had to go, and the last serves its prefix.
    #expect(http.requests.count == 3)
    #expect(store.remembered == 9)
    for number in 0..<30 {
      _ = try await store.entries(prefix: "none\(number)", limit: 20)
      clock.advance(30_000)
    }
    #expect(store.remembered == 0)
  }
}
