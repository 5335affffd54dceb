import CacheSupport
import SQLiteStore
import TimestreamSQL

/// The databases, tables and rows of Timestream.
///
/// Each table has two tables in SQLite: `ts_series_N` with one row a series (its dimensions `d0`, `d1`, … and its measure
/// name), and `ts_rows_N` with one row an instant (`series`, `time` in nanoseconds, `version`, measures `m0`, `m1`, …), kept
/// in the order of series and time. `timestream_columns` says which place has which name and type; a column exists from
/// its first record on.
final class TimestreamStore: Sendable {
  let storage: Storage
  let account: Account
  let clock: WallClock
  /// What goes on after the answer: the rows of deleted tables.
  let tasks: BackgroundTasks
  let memories = TableMemories()

  init(storage: Storage, account: Account, clock: WallClock, tasks: BackgroundTasks = BackgroundTasks()) {
    self.storage = storage
    self.account = account
    self.clock = clock
    self.tasks = tasks
  }

  /// A table as queries and writes see it.
  struct Table: Sendable {
    var id: Int64
    var database: String
    var name: String
    var memoryHours: Int64
    var magneticDays: Int64
    var magneticWrites: Bool
    var schema: TableSchema
    var columns: [Column]

    var series: String { "ts_series_\(id)" }
    var rows: String { "ts_rows_\(id)" }

    /// The column of ``series`` that has the partition key; nil before its first record.
    var partitionColumn: String? {
      guard let dimension = schema.dimension else { return "measure_name" }
      return columns.first { $0.kind == .dimension && ByteText($0.name) == ByteText(dimension) }?.sql
    }
  }

  struct Column: Sendable, Hashable {
    enum Kind: String, Sendable { case dimension = "DIMENSION", measure = "MEASURE_VALUE", multi = "MULTI" }
    var name: String
    var kind: Kind
    var type: TimestreamType
    var place: Int64

    /// The column of SQLite that holds it.
    var sql: String { kind == .dimension ? "d\(place)" : "m\(place)" }
  }

  static let namePattern = Input.Pattern(text: "[a-zA-Z0-9_.-]+") { text in
    text.utf8.allSatisfy { ASCII.isNameByte($0) || $0 == UInt8(ascii: ".") }
  }

  static func name(_ member: String, _ input: inout Input, creating: Bool = false) throws(ServiceError)
    -> String
  {
    try input.string(
      member, required: true, length: creating ? 3...256 : 1...256, pattern: creating ? namePattern : nil) ?? ""
  }

  /// A page of a list, of which one row more than the limit was read.
  static func page(
    _ rows: [[SQLValue]], _ limit: Int64, _ member: String, token: ([SQLValue]) -> JSON, _ json: ([SQLValue]) -> JSON
  ) -> Answer {
    let shown = rows.prefix(Int(clamping: limit))
    var answer: JSONObject = [member: .array(shown.map(json))]
    if rows.count > shown.count, let last = shown.last { answer["NextToken"] = token(last) }
    return Answer(.object(answer))
  }

  static func checkQuota(_ table: String, _ limit: Int64, _ connection: Connection) throws(ServiceError) {
    let row = try storing { try connection.row("SELECT count(*) FROM \(table)") }
    guard row?[0].integer ?? 0 < limit else {
      throw .timestream("ServiceQuotaExceededException", "The account has \(limit) of them already.")
    }
  }
}
