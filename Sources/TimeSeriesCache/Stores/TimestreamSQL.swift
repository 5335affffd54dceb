import CacheSupport

/// The one place that writes SQL for Timestream; every name and every text in it is quoted here.
struct TimestreamSQL {
  let database: String
  let table: String

  /// The dimension that names the series.
  static let dimension: String = "identifier"

  /// A series' records in a range, oldest first.
  func rows(of identifier: Identifier, in range: TimeRange, limit: Int) -> String {
    "SELECT * FROM \(source) WHERE \(series(identifier)) AND \(within(range)) ORDER BY time ASC LIMIT \(limit)"
  }

  /// One row: the newest time in the range, or of the series; null where there is none.
  func newest(of identifier: Identifier, in range: TimeRange?) -> String {
    "SELECT max(time) AS newest FROM \(source) WHERE \(series(identifier))\(range.map { " AND \(within($0))" } ?? "")"
  }

  private var source: String { "\(Self.name(database)).\(Self.name(table))" }

  private func series(_ identifier: Identifier) -> String {
    "\(Self.name(Self.dimension)) = \(Self.text(identifier.text))"
  }

  /// Whole milliseconds, the last one to its end: a record of another writer may lie between two of them.
  private func within(_ range: TimeRange) -> String {
    // Timestream's times are nanoseconds in 64 bits: what lies beyond them holds no row.
    let limit: Int64 = 9_223_372_036_854
    let from = min(max(range.from, -limit), limit)
    let end = min(max(range.to, -limit), limit - 1) + 1
    return "time >= from_milliseconds(\(from)) AND time < from_milliseconds(\(end))"
  }

  /// A name in double quotes, its own doubled.
  static func name(_ name: String) -> String { Quoting.doubled(name, quote: "\"") }

  /// A text in single quotes, its own doubled.
  static func text(_ text: String) -> String { Quoting.doubled(text, quote: "'") }
}
