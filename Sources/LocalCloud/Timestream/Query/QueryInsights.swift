import CacheSupport
import SQLiteStore
import TimestreamSQL

/// What a query read, for whoever wants to make it cheaper: `QueryInsightsResponse`.
///
/// The range in time and the share of partitions are those that the WHERE beside a table leaves; a table that is read twice counts
/// once, with the larger of each.
struct QueryInsights {
  let json: JSON

  init(
    of plan: QueryPlan, _ result: QueryResult, _ engine: QueryEngine, _ connection: Connection, now: Int64,
    budget: QueryBudget
  ) throws(QueryError) {
    var range: (value: Int64, table: TimestreamStore.Table)?
    var coverage: (value: Double, table: TimestreamStore.Table)?
    var names: Set<[String]> = []
    for found in plan.reads {
      names.insert([found.database, found.table])
      let table: TimestreamStore.Table?
      do throws(DatabaseError) { table = try engine.store.find(found.database, found.table, connection) } catch {
        throw QueryError(error)
      }
      guard let table else { throw .failed("the table \(found.table) was deleted while the query ran") }
      let read = try Self.read(found, table, connection, now: now, budget)
      if range == nil || read.range > range?.value ?? 0 { range = (read.range, table) }
      if coverage == nil || read.coverage > coverage?.value ?? 0 { coverage = (read.coverage, table) }
    }
    var response: JSONObject = [
      "QueryTableCount": .integer(names.count), "OutputRows": .integer(result.rows.count),
      "OutputBytes": .integer(result.rows.size),
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
    _ read: TableRead, _ table: TimestreamStore.Table, _ connection: Connection, now: Int64, _ budget: QueryBudget
  ) throws(QueryError) -> (range: Int64, coverage: Double) {
    guard let key = table.partitionColumn else { return (0, 0) }
    let time = try read.bounds(of: "time", on: connection, budget: budget)
    let partitions = try read.bounds(of: table.schema.dimension ?? "measure_name", on: connection, budget: budget)
      .values
    let since = TimestreamStore.oldest(now, memoryHours: table.memoryHours, magneticDays: table.magneticDays)
    do throws(DatabaseError) {
      // A seek for each series, not a walk through all rows.
      let all = try connection.limited(by: budget) { () throws(DatabaseError) in
        try connection.row(
          """
          SELECT min(first), max(last) FROM (
            SELECT (SELECT min(time) FROM \(table.rows) WHERE series = s.id AND time >= ?1) AS first,
              (SELECT max(time) FROM \(table.rows) WHERE series = s.id AND time >= ?1) AS last FROM \(table.series) s)
          """, .integer(since))
      }
      guard let first = all?[0].integer, let last = all?[1].integer else { return (0, 0) }
      let (from, to) = (max(first, time.from?.integer ?? first), min(last, time.to?.integer ?? last))
      let known = try connection.limited(by: budget) { () throws(DatabaseError) in
        try connection.rows("SELECT DISTINCT \(key) FROM \(table.series)").map { $0[0] }
      }
      let count = partitions.map { partitions in known.count { partitions.contains($0) } } ?? known.count
      return (max(0, to - from), known.isEmpty ? 0 : Double(count) / Double(known.count))
    } catch { throw QueryError(error) }
  }
}
