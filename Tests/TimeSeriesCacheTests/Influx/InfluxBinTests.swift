import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Bins that InfluxDB makes beside those that are made from rows.
@Suite("Bins of InfluxDB", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
struct InfluxBinTests {
  /// What of bins a caller sees.
  private static func shown(_ bins: HistoryBins, _ aggregates: Set<Aggregate>) -> [String] {
    bins.bins.map { bin in
      let measures = bin.measures.sorted { $0.key < $1.key }.map { name, tally in
        let values = Aggregate.allCases.filter { aggregates.contains($0) }
          .map { "\($0): \(tally.value($0).map { "\($0)" } ?? "none")" }
        return "\(name) \(tally.count) \(values)"
      }
      return "\(bin.start) \(bin.newest) \(measures)"
    } + ["\(bins.isCut)"]
  }

  private static let sets: [Set<Aggregate>] = [
    [.count], [.first, .last], [.min, .max], [.sum, .avg, .count], [.increase], [], Set(Aggregate.allCases),
  ]

  @Test("are the same, whoever makes them")
  func same() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      var random = SplitMix(seed: 11)
      func plain(_ count: Int) -> [Sample] {
        var time: Int64 = -50_000
        return (0..<count).map { _ in
          time += Int64.random(in: 1...3000, using: &random)
          return Sample(
            time,
            ["d": .double(.random(in: -1...1, using: &random)), "i": .bigint(.random(in: -9...9, using: &random))])
        }
      }
      var cases: [(String, [Sample])] = [("plain", plain(300)), ("one", plain(1)), ("none", [])]
      cases.append(("gaps", plain(300).map { $0.time % 3 == 0 ? Sample($0.time, ["i": $0.measures[1].value]) : $0 }))
      cases.append(("finer", plain(100) + [Sample(0, ["i": .bigint(1), "d": .double(1)], nanoseconds: 5)]))
      cases.append(("large", plain(50).map { Sample($0.time, ["i": .bigint(.max - 1), "d": .double(1e308)]) }))
      cases.append(
        (
          "texts",
          plain(50).map {
            Sample($0.time, ["i": .bigint(2), "t": .varchar("\($0.time)"), "b": .boolean($0.time % 2 == 0)])
          }
        ))
      for (name, samples) in cases {
        let series = try Series.tagged(name)
        #expect(await history.write(samples, of: series, version: 1).stored == samples.count)
      }
      // Versions that lack a measure, and other writers' points.
      let hidden = try Series.tagged("hidden")
      _ = await history.write(plain(50), of: hidden, version: 1)
      let kept = try await history.all(hidden)
      _ = await history.write([Sample(kept[7].time, ["i": .bigint(5)])], of: hidden, version: 2)
      let foreign = try Series.tagged("foreign")
      _ = await history.write(plain(50), of: foreign, version: 1)
      try await server.write("foreign d=5 3000000")
      let range = try #require(TimeRange(from: -40_000, to: 300_000))
      for name in cases.map(\.0) + ["hidden", "foreign"] {
        let series = try Series.tagged(name)
        for (width, limit) in [(1000, 1000), (7000, 5), (60_000, 1000), (3_600_000, 10)] as [(Int64, Int)] {
          for aggregates in Self.sets {
            for measures in [nil, ["i"], ["d", "t"], ["nothing"]] as [Set<ByteText>?] {
              let binning = Binning(width: width, aggregates: aggregates, measures: measures)
              let pushed = try await history.bins(of: series, in: range, by: binning, limit: limit)
              let expected = try await history.binsFromRows(of: series, in: range, by: binning, limit: limit)
              #expect(Self.shown(pushed, aggregates) == Self.shown(expected, aggregates), "\(name) \(binning)")
            }
          }
        }
      }
    }
  }

  @Test("cost one request where InfluxDB makes them, however many rows there are")
  func cost() async throws {
    try await InfluxServer.with { server in
      let series = try Series.source("long")
      let samples = (0..<60_000).map { Sample(Int64($0) * 1000, ["d": .double(Double($0)), "i": .bigint(Int64($0))]) }
      #expect(try await server.history().write(samples, of: series, version: 1).stored == 60_000)
      for (aggregates, isPushed) in [([.min, .max, .first, .last, .count], true), ([.avg], false)]
        as [(Set<Aggregate>, Bool)]
      {
        let http = FakeHTTP { request, _ in
          do throws(HTTPError) { return .success(try await server.http.send(request)) } catch { return .failure(error) }
        }
        let range = try #require(TimeRange(from: 0, to: 100_000_000))
        let binning = Binning(width: 3_600_000, aggregates: aggregates)
        let bins = try await server.history(http).bins(of: series, in: range, by: binning, limit: 1000)
        #expect(bins.bins.count == 17 && bins.bins.last?.newest == 59_999_000)
        // The ping, the fields, and the bins or the pages.
        #expect((http.requests.count == 3) == isPushed, "\(http.requests.count)")
      }
    }
  }
}
