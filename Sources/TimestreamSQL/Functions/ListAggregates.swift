import SQLiteStore

/// Aggregates that make lists, and those that end the calls with lambdas.
enum ListAggregates {
  static let functions: [SQLAggregate] = [
    SQLAggregate([.t], .array(.t), list),
    SQLAggregate([.timestamp, .ordered("T")], .timeseries(.ordered("T")), series),
  ]

  /// What the binder puts in where an aggregate has an order, skips nulls, or ends a lambda.
  static let natives: [NativeAggregate] = [ordered, collect, any, all, firstPresent, lastPresent]

  static let collect = NativeAggregate("collect", 3) { _, execution in CollectAggregate(execution) }
  static let any = NativeAggregate("any", 2) { _, execution in MatchAggregate(sought: true, execution) }
  static let all = NativeAggregate("all", 2) { _, execution in MatchAggregate(sought: false, execution) }
  static let firstPresent = NativeAggregate.merging("first_present", 1) { FirstPresentState() }
  static let lastPresent = NativeAggregate("last_present", 1) { _, execution in LastPresentAggregate(execution) }

  // MARK: Lists

  /// Bytes that a value takes among the rows that are kept.
  private static func size(_ value: SQLValue) -> Int { 32 + value.size }

  /// All values, null too, in the order in which they come.
  private static let list = NativeAggregate("array_agg", 1) { _, execution in
    RowsAggregate(execution, row: { $0[0] }, size: size) { .list($0) }
  }

  private struct OrderedRow {
    var value: SQLValue
    /// Bytes of the list of keys.
    var size: Int
    var keys: [SQLValue]
    /// A letter for each key: ascending or descending, in capitals where nulls come first.
    var directions: String

    func isBefore(_ other: OrderedRow) -> Bool {
      for (direction, (one, other)) in zip(directions, zip(keys, other.keys)) where one != other {
        if one == .null || other == .null { return (one == .null) == direction.isUppercase }
        let isAscending = direction == "a" || direction == "A"
        if SQLValue.areInOrder(one, other) { return isAscending }
        if SQLValue.areInOrder(other, one) { return !isAscending }
      }
      return false
    }
  }

  /// All values in the order of keys: `(value, list of keys, a letter for each key)`.
  static let ordered = NativeAggregate("array_agg_by", 3) { _, execution in
    RowsAggregate(
      execution,
      row: { OrderedRow(value: $0[0], size: $0[1].size, keys: $0[1].items, directions: $0.text(2)) },
      size: { size($0.value) + 32 + 2 * $0.size }
    ) { rows in .list(rows.sorted { $0.isBefore($1) }.map(\.value)) }
  }

  /// Points in the order of their times.
  private static let series = NativeAggregate("create_time_series", 2) { _, execution in
    RowsAggregate(execution, row: point, size: { 32 + size($0.value) }) { points in
      .list(points.sorted { $0.time < $1.time }.map { .point($0.time, $0.value) })
    }
  }

  @Sendable private static func point(
    _ arguments: [SQLValue]
  ) throws(QueryFault) -> (time: Int64, value: SQLValue)? {
    guard let time = arguments[0].integer else {
      throw QueryFault(message: "Time for create_time_series must not be null")
    }
    guard arguments[1] != .null else { throw QueryFault(message: "Value for create_time_series must not be null") }
    return (time, arguments[1])
  }
}

/// What a lambda gives for each item, of those to keep: `(ordinal, value, isKept)`. The ordinal 0 stands for an empty list.
private final class CollectAggregate: AggregateState {
  private var list = QueryList()
  private var holding: Holding
  private let execution: Execution

  init(_ execution: Execution) {
    self.execution = execution
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard arguments[0] != .integer(0), arguments[2] != .null, arguments[2] != .integer(0) else { return }
    list.append(arguments[1])
    try holding.keep(list.bytes.count)
    guard list.bytes.count <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
  }

  func remove(_ arguments: [SQLValue]) throws(QueryFault) { throw .noRowLeaves }
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

  func remove(_ arguments: [SQLValue]) throws(QueryFault) { throw .noRowLeaves }
  func value() -> SQLValue { isFound ? .integer(sought ? 1 : 0) : hasNull ? .null : .integer(sought ? 0 : 1) }
}

/// The first value of a frame that is not null: `first_value(x) IGNORE NULLS`.
private struct FirstPresentState: MergeableState {
  private var first: SQLValue?

  static func row(_ arguments: [SQLValue]) -> SQLValue? { arguments[0] == .null ? nil : arguments[0] }
  static func size(of row: SQLValue) -> Int { 64 + row.size }
  var size: Int { first?.size ?? 0 }
  mutating func add(_ row: SQLValue) { first = first ?? row }
  mutating func append(_ later: FirstPresentState) { first = first ?? later.first }
  func value() -> SQLValue { first ?? .null }
}

/// The last value of a frame that is not null: `last_value(x) IGNORE NULLS`. Until that goes, all that came before it have gone.
private final class LastPresentAggregate: AggregateState {
  private var last = SQLValue.null
  /// How many values of the frame are not null.
  private var count = 0
  private var holding: Holding
  private let execution: Execution

  init(_ execution: Execution) {
    self.execution = execution
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard arguments[0] != .null else { return }
    last = arguments[0]
    count += 1
    try holding.keep(last.size)
  }

  func remove(_ arguments: [SQLValue]) throws(QueryFault) {
    guard arguments[0] != .null else { return }
    count -= 1
    guard count == 0 else { return }
    last = .null
    try holding.keep(0)
  }

  func value() -> SQLValue { last }
}
