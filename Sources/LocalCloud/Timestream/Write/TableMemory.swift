import CacheSupport
import SQLiteStore
import Synchronization
import TimestreamSQL

/// What is remembered of a table from one write to the next, so that a write looks up neither its columns nor its series.
struct TableMemory: Sendable {
  let table: TimestreamStore.Table
  var columns: [ByteText: TimestreamStore.Column]
  /// Ids by ``IncomingSeries/key``.
  private var series: [[UInt8]: Int64] = [:]
  /// The measure names of all series; nil until a new series needs them.
  var measureNames: Set<ByteText>?

  /// How many series are remembered; past it the memory starts anew.
  static let seriesLimit: Int = 10_000

  init(_ table: TimestreamStore.Table) {
    self.table = table
    columns = Dictionary(table.columns.map { (ByteText($0.name), $0) }) { first, _ in first }
  }

  func id(of key: [UInt8]) -> Int64? { series[key] }

  mutating func remember(_ id: Int64, of key: [UInt8]) {
    if series.count >= Self.seriesLimit { series = [:] }
    series[key] = id
  }

  func count(of kind: TimestreamStore.Column.Kind) -> Int { columns.values.count { $0.kind == kind } }
}

/// The tables that were written to last. Only writes use it, one after the other: one that fails leaves nothing behind, and one
/// that changes a table lets it be forgotten.
final class TableMemories: Sendable {
  struct Name: Hashable, Sendable {
    var database: ByteText
    var table: ByteText
  }

  private struct State {
    var tables: [Name: TableMemory] = [:]
    /// The connection's count of rollbacks for which they hold.
    var rollbacks = 0
  }
  private let state = Mutex(State())

  /// How many tables are remembered.
  static let limit: Int = 100

  /// Takes a table out: it is gone unless it is put back once all is well.
  func take(_ name: Name, _ connection: Connection) -> TableMemory? {
    let rollbacks = connection.rollbackCount
    return state.withLock { state in
      // What a rolled back transaction remembered never was.
      if state.rollbacks != rollbacks { state = State(rollbacks: rollbacks) }
      return state.tables.removeValue(forKey: name)
    }
  }

  func put(_ table: TableMemory, _ name: Name) {
    state.withLock { state in
      if state.tables.count >= Self.limit { state.tables = [:] }
      state.tables[name] = table
    }
  }

  /// Forgets all tables: one has changed in another way than by records.
  func forget() { state.withLock { $0.tables = [:] } }
}
