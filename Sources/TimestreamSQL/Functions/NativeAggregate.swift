import SQLiteStore

/// An aggregate that SQLite is given, as `ts_NAME` and, for windows, as `ts_over_NAME`.
struct NativeAggregate: Sendable {
  let name: String
  /// How many arguments it takes.
  let count: Int
  /// Makes the state of one group, or of one window, out of which rows go again.
  let make: @Sendable (_ isWindow: Bool, Execution) -> any AggregateState

  init(
    _ name: String, _ count: Int, _ make: @escaping @Sendable (_ isWindow: Bool, Execution) -> any AggregateState
  ) {
    self.name = name
    self.count = count
    self.make = make
  }

  /// An aggregate whose state of some rows and that of the rows behind them make the state of all.
  static func merging<State: MergeableState>(
    _ name: String, _ count: Int, _ make: @escaping @Sendable () -> State
  ) -> NativeAggregate {
    NativeAggregate(name, count) { isWindow, execution -> any AggregateState in
      if isWindow { return SlidingAggregate(make, execution) }
      return GrowingAggregate(make(), execution)
    }
  }
}

extension NativeAggregate {
  /// An aggregate whose state takes much room: over a window it is made anew when a row has gone.
  static func recounting<State: MergeableState>(
    _ name: String, _ count: Int, _ make: @escaping @Sendable () -> State
  ) -> NativeAggregate {
    NativeAggregate(name, count) { isWindow, execution -> any AggregateState in
      if isWindow { return RecountingAggregate(make, execution) }
      return GrowingAggregate(make(), execution)
    }
  }
}

/// An aggregate while rows come and, over a window, go in the order in which they came.
protocol AggregateState: AnyObject {
  func add(_ arguments: [SQLValue]) throws(QueryFault)
  func remove(_ arguments: [SQLValue])
  func value() throws(QueryFault) -> SQLValue
}

/// What rows come to, so that two of them come to one.
protocol MergeableState: SendableMetatype {
  associatedtype Row
  /// Nil for a row that does not count.
  static func row(_ arguments: [SQLValue]) throws(QueryFault) -> Row?
  mutating func add(_ row: Row) throws(QueryFault)
  /// Takes what the rows behind its own have come to.
  mutating func append(_ later: Self)
  var value: SQLValue { get }
  /// Bytes that a row of a window takes.
  static func size(of row: Row) -> Int
}

extension MergeableState {
  static func size(of row: Row) -> Int { MemoryLayout<Self>.size + MemoryLayout<Row>.size }
}

/// An aggregate to which rows only come.
private final class GrowingAggregate<State: MergeableState>: AggregateState {
  private var state: State
  private let execution: Execution

  init(_ state: State, _ execution: Execution) {
    self.state = state
    self.execution = execution
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    if let row = try State.row(arguments) { try state.add(row) }
  }

  /// Only a window takes rows out.
  func remove(_ arguments: [SQLValue]) {}
  func value() -> SQLValue { state.value }
}

/// An aggregate over a window, in constant time for each row on average, without taking anything back from a sum.
///
/// Rows that came lately are summed up as they come. When a row must go and no older one is left, these are turned round: each gets what
/// it and all behind it come to. So the window is always the state of the oldest that is left, and that of the late ones. See
/// Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation in worst-case constant time" (the two stacks).
private final class SlidingAggregate<State: MergeableState>: AggregateState {
  private let make: @Sendable () -> State
  private let execution: Execution
  /// What each of the older rows and all older ones behind it come to; the oldest is the last.
  private var older: [State] = []
  private var late: [State.Row] = []
  private var lateState: State
  private var held = 0

  init(_ make: @escaping @Sendable () -> State, _ execution: Execution) {
    self.make = make
    self.execution = execution
    lateState = make()
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard let row = try State.row(arguments) else { return }
    let size = State.size(of: row)
    try execution.hold(size)
    held += size
    late.append(row)
    try lateState.add(row)
  }

  func remove(_ arguments: [SQLValue]) {
    // What came in was no fault, so what goes out is none.
    guard let row = try? State.row(arguments) else { return }
    if older.isEmpty { turn() }
    _ = older.popLast()
    let size = State.size(of: row)
    execution.release(size)
    held -= size
  }

  private func turn() {
    // Counted, though it cannot fail: the next row that comes asks whether the query is over.
    try? execution.spend(late.count)
    for row in late.reversed() {
      var state = make()
      try? state.add(row)
      if let behind = older.last { state.append(behind) }
      older.append(state)
    }
    late.removeAll(keepingCapacity: true)
    lateState = make()
  }

  func value() throws(QueryFault) -> SQLValue {
    try execution.spend(1)
    guard var state = older.last else { return lateState.value }
    state.append(lateState)
    return state.value
  }

  deinit { execution.release(held) }
}

/// An aggregate over a window that keeps the rows, and goes through them again when one has gone.
private final class RecountingAggregate<State: MergeableState>: AggregateState {
  private let make: @Sendable () -> State
  private let execution: Execution
  private var rows: [State.Row] = []
  private var first = 0
  /// What the rows come to; nil where one has gone since.
  private var state: State?
  private var held = 0

  init(_ make: @escaping @Sendable () -> State, _ execution: Execution) {
    self.make = make
    self.execution = execution
    state = make()
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard let row = try State.row(arguments) else { return }
    let size = State.size(of: row)
    try execution.hold(size)
    held += size
    rows.append(row)
    try state?.add(row)
  }

  func remove(_ arguments: [SQLValue]) {
    // What came in was no fault, so what goes out is none.
    guard (try? State.row(arguments)) != nil else { return }
    first += 1
    state = nil
  }

  func value() throws(QueryFault) -> SQLValue {
    if let state { return state.value }
    var fresh = make()
    for row in rows[min(first, rows.count)...] {
      try execution.spend(1)
      try fresh.add(row)
    }
    state = fresh
    return fresh.value
  }

  deinit { execution.release(held) }
}
