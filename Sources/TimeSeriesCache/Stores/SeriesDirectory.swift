package import CacheSupport
import Synchronization

/// The identifiers' table as a process remembers it, so that a series is not looked up again with each request.
///
/// What was found counts for ``foundLifetime``, what was not for ``absentLifetime``. At most ``capacity`` identifiers are
/// remembered; of more, those that were looked up longest ago are forgotten.
package final class SeriesDirectory: Sendable {
  /// Milliseconds for which an entry counts.
  package static let foundLifetime: Int64 = 60_000
  /// Milliseconds for which an identifier counts as not registered.
  package static let absentLifetime: Int64 = 5000
  /// How many identifiers are remembered at most.
  package static let capacity: Int = 10_000

  private struct Known: Sendable {
    var entry: SeriesEntry?
    var end: Int64
  }

  /// The table; nil where there is none: no series is registered then.
  package let registry: IdentifierRegistry?
  private let clock: WallClock
  private let memory = Mutex(RecentMap<Identifier, Known>(capacity: capacity))

  package init(_ registry: IdentifierRegistry?, clock: WallClock = .system) {
    self.registry = registry
    self.clock = clock
  }

  /// What the table says of a series, as it is remembered; nil where it is not registered.
  package func entry(of identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    guard let registry else { return nil }
    let now = clock.now
    if let known = memory.withLock({ $0[identifier] }), now < known.end { return known.entry }
    let entry = try await registry.entry(identifier)
    remember(entry, of: identifier, now)
    return entry
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
