import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// Versions: what a later write does to an earlier one, in whatever order they arrive.
  @Suite struct Writing {
    static let series = Result { try Series.source("s") }

    @Test(
      "A correction replaces its rows and no others, and a late redelivery replaces nothing",
      arguments: StoreKind.allCases)
    func corrections(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Self.series.get())
      let first = everyFiveMinutes(10)
      #expect(await store.write(first, of: series, version: 100).counts == Counts(stored: 10))
      let corrected = first[3...6].map { Sample(time: $0.time, measures: [Measure("v", .double(-1))]) }
      let correction = await store.write(corrected, of: series, version: 200)
      #expect(correction.counts == Counts(stored: 4))
      #expect(correction.times == TimeRange(from: first[3].time, to: first[6].time))
      let expected = first[..<3] + corrected + first[7...]
      #expect(try await store.all(series) == Array(expected))

      // The first delivery once more, then an older one that never came.
      let again = await store.write(first, of: series, version: 100)
      let repeats = Facts.of(kind).countsRepeatsAsStored ? 6 : 0
      #expect(again.counts == Counts(stored: repeats, superseded: 10 - repeats), "\(again)")
      let older = first.map { Sample(time: $0.time, measures: [Measure("v", .double(99))]) }
      #expect(await store.write(older, of: series, version: 99).counts == Counts(superseded: 10))
      // Another row of the same version is no correction.
      #expect(await store.write(Array(older[3...6]), of: series, version: 200).counts == Counts(superseded: 4))
      #expect(try await store.all(series) == Array(expected))
      // A late redelivery beside rows that are new.
      let mixed = older + [row(60_000, 7)]
      let outcome = await store.write(mixed, of: series, version: 99)
      #expect(outcome.counts == Counts(stored: 1, superseded: 10))
      #expect(outcome.times == TimeRange(from: Home.now - 60_000, to: Home.now - 60_000))
      #expect(try await store.all(series) == expected + [row(60_000, 7)])
    }

    @Test("Of two writers the newer one's rows stay, whichever comes first", arguments: StoreKind.allCases)
    func bothOrders(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let writers = [try home.store(), try home.store()]
      let rows = [1.0, 2].map { value in (0..<20).map { row(Int64($0) * 1000 + 1, value) }.reversed() }
      for (name, order) in [("older first", [0, 1]), ("newer first", [1, 0])] {
        let series = try Series.source(name)
        for writer in order {
          _ = await writers[writer].write(Array(rows[writer]), of: series, version: Int64(writer) + 5)
        }
        #expect(try await home.store().all(series) == Array(rows[1]), "\(name)")
      }
    }

    @Test(
      "Writers at once lose no row, and once each was heard the newest of every row is there",
      arguments: StoreKind.allCases)
    func writersAtOnce(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let series = try Self.series.get()
      // Each writer has its own rows, and ten that all of them have.
      let deliveries = (0..<8).map { (writer: Int) -> [Sample] in
        let minutes = Array(1...10) + Array(writer * 10 + 100..<writer * 10 + 110)
        return minutes.map { row(Int64($0) * 60_000, ["v": .bigint(Int64(writer))]) }
      }
      let outcomes = try await mapConcurrently(Array(deliveries.indices), limit: 8) { writer async throws in
        await (try home.store()).write(deliveries[writer], of: series, version: Int64(writer) + 1)
      }
      for outcome in outcomes {
        #expect(outcome.stored + outcome.superseded == 20 && outcome.failure == nil, "\(outcome)")
      }
      let newest: [Sample] = deliveries[7].prefix(10) + deliveries.flatMap { $0.dropFirst(10) }
      let expected = newest.sorted { $0.time < $1.time }
      let store = try home.store()
      if Facts.of(kind).crossing == .newestStays {
        #expect(try await store.all(series) == expected)
      } else {
        #expect(try await store.all(series).map(\.time) == expected.map(\.time))
      }
      for (writer, samples) in deliveries.enumerated() {
        _ = await store.write(samples, of: series, version: Int64(writer) + 1)
      }
      #expect(try await store.all(series) == expected)
    }

    @Test("A newer write between an older one's reading and its writing", arguments: StoreKind.allCases)
    func crossing(kind: StoreKind) async throws {
      let home = try await Home(kind)
      let series = try Self.series.get()
      let (isHeld, mayGo) = (Gate(), Gate())
      let slow = try home.store { HoldingHTTP(real: $0, isHeld: isHeld, mayGo: mayGo) }
      let old = [row(1000, ["v": .double(1)]), row(2000, ["v": .double(1)])]
      // A write that needs no request, because it fails, must not hold the test up.
      async let slowOutcome = { () async -> HistoryWrite in
        let outcome = await slow.write(old, of: series, version: 1)
        isHeld.open()
        return outcome
      }()
      await isHeld.wait()
      let new = [row(1000, ["v": .double(2)])]
      #expect(await (try home.store()).write(new, of: series, version: 2).counts == Counts(stored: 1))
      mayGo.open()
      let outcome = await slowOutcome
      let rows = try await home.store().all(series)
      switch Facts.of(kind).crossing {
      case .newestStays:
        #expect(outcome.counts == Counts(stored: 1, superseded: 1))
        #expect(rows == [old[1], new[0]])
      case .lastArrivalStays:
        #expect(outcome.counts == Counts(stored: 2))
        #expect(rows == [old[1], old[0]])
        // The newer one, delivered again, puts it right.
        #expect(await (try home.store()).write(new, of: series, version: 2).failure == nil)
        #expect(try await home.store().all(series) == [old[1], new[0]])
      }
    }

    @Test(
      "A write that is repeated after its answers were lost changes nothing", arguments: StoreKind.allCases, [1, 1000])
    func lostAnswers(kind: StoreKind, lost: Int) async throws {
      let home = try await Home(kind)
      let series = try Self.series.get()
      let samples = everyFiveMinutes(288)
      let lossy = try home.store { LossyHTTP($0) { $0 < lost } }
      let first = await lossy.write(samples, of: series, version: 10)
      if lost == 1 {
        #expect(first.stored + first.superseded == 288 && first.failure == nil, "\(first)")
      } else {
        // Who reads what is there before it tries again may find that all has arrived.
        #expect(first.failure != nil || first.stored == 288, "\(first)")
        #expect(first.rejected.isEmpty && first.superseded == 0, "\(first)")
      }
      let second = await (try home.store()).write(samples, of: series, version: 10)
      #expect(second.stored + second.superseded == 288 && second.failure == nil, "\(second)")
      #expect(try await home.store().all(series) == samples)
      // A correction is not held up by what was repeated.
      let corrected = Sample(time: samples[9].time, measures: [Measure("v", .double(-1))])
      #expect(await (try home.store()).write([corrected], of: series, version: 11).counts == Counts(stored: 1))
      #expect(try await home.store().all(series) == samples[..<9] + [corrected] + samples[10...])
    }

    @Test("Rows out of order, in the write and between writes", arguments: StoreKind.allCases)
    func order(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Self.series.get())
      let samples = everyFiveMinutes(300)
      var random = SplitMix(seed: 7)
      let shuffled = samples.shuffled(using: &random)
      for start in stride(from: 0, to: shuffled.count, by: 60) {
        await store.put(Array(shuffled[start..<start + 60]), series, version: Int64(1000 - start))
      }
      #expect(try await store.all(series) == samples)
    }

    @Test("Measures that come and go", arguments: StoreKind.allCases)
    func measures(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Self.series.get())
      let rows = [
        row(5000, ["a": .double(1)]), row(4000, ["a": .double(2), "b": .bigint(2)]), row(3000, ["b": .bigint(3)]),
        row(2000, ["c": .varchar("c")]), row(1000, ["a": .double(4), "d": .boolean(false)]),
      ]
      for (index, sample) in rows.enumerated() { await store.put([sample], series, version: Int64(index) + 1) }
      #expect(try await store.all(series) == rows)
      // A correction with other measures: those that it lacks are gone.
      let corrected = row(4000, ["b": .bigint(5), "c": .varchar("new")])
      await store.put([corrected], series, version: 9)
      #expect(try await store.all(series) == [rows[0], corrected, rows[2], rows[3], rows[4]])
      #expect(
        try await store.lastValues(of: series, before: Home.now - 3999, measures: nil).values
          == ["a": .double(1), "b": .bigint(5), "c": .varchar("new")])
    }

    @Test("Several series at once, and of one several parts", arguments: StoreKind.allCases)
    func parts(kind: StoreKind) async throws {
      let store = try await Home(kind).store()
      let (one, other) = (try Series.source("one"), try Series.source("other"))
      await store.put([row(3000, 9)], other, version: 5)
      let outcomes = await store.write(
        [
          SeriesSamples(series: one, samples: [row(1000, 1), row(2000, 2)]), SeriesSamples(series: other, samples: []),
          SeriesSamples(series: other, samples: [row(3000, 3), row(1000, 3)]),
          SeriesSamples(series: one, samples: [row(4000, 4)]),
        ], version: 4)
      #expect(
        outcomes.map(\.counts) == [Counts(stored: 2), Counts(), Counts(stored: 1, superseded: 1), Counts(stored: 1)])
      #expect(try await store.all(one) == [row(4000, 4), row(2000, 2), row(1000, 1)])
      #expect(try await store.all(other) == [row(3000, 9), row(1000, 3)])
      #expect(await store.write([], version: 4) == [])
      #expect(await store.write([], of: one, version: 4) == HistoryWrite())
    }
  }
}
