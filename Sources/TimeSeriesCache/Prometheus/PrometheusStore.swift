import CacheSupport
import Synchronization

/// What the Prometheus API needs of the identifiers' table and of the two stores.
protocol PrometheusStore: Sendable {
  /// Everything that is registered under identifiers with a prefix; nil where that is more than a limit.
  func entries(prefix: String, limit: Int) async throws(StoreError) -> [SeriesEntry]?
  /// One series; nil where it is not registered.
  func entry(_ identifier: Identifier) async throws(StoreError) -> SeriesEntry?
  /// The newest rows of some series; those without any are left out.
  func latest(of series: [Series]) async throws(StoreError) -> SeriesReader.Latest
  /// One page of a series' history and forecast.
  func page(
    of series: Series, in range: TimeRange, after start: SeriesReader.Continuation?, limit: Int
  ) async throws(StoreError) -> SeriesReader.Page
}

/// The store of a deployment: the identifiers' table, whose lists are remembered for a while, and the merged series.
final class RegisteredSeries: PrometheusStore {
  /// Milliseconds for which a list of series counts: a new one is found after that, at the latest.
  static let listLifetime: Int64 = 30_000
  /// Milliseconds for which a list without any series counts: whoever writes a first series looks for it at once.
  static let emptyLifetime: Int64 = 5000
  /// The most series of all lists that are remembered: the function has 256 MB.
  static let seriesKept: Int = 20_000

  private struct List {
    var entries: [SeriesEntry]
    var end: Int64

    /// - Parameter found: those of its entries that were asked for.
    func counts(for found: [SeriesEntry], at now: Int64) -> Bool {
      now < (found.isEmpty ? end - listLifetime + emptyLifetime : end)
    }
  }

  private let directory: SeriesDirectory
  private let registry: IdentifierRegistry
  private let reader: SeriesReader
  private let clock: WallClock
  /// By what the identifiers begin with.
  private let known = Mutex<[String: List]>([:])
  private let seriesKept: Int

  /// Nil where the directory has no table.
  init?(
    _ directory: SeriesDirectory, reader: SeriesReader, clock: WallClock,
    seriesKept: Int = RegisteredSeries.seriesKept
  ) {
    guard let registry = directory.registry else { return nil }
    self.directory = directory
    self.registry = registry
    self.reader = reader
    self.clock = clock
    self.seriesKept = seriesKept
  }

  /// How many series all lists have together.
  var remembered: Int { known.withLock { $0.values.reduce(0) { $0 + $1.entries.count } } }

  func entries(prefix: String, limit: Int) async throws(StoreError) -> [SeriesEntry]? {
    let now = clock.now
    if let entries = remembered(prefix, now) { return entries.count <= limit ? entries : nil }
    var entries: [SeriesEntry] = []
    var next: Identifier?
    repeat {
      let page = try await registry.list(prefix: prefix.isEmpty ? nil : prefix, after: next, limit: 1000)
      entries += page.entries
      next = page.next
      guard entries.count <= limit else { return nil }
    } while next != nil
    remember(List(entries: entries, end: now + Self.listLifetime), of: prefix, now)
    return entries
  }

  /// From the list of the prefix, or from that of all.
  private func remembered(_ prefix: String, _ now: Int64) -> [SeriesEntry]? {
    known.withLock { lists in
      if let list = lists[prefix], list.counts(for: list.entries, at: now) { return list.entries }
      guard let all = lists[""], now < all.end else { return nil }
      let entries = all.entries.filter { $0.identifier.text.utf8.starts(with: prefix.utf8) }
      return all.counts(for: entries, at: now) ? entries : nil
    }
  }

  private func remember(_ list: List, of prefix: String, _ now: Int64) {
    guard list.entries.count <= seriesKept else { return }
    known.withLock { lists in
      lists = lists.filter { now < $0.value.end }
      lists[prefix] = list
      // Each list counts as one more, so that those of prefixes which nothing has are bounded, too.
      while lists.values.reduce(0, { $0 + $1.entries.count + 1 }) > seriesKept + 1,
        let oldest = lists.min(by: { $0.value.end < $1.value.end })?.key
      {
        lists[oldest] = nil
      }
    }
  }

  func entry(_ identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    try await directory.entry(of: identifier)
  }

  func latest(of series: [Series]) async throws(StoreError) -> SeriesReader.Latest {
    try await reader.latest(of: series)
  }

  func page(
    of series: Series, in range: TimeRange, after start: SeriesReader.Continuation?, limit: Int
  ) async throws(StoreError) -> SeriesReader.Page {
    try await reader.page(of: series, in: range, after: start, limit: limit)
  }
}
