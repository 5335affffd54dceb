import SQLiteStore

extension TypedRelation {
  /// A column of it; nil where it has none.
  var anchor: String? {
    switch self {
    case .table(let table, let number): table.columns.first.map { table.sql($0, number) }
    case .query(_, let number), .common(_, let number): "q\(number).c0"
    case .unnest(_, let number): "q\(number).ordinal"
    case .join(_, let left, _, _): left.anchor
    }
  }
}

/// What stands in FROM.
extension Compiler {
  mutating func write(_ relation: TypedRelation) throws(QueryError) {
    switch relation {
    case .table(let table, let number): try write(table, number)
    case .query(let query, let number):
      try write("(")
      try write(query)
      try write(") q\(number)")
    case .common(let table, let number):
      try write(use: table)
      try write(" q\(number)")
    case .unnest(let list, let number):
      try write("(SELECT item, ordinal FROM ts_each(")
      try write(list)
      try write(") WHERE ordinal > 0) q\(number)")
    case .join(let kind, let left, .unnest(let list, let number), let condition):
      try write(left)
      try write(" \(kind.rawValue) JOIN ts_each(")
      try write(list)
      // The row that says that there is a list, though an empty one, has no place.
      try write(") q\(number) ON q\(number).ordinal > 0")
      guard let condition else { return }
      try write(" AND ")
      try write(condition: condition)
    case .join(let kind, let left, let right, let condition):
      try write(left)
      try write(" \(kind.rawValue) JOIN ")
      try write(rightSide: right)
      guard let condition else { return }
      try write(" ON ")
      try write(condition: condition)
    }
  }

  /// The right side of a join is one thing.
  private mutating func write(rightSide relation: TypedRelation) throws(QueryError) {
    switch relation {
    case .query, .common, .unnest: try write(relation)
    case .table, .join:
      try write("(")
      try write(relation)
      try write(")")
    }
  }

  private mutating func write(_ table: QueryTable, _ number: Int) throws(QueryError) {
    switch table.source {
    case .rows:
      let rows = "\(table.rowsTable) r\(number)"
      guard let since = table.since, let time = table.timeColumn else { return try write(rows) }
      // Beside another relation nothing but a query of its own can have a condition.
      try write("(SELECT * FROM \(rows) WHERE \(table.sql(time, number)) >= ")
      try write(value: .integer(since))
      try write(") r\(number)")
    case .series:
      try write(
        "\(table.seriesTable) s\(number) JOIN \(table.rowsTable) r\(number) ON r\(number).series = s\(number).id")
      guard let since = table.since, let time = table.timeColumn else { return }
      try write(" AND \(table.sql(time, number)) >= ")
      try write(value: .integer(since))
    }
  }
}
