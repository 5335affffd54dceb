import CacheSupport

/// The series that a request's key may read. The others do not exist for it: they are not listed, and not found.
struct VisibleSeries: Sendable {
  /// The series of an identifier; nil where the key may not read it.
  ///
  /// An identifier that is not registered is a series as well, because without a registry nothing tells what there is.
  ///
  /// - Throws: ``StoreError`` where the registry cannot be read.
  func series(_ identifier: Identifier) async throws(StoreError) -> Series? { Series(identifier) }
}
