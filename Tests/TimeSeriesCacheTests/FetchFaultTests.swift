import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The reference's faults in fetching, storing and merging, each against the local cloud.
@Suite struct FetchFaultTests {
  // The executables sign with the machine's clock, so the tests' instant is close to it.
  static let now: Int64 = WallClock.system.now
  static let hour: Int64 = 3_600_000

  @Test("A corrected past value replaces the old one; a late redelivery changes nothing")
  func correction() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let time = Self.now - Self.hour
      for (value, at) in [(1.0, Self.now), (2.0, Self.now + 1000), (3.0, Self.now - 1000), (2.0, Self.now + 1000)] {
        let log = LogBook()
        #expect(try await cloud.fetch([["s"]], now: at, log: log) { _ in TestCloud.rows([(time, value)]) } == [])
        #expect(log.metric(.recordsRejected) == 0)
        #expect(log.lines(saying: "fetched").first?["superseded"]?.int == (value == 3 ? 1 : 0))
      }
      #expect(try await cloud.series("s", from: time, to: time, now: Self.now) == ["\(time)=2"])
    }
  }

  @Test("The newest fetch's forecast stays, whichever is written last")
  func newestFetchWins() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = (1...3).map { Self.now + Int64($0) * Self.hour }
      _ = try await cloud.fetch([["s"]], now: Self.now + 1000) { _ in TestCloud.rows([(times[0], 2), (times[1], 2)]) }
      // A slow fetch that began earlier ends later; only what the newer one did not have is new.
      let log = LogBook()
      // Outside of #expect: a closure in a macro's argument may share its symbol with one outside (Swift 6.3.1).
      let late = try await cloud.fetch([["s"]], now: Self.now, log: log) { _ in TestCloud.rows(times.map { ($0, 1) }) }
      #expect(late == [])
      #expect(log.metric(.forecastRecords) == 1)
      let rows = try await cloud.series("s", from: times[0], to: times[2], now: Self.now)
      #expect(rows == ["\(times[0])=2?", "\(times[1])=2?", "\(times[2])=1?"])
      let again = try await cloud.fetch([["s"]], now: Self.now + 2000) { _ in TestCloud.rows(times.map { ($0, 3) }) }
      #expect(again == [])
      let newest = try await cloud.series("s", from: times[0], to: times[2], now: Self.now)
      #expect(newest == times.map { "\($0)=3?" })
    }
  }

  @Test("A forecast that a fact overtook is not served, and no instant appears twice")
  func overtaken() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = (0..<6).map { Self.now + Int64($0) * 60_000 }
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in TestCloud.rows(times.map { ($0, 1) }) }
      // Three minutes later the first three are facts, and the forecast of the others has changed.
      let later = Self.now + 180_000
      _ = try await cloud.fetch([["s"]], now: later) { _ in TestCloud.rows(times.map { ($0, 2) }) }
      let expected = times.prefix(3).map { "\($0)=2" } + times.dropFirst(3).map { "\($0)=2?" }
      #expect(try await cloud.series("s", from: times[0], to: times[5], now: later) == expected)
      let body = try await cloud.get("timeSeries-data?startDate=\(times[0])&endDate=\(times[5])&identifier=s").body
      let answer = try JSON(parsing: body)
      #expect(answer["historicalRows"]?.array?.compactMap { $0["time"]?.int64 } == times.prefix(3).reversed())
      #expect(answer["futureRows"]?.array?.compactMap { $0["time"]?.int64 } == Array(times.dropFirst(3)))
    }
  }

  @Test("Bounds are exact to the millisecond")
  func bounds() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let times = [-2, -1, 0, 1, 2].map { Self.now - Self.hour + $0 } + [-1, 0, 1].map { Self.now + Self.hour + $0 }
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in TestCloud.rows(times.map { ($0, 1) }) }
      let rows = try await cloud.series("s", from: times[1], to: times[6], now: Self.now)
      #expect(rows == times[1...4].map { "\($0)=1" } + times[5...6].map { "\($0)=1?" })
    }
  }

  @Test("More than a page in each store")
  func pages() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      // A text makes rows long enough that 3,000 of them pass a megabyte in either store.
      let padding = String(repeating: "p", count: 500)
      let times = (-3000..<3000).map { Self.now + Int64($0) * 1000 }
      let body =
        #"{"rows":[\#(times.map { #"{"t":\#($0),"a":\#($0 % 1000),"c":"\#(padding)"}"# }.joined(separator: ","))]}"#
      #expect(try await cloud.fetch([["s"]], now: Self.now) { _ in .json(200, body) } == [])
      let range = try #require(TimeRange(from: times[0], to: times[5999]))
      let page = try await cloud.reader(now: Self.now).page(of: Series(try Identifier("s")), in: range, limit: 10_000)
      #expect(page.rows.map(\.time) == times)
      #expect(page.rows.count { $0.origin == .history } == 3000)
      #expect(page.next == nil)
    }
  }

  @Test(
    "An identifier of SQL stays an identifier",
    arguments: ["x' OR '1'='1", "x\u{600}' OR 1=1 --", "e\u{301}", "\"; DROP TABLE x; --", "ä/ö&=%", "a b"])
  func injection(identifier: String) async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let time = Self.now - 1000
      _ = try await cloud.fetch([["other"]], now: Self.now) { _ in TestCloud.rows([(time, 1)]) }
      #expect(try await cloud.series(identifier, from: time, to: time, now: Self.now) == [])
      _ = try await cloud.fetch([[identifier]], now: Self.now) { name in
        name == identifier ? TestCloud.rows([(time, 2)]) : HTTPResponse(status: 404)
      }
      #expect(try await cloud.series(identifier, from: time, to: time, now: Self.now) == ["\(time)=2"])
      #expect(try await cloud.series("other", from: time, to: time, now: Self.now) == ["\(time)=1"])
      let path = "v1/series/\(PercentEncoding.encode(identifier))?from=\(time)&to=\(time)"
      let answer = try JSON(parsing: try await cloud.get(path).body)
      #expect(answer["identifier"]?.string == identifier)
      #expect(answer["rows"]?.array?.count == 1)
    }
  }

  @Test("A rejected record is reported with identifier, time and reason; the others are stored")
  func rejected() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let ancient = Self.now - 800 * 86_400_000
      let failed = try await cloud.fetch([["s"]], now: Self.now, log: log) { _ in
        TestCloud.rows([(ancient, 1), (Self.now - 1000, 2)])
      }
      #expect(failed == [])
      let line = try #require(log.lines(saying: "a record was rejected").first)
      #expect(line["identifier"]?.string == "s")
      #expect(line["time"]?.int64 == ancient)
      #expect(line["reason"]?.string?.hasPrefix("The record timestamp is outside the time range [") ?? false)
      #expect(log.metric(.recordsRejected) == 1)
      #expect(log.metric(.historyRecords) == 1)
      #expect(try await cloud.series("s", from: ancient, to: Self.now, now: Self.now) == ["\(Self.now - 1000)=2"])
    }
  }

  @Test("One bad identifier takes back its own message alone")
  func partialBatch() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let time = Self.now - 1000
      let failed = try await cloud.fetch([["a", "b"], ["c", "bad"], ["d"], ["bad", ""]], now: Self.now, log: log) {
        name in
        name == "bad" ? HTTPResponse(status: 500) : TestCloud.rows([(time, 1)])
      }
      #expect(failed == ["m1", "m3"])
      for identifier in ["a", "b", "c", "d"] {
        #expect(try await cloud.series(identifier, from: time, to: time, now: Self.now) == ["\(time)=1"])
      }
      #expect(log.metric(.sourceErrors) == 1)
    }
  }

  @Test("An error of the source is counted and names source and identifier")
  func sourceError() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      #expect(try await cloud.fetch([["s"]], now: Self.now, log: log) { _ in .json(200, "<html>") } == ["m0"])
      let line = try #require(log.lines(saying: "an identifier failed").first)
      #expect(line["identifier"]?.string == "s")
      #expect(
        line["error"]?.string
          == "source 'default', answer: is not JSON: unexpected character at byte 0; it says: <html>")
      #expect(log.metric(.sourceErrors) == 1)
    }
  }

  @Test("Several measures of several types come back as they were")
  func measures() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let body =
        #"{"rows":[{"t":\#(Self.now - 1),"a":1e300,"b":9007199254740993,"c":"ä\"\n"},{"t":\#(Self.now),"a":1e300,"b":-1,"c":"f"}]}"#
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in .json(200, body) }
      let range = try #require(TimeRange(from: Self.now - 1, to: Self.now))
      let page = try await cloud.reader(now: Self.now).page(of: Series(try Identifier("s")), in: range)
      #expect(
        page.rows == [
          SeriesRow(
            Sample(
              time: Self.now - 1,
              measures: [
                Measure("a", .double(1e300)), Measure("b", .bigint(9_007_199_254_740_993)),
                Measure("c", .varchar("ä\"\n")),
              ]),
            origin: .history),
          SeriesRow(
            Sample(
              time: Self.now,
              measures: [Measure("a", .double(1e300)), Measure("b", .bigint(-1)), Measure("c", .varchar("f"))]),
            origin: .forecast),
        ])
    }
  }

  @Test("Expired forecasts are not served, deleted or not")
  func expired() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let ahead = Self.now + Self.hour
      _ = try await cloud.fetch([["s"]], now: Self.now) { _ in TestCloud.rows([(ahead, 1)]) }
      let week: Int64 = 7 * 86_400_000
      #expect(try await cloud.series("s", from: ahead, to: ahead, now: ahead + week - 1000) == ["\(ahead)=1?"])
      #expect(try await cloud.series("s", from: ahead, to: ahead, now: ahead + week) == [])
      #expect(try await cloud.reader(now: ahead + week).hasForecast(try Identifier("s")) == false)
    }
  }

  @Test("Near the deadline nothing is started, and what was not done comes again")
  func deadline() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let failed = try await cloud.fetch(
        [["a"], ["b"]], now: Self.now, log: log, deadline: Self.now
      ) { _ in TestCloud.rows([(Self.now - 1, 1)]) }
      #expect(failed == ["m0", "m1"])
      let line = try #require(log.lines(saying: "not started: the deadline is near").first)
      #expect(line["identifiers"] == ["a", "b"])
      #expect(line["count"]?.int == 2)
      #expect(log.lines(saying: "fetched").first?["notStarted"]?.int == 2)
    }
  }

  @Test("A source that hangs is given up before the deadline, counted and named; what was done stays done")
  func hangs() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let log = LogBook()
      let timeIsUp = Gate()
      let failed = try await cloud.fetch(
        [["quick"], ["stuck"]], now: Self.now, log: log, deadline: Self.now + 900_000, timeIsUp: timeIsUp
      ) { name in
        if name == "stuck" {
          timeIsUp.open()
          await withTaskCancellationHandler {
            while !Task.isCancelled { await Task.yield() }
          } onCancel: {
          }
        }
        return TestCloud.rows([(Self.now - 1, 1)])
      }
      #expect(failed == ["m1"])
      let line = try #require(log.lines(saying: "an identifier failed").first)
      #expect(line["identifier"]?.string == "stuck")
      #expect(line["error"]?.string == "the time ran out while the source was asked for page 1")
      let summary = try #require(log.lines(saying: "fetched").first)
      #expect(summary["identifiers"]?.int == 2)
      #expect(summary["failed"]?.int == 1)
      #expect(summary["history"]?.int == 1)
      #expect(log.metric(.sourceErrors) == 1)
    }
  }
}
