import SQLiteStore

/// Aggregates that make lists, and those that end the calls with lambdas.
enum ListAggregates {
  static let functions: [SQLAggregate] = [
    SQLAggregate([.t], .array(.t), NativeAggregate("array_agg", 1) { _, execution in ListAggregate(execution) }),
    SQLAggregate(
      [.timestamp, .ordered("T")], .timeseries(.ordered("T")),
      NativeAggregate("create_time_series", 2) { _, execution in SeriesAggregate(execution) }),
  ]

  /// What the binder puts in where an aggregate has an order, skips nulls, or ends a lambda.
  static let natives: [NativeAggregate] = [ordered, collect, any, all, firstPresent, lastPresent]

  static let ordered = NativeAggregate("array_agg_by", 3) { _, execution in OrderedListAggregate(execution) }
  static let collect = NativeAggregate("collect", 3) { _, execution in CollectAggregate(execution) }
  static let any = NativeAggregate("any", 2) { _, execution in MatchAggregate(sought: true, execution) }
  static let all = NativeAggregate("all", 2) { _, execution in MatchAggregate(sought: false, execution) }
  static let firstPresent = NativeAggregate("first_present", 1) { _, execution in
    PresentAggregate(isFirst: true, execution)
  }
  static let lastPresent = NativeAggregate("last_present", 1) { _, execution in
    PresentAggregate(isFirst: false, execution)
  }
}

/// What an aggregate keeps: the largest list there is, and of all aggregates together what the query may hold.
private struct Holding: ~Copyable {
  private var bytes = 0
  private let execution: Execution

  init(_ execution: Execution) { self.execution = execution }

  mutating func take(_ values: SQLValue...) throws(QueryFault) {
    let size = values.reduce(0) { $0 + 32 + $1.size }
    try execution.spend(1)
    try execution.hold(size)
    bytes += size
    guard bytes <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
  }

  deinit { execution.release(bytes) }
}

/// All values, null too, in the order in which they come.
private final class ListAggregate: AggregateState {
  private var items: [SQLValue] = []
  private var first = 0
  private var holding: Holding
  private let execution: Execution

  init(_ execution: Execution) {
    self.execution = execution
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try holding.take(arguments[0])
    items.append(arguments[0])
  }

  func remove(_ arguments: [SQLValue]) { first += 1 }

  func value() throws(QueryFault) -> SQLValue {
    guard first < items.count else { return .null }
    try execution.spend(items.count - first)
    return .list(items[first...])
  }
}

/// All values in the order of keys: `(value, list of keys, a letter for each key)`.
private final class OrderedListAggregate: AggregateState {
  private var rows: [(value: SQLValue, keys: [SQLValue])] = []
  private var directions: [Character] = []
  private var first = 0
  private var holding: Holding
  private let execution: Execution

  init(_ execution: Execution) {
    self.execution = execution
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try holding.take(arguments[0], arguments[1])
    directions = Array(arguments.text(2))
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

  func value() throws(QueryFault) -> SQLValue {
    guard first < rows.count else { return .null }
    try execution.spend(rows.count - first)
    return .list(rows[first...].sorted { isBefore($0.keys, $1.keys) }.map(\.value))
  }
}

/// Points in the order of their times.
private final class SeriesAggregate: AggregateState {
  private var points: [(time: Int64, value: SQLValue)] = []
  private var isSorted = true
  private var holding: Holding
  private let execution: Execution

  init(_ execution: Execution) {
    self.execution = execution
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard let time = arguments[0].integer else {
      throw QueryFault(message: "Time for create_time_series must not be null")
    }
    guard arguments[1] != .null else { throw QueryFault(message: "Value for create_time_series must not be null") }
    try holding.take(arguments[0], arguments[1])
    if let last = points.last, last.time >= time { isSorted = false }
    points.append((time, arguments[1]))
  }

  func remove(_ arguments: [SQLValue]) {
    guard let time = arguments[0].integer, let place = points.firstIndex(where: { $0.time == time }) else { return }
    points.remove(at: place)
  }

  func value() throws(QueryFault) -> SQLValue {
    guard !points.isEmpty else { return .null }
    try execution.spend(points.count)
    if !isSorted { points.sort { $0.time < $1.time } }
    isSorted = true
    return .list(points.map { .point($0.time, $0.value) })
  }
}

/// What a lambda gives for each item, of those to keep: `(ordinal, value, isKept)`. The ordinal 0 stands for an empty list.
private final class CollectAggregate: AggregateState {
  private var list = QueryList()
  private let execution: Execution

  init(_ execution: Execution) { self.execution = execution }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard arguments[0] != .integer(0), arguments[2] != .null, arguments[2] != .integer(0) else { return }
    list.append(arguments[1])
    guard list.bytes.count <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
  }

  /// It stands in no window.
  func remove(_ arguments: [SQLValue]) {}
  func value() -> SQLValue { .blob(list.bytes) }
}

/// Whether any item, or all, fulfil a condition: `(ordinal, condition)`. Null where a null leaves it open.
private final class MatchAggregate: AggregateState {
  /// What settles the matter where it is found.
  private let sought: Bool
  private var isFound = false
  private var hasNull = false
  private let execution: Execution

  init(sought: Bool, _ execution: Execution) {
    self.sought = sought
    self.execution = execution
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard arguments[0] != .integer(0) else { return }
    guard let flag = arguments[1].integer else { return hasNull = true }
    if (flag != 0) == sought { isFound = true }
  }

  /// It stands in no window.
  func remove(_ arguments: [SQLValue]) {}
  func value() -> SQLValue { isFound ? .integer(sought ? 1 : 0) : hasNull ? .null : .integer(sought ? 0 : 1) }
}

/// The first or last value of a frame that is not null: `last_value(x) IGNORE NULLS`.
private final class PresentAggregate: AggregateState {
  private var values: [SQLValue] = []
  private var first = 0
  private let isFirst: Bool
  private var holding: Holding

  init(isFirst: Bool, _ execution: Execution) {
    self.isFirst = isFirst
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    guard arguments[0] != .null else { return }
    try holding.take(arguments[0])
    values.append(arguments[0])
  }

  func remove(_ arguments: [SQLValue]) { if arguments[0] != .null { first += 1 } }

  func value() -> SQLValue {
    guard first < values.count else { return .null }
    return isFirst ? values[first] : values[values.count - 1]
  }
}
