/// Aggregates that make lists, and those that end the calls with lambdas.

/// The value below which a share of all weights lies; of a list of shares, a list of values.
final class PercentileAggregate: QueryAggregate {
  private var values: [(value: Double, weight: Double)] = []
  private var shares = SQLValue.null
  private var isWhole = true

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard let value = arguments[0].double, let weight = arguments[1].double, arguments[2] != .null else { return }
    guard weight >= 0 else { throw QueryFault(message: "percentile weight must be >= 0") }
    shares = arguments[2]
    for share in shares.blob == nil ? [shares] : shares.items {
      guard let share = share.double else { throw QueryFault(message: "Percentile cannot be null") }
      guard (0...1).contains(share) else {
        throw QueryFault(message: "Percentile must be between 0 and 1")
      }
    }
    if case .real = arguments[0] { isWhole = false }
    if weight > 0 { values.append((value, weight)) }
  }

  func remove(_ arguments: [SQLValue]) {
    guard let value = arguments[0].double, let place = values.firstIndex(where: { $0.value == value }) else { return }
    values.remove(at: place)
  }

  var value: SQLValue {
    guard !values.isEmpty else { return .null }
    let sorted = values.sorted { $0.value < $1.value }
    let total = sorted.reduce(0) { $0 + $1.weight }
    func found(_ share: SQLValue) -> SQLValue {
      let limit = (share.double ?? 0) * total
      var sum = 0.0
      let place = sorted.first { row in
        sum += row.weight
        return sum >= limit
      }
      let value = (place ?? sorted[sorted.count - 1]).value
      return isWhole ? Int64(exactly: value).map { .integer($0) } ?? .real(value) : .real(value)
    }
    return shares.blob == nil ? found(shares) : .list(shares.items.map(found))
  }
}

/// The n largest or smallest values, the first argument's by the second; the third says how many.
final class TopAggregate: QueryAggregate {
  private var rows: [(value: SQLValue, key: SQLValue)] = []
  private var first = 0
  private var count = 0
  private let isMaximum: Bool

  init(isMaximum: Bool) { self.isMaximum = isMaximum }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard arguments[1] != .null, let count = arguments[2].integer else { return }
    guard count > 0 else {
      throw QueryFault(message: "third argument of max_by/min_by must be a positive integer")
    }
    guard count <= 10_000 else {
      throw QueryFault(
        message: "third argument of max_by/min_by must be less than or equal to 10000; found \(count)")
    }
    self.count = Int(count)
    rows.append((arguments[0], arguments[1]))
  }

  func remove(_ arguments: [SQLValue]) { if arguments[1] != .null, arguments[2] != .null { first += 1 } }

  var value: SQLValue {
    let rows = rows[min(first, rows.count)...]
    guard !rows.isEmpty else { return .null }
    let sorted = rows.enumerated().sorted { one, other in
      let (before, after) = isMaximum ? (other, one) : (one, other)
      if SQLValue.areInOrder(before.element.key, after.element.key) { return true }
      return !SQLValue.areInOrder(after.element.key, before.element.key) && one.offset < other.offset
    }
    return .list(sorted.prefix(count).map(\.element.value))
  }
}

/// All values, null too, in the order in which they come.
final class ListAggregate: QueryAggregate {
  private var items: [SQLValue] = []
  private var first = 0

  func add(_ arguments: [SQLValue]) { items.append(arguments[0]) }
  func remove(_ arguments: [SQLValue]) { first += 1 }
  var value: SQLValue { first < items.count ? .list(items[first...]) : .null }
}

/// Points in the order of their times.
final class SeriesAggregate: QueryAggregate {
  private var points: [(time: Int64, value: SQLValue)] = []
  private var isSorted = true

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard let time = arguments[0].integer else {
      throw QueryFault(message: "Time for create_time_series must not be null")
    }
    guard arguments[1] != .null else { throw QueryFault(message: "Value for create_time_series must not be null") }
    if let last = points.last, last.time >= time { isSorted = false }
    points.append((time, arguments[1]))
  }

  func remove(_ arguments: [SQLValue]) {
    guard let time = arguments[0].integer, let place = points.firstIndex(where: { $0.time == time }) else { return }
    points.remove(at: place)
  }

  var value: SQLValue {
    guard !points.isEmpty else { return .null }
    if !isSorted { points.sort { $0.time < $1.time } }
    isSorted = true
    return .list(points.map { .point($0.time, $0.value) })
  }
}

/// What a lambda gives for each item, of those to keep: `(ordinal, value, isKept)`. The ordinal 0 stands for an empty list.
final class CollectAggregate: QueryAggregate {
  private var list = QueryList()

  func add(_ arguments: [SQLValue]) {
    guard arguments[0] != .integer(0), arguments[2] != .null, arguments[2] != .integer(0) else { return }
    list.append(arguments[1])
  }

  /// It stands in no window.
  func remove(_ arguments: [SQLValue]) {}
  var value: SQLValue { .blob(list.bytes) }
}

/// Whether any item, or all, fulfil a condition: `(ordinal, condition)`. Null where a null leaves it open.
final class MatchAggregate: QueryAggregate {
  /// What settles the matter where it is found.
  private let sought: Bool
  private var isFound = false
  private var hasNull = false

  init(sought: Bool) { self.sought = sought }

  func add(_ arguments: [SQLValue]) {
    guard arguments[0] != .integer(0) else { return }
    guard let flag = arguments[1].integer else { return hasNull = true }
    if (flag != 0) == sought { isFound = true }
  }

  func remove(_ arguments: [SQLValue]) {}
  var value: SQLValue { isFound ? .integer(sought ? 1 : 0) : hasNull ? .null : .integer(sought ? 0 : 1) }
}

/// The first or last value of a frame that is not null: `last_value(x) IGNORE NULLS`.
final class PresentAggregate: QueryAggregate {
  private var values: [SQLValue] = []
  private var first = 0
  private let isFirst: Bool

  init(isFirst: Bool) { self.isFirst = isFirst }

  func add(_ arguments: [SQLValue]) { if arguments[0] != .null { values.append(arguments[0]) } }
  func remove(_ arguments: [SQLValue]) { if arguments[0] != .null { first += 1 } }

  var value: SQLValue {
    guard first < values.count else { return .null }
    return isFirst ? values[first] : values[values.count - 1]
  }
}

extension SQLValue {
  /// Whether one comes before another; numbers by value, texts by their bytes.
  static func areInOrder(_ one: SQLValue, _ other: SQLValue) -> Bool {
    switch (one, other) {
    case (.integer(let one), .integer(let other)): one < other
    case (.text(let one), .text(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
    default: (one.double ?? 0) < (other.double ?? 0)
    }
  }
}
