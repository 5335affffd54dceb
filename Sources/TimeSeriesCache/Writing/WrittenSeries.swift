package import CacheSupport
import LambdaRuntime
import Synchronization

/// The written series that this process has met: who owns each of them, and what its item is still to be told.
///
/// A series is registered when the process meets it first, with one conditional put; then it is remembered, ``capacity`` of them
/// at most. Its status goes to its item once at first, then once in ``statusInterval``, and at once where points were rejected:
/// ``statusesPerWrite`` series at most per write, those first that have waited longest, the others with a later one. What was not told when the process ends, or when
/// a series is forgotten, is missing from the counts; the samples themselves are not.
package final class WrittenSeries: Sendable {
  /// How many series are remembered at most.
  package static let capacity: Int = 50_000
  /// PutItem requests in flight.
  static let registrationsInFlight: Int = 32
  /// Milliseconds in which a series' status is told once.
  package static let statusInterval: Int64 = 60_000
  /// Series whose status one write tells.
  static let statusesPerWrite: Int = 500
  /// UpdateItem requests in flight.
  static let statusesInFlight: Int = 16

  /// Whose series it is.
  enum Owner: Sendable, Hashable {
    /// Of the bucket that wrote it first; nil for an item that was put by hand without one.
    case bucket(String?)
    /// Of a source: the fetch function writes it.
    case source
  }

  private struct Known: Sendable {
    var owner: Owner
    var status: SeriesStatus?
    /// What was not told yet.
    var pending: SeriesRun?
    /// Since when something waits to be told.
    var since: Int64?
    /// When it was told last.
    var told: Int64?

    mutating func isTold(at now: Int64) { (pending, since, told) = (nil, nil, now) }
  }

  private let registry: IdentifierRegistry
  private let clock: WallClock
  private let memory: Mutex<RecentMap<Identifier, Known>>

  package init(_ registry: IdentifierRegistry, clock: WallClock, capacity: Int = capacity) {
    self.registry = registry
    self.clock = clock
    memory = Mutex(RecentMap(capacity: capacity))
  }

  /// How many series are remembered.
  var count: Int { memory.withLock { $0.count } }

  /// Who owns each series; those that nobody knows are registered for a bucket.
  ///
  /// - Parameter now: epoch milliseconds, since when new ones are registered.
  /// - Returns: an owner or an error for each, and how many were registered.
  func owners(
    of series: [Series], bucket: String, now: Int64
  ) async -> (owners: [Result<Owner, StoreError>], registered: Int) {
    let known = memory.withLock { memory in series.map { memory[$0.identifier]?.owner } }
    let unknown = series.indices.filter { known[$0] == nil }
    let found = await mapConcurrently(unknown, limit: Self.registrationsInFlight) { index in
      await result { () async throws(StoreError) in
        try await self.registry.register(series[index], bucket: bucket, now: now)
      }
    }
    var owners: [Result<Owner, StoreError>] = known.map { .success($0 ?? .source) }
    var registered = 0
    memory.withLock { memory in
      for (index, registration) in zip(unknown, found) {
        switch registration {
        case .success(.new):
          registered += 1
          memory[series[index].identifier] = Known(owner: .bucket(bucket))
          owners[index] = .success(.bucket(bucket))
        case .success(.existing(let entry)):
          let owner: Owner = entry.kind == .written ? .bucket(entry.bucket) : .source
          memory[series[index].identifier] = Known(owner: owner, status: entry.status)
          owners[index] = .success(owner)
        case .failure(let error): owners[index] = .failure(error)
        }
      }
    }
    return (owners, registered)
  }

  /// Takes note of what a write did to some series, and tells the items what is due.
  ///
  /// - Parameter logger: warned where items could not be written; they are told with a later write.
  func note(_ runs: [(identifier: Identifier, run: SeriesRun)], _ logger: LambdaLogger) async {
    let now = clock.now
    let due = memory.withLock { memory in
      for (identifier, run) in runs {
        guard var known = memory[identifier] else { continue }
        known.pending = known.pending?.followed(by: run) ?? run
        known.since = known.since ?? now
        memory[identifier] = known
      }
      return Self.due(runs.map(\.identifier), &memory, now)
    }
    let results = await mapConcurrently(due, limit: Self.statusesInFlight) { due in
      await result { () async throws(StoreError) in
        try await self.registry.record(due.run, of: due.identifier, known: due.known)
      }
    }
    var failures = FirstFew<StoreError>()
    memory.withLock { memory in
      for (due, result) in zip(due, results) {
        switch result {
        case .success(let status?): memory[due.identifier]?.status = status
        // Somebody has removed it: the next write registers it again.
        case .success(nil): memory[due.identifier] = nil
        case .failure(let error):
          failures.add(error)
          guard var known = memory[due.identifier] else { continue }
          known.pending = known.pending.map { due.run.followed(by: $0) } ?? due.run
          known.since = known.since ?? now
          memory[due.identifier] = known
        }
      }
    }
    if let first = failures.elements.first {
      logger.warn(
        "the status of series was not written; a later write tells it",
        ["series": .integer(failures.count), "error": .string(first.description)])
    }
  }
}

extension WrittenSeries {
  private typealias Due = (identifier: Identifier, run: SeriesRun, known: SeriesStatus?)

  /// What is told now, of the series of one write: those with rejected points first, then those that have waited longest.
  private static func due(
    _ identifiers: [Identifier], _ memory: inout RecentMap<Identifier, Known>, _ now: Int64
  ) -> [Due] {
    var waiting: [(rank: (Int, Int64, Int), due: Due)] = []
    for (place, identifier) in identifiers.enumerated() {
      guard let known = memory[identifier], let run = known.pending else { continue }
      guard run.rejected > 0 || known.told.map({ now - $0 >= statusInterval }) ?? true else { continue }
      waiting.append(((run.rejected > 0 ? 0 : 1, known.since ?? now, place), (identifier, run, known.status)))
    }
    if waiting.count > statusesPerWrite { waiting.sort { $0.rank < $1.rank } }
    let due = waiting.prefix(statusesPerWrite).map(\.due)
    for (identifier, _, _) in due { memory[identifier]?.isTold(at: now) }
    return due
  }
}

extension SeriesRun {
  /// One run that tells what two did.
  func followed(by later: SeriesRun) -> SeriesRun {
    var sum = self
    sum.time = max(time, later.time)
    sum.stored = stored.addingReportingOverflow(later.stored).partialValue
    sum.rejected = rejected.addingReportingOverflow(later.rejected).partialValue
    sum.history = later.history.map { history?.widened(to: $0) ?? $0 } ?? history
    sum.failure = later.failure ?? failure
    sum.measures.formUnion(later.measures)
    return sum
  }
}
