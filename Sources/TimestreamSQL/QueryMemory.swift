import SQLiteStore

/// Memory that queries share while they run: each takes from it what its functions and aggregates hold.
///
/// What SQLite itself takes, for sorting and for the values in its registers, is not counted by query but for the whole process: see
/// ``sqliteLimit``.
public final class QueryMemory: Sendable {
  /// Bytes that all queries may hold together.
  public var limit: Int { allowance.limit }
  /// Where SQLite has taken more than this from the machine, for all its connections together, the queries that run end; bytes.
  public let sqliteLimit: Int
  private let allowance: Allowance

  /// Memory that is all there.
  public init(limit: Int, sqliteLimit: Int = 512 << 20) {
    allowance = Allowance(limit)
    self.sqliteLimit = sqliteLimit
  }

  /// The memory of a process whose queries are not told otherwise, 1 GB.
  public static let shared = QueryMemory(limit: 1 << 30)

  /// What SQLite may take at most. Queries end at half of it, where SQLite asks whether they may go on: in loops, but not within one
  /// row, whose two thousand columns may be large values. What takes as much again within a row fails here, and for as long as that lasts
  /// so may a write, which its client repeats. Without the fence the system would end the process, and with it all that is being written.
  static let sqliteFence: Int = 1 << 30

  /// Bytes that are held, in the portions in which queries take them.
  public var bytes: Int { allowance.taken }

  /// - Returns: false where it is not there; then nothing was taken.
  func take(_ count: Int) -> Bool { allowance.take(count) }

  func give(_ count: Int) { allowance.give(count) }
}
