import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// Rows that are older than they are kept.
  @Suite struct Retention {
    @Test("What is older than the retention is rejected, and what is younger stays", arguments: StoreKind.allCases)
    func retention(kind: StoreKind) async throws {
      let home = try await Home(kind, retentionDays: 30)
      let (store, series) = (try home.store(), try Series.source("s"))
      let day: Int64 = 86_400_000
      // Long before: no store's rounding of what ends together reaches so far.
      let now = home.today
      let old = [400, 399].map { Sample(time: now - $0 * day, measures: [Measure("v", .double(Double($0)))]) }
      let young = [28, 20, 1].map { Sample(time: now - $0 * day, measures: [Measure("v", .double(Double($0)))]) }
      let outcome = await store.write(old + young, of: series, version: 1)
      #expect(outcome.counts == Counts(stored: 3, rejected: 2), "\(outcome)")
      #expect(outcome.rejected.first.map(\.time) == old.map(\.time))
      #expect(outcome.rejected.first.allSatisfy { !$0.reason.isEmpty })
      #expect(try await store.all(series) == young)
      #expect(try await home.store().list(pages: 10) == [series])
      #expect(try await store.newest(of: series, in: nil).time == young[2].time)
    }

    @Test("Rows whose retention has passed since", arguments: StoreKind.allCases)
    func passed(kind: StoreKind) async throws {
      let home = try await Home(kind, retentionDays: 30)
      let series = try Series.source("s")
      let sample = Sample(time: home.today - 86_400_000, measures: [Measure("v", .double(1))])
      await (try home.store(now: home.today)).put([sample], series)
      // Only the clock of who decides has gone on: the process's or the server's.
      let later = try home.store(now: home.today + 95 * 86_400_000)
      let kept = Facts.of(kind).ownClockDecides ? [] : [sample]
      #expect(try await later.all(series) == kept)
      #expect(try await later.newest(of: series, in: nil).time == kept.first?.time)
      #expect(try await later.latest(of: [series]).samples[series] == kept.first)
      #expect(try await later.list(pages: 10).count == kept.count)
      #expect(try await home.store(now: home.today).all(series) == [sample])
    }
  }
}
