import CacheSupport
import SQLiteStore

/// What SHOW MEASURES lists: each measure's name and type, with the dimensions that occurred with it.
enum MeasureListing {
  static let columns: [QueryColumn] = [
    QueryColumn(name: "measure_name", type: .varchar), QueryColumn(name: "data_type", type: .varchar),
    QueryColumn(
      name: "dimensions",
      type: .array(.row([.init(name: "dimension_name", type: .varchar), .init(name: "data_type", type: .varchar)]))),
  ]

  /// The rows, by name and type.
  ///
  /// One pass through the series for the dimensions, and one for each column that may tell a type.
  ///
  /// - Parameter pattern: what the name is LIKE; nil takes all.
  static func rows(
    of table: QueryTable, like pattern: String?, _ connection: Connection
  ) throws(DatabaseError) -> [[SQLValue]] {
    guard let name = table.columns.first(where: { $0.kind == .measureName }) else { return [] }
    let key = "s.\(QueryTable.quoted(name.stored))"
    let dimensions = table.columns.filter { $0.kind == .dimension }
    let wanted = "(?1 IS NULL OR \(key) LIKE ?1)"
    let value: SQLValue = pattern.map { .text($0) } ?? .null
    let occurrences = dimensions.map { ", max(s.\(QueryTable.quoted($0.stored)) IS NOT NULL)" }.joined()
    let series = "\(table.seriesTable) s"
    let names = try connection.rows(
      "SELECT \(key)\(occurrences) FROM \(series) WHERE \(wanted) GROUP BY \(key) ORDER BY 1", value)

    var types: [SQLValue: Set<String>] = [:]
    for measure in table.columns where measure.kind == .measure || measure.kind == .multi {
      let type = measure.kind == .multi ? "multi" : measure.type.name
      if names.allSatisfy({ types[$0[0]]?.contains(type) ?? false }) { continue }
      let stored = QueryTable.quoted(measure.stored)
      let occurs =
        switch table.source {
        case .rows: "s.\(stored) IS NOT NULL"
        case .series:
          "EXISTS (SELECT 1 FROM \(table.rowsTable) r WHERE r.series = s.id AND r.\(stored) IS NOT NULL)"
        }
      let found = try connection.rows("SELECT DISTINCT \(key) FROM \(series) WHERE \(wanted) AND \(occurs)", value)
      for name in found { types[name[0], default: []].insert(type) }
    }
    return names.flatMap { row in
      let occurring = zip(dimensions, row.dropFirst()).filter { $1 == .integer(1) }
      let list = SQLValue.list(occurring.map { .list([.text($0.0.name), .text($0.0.type.name)]) })
      return (types[row[0]] ?? []).sorted().map { [row[0], .text($0), list] }
    }
  }
}
