import CacheSupport

/// The series that a request's key may read. The others do not exist for it: they are not listed, and not found.
struct VisibleSeries: Sendable {
  let directory: SeriesDirectory
  let access: Access

  /// True where the key reads what belongs to no bucket: every fetched series, and whatever is not registered.
  private var isOfAll: Bool { access.mayRead(bucket: nil) }

  /// What the table says of a series at this moment; nil where it is not registered, or the key may not read it.
  ///
  /// - Throws: ``StoreError`` where the table cannot be read.
  func entry(_ identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    try await directory.current(of: identifier).flatMap { isVisible($0) ? $0 : nil }
  }

  /// The series of an identifier; nil where the key may not read it.
  ///
  /// To a key of all buckets an identifier that is not registered is a series as well: it may have been removed, and its rows stay
  /// until they expire.
  ///
  /// - Throws: ``StoreError`` where the table cannot be read.
  func series(_ identifier: Identifier) async throws(StoreError) -> Series? {
    guard let entry = try await directory.entry(of: identifier) else { return isOfAll ? Series(identifier) : nil }
    return isVisible(entry) ? entry.series : nil
  }

  /// Series in the table's own order.
  ///
  /// - Parameters:
  ///   - prefix: what the identifiers begin with; nil lists all.
  ///   - identifier: ``next`` of the list before; nil begins.
  ///   - limit: the most series, 1 to 1,000.
  /// - Returns: the series, possibly fewer than the limit or none, and where the next list goes on; nil at the end. That is never a
  ///   series which the key may not read.
  /// - Throws: ``StoreError`` where the table cannot be read; nil where there is none.
  func list(
    prefix: String? = nil, after identifier: Identifier? = nil, limit: Int
  ) async throws(StoreError) -> (entries: [SeriesEntry], next: Identifier?)? {
    guard let registry = directory.registry else { return nil }
    if isOfAll { return try await registry.list(prefix: prefix, after: identifier, limit: limit) }
    var found: [SeriesEntry] = []
    var place = identifier
    repeat {
      // Nobody waits any more.
      guard !Task.isCancelled else { throw StoreError(.timedOut, "the list was not read to its end in time") }
      let (entries, next) = try await registry.list(prefix: prefix, after: place, limit: Self.looked)
      for entry in entries where isVisible(entry) {
        if found.count == limit { return (found, found.last?.identifier) }
        found.append(entry)
      }
      place = next
    } while place != nil
    return (found, nil)
  }

  /// How many entries are looked at a time, of which a key may read few.
  private static let looked: Int = 1000

  func isVisible(_ entry: SeriesEntry) -> Bool {
    isOfAll || entry.kind == .written && entry.bucket.map { access.mayRead(bucket: $0) } ?? false
  }
}
