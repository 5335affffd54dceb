import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Statuses and the registry against the local cloud.
@Suite struct FetchStatusTests {
  static let now: Int64 = FetchFaultTests.now

  static func registry(_ cloud: TestCloud) -> IdentifierRegistry {
    IdentifierRegistry(cloud.client, table: cloud.output("IdentifierTableName"))
  }

  @Test("A fetch tells the identifier's item how it went, and makes no item for one that is not registered")
  func status() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      try await cloud.register(["s"])
      let registry = Self.registry(cloud)
      let rows = [(Self.now - 2000, 1.0), (Self.now - 1000, 2.0), (Self.now + 1000, 3.0)]
      #expect(try await cloud.fetch([["s"], ["other"]], now: Self.now) { _ in TestCloud.rows(rows) } == [])
      var expected = SeriesStatus().adding(
        SeriesRun(
          time: Self.now, stored: 3, history: TimeRange(from: Self.now - 2000, to: Self.now - 1000), measures: ["a"]))
      #expect(try await registry.entry(try Identifier("s"))?.status == expected)
      #expect(try await registry.entry(try Identifier("other")) == nil)
      // The next one fails: the item says why, and keeps what it knew.
      let later = Self.now + 60_000
      #expect(try await cloud.fetch([["s"]], now: later) { _ in HTTPResponse(status: 403) } == ["m0"])
      expected = expected.adding(
        SeriesRun(time: later, failure: "source 'default', answer: has status 403"))
      #expect(try await registry.entry(try Identifier("s"))?.status == expected)
    }
  }

  @Test("Within the last margin before the deadline no status is written") func deadline() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      try await cloud.register(["s"])
      let clock = ManualClock(Self.now)
      let routed = RoutedHTTP(real: cloud.http) { _ in
        clock.advance(59_000)
        return TestCloud.rows([(Self.now - 1, 1)])
      }
      let handler = try FetchHandler(
        environment: cloud.environment.merging(["SOURCES": TestCloud.sourceDescription]), http: routed,
        clock: clock.clock)
      let failed = try await FetchStreamTests.run(handler, LogBook(), deadline: Self.now + 60_000)
      #expect(failed == [])
      #expect(try await cloud.series("s", from: Self.now - 1, to: Self.now, now: Self.now) == ["\(Self.now - 1)=1"])
      #expect(try await Self.registry(cloud).entry(try Identifier("s"))?.status == nil)
    }
  }

  @Test("Series are registered, listed, put anew and removed, and those that are written are not queued")
  func registry() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let registry = Self.registry(cloud)
      let series = try Series(try #require(SeriesKey("m,a=b")))
      #expect(try await registry.register(series, bucket: "home", now: 7) == .new)
      let entry = try #require(try await registry.entry(series.identifier))
      #expect(entry.kind == .written && entry.bucket == "home" && entry.registered == 7)
      #expect(try await registry.register(series, bucket: "other", now: 8) == .existing(entry))
      let name = try Identifier("s")
      #expect(try await registry.put(name, source: "one", attributes: ["x": "1"], now: 9) == .new)
      let status = try await registry.record(SeriesRun(time: 10, stored: 1), of: name, known: nil)
      #expect(try await registry.put(name, source: nil, attributes: ["y": "2"], now: 11) != .new)
      let put = try #require(try await registry.entry(name))
      #expect(put.status == status && put.source == nil && put.registered == 9)
      #expect(put.attributes["x"] == nil && put.attributes["y"] == "2")
      #expect(try await registry.put(series.identifier, source: nil, now: 12) == .existing(entry))
      let found = try await registry.page(after: nil)
      #expect(found.series == [.init(identifier: name, source: nil)])
      var listed: [Identifier] = []
      var next: Identifier?
      repeat {
        let list = try await registry.list(after: next, limit: 1)
        listed += list.entries.map(\.identifier)
        next = list.next
      } while next != nil
      #expect(listed.sorted() == [series.identifier, name])
      #expect(try await registry.list(prefix: "m,", limit: 10).entries == [entry])
      #expect(try await registry.remove(name))
      #expect(try await registry.remove(name) == false)
    }
  }
}
