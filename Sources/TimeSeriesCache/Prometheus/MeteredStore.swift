import CacheSupport
import Synchronization

/// A store as one request sees it: notes what the history bills for all of the request's questions.
final class MeteredStore: PrometheusStore {
  private let store: any PrometheusStore
  private let metered = Mutex<Int64?>(nil)

  init(_ store: any PrometheusStore) { self.store = store }

  /// Bytes; nil where only the identifiers' table was asked, which bills none.
  var bytesMetered: Int64? { metered.withLock { $0 } }

  func entries(prefix: String, limit: Int) async throws(StoreError) -> [SeriesEntry]? {
    try await store.entries(prefix: prefix, limit: limit)
  }

  func entry(_ identifier: Identifier) async throws(StoreError) -> SeriesEntry? { try await store.entry(identifier) }

  func latest(of series: [Series]) async throws(StoreError) -> SeriesReader.Latest {
    let latest = try await store.latest(of: series)
    add(latest.bytesMetered)
    return latest
  }

  func page(
    of series: Series, in range: TimeRange, after start: SeriesReader.Continuation?, limit: Int
  ) async throws(StoreError) -> SeriesReader.Page {
    let page = try await store.page(of: series, in: range, after: start, limit: limit)
    add(page.bytesMetered)
    return page
  }

  private func add(_ bytes: Int64) { metered.withLock { $0 = ($0 ?? 0) + bytes } }
}
