import CacheSupport
import Synchronization
import TimeSeriesCache

/// Stores in memory, which answer as the real ones must, and note what they were asked.
final class MemoryHistory: HistoryStore {
  private let samples: Mutex<[Int64: Sample]>
  let asked = Mutex<[String]>([])

  init(_ times: [Int64], value: Double = 1) {
    samples = Mutex(Dictionary(times.map { ($0, Sample(time: $0, measures: [Measure("v", .double(value))])) }) { $1 })
  }

  func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    self.samples.withLock { stored in for sample in samples { stored[sample.time] = sample } }
    var outcome = HistoryWrite()
    for sample in samples { outcome.addStored(sample.time) }
    return outcome
  }

  func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    asked.withLock { $0.append("rows") }
    let found = samples.withLock { $0.values.filter { (range.from...range.to).contains($0.time) } }
    return HistoryRows(
      samples: Array(found.sorted { $0.time < $1.time }.prefix(limit)), isCut: found.count > limit, bytesMetered: 10)
  }

  func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    asked.withLock { $0.append("newest") }
    let times = samples.withLock { Array($0.keys) }
    return NewestHistory(
      time: times.filter { time in range.map { ($0.from...$0.to).contains(time) } ?? true }.max(), bytesMetered: 10)
  }
}

final class MemoryForecast: ForecastStore {
  private let samples: Mutex<[Int64: Sample]>
  /// Each page's items, expired ones included, before they are left out.
  private let pageSize: Int
  private let expired: Set<Int64>
  let pages = Mutex<[TimeRange]>([])

  init(_ times: [Int64], value: Double = 2, pageSize: Int = .max, expired: Set<Int64> = []) {
    samples = Mutex(Dictionary(times.map { ($0, Sample(time: $0, measures: [Measure("v", .double(value))])) }) { $1 })
    self.pageSize = pageSize
    self.expired = expired
  }

  func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int {
    self.samples.withLock { stored in for sample in samples { stored[sample.time] = sample } }
    return samples.count
  }

  func page(of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64) async throws(StoreError)
    -> ForecastPage
  {
    pages.withLock { $0.append(range) }
    let found = samples.withLock { $0.values.filter { (range.from...range.to).contains($0.time) } }.sorted {
      $0.time < $1.time
    }
    let page = found.prefix(min(limit, pageSize))
    let next = page.count < found.count ? page.last.map { $0.time + 1 } : nil
    return ForecastPage(samples: page.filter { !expired.contains($0.time) }, next: next)
  }

  func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool {
    samples.withLock { $0.keys.contains { !expired.contains($0) } }
  }
}
