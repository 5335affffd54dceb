import CacheSupport

/// Where Timestream keeps a series, and under which names.
struct RecordPlace: Sendable {
  let table: TimestreamTable
  let measureName: String
  /// Ordered by the bytes of their names; at least one.
  let dimensions: [SeriesKey.Tag]
}

/// A table of a database.
struct TimestreamTable: Sendable, Hashable {
  let database: ByteText
  let table: ByteText
}

/// Records of one request: up to 100 samples of one table, series by series.
struct RecordBatch: Sendable {
  /// Samples of one series.
  struct Run: Sendable {
    /// The place of the series among those that are written.
    let part: Int
    let place: RecordPlace
    var samples: ArraySlice<Sample>
  }

  private(set) var runs: [Run] = []
  private(set) var count = 0

  var table: TimestreamTable? { runs.first?.place.table }

  mutating func add(_ run: Run) {
    guard !run.samples.isEmpty else { return }
    runs.append(run)
    count += run.samples.count
  }

  /// The batch in two, the first with so many records.
  func split(at place: Int) -> (RecordBatch, RecordBatch) {
    var (first, second) = (RecordBatch(), RecordBatch())
    for run in runs {
      var (head, tail) = (run, run)
      head.samples = run.samples.prefix(max(place - first.count, 0))
      tail.samples = run.samples.dropFirst(head.samples.count)
      first.add(head)
      second.add(tail)
    }
    return (first, second)
  }

  /// The records of some places among all.
  func picking(_ places: Set<Int>) -> RecordBatch {
    var picked = RecordBatch()
    var start = 0
    for run in runs {
      var some = run
      some.samples = run.samples.enumerated().filter { places.contains(start + $0.offset) }.map(\.element)[...]
      start += run.samples.count
      picked.add(some)
    }
    return picked
  }

  /// Cuts runs into batches, each of one table: those of one table follow each other, in their order.
  static func batches(of runs: [Run], size: Int) -> [RecordBatch] {
    var tables: [TimestreamTable] = []
    var byTable: [TimestreamTable: [Run]] = [:]
    for run in runs {
      if byTable[run.place.table] == nil { tables.append(run.place.table) }
      byTable[run.place.table, default: []].append(run)
    }
    var batches: [RecordBatch] = []
    for table in tables {
      var open = RecordBatch()
      for var run in byTable[table] ?? [] {
        while open.count + run.samples.count >= size {
          var head = run
          head.samples = run.samples.prefix(size - open.count)
          run.samples = run.samples.dropFirst(head.samples.count)
          open.add(head)
          batches.append(open)
          open = RecordBatch()
        }
        open.add(run)
      }
      if open.count > 0 { batches.append(open) }
    }
    return batches
  }
}
