import CacheSupport

/// What a query read, for whoever wants to make it cheaper: `QueryInsightsResponse`.
///
/// The range in time and the share of partitions are those that the WHERE beside a table leaves; a table that is read twice counts
/// once, with the larger of each.
struct QueryInsights {
  let json: JSON

  init(of query: TypedQuery, _ result: QueryResult, _ engine: QueryEngine) throws(QueryError) {
    var range: (value: Int64, table: TimestreamStore.Table)?
    var coverage: (value: Double, table: TimestreamStore.Table)?
    var names: Set<String> = []
    for found in query.tables {
      names.insert("\(found.table.database)/\(found.table.name)")
      let read = try Self.read(found.table, found.number, found.condition, engine)
      if range == nil || read.range > range?.value ?? 0 { range = (read.range, found.table) }
      if coverage == nil || read.coverage > coverage?.value ?? 0 { coverage = (read.coverage, found.table) }
    }
    var response: JSONObject = [
      "QueryTableCount": .integer(names.count), "OutputRows": .integer(result.rows.count),
      "OutputBytes": .integer(result.bytes),
    ]
    if let range {
      response["QueryTemporalRange"] = [
        "Max": ["Value": .integer(range.value), "TableArn": .string(engine.store.arn(of: range.table))]
      ]
    }
    if let coverage {
      response["QuerySpatialCoverage"] = [
        "Max": [
          "Value": .double(coverage.value), "TableArn": .string(engine.store.arn(of: coverage.table)),
          "PartitionKey": [.string(coverage.table.schema.dimension ?? "measure_name")],
        ]
      ]
    }
    json = .object(response)
  }

  /// The nanoseconds between the bounds of the time, and the share of the values of the partition key.
  private static func read(
    _ table: TimestreamStore.Table, _ number: Int, _ condition: TypedExpression?, _ engine: QueryEngine
  ) throws(QueryError) -> (range: Int64, coverage: Double) {
    guard let key = table.partitionColumn else { return (0, 0) }
    let since = TimestreamStore.oldest(
      engine.now, memoryHours: table.memoryHours, magneticDays: table.magneticDays)
    return try engine.reading { connection throws(DatabaseError) in
      // A seek for each series, not a walk through all rows.
      let all = try connection.row(
        """
        SELECT min(first), max(last) FROM (
          SELECT (SELECT min(time) FROM \(table.rows) WHERE series = s.id AND time >= ?1) AS first,
            (SELECT max(time) FROM \(table.rows) WHERE series = s.id AND time >= ?1) AS last FROM \(table.series) s)
        """, .integer(since))
      guard var from = all?[0].integer, var to = all?[1].integer else { return (0, 0) }
      var partitions: Set<SQLValue>?
      for part in condition.map(conjuncts) ?? [] {
        func value(_ expression: TypedExpression) throws(DatabaseError) -> SQLValue? {
          var hasColumn = false
          expression.forEach { if case .column = $0.node { hasColumn = true } }
          guard !hasColumn else { return nil }
          var compiler = Compiler()
          let sql = "SELECT \(compiler.text(expression))"
          return try connection.rows(sql, compiler.values).first?[0]
        }
        switch part.node {
        case .between(let column, let low, let high) where column.isColumn("r\(number).time"):
          if let low = try value(low)?.integer { from = max(from, low) }
          if let high = try value(high)?.integer { to = min(to, high) }
        case .infix(let symbol, let column, let bound) where column.isColumn("r\(number).time"):
          guard let bound = try value(bound)?.integer else { continue }
          if [">", ">=", "="].contains(symbol) { from = max(from, bound) }
          if ["<", "<=", "="].contains(symbol) { to = min(to, bound) }
        case .infix("=", let column, let wanted) where column.isColumn("s\(number).\(key)"):
          if let wanted = try value(wanted) { partitions = [wanted] }
        case .isIn(let column, let options) where column.isColumn("s\(number).\(key)"):
          var wanted: Set<SQLValue> = []
          for option in options { if let found = try value(option) { wanted.insert(found) } }
          partitions = wanted
        default: continue
        }
      }
      let known = try connection.rows("SELECT DISTINCT \(key) FROM \(table.series)").map { $0[0] }
      let read = partitions.map { partitions in known.count { partitions.contains($0) } } ?? known.count
      return (max(0, to - from), known.isEmpty ? 0 : Double(read) / Double(known.count))
    }
  }

  private static func conjuncts(_ condition: TypedExpression) -> [TypedExpression] {
    if case .chain("AND", let parts) = condition.node { return parts.flatMap(conjuncts) }
    return [condition]
  }
}

extension TypedExpression {
  fileprivate func isColumn(_ name: String) -> Bool {
    if case .column(name, _) = node { true } else { false }
  }
}
