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

  /// One row: the newest time in the range, and of the series; null where there is none.
  func newest(of identifier: Identifier, in range: TimeRange) -> String {
    "SELECT max(CASE WHEN \(within(range)) THEN time END) AS in_range, max(time) AS of_series FROM \(source) WHERE \(series(identifier))"
  }

  private var source: String { "\(Self.name(database)).\(Self.name(table))" }

  private func series(_ identifier: Identifier) -> String {
    "\(Self.name(Self.dimension)) = \(Self.text(identifier.text))"
  }

  private func within(_ range: TimeRange) -> String {
    "time BETWEEN from_milliseconds(\(range.from)) AND from_milliseconds(\(range.to))"
  }

  /// A name in double quotes, its own doubled.
  static func name(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

  /// A text in single quotes, its own doubled.
  static func text(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
