import AWSClients
import CacheSupport

/// Writes samples of one series that lie in one cell.
///
/// It goes in rounds. In each it reads what it must know to tell which items hold the samples, and writes each of these items in one step:
/// merged, and cut where it became too large. What then belongs to another item, because the one was cut or somebody else was faster, is
/// the next round's. Each step leaves the table whole: whoever stops after it loses nothing that was acknowledged.
struct ChunkCellWriter: Sendable {
  let store: ChunkStore
  let identifier: Identifier
  let version: Int64
  /// Items that are written at once.
  let inFlight: Int
  private var layout: ChunkLayout
  /// By part, what became of its samples.
  private(set) var outcomes: [Int: HistoryWrite] = [:]

  /// How often it is tried again after somebody else was faster: 25 times.
  static let mostConflicts: Int = 25
  /// Samples that lie further apart are not read in one question, for what may be between them.
  static let widestGap: Int64 = 86_400_000

  init(_ store: ChunkStore, _ identifier: Identifier, cell: Int64, version: Int64, inFlight: Int) {
    self.store = store
    self.identifier = identifier
    self.version = version
    self.inFlight = inFlight
    layout = ChunkLayout(start: cell)
  }

  /// The samples of one item.
  private struct Job: Sendable {
    var old: ChunkItem?
    var start: Int64
    var width: Int64
    /// The items from which it was cut; nil where they were not needed to find it.
    var parents: [ChunkItem]?
    var samples: [ChunkSample]
  }

  /// What became of one item.
  private struct Result: Sendable {
    var done: [(sample: ChunkSample, fate: ChunkSample.Fate)] = []
    var left: [ChunkSample] = []
    var written: [ChunkItem] = []
    var found: [ChunkStore.Found] = []
    /// The item's parents are to be known first.
    var needsPath: Int64?
    var failure: StoreError?
  }

  /// Writes samples, as far as it can.
  ///
  /// - Parameter samples: of the cell, ascending by instant; none appears twice.
  mutating func write(_ samples: [ChunkSample]) async {
    var left = samples
    var conflicts = 0
    var isConsistent = false
    while !left.isEmpty {
      let jobs: [Job]
      do throws(StoreError) { jobs = try await plan(left, consistent: isConsistent) } catch {
        return fail(left, error)
      }
      let results = await mapConcurrently(jobs, limit: inFlight) { [self] job in await write(job) }
      left = []
      var contended: [Int64] = []
      for result in results { take(result, &left, &contended) }
      left.sort { Instant($0.sample) < Instant($1.sample) }
      guard !contended.isEmpty, !left.isEmpty else { continue }
      conflicts += 1
      guard conflicts <= Self.mostConflicts else {
        return fail(left, Self.contended(identifier))
      }
      // The first time what the conflict has shown is enough. Where many write, that is old by the end of the wait.
      guard conflicts > 1 else { continue }
      do { try await store.sleep(Self.delay(conflicts)) } catch { return fail(left, Self.contended(identifier)) }
      for start in contended { layout.forget(start) }
      isConsistent = true
    }
  }

  /// A time between half and all of 20 ms, 40 ms, 80 ms, and so on up to two seconds.
  private static func delay(_ conflicts: Int) -> Duration {
    .milliseconds(Int(Double.random(in: 0.5...1) * min(Double(5 << min(conflicts, 20)), 2000)))
  }

  private static func contended(_ identifier: Identifier) -> StoreError {
    StoreError(
      .throttled,
      "the chunks of '\(identifier)' were changed by others more than \(mostConflicts) times while they were written: try again"
    )
  }

  private mutating func fail(_ samples: [ChunkSample], _ error: StoreError) {
    for sample in samples {
      outcomes[sample.part, default: HistoryWrite()].failure = outcomes[sample.part]?.failure ?? error
    }
  }

  private mutating func take(_ result: Result, _ left: inout [ChunkSample], _ contended: inout [Int64]) {
    let now = store.clock.now
    for (sample, fate) in result.done {
      switch fate {
      case .stored: outcomes[sample.part, default: HistoryWrite()].addStored(sample.sample.time)
      case .superseded: outcomes[sample.part, default: HistoryWrite()].superseded += 1
      case .rejected(let reason):
        outcomes[sample.part, default: HistoryWrite()].rejected.add(.init(time: sample.sample.time, reason: reason))
      }
    }
    for item in result.written { layout.insert(item, now: now) }
    if let item = result.written.last { store.hints.note(item, of: identifier) }
    for found in result.found {
      switch found {
      case .item(let item):
        layout.insert(item, now: now)
        contended.append(item.start)
      case .none(let start):
        layout.remove(start)
        contended.append(start)
      case .busy(let start):
        contended.append(start)
      }
    }
    if let start = result.needsPath { layout.needsPath.insert(start) }
    if let failure = result.failure { fail(result.left, failure) } else { left += result.left }
  }

  /// Finds the item of each sample, and reads what must be known for it.
  private mutating func plan(
    _ samples: [ChunkSample], consistent: Bool
  ) async throws(StoreError) -> [Job] {
    var jobs: [Job] = []
    var first = 0
    while first < samples.count {
      let time = samples[first].sample.time
      switch layout.place(of: time) {
      case .item(let start, let parents):
        guard let item = layout.item(at: start) else { throw fault(start) }
        let next = samples[first...].firstIndex { $0.sample.time >= item.end } ?? samples.count
        jobs.append(
          Job(
            old: item, start: start, width: item.widths.last ?? 1, parents: parents?.compactMap { layout.item(at: $0) },
            samples: Array(samples[first..<next])))
        first = next
      case .none(let start, let width, let parents):
        let (end, overflows) = start.addingReportingOverflow(width)
        let next = samples[first...].firstIndex { !overflows && $0.sample.time >= end } ?? samples.count
        jobs.append(
          Job(
            old: nil, start: start, width: width, parents: parents.compactMap { layout.item(at: $0) },
            samples: Array(samples[first..<next])))
        first = next
      case .unread(let start):
        let item = try await store.read(start, of: identifier, consistent: consistent)
        if let item { layout.insert(item, now: store.clock.now) } else { layout.remove(start) }
      case .unreadBefore:
        var last = first
        while last + 1 < samples.count, samples[last + 1].sample.time - samples[last].sample.time <= Self.widestGap {
          last += 1
        }
        let (items, seen) = try await store.readBack(
          from: samples[last].sample.time, to: time, notBefore: layout.start, of: identifier)
        for item in items { layout.insert(item, now: store.clock.now) }
        layout.see(seen)
      case .broken(let start): throw fault(start)
      }
    }
    return jobs
  }

  private func fault(_ start: Int64) -> StoreError {
    StoreError(
      .failed,
      "the chunk of '\(identifier)' that starts at \(start) does not have the width that the one it was cut from says")
  }

  /// Writes one item in one step.
  private func write(_ job: Job) async -> Result {
    var result = Result(left: job.samples)
    do throws(StoreError) {
      let now = store.clock.now
      let merge = ChunkMerge(
        try rows(of: job.old), job.samples, version: version, policy: store.policy, now: now)
      result.done = merge.settled
      result.left = merge.new
      guard !merge.new.isEmpty else { return result }
      let plan = ChunkPlanner(identifier: identifier, policy: store.policy, now: now)
        .plan(job.old, start: job.start, width: job.width, merge)
      result.left = plan.written + plan.left
      result.done += plan.rejected.map { ($0.sample, .rejected($0.reason)) }
      guard !result.left.isEmpty else { return result }
      if try await raiseParents(of: plan.item, job, now, &result) { return result }
      var replacements = [ChunkStore.Replacement(item: plan.item, old: job.old)]
      replacements += plan.parts.map { .init(item: $0, old: nil) }
      switch try await store.write(replacements, of: identifier, now: now) {
      case .done:
        result.written = replacements.map(\.item)
        result.done += plan.written.map { ($0, .stored) }
        result.left = plan.left
      case .conflict(let found):
        result.found = found
        result.left = plan.written.map { ChunkSample(part: $0.part, sample: $0.sample, isSent: true) } + plan.left
      }
    } catch { result.failure = error }
    return result
  }

  private func rows(of item: ChunkItem?) throws(StoreError) -> [ChunkRow] {
    guard let item else { return [] }
    do throws(ChunkError) {
      return try ChunkCodec.unpack(PackedChunk(head: item.head, rows: item.rows))
    } catch {
      throw StoreError(
        .failed, "the chunk of '\(identifier)' that starts at \(item.start) cannot be read: \(error.description)")
    }
  }

  /// Keeps the items from which one was cut as long as itself: they say where it is.
  ///
  /// - Returns: true where that was to be done first, or could not be.
  private func raiseParents(
    of item: ChunkItem, _ job: Job, _ now: Int64, _ result: inout Result
  ) async throws(StoreError) -> Bool {
    func isCovered(by expiry: Int64?) -> Bool {
      expiry.map { before in item.expiry.map { $0 <= before } ?? false } ?? true
    }
    if item.start == layout.start { return false }
    if let old = job.old, isCovered(by: old.expiry) { return false }
    if let least = store.policy.expiryOfParents(of: item), isCovered(by: least) { return false }
    guard let parents = job.parents else {
      result.needsPath = item.start
      return true
    }
    guard let parent = parents.first(where: { !isCovered(by: $0.expiry) }) else { return false }
    var raised = parent
    raised.revision = parent.nextRevision(now)
    raised.expiry = item.expiry
    switch try await store.write([.init(item: raised, old: parent)], of: identifier, now: now) {
    case .done: result.written = [raised]
    case .conflict(let found): result.found = found
    }
    return true
  }
}
