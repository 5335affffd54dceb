import SQLiteStore

/// The value below which a share of all weights lies; of a list of shares, a list of values: `(value, weight, share)`.
final class PercentileAggregate: AggregateState {
  private struct Entry {
    var value: Double
    var weight: Double

    /// NaN comes after all numbers.
    func isBefore(_ other: Entry) -> Bool { value < other.value || other.value.isNaN && !value.isNaN }
  }

  /// In order, but for those that came since the last time they were asked for.
  private var sorted: [Entry] = []
  private var fresh: [Entry] = []
  private var shares = SQLValue.null
  private var isWhole = true
  private var isWeighted = false
  private var holding: Holding
  private let execution: Execution

  init(_ execution: Execution) {
    self.execution = execution
    holding = Holding(execution)
  }

  /// What an entry takes.
  private static let size = 32

  private static func entry(_ arguments: [SQLValue]) -> Entry? {
    guard let value = arguments[0].double, let weight = arguments[1].double, arguments[2] != .null else { return nil }
    return Entry(value: value, weight: weight)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard let entry = Self.entry(arguments) else { return }
    guard entry.weight >= 0 else { throw QueryFault(message: "percentile weight must be >= 0") }
    if arguments[2] != shares {
      for share in arguments[2].blob == nil ? [arguments[2]] : arguments[2].items {
        guard let share = share.double else { throw QueryFault(message: "Percentile cannot be null") }
        guard (0...1).contains(share) else { throw QueryFault(message: "Percentile must be between 0 and 1") }
      }
      shares = arguments[2]
    }
    if case .real = arguments[0] { isWhole = false }
    guard entry.weight > 0 else { return }
    if entry.weight != 1 { isWeighted = true }
    try holding.take(Self.size)
    fresh.append(entry)
  }

  func remove(_ arguments: [SQLValue]) {
    // What was not added is not there to be removed.
    guard let entry = Self.entry(arguments), entry.weight > 0 else { return }
    sort()
    var place = self.place(of: entry)
    while place < sorted.count, !entry.isBefore(sorted[place]) {
      if sorted[place].weight == entry.weight {
        sorted.remove(at: place)
        return holding.giveBack(Self.size)
      }
      place += 1
    }
  }

  /// Where the first entry stands that is not before another.
  private func place(of entry: Entry) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].isBefore(entry) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func sort() {
    if fresh.count == 1, let entry = fresh.first {
      sorted.insert(entry, at: place(of: entry))
    } else if !fresh.isEmpty {
      sorted += fresh
      sorted.sort { $0.isBefore($1) }
    }
    fresh.removeAll(keepingCapacity: true)
  }

  func value() throws(QueryFault) -> SQLValue {
    sort()
    guard !sorted.isEmpty else { return .null }
    // An entry that is put in moves those after it.
    try execution.spend(1 + sorted.count / (isWeighted ? 1 : 64))
    let total = isWeighted ? sorted.reduce(0) { $0 + $1.weight } : 0
    func found(_ share: SQLValue) -> SQLValue {
      let share = share.double ?? 0
      var place = Int((share * Double(sorted.count)).rounded(.up)) - 1
      if isWeighted {
        var sum = 0.0
        let reached = sorted.firstIndex { entry in
          sum += entry.weight
          return sum >= share * total
        }
        place = reached ?? sorted.count - 1
      }
      let value = sorted[min(max(0, place), sorted.count - 1)].value
      return isWhole ? Int64(exactly: value).map { .integer($0) } ?? .real(value) : .real(value)
    }
    return shares.blob == nil ? found(shares) : .list(shares.items.map(found))
  }
}
