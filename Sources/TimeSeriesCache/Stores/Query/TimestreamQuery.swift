import CacheSupport

/// A question to Timestream. Nothing else writes SQL for it.
struct TimestreamQuery: Sendable, Hashable {
  struct Column: Sendable, Hashable {
    let value: TimestreamExpression
    let name: ByteText?
  }

  private indirect enum Source: Sendable, Hashable {
    case table(TimestreamTable)
    case query(TimestreamQuery)
  }

  private var source: Source
  private var columns: [Column] = []
  private var hasAllColumns = false
  private var conditions: [TimestreamCondition] = []
  private var groups: [TimestreamExpression] = []
  private var orders: [TimestreamExpression] = []
  private var limit: Int?

  /// The longest text of a query, in bytes.
  static let mostBytes: Int = 262_144

  /// A question to a table.
  init(_ table: TimestreamTable) { source = .table(table) }
  /// A question to what another question answers.
  init(_ query: TimestreamQuery) { source = .query(query) }

  /// Adds a column, under a name where it needs one.
  func select(_ value: TimestreamExpression, as name: ByteText? = nil) -> Self {
    changed { $0.columns.append(Column(value: value, name: name)) }
  }

  /// Adds columns.
  func select(_ columns: [Column]) -> Self { changed { $0.columns += columns } }

  /// All columns, before those that are added.
  func selectAll() -> Self { changed { $0.hasAllColumns = true } }

  /// Only rows that meet the condition as well.
  func `where`(_ condition: TimestreamCondition?) -> Self {
    changed { query in condition.map { query.conditions.append($0) } }
  }

  /// Only rows within a range: whole milliseconds, the last one to its end, because a record of another writer may lie between two.
  func within(_ range: TimeRange) -> Self {
    // Timestream's times are nanoseconds in 64 bits: what lies beyond them holds no row.
    let limit: Int64 = 9_223_372_036_854
    let from = min(max(range.from, -limit), limit)
    let end = min(max(range.to, -limit), limit - 1) + 1
    return self.where(.compare(.time, .greaterOrEqual, .literal(.time(from))))
      .where(.compare(.time, .less, .literal(.time(end))))
  }

  /// One row for each value.
  func group(by value: TimestreamExpression) -> Self { changed { $0.groups.append(value) } }
  /// The least value first.
  func order(by value: TimestreamExpression) -> Self { changed { $0.orders.append(value) } }
  /// So many rows at the most.
  func limit(_ rows: Int) -> Self { changed { $0.limit = rows } }

  private func changed(_ body: (inout TimestreamQuery) -> Void) -> TimestreamQuery {
    var query = self
    body(&query)
    return query
  }

  var sql: String {
    let selected =
      (hasAllColumns ? ["*"] : [])
      + columns.map { $0.value.sql + ($0.name.map { " AS \(TimestreamExpression.name($0))" } ?? "") }
    var parts = ["SELECT \(selected.joined(separator: ", "))"]
    switch source {
    case .table(let table): parts.append("FROM \(table.sql)")
    case .query(let query): parts.append("FROM (\(query.sql))")
    }
    if !conditions.isEmpty { parts.append("WHERE \(conditions.map(\.sql).joined(separator: " AND "))") }
    if !groups.isEmpty { parts.append("GROUP BY \(groups.map(\.sql).joined(separator: ", "))") }
    if !orders.isEmpty { parts.append("ORDER BY \(orders.map { "\($0.sql) ASC" }.joined(separator: ", "))") }
    if let limit { parts.append("LIMIT \(limit)") }
    return parts.joined(separator: " ")
  }
}

extension TimestreamTable {
  /// Both names in double quotes.
  var sql: String { "\(TimestreamExpression.name(database)).\(TimestreamExpression.name(table))" }
  /// The question for the tables of a database.
  static func list(of database: ByteText) -> String { "SHOW TABLES FROM \(TimestreamExpression.name(database))" }
  /// The question for the table's columns.
  var description: String { "DESCRIBE \(sql)" }
}
