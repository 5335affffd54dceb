import CacheSupport
import Synchronization

@testable import TimeSeriesCache

/// A store in memory that keeps instants and versions as a real one must, bills what a question's range holds, and fails when a test says so.
final class VersionedHistory: HistoryStore, InstantReading {
  struct Instant: Hashable, Comparable {
    var time: Int64
    var nanoseconds: Int32 = 0
    static func < (one: Self, other: Self) -> Bool { (one.time, one.nanoseconds) < (other.time, other.nanoseconds) }
  }

  struct Row: Hashable {
    var measures: [Measure]
    var version: Int64
  }

  typealias Contents = [Series: [Instant: Row]]

  struct State {
    var contents: Contents = [:]
    /// What was asked and written, in order.
    var reads = 0
    var writes = 0
    /// Rows in the ranges that were asked for: what a store has to look through.
    var looked = 0
    var given = 0
  }

  let state: Mutex<State>
  /// Called with the number of the read, from 1, and the series.
  let beforeRead: @Sendable (Int, Series) throws(StoreError) -> Void
  /// Called with the number of the write, from 1; what it returns is the failure of the write once half of it is stored.
  let duringWrite: @Sendable (Int) -> StoreError?
  /// Why a sample is not taken.
  let rejects: @Sendable (Sample) -> String?

  init(
    _ contents: Contents = [:], beforeRead: @escaping @Sendable (Int, Series) throws(StoreError) -> Void = { _, _ in },
    duringWrite: @escaping @Sendable (Int) -> StoreError? = { _ in nil },
    rejects: @escaping @Sendable (Sample) -> String? = { _ in nil }
  ) {
    state = Mutex(State(contents: contents))
    self.beforeRead = beforeRead
    self.duringWrite = duringWrite
    self.rejects = rejects
  }

  var contents: Contents { state.withLock { $0.contents } }
  /// Without versions.
  var rows: [Series: [Instant: [Measure]]] {
    contents.mapValues { $0.mapValues(\.measures) }.filter { !$0.value.isEmpty }
  }

  func set(_ time: Int64, _ value: Double, of series: Series, version: Int64 = 1) {
    state.withLock {
      $0.contents[series, default: [:]][Instant(time: time)] = Row(
        measures: [Measure("v", .double(value))], version: version)
    }
  }

  func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    let number = state.withLock { state in
      state.writes += 1
      return state.writes
    }
    var outcome = HistoryWrite()
    outcome.failure = duringWrite(number)
    let taken = outcome.failure == nil ? samples[...] : samples.prefix(samples.count / 2)
    state.withLock { state in
      for sample in taken {
        let instant = Instant(time: sample.time, nanoseconds: sample.nanoseconds)
        if let reason = rejects(sample) {
          outcome.rejected.add(.init(time: sample.time, reason: reason))
        } else if let existing = state.contents[series]?[instant], existing.version >= version {
          outcome.superseded += 1
        } else {
          state.contents[series, default: [:]][instant] = Row(measures: sample.measures, version: version)
          outcome.addStored(sample.time)
        }
      }
    }
    return outcome
  }

  func instants(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    let number = state.withLock { state in
      state.reads += 1
      return state.reads
    }
    try beforeRead(number, series)
    let found = state.withLock { state in
      let found = (state.contents[series] ?? [:]).filter { (range.from...range.to).contains($0.key.time) }
        .sorted { $0.key < $1.key }
      state.looked += found.count
      return found.map { Sample(time: $0.key.time, nanoseconds: $0.key.nanoseconds, measures: $0.value.measures) }
    }
    let page = found.wholeMilliseconds(limit)
    state.withLock { $0.given += page.count }
    return HistoryRows(samples: Array(page), isCut: page.count < found.count, bytesMetered: 10)
  }

  func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    let all = try await instants(of: series, in: range, limit: .max)
    var merged: [Sample] = []
    for var sample in all.samples {
      sample.nanoseconds = 0
      merged.add(sample)
    }
    return HistoryRows(
      samples: Array(merged.prefix(limit)), isCut: merged.count > limit, bytesMetered: all.bytesMetered)
  }

  func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    NewestHistory(time: contents[series]?.keys.max()?.time)
  }

  func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    let names = contents.keys.sorted { $0.identifier < $1.identifier }
    let left = names.filter { series in
      start.map { Array($0.utf8).lexicographicallyPrecedes(Array(series.identifier.text.utf8)) } ?? true
    }
    let page = Array(left.prefix(limit))
    return SeriesPage(
      series: page, next: page.count < left.count ? page.last?.identifier.text : nil, bytesMetered: 10)
  }
}

extension VersionedHistory {
  /// A series of one measure, a row a minute.
  static func minutes(_ count: Int, from first: Int64 = 0, version: Int64 = 1) -> [Instant: Row] {
    Dictionary(
      uniqueKeysWithValues: (0..<count).map {
        (
          Instant(time: first + Int64($0) * 60_000),
          Row(measures: [Measure("v", .double(Double($0)))], version: version)
        )
      })
  }
}

/// A store that tells no instants finer than a millisecond, and lists nothing.
struct CoarseHistory: HistoryStore {
  let store: VersionedHistory

  func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    await store.write(samples, of: series, version: version)
  }
  func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows {
    try await store.rows(of: series, in: range, limit: limit)
  }
  func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    try await store.newest(of: series, in: range)
  }
}
