import CacheSupport

/// A sample that is to be written.
struct ChunkSample: Sendable, Hashable {
  /// Which part of the write it belongs to.
  var part: Int
  var sample: Sample
  /// True once it was sent: where it is found in the store, a lost answer may have been its own.
  var isSent: Bool = false

  /// What becomes of a sample.
  enum Fate: Sendable, Hashable {
    case stored
    case superseded
    case rejected(String)
  }
}

/// A time and its nanoseconds.
struct Instant: Hashable, Comparable, Sendable {
  let time: Int64
  let nanoseconds: Int32
  init(_ sample: Sample) { (time, nanoseconds) = (sample.time, sample.nanoseconds) }

  static func < (one: Self, other: Self) -> Bool {
    (one.time, one.nanoseconds) < (other.time, other.nanoseconds)
  }
}

/// The rows of a chunk with samples merged into them, each instant by its version.
struct ChunkMerge: Sendable {
  /// The chunk's rows that have not expired, ascending.
  private(set) var old: [ChunkRow]
  /// The same with the samples that replace them or come between them.
  private(set) var rows: [ChunkRow] = []
  /// The samples that are among the rows and were not before.
  private(set) var new: [ChunkSample] = []
  /// What is known of the others.
  private(set) var settled: [(sample: ChunkSample, fate: ChunkSample.Fate)] = []

  /// - Parameters:
  ///   - old: ascending.
  ///   - samples: ascending; none appears twice.
  ///   - version: of the samples.
  ///   - now: epoch milliseconds.
  init(_ old: [ChunkRow], _ samples: [ChunkSample], version: Int64, policy: ChunkPolicy, now: Int64) {
    let old = old.filter { !policy.isExpired($0, now) }
    self.old = old
    rows.reserveCapacity(old.count + samples.count)
    var place = 0
    for sample in samples {
      while place < old.count, Instant(old[place].sample) < Instant(sample.sample) {
        rows.append(old[place])
        place += 1
      }
      let row = ChunkRow(sample: sample.sample, version: version)
      if policy.isExpired(row, now) {
        settled.append((sample, .superseded))
        continue
      }
      guard place < old.count, Instant(old[place].sample) == Instant(sample.sample) else {
        rows.append(row)
        new.append(sample)
        continue
      }
      let fate = Self.fate(of: sample, version, over: old[place], policy)
      rows.append(fate == nil ? row : old[place])
      if let fate { settled.append((sample, fate)) } else { new.append(sample) }
      place += 1
    }
    rows += old[place...]
  }

  /// The chunk's rows with some of the new samples alone.
  ///
  /// - Parameter count: how many, from the first.
  func rows(withNew count: Int) -> [ChunkRow] {
    let instants = Set(new[count...].map { Instant($0.sample) })
    let former = Dictionary(old.map { (Instant($0.sample), $0) }) { first, _ in first }
    return rows.compactMap { row in
      let instant = Instant(row.sample)
      return instants.contains(instant) ? former[instant] : row
    }
  }

  /// What becomes of a sample for which there is a row already; nil where it replaces the row.
  private static func fate(
    of sample: ChunkSample, _ version: Int64, over row: ChunkRow, _ policy: ChunkPolicy
  ) -> ChunkSample.Fate? {
    if row.version != version { return row.version > version ? .superseded : nil }
    let isSame = row.sample == sample.sample
    switch policy {
    // A fetch that gives a row again has the later one count.
    case .forecast: return isSame ? .stored : nil
    case .history: return isSame && sample.isSent ? .stored : .superseded
    }
  }
}
