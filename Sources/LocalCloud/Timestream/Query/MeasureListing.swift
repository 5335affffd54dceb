import CacheSupport

/// What SHOW MEASURES lists: each measure's name and type, with the dimensions that occurred with it.
enum MeasureListing {
  /// `ARRAY<ROW<dimension_name VARCHAR, data_type VARCHAR>>`
  static let dimensionsType: TimestreamType = .array(
    .row([.init(name: "dimension_name", type: .varchar), .init(name: "data_type", type: .varchar)]))

  /// The rows, by name and type.
  ///
  /// One pass through the series for the dimensions, and one for each column that may tell a type.
  ///
  /// - Parameter pattern: what the name is LIKE; nil takes all.
  static func rows(
    of table: TimestreamStore.Table, like pattern: String?, _ connection: Connection
  ) throws(DatabaseError) -> [[SQLValue]] {
    let dimensions = table.columns.filter { $0.kind == .dimension }
    let wanted = "(?1 IS NULL OR measure_name LIKE ?1)"
    let value: SQLValue = pattern.map { .text($0) } ?? .null
    let occurrences = dimensions.map { ", max(\($0.sql) IS NOT NULL)" }.joined()
    let names = try connection.rows(
      "SELECT measure_name\(occurrences) FROM \(table.series) WHERE \(wanted) GROUP BY measure_name ORDER BY 1", value)

    var types: [SQLValue: Set<String>] = [:]
    for measure in table.columns where measure.kind != .dimension {
      let type = measure.kind == .multi ? "multi" : measure.type.name
      if names.allSatisfy({ types[$0[0]]?.contains(type) ?? false }) { continue }
      let found = try connection.rows(
        """
        SELECT DISTINCT measure_name FROM \(table.series) s
        WHERE \(wanted) AND EXISTS (SELECT 1 FROM \(table.rows) r WHERE r.series = s.id AND r.\(measure.sql) IS NOT NULL)
        """, value)
      for name in found { types[name[0], default: []].insert(type) }
    }
    return names.flatMap { row in
      let occurring = zip(dimensions, row.dropFirst()).filter { $1 == .integer(1) }
      let list = SQLValue.list(occurring.map { .list([.text($0.0.name), .text($0.0.type.name)]) })
      return (types[row[0]] ?? []).sorted().map { [row[0], .text($0), list] }
    }
  }
}
