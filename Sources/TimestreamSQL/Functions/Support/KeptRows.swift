import CacheSupport
import SQLiteStore

/// Bytes that one aggregate keeps, counted among those of all aggregates of its query until they are given back, at the latest with it.
struct Holding: ~Copyable {
  private let execution: Execution
  private(set) var bytes = 0

  init(_ execution: Execution) { self.execution = execution }

  mutating func take(_ size: Int) throws(QueryFault) {
    try execution.hold(size)
    bytes += size
  }

  mutating func giveBack(_ size: Int) {
    bytes -= size
    execution.release(size)
  }

  /// Takes what is missing to so many bytes, or gives back what is too much.
  mutating func keep(_ size: Int) throws(QueryFault) {
    if size > bytes { try take(size - bytes) } else { giveBack(bytes - size) }
  }

  deinit { execution.release(bytes) }
}

/// An aggregate that keeps the rows of a group or of a frame, and goes through all of them for its value.
final class RowsAggregate<Row>: AggregateState {
  private var rows = Deque<(row: Row, size: Int)>()
  private var holding: Holding
  private let execution: Execution
  private let limit: Int?
  private let row: @Sendable ([SQLValue]) throws(QueryFault) -> Row?
  private let size: @Sendable (Row) -> Int
  private let result: @Sendable ([Row]) throws(QueryFault) -> SQLValue

  /// - Parameters:
  ///   - limit: how many bytes it may keep, beside what the query may.
  ///   - row: reads a row; nil for one that does not count.
  ///   - size: bytes that a row takes beside those of its type.
  ///   - result: the value of at least one row, in the order in which they came.
  init(
    _ execution: Execution, limit: Int? = NativeFunction.sizeLimit,
    row: @escaping @Sendable ([SQLValue]) throws(QueryFault) -> Row?, size: @escaping @Sendable (Row) -> Int,
    result: @escaping @Sendable ([Row]) throws(QueryFault) -> SQLValue
  ) {
    self.execution = execution
    self.limit = limit
    self.row = row
    self.size = size
    self.result = result
    holding = Holding(execution)
  }

  func add(_ arguments: [SQLValue]) throws(QueryFault) {
    try execution.spend(1)
    guard let row = try row(arguments) else { return }
    let size = size(row)
    try holding.take(size)
    if let limit, holding.bytes > limit { throw NativeFunction.tooLarge }
    rows.append((row, size))
  }

  func remove(_ arguments: [SQLValue]) throws(QueryFault) {
    guard try row(arguments) != nil, let oldest = rows.popFirst() else { return }
    holding.giveBack(oldest.size)
  }

  func value() throws(QueryFault) -> SQLValue {
    guard !rows.isEmpty else { return .null }
    try execution.spend(rows.count)
    return try result(rows.map(\.row))
  }
}
