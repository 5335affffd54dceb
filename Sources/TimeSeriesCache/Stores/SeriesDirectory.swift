package import CacheSupport
import Synchronization

/// The identifiers' table as a process remembers it, so that a series is not looked up again with each request.
///
/// What was found counts for ``foundLifetime``, what was not for ``absentLifetime``. While the table cannot be read for causes that
/// may pass, what was found stays in use for ``grace`` more, so that its rows can still be read. What was not found does not: it may
/// have been registered since, and a series read as another kind looks empty. At most ``capacity`` identifiers are remembered; of more,
/// those that were looked up longest ago are forgotten.
package final class SeriesDirectory: Sendable {
  /// Milliseconds for which an entry counts.
  package static let foundLifetime: Int64 = 60_000
  /// Milliseconds for which an identifier counts as not registered.
  package static let absentLifetime: Int64 = 5000
  /// Milliseconds for which an entry is kept after that while the table cannot be read.
  package static let grace: Int64 = 60 * 60_000
  /// Milliseconds after a failed look-up for which an entry that is kept is not looked up again.
  package static let pause: Int64 = 5000
  /// Milliseconds for which a look-up is waited for where an entry is kept.
  package static let patience: Int64 = 2000
  /// How many identifiers are remembered at most.
  package static let capacity: Int = 10_000

  private struct Known: Sendable {
    var entry: SeriesEntry?
    var end: Int64
    /// When it was looked up in vain since then.
    var failed: Int64?

    /// True where it may be used while the table cannot be read.
    func isKept(at now: Int64) -> Bool { entry != nil && now < end + SeriesDirectory.grace }
    /// True where the table could not be read a moment ago.
    func pauses(at now: Int64) -> Bool { failed.map { $0 <= now && now - $0 < SeriesDirectory.pause } ?? false }
  }

  /// The table; nil where there is none: no series is registered then.
  package let registry: IdentifierRegistry?
  private let clock: WallClock
  private let memory = Mutex(RecentMap<Identifier, Known>(capacity: capacity))
  private let report: (@Sendable (StoreError) -> Void)?

  /// - Parameter report: told of each look-up that failed while an entry is kept, which no caller gets to see.
  package init(
    _ registry: IdentifierRegistry?, clock: WallClock = .system, report: (@Sendable (StoreError) -> Void)? = nil
  ) {
    self.registry = registry
    self.clock = clock
    self.report = report
  }

  /// What the table says of a series at this moment, which is then remembered; nil where it is not registered.
  ///
  /// - Throws: ``StoreError`` where the table cannot be read.
  package func current(of identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    guard let registry else { return nil }
    let now = clock.now
    let entry = try await registry.entry(identifier)
    remember(entry, of: identifier, now)
    return entry
  }

  /// What the table says of a series, as it is remembered; nil where it is not registered.
  ///
  /// - Throws: ``StoreError`` where the table cannot be read, and no entry is kept.
  package func entry(of identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    guard let registry else { return nil }
    let now = clock.now
    let known = memory.withLock { $0[identifier] }
    if let known, now < known.end { return known.entry }
    guard var known, known.isKept(at: now) else { return try await current(of: identifier) }
    if known.pauses(at: now) { return known.entry }
    let answer = await within(.milliseconds(Self.patience)) {
      await result { () async throws(StoreError) in try await registry.entry(identifier) }
    }
    switch answer ?? .failure(StoreError(.timedOut, "the identifiers' table did not answer in \(Self.patience) ms")) {
    case .success(let entry):
      remember(entry, of: identifier, now)
      return entry
    case .failure(let error):
      guard error.kind != .failed else { throw error }
      report?(error)
      known.failed = now
      let kept = known
      // What was removed or learnt meanwhile counts more.
      memory.withLock { if $0[identifier]?.end == kept.end { $0[identifier] = kept } }
      return kept.entry
    }
  }

  /// The series of an identifier: with measurement and tags where it is registered as written.
  package func series(of identifier: Identifier) async throws(StoreError) -> Series {
    try await entry(of: identifier)?.series ?? Series(identifier)
  }

  /// Takes over what somebody else has just read or written; nil where the identifier is not registered.
  package func remember(_ entry: SeriesEntry?, of identifier: Identifier) { remember(entry, of: identifier, clock.now) }

  /// Looks the identifier up when it is asked for next.
  package func forget(_ identifier: Identifier) { memory.withLock { $0[identifier] = nil } }

  /// How many identifiers are remembered, those that count no more included.
  package var count: Int { memory.withLock { $0.count } }

  private func remember(_ entry: SeriesEntry?, of identifier: Identifier, _ now: Int64) {
    let known = Known(entry: entry, end: now + (entry == nil ? Self.absentLifetime : Self.foundLifetime))
    memory.withLock { $0[identifier] = known }
  }
}
