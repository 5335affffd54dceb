import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What questions cost InfluxDB, which opens every shard of the time that a statement is about: counted in weeks, as long as its shards are.
@Suite("Cost of questions to InfluxDB", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
struct InfluxCostTests {
  private static let week: Int64 = 7 * 86_400_000
  private static let now: Int64 = 1_767_225_600_000

  /// The requests that ask for rows, and the weeks of their statements from the first row on.
  private final class Count: Sendable {
    let http: FakeHTTP
    private let start: Int64

    init(_ server: InfluxServer, since start: Int64) {
      self.start = start
      http = FakeHTTP { request, _ in
        do throws(HTTPError) { return .success(try await server.http.send(request)) } catch { return .failure(error) }
      }
    }

    var value: (requests: Int, weeks: Int64) {
      var value: (requests: Int, weeks: Int64) = (0, 0)
      for request in http.requests where request.url.contains("/query?") {
        let form = PercentEncoding.queryItems(String(decoding: request.body, as: UTF8.self))
        let statements = (form.first { $0.name == "q" }?.value ?? "").matches(
          of: /time >= (-?[0-9]+) AND time <= (-?[0-9]+)/)
        if !statements.isEmpty { value.requests += 1 }
        for statement in statements {
          let from = max((Int64(statement.1) ?? 0) / 1_000_000, start)
          let to = min((Int64(statement.2) ?? 0) / 1_000_000, InfluxCostTests.now)
          if from <= to { value.weeks += (to - from) / InfluxCostTests.week + 1 }
        }
      }
      return value
    }
  }

  /// - Parameter measures: of another series of the measurement: with many it is asked first which of them this one has.
  @Test("ten times as many rows, page by page, open ten times as many shards", arguments: [1, 40])
  func pages(measures: Int) async throws {
    try await InfluxServer.with { server in
      let wide = Sample(time: 0, measures: (0..<measures).map { Measure("m\($0 + 10)", .double(1)) })
      #expect(try await server.history().write([wide], of: .source("wide"), version: 1).stored == 1)
      let questions = measures > InfluxHistory.mostUnasked ? 2 : 1
      var counts: [(requests: Int, weeks: Int64)] = []
      for rows in [300, 3000] {
        let series = try Series.source("of-\(rows)")
        let step = Self.week / 28
        let start = Self.now - Int64(rows) * step
        let samples = (0..<rows).map { Sample(start + Int64($0) * step, ["a": .double(Double($0))]) }
        #expect(try await server.history().write(samples, of: series, version: 1).stored == rows)
        let count = Count(server, since: start)
        // Each page by a process of its own, which knows nothing of the one before.
        var read: [Sample] = []
        var rest = TimeRange(from: start, to: Self.now)
        while let range = rest {
          let page = try await server.history(count.http).rows(of: series, in: range, limit: 100)
          read += page.samples
          rest = page.isCut ? range.after(page.samples.last?.time) : nil
        }
        #expect(read == samples)
        counts.append(count.value)
      }
      #expect(counts[1].weeks <= counts[0].weeks * 15, "\(counts)")
      #expect(counts[1].requests <= counts[0].requests * 15, "\(counts)")
      // A page has four weeks.
      #expect(counts[1].weeks <= 30 * 16 * Int64(questions) && counts[1].requests <= 30 * 4 * questions, "\(counts)")
    }
  }

  @Test("newest rows are looked for in the last week first, and then ever further back")
  func latest() async throws {
    try await InfluxServer.with { server in
      let history = try InfluxHistory(
        http: server.http, url: server.url, database: server.database, clock: .fixed(Self.now))
      var newest: [Series: Sample] = [:]
      for age in [-1, 3, 30, 300, 3000, 60_000] as [Int64] {
        let series = try Series.source("aged-\(age)")
        let sample = Sample(Self.now - age * 86_400_000, ["a": .double(Double(age))])
        let older = Sample(sample.time - 86_400_000, ["a": .double(-1)])
        #expect(await history.write([older, sample], of: series, version: 1).stored == 2)
        newest[series] = sample
      }
      for (series, sample) in newest {
        #expect(try await history.newest(of: series, in: nil) == NewestHistory(time: sample.time))
      }
      #expect(try await history.latest(of: Array(newest.keys) + [.source("unknown")]).samples == newest)
      // Those that are written every day cost what their last week costs, however long they are.
      let current = try Series.source("aged-3")
      let start = Self.now - 100 * Self.week
      let samples = (0..<700).map { Sample(start + Int64($0) * 86_400_000, ["a": .double(2)]) }
      #expect(await history.write(samples, of: current, version: 2).stored == 700)
      let count = Count(server, since: start)
      let counted = try InfluxHistory(
        http: count.http, url: server.url, database: server.database, clock: .fixed(Self.now))
      #expect(try await counted.latest(of: [current]).samples == [current: samples[699]])
      #expect(count.value == (1, 2))
      #expect(try await counted.newest(of: current, in: nil) == NewestHistory(time: samples[699].time))
      #expect(count.value == (2, 4))
      // In a range that ended long ago, as in one that has not begun.
      let past = TimeRange(from: start, to: Self.now - 50 * Self.week)
      #expect(
        try await counted.newest(of: current, in: past) == NewestHistory(time: samples[350].time))
      #expect(
        try await counted.newest(of: current, in: TimeRange(from: .min, to: start - 1)) == NewestHistory(time: nil))
    }
  }

  @Test(
    "the spans of newest rows are all of the calendar, without a gap", arguments: [0, 1_767_225_600_000, Int64.max / 2])
  func spans(now: Int64) {
    let spans = InfluxHistory.latestSpans(now: now)
    #expect(spans.first?.span.to == InfluxSpan.whole.to && spans.last?.span.from == InfluxSpan.whole.from)
    #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.span.from == $1.span.to + 1 })
    #expect(spans.allSatisfy { $0.statements > 0 && $0.span.from <= $0.span.to })
  }
}
