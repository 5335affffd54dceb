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

  /// An aggregate whose state of some rows and that of the rows after them make the state of all.
  static func merging<State: MergeableState>(
    _ name: String, _ count: Int, _ make: @escaping @Sendable () -> State
  ) -> NativeAggregate {
    NativeAggregate(name, count) { isWindow, execution -> any AggregateState in
      if isWindow { return SlidingAggregate(make, execution) }
      return GrowingAggregate(make(), execution)
    }
  }

  /// An aggregate whose state is too large to be kept for each row: over a window it is made anew from the rows of each frame.
  static func recounting<State: MergeableState>(
    _ name: String, _ count: Int, _ make: @escaping @Sendable () -> State
  ) -> NativeAggregate {
    NativeAggregate(name, count) { isWindow, execution -> any AggregateState in
      guard isWindow else { return GrowingAggregate(make(), execution) }
      return RowsAggregate(execution, limit: nil, row: State.row, size: State.size) { rows throws(QueryFault) in
        var state = make()
        for row in rows { state.add(row) }
        return try state.value()
      }
    }
  }
}

/// An aggregate while rows come and, over a window, go in the order in which they came.
protocol AggregateState: AnyObject {
  func add(_ arguments: [SQLValue]) throws(QueryFault)
  func remove(_ arguments: [SQLValue]) throws(QueryFault)
  func value() throws(QueryFault) -> SQLValue
}

/// What rows come to, so that two of them come to one.
protocol MergeableState: SendableMetatype {
  associatedtype Row
  /// Nil for a row that does not count.
  static func row(_ arguments: [SQLValue]) throws(QueryFault) -> Row?
  mutating func add(_ row: Row)
  /// Takes what the rows after its own have come to.
  mutating func append(_ later: Self)
  func value() throws(QueryFault) -> SQLValue
  /// Bytes that it takes beside those of its type.
  var size: Int { get }
  /// Bytes that a row of a window takes, with the state that is made of it.
  static func size(of row: Row) -> Int
}

extension MergeableState {
  var size: Int { 0 }
  static func size(of row: Row) -> Int { MemoryLayout<Self>.size + MemoryLayout<Row>.size }
}

/// An aggregate to which rows only come.
private final class GrowingAggregate<State: MergeableState>: AggregateState {
  private var state: State
  private var holding: Holding
  private let execution: Execution

  init(_ state: State, _ execution: Execution) {
    self.state = state
    self.execution = execution
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard let row = try State.row(arguments) else { return }
    state.add(row)
    // Its value would be too large, too.
    guard state.size <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
    try holding.keep(state.size)
  }

  func remove(_ arguments: [SQLValue]) throws(QueryFault) { throw .noRowLeaves }

  func value() throws(QueryFault) -> SQLValue {
    try execution.spend(1)
    return try state.value()
  }
}

extension QueryFault {
  /// A frame lost a row though it was to lose none: better an error than a wrong value.
  static let noRowLeaves = QueryFault(message: "the frame of an aggregate without a window lost a row")
}

/// An aggregate over a window, in constant time for each row on average, without taking anything back from a sum.
///
/// Rows that came lately are summed up as they come. When a row must go and no older one is left, these are turned round: each gets what
/// it and all after it come to. So the window is always the state of the oldest that is left, and that of the late ones. See
/// Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation in worst-case constant time" (the two stacks).
private final class SlidingAggregate<State: MergeableState>: AggregateState {
  private let make: @Sendable () -> State
  private let execution: Execution
  /// What each of the older rows and all older ones after it come to; the oldest is the last. Each with the bytes of its row.
  private var older: [(state: State, size: Int)] = []
  private var late: [State.Row] = []
  private var lateState: State
  private var holding: Holding

  init(_ make: @escaping @Sendable () -> State, _ execution: Execution) {
    self.make = make
    self.execution = execution
    lateState = make()
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard let row = try State.row(arguments) else { return }
    try holding.take(State.size(of: row))
    late.append(row)
    lateState.add(row)
  }

  func remove(_ arguments: [SQLValue]) throws(QueryFault) {
    guard try State.row(arguments) != nil else { return }
    if older.isEmpty { try turn() }
    if let oldest = older.popLast() { holding.giveBack(oldest.size) }
  }

  private func turn() throws(QueryFault) {
    try execution.spend(late.count)
    for row in late.reversed() {
      var state = make()
      state.add(row)
      if let next = older.last { state.append(next.state) }
      older.append((state, State.size(of: row)))
    }
    late.removeAll(keepingCapacity: true)
    lateState = make()
  }

  func value() throws(QueryFault) -> SQLValue {
    try execution.spend(1)
    guard var state = older.last?.state else { return try lateState.value() }
    state.append(lateState)
    return try state.value()
  }
}
