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

/// The store of a deployment: the identifiers' table, whose list is remembered for a while, and the merged series.
final class RegisteredSeries: PrometheusStore {
  /// Milliseconds for which the list of all series counts: a new one is found after that, at the latest.
  static let listLifetime: Int64 = 30_000

  private let directory: SeriesDirectory
  private let registry: IdentifierRegistry
  private let reader: SeriesReader
  private let clock: WallClock
  private let known = Mutex<(entries: [SeriesEntry], end: Int64)?>(nil)

  /// Nil where the directory has no table.
  init?(_ directory: SeriesDirectory, reader: SeriesReader, clock: WallClock) {
    guard let registry = directory.registry else { return nil }
    self.directory = directory
    self.registry = registry
    self.reader = reader
    self.clock = clock
  }

  func entries(prefix: String, limit: Int) async throws(StoreError) -> [SeriesEntry]? {
    let now = clock.now
    let remembered = known.withLock { $0 }
    if let remembered, now < remembered.end {
      let entries = remembered.entries.filter { $0.identifier.text.utf8.starts(with: prefix.utf8) }
      return entries.count <= limit ? entries : nil
    }
    var entries: [SeriesEntry] = []
    var next: Identifier?
    repeat {
      let page = try await registry.list(prefix: prefix.isEmpty ? nil : prefix, after: next, limit: 1000)
      entries += page.entries
      next = page.next
      guard entries.count <= limit else { return nil }
    } while next != nil
    if prefix.isEmpty {
      let list = (entries: entries, end: now + Self.listLifetime)
      known.withLock { $0 = list }
    }
    return entries
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
