/// Aggregates that make lists, and those that end the calls with lambdas.

/// What an aggregate keeps, which has a limit.
struct AggregateBudget {
  private var bytes = 0

  mutating func take(_ values: SQLValue...) throws(QueryFault) {
    for value in values { bytes += 16 + (value.blob?.count ?? value.text?.utf8.count ?? 0) }
    guard bytes <= QueryFunctions.sizeLimit else { throw QueryFunctions.tooLarge }
  }
}

/// The value below which a share of all weights lies; of a list of shares, a list of values.
final class PercentileAggregate: QueryAggregate {
  private var values: [Double] = []
  /// As many as values; none where each is 1.
  private var weights: [Double] = []
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
    guard weight > 0 else { return }
    if weight != 1, weights.isEmpty { weights = Array(repeating: 1, count: values.count) }
    values.append(value)
    if weight != 1 || !weights.isEmpty { weights.append(weight) }
  }

  func remove(_ arguments: [SQLValue]) {
    // What was not added is not there to be removed.
    guard let value = arguments[0].double, let weight = arguments[1].double, weight > 0, arguments[2] != .null else {
      return
    }
    let place = values.indices.first { index in
      (values[index] == value || values[index].isNaN && value.isNaN) && (weights.isEmpty || weights[index] == weight)
    }
    guard let place else { return }
    values.remove(at: place)
    if !weights.isEmpty { weights.remove(at: place) }
  }

  var value: SQLValue {
    guard !values.isEmpty else { return .null }
    let order = weights.isEmpty ? [] : values.indices.sorted { values[$0] < values[$1] }
    let sorted = weights.isEmpty ? values.sorted() : order.map { values[$0] }
    let total = weights.reduce(0, +)
    func found(_ share: SQLValue) -> SQLValue {
      let share = share.double ?? 0
      var place = max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)
      if !weights.isEmpty {
        var sum = 0.0
        let reached = order.firstIndex { index in
          sum += weights[index]
          return sum >= share * total
        }
        place = reached ?? order.count - 1
      }
      let value = sorted[min(place, sorted.count - 1)]
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
  private var budget = AggregateBudget()
  private let isMaximum: Bool
  private let isWindow: Bool

  init(isMaximum: Bool, isWindow: Bool) {
    self.isMaximum = isMaximum
    self.isWindow = isWindow
  }

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
    try budget.take(arguments[0], arguments[1])
    rows.append((arguments[0], arguments[1]))
    // Of many rows those that can still be among the first are enough.
    if !isWindow, rows.count > 4 * self.count + 1000 {
      rows = Array(best)
      budget = AggregateBudget()
      for row in rows { try budget.take(row.value, row.key) }
    }
  }

  func remove(_ arguments: [SQLValue]) { if arguments[1] != .null, arguments[2] != .null { first += 1 } }

  var value: SQLValue {
    let best = best
    return best.isEmpty ? .null : .list(best.map(\.value))
  }

  private var best: ArraySlice<(value: SQLValue, key: SQLValue)> {
    let sorted = rows[min(first, rows.count)...].enumerated().sorted { one, other in
      let (before, after) = isMaximum ? (other, one) : (one, other)
      if SQLValue.areInOrder(before.element.key, after.element.key) { return true }
      return !SQLValue.areInOrder(after.element.key, before.element.key) && one.offset < other.offset
    }
    return sorted.map(\.element).prefix(count)
  }
}

/// All values, null too, in the order in which they come.
final class ListAggregate: QueryAggregate {
  private var items: [SQLValue] = []
  private var first = 0
  private var budget = AggregateBudget()

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try budget.take(arguments[0])
    items.append(arguments[0])
  }
  func remove(_ arguments: [SQLValue]) { first += 1 }
  var value: SQLValue { first < items.count ? .list(items[first...]) : .null }
}

/// All values in the order of keys: `(value, list of keys, a letter for each key)`.
final class OrderedListAggregate: QueryAggregate {
  private var rows: [(value: SQLValue, keys: [SQLValue])] = []
  private var directions: [Character] = []
  private var first = 0

  private var budget = AggregateBudget()

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try budget.take(arguments[0], arguments[1])
    directions = Array(arguments[2].text ?? "")
    rows.append((arguments[0], arguments[1].items))
  }

  func remove(_ arguments: [SQLValue]) { first += 1 }

  private func isBefore(_ one: [SQLValue], _ other: [SQLValue]) -> Bool {
    for (direction, (one, other)) in zip(directions, zip(one, other)) where one != other {
      if one == .null || other == .null { return (one == .null) == direction.isUppercase }
      let isAscending = direction.lowercased() == "a"
      if SQLValue.areInOrder(one, other) { return isAscending }
      if SQLValue.areInOrder(other, one) { return !isAscending }
    }
    return false
  }

  var value: SQLValue {
    guard first < rows.count else { return .null }
    return .list(rows[first...].sorted { isBefore($0.keys, $1.keys) }.map(\.value))
  }
}

/// Points in the order of their times.
final class SeriesAggregate: QueryAggregate {
  private var points: [(time: Int64, value: SQLValue)] = []
  private var budget = AggregateBudget()
  private var isSorted = true

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard let time = arguments[0].integer else {
      throw QueryFault(message: "Time for create_time_series must not be null")
    }
    guard arguments[1] != .null else { throw QueryFault(message: "Value for create_time_series must not be null") }
    try budget.take(arguments[0], arguments[1])
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

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard arguments[0] != .integer(0), arguments[2] != .null, arguments[2] != .integer(0) else { return }
    list.append(arguments[1])
    guard list.bytes.count <= QueryFunctions.sizeLimit else { throw QueryFunctions.tooLarge }
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
  private var budget = AggregateBudget()
  private var first = 0
  private let isFirst: Bool

  init(isFirst: Bool) { self.isFirst = isFirst }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard arguments[0] != .null else { return }
    try budget.take(arguments[0])
    values.append(arguments[0])
  }
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
    // NaN is behind all others.
    default: (one.double ?? 0) < (other.double ?? 0) || other.double?.isNaN ?? false && !(one.double?.isNaN ?? false)
    }
  }
}
