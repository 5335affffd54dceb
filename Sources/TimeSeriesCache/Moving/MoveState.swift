import CacheSupport

/// What a move has counted.
package struct MoveTotals: Sendable, Hashable {
  /// Series that are through.
  package var series: Int = 0
  /// Rows of the source that were read, each once.
  package var rows: Int = 0
  /// Rows that were written to the target.
  package var written: Int = 0
  /// Rows that the target had as they are.
  package var same: Int = 0
  /// Rows that the target has from a newer fetch.
  package var superseded: Int = 0
  /// Rows that the target does not take.
  package var rejected: Int = 0
  /// Of a comparison: rows that differ, or are in one of both stores alone.
  package var differing: Int = 0
  /// What the stores bill for the questions that they were asked, in bytes.
  package var sourceBytes: Int64 = 0
  package var targetBytes: Int64 = 0

  package init() {}

  mutating func add(_ other: Self) {
    for count in Self.counts { self[keyPath: count.path] += other[keyPath: count.path] }
    sourceBytes += other.sourceBytes
    targetBytes += other.targetBytes
  }

  /// Every count, and its name in a state's JSON.
  fileprivate static let counts: [(name: String, path: any WritableKeyPath<Self, Int> & Sendable)] = [
    ("series", \.series), ("rows", \.rows), ("written", \.written), ("same", \.same),
    ("superseded", \.superseded), ("rejected", \.rejected), ("differing", \.differing),
  ]
}

/// How far a move has come: all that a process needs to go on where another was ended.
package struct MoveState: Sendable, Hashable {
  /// How far one series has come.
  package enum Progress: Sendable, Hashable {
    /// Everything up to this time, epoch milliseconds, is in the target.
    case underWay(through: Int64)
    case done
    /// It could not be read or written to its end, and is tried again; everything up to this time is in the target.
    case failed(through: Int64?)

    var through: Int64? {
      switch self {
      case .underWay(let time): time
      case .failed(let time): time
      case .done: nil
      }
    }
  }

  /// What is moved, in words that no other move has: a state is gone on from by its own move alone.
  package var task: String
  /// What is moved of each series; fixed when the move began.
  package var range: TimeRange
  /// The version of what is written.
  package var version: Int64
  /// Where the page of the source's list of series that is under way starts; nil for the first.
  package var page: String?
  /// True where every page of that list is through, and only series that failed are left.
  package var isListed: Bool = false
  /// The series of the page that is under way, as far as they were begun, and those of all pages that failed.
  package var series: [Series: Progress] = [:]
  package var totals: MoveTotals = MoveTotals()

  /// A move that begins.
  package init(task: String, range: TimeRange, version: Int64) {
    self.task = task
    self.range = range
    self.version = version
  }

  /// The series that failed, in the order of their names.
  var failed: [Series] {
    series.filter { if case .failed = $0.value { true } else { false } }.map(\.key)
      .sorted { $0.identifier < $1.identifier }
  }
}

extension MoveState {
  /// Why a text is no state.
  package struct Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String
  }

  private static let format: Int = 1

  /// The state as JSON.
  package var text: String {
    var totals: JSONObject = [:]
    for count in MoveTotals.counts { totals[count.name] = .integer(self.totals[keyPath: count.path]) }
    totals["sourceBytes"] = .number(String(self.totals.sourceBytes))
    totals["targetBytes"] = .number(String(self.totals.targetBytes))
    let series = self.series.sorted { $0.key.identifier < $1.key.identifier }.map { series, progress -> JSON in
      var entry: JSONObject = ["identifier": .string(series.identifier.text), "written": .bool(series.key != nil)]
      switch progress {
      case .underWay: entry["state"] = "under way"
      case .done: entry["state"] = "done"
      case .failed: entry["state"] = "failed"
      }
      entry["through"] = progress.through.map { .number(String($0)) }
      return .object(entry)
    }
    let state: JSONObject = [
      "format": .integer(Self.format), "task": .string(task), "from": .number(String(range.from)),
      "to": .number(String(range.to)), "version": .number(String(version)), "page": page.map { .string($0) } ?? .null,
      "listed": .bool(isListed), "totals": .object(totals), "series": .array(series),
    ]
    return JSON.object(state).text + "\n"
  }

  /// Reads what ``text`` wrote.
  ///
  /// - Throws: ``Unreadable`` for anything else.
  package init(text: String) throws(Unreadable) {
    guard let json = try? JSON(parsing: Array(text.utf8)), json["format"]?.int64 == Int64(Self.format),
      let task = json["task"]?.string, let from = json["from"]?.int64, let to = json["to"]?.int64,
      let range = TimeRange(from: from, to: to), let version = json["version"]?.int64,
      let isListed = json["listed"]?.bool, let totals = json["totals"], let entries = json["series"]?.array
    else { throw Unreadable(description: "it is no state of a move, or one of another program") }
    self.init(task: task, range: range, version: version)
    self.isListed = isListed
    page = json["page"]?.string
    for count in MoveTotals.counts { self.totals[keyPath: count.path] = totals[count.name]?.int ?? 0 }
    self.totals.sourceBytes = totals["sourceBytes"]?.int64 ?? 0
    self.totals.targetBytes = totals["targetBytes"]?.int64 ?? 0
    for entry in entries {
      guard let name = entry["identifier"]?.string, let series = Self.series(name, entry["written"]?.bool ?? false)
      else { throw Unreadable(description: "a series of it has no name") }
      switch (entry["state"]?.string, entry["through"]?.int64) {
      case ("done", _): self.series[series] = .done
      case ("failed", let time): self.series[series] = .failed(through: time)
      case ("under way", let time?): self.series[series] = .underWay(through: time)
      default: throw Unreadable(description: "how far '\(series)' came cannot be read")
      }
    }
  }

  private static func series(_ name: String, _ isWritten: Bool) -> Series? {
    if isWritten { return SeriesKey(name).flatMap { try? Series($0) } }
    return (try? Identifier(name)).map { Series($0) }
  }
}
