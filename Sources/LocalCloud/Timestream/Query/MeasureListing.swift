import Basics

/// What SHOW MEASURES lists: each measure's name and type, with the dimensions that occurred with it.
enum MeasureListing {
  static let dimensionsType: TimestreamType = .array(
    .row([.init(name: "dimension_name", type: .varchar), .init(name: "data_type", type: .varchar)]))

  /// The rows, by name and type.
  ///
  /// - Parameter pattern: what the name is LIKE; nil takes all.
  static func rows(
    of table: TimestreamStore.Table, like pattern: String?, _ connection: Connection
  ) throws(DatabaseError) -> [[SQLValue]] {
    let dimensions = table.columns.filter { $0.kind == .dimension }
    let measures = table.columns.filter { $0.kind != .dimension }
    var rows: [[SQLValue]] = []
    let names = try connection.rows(
      "SELECT DISTINCT measure_name FROM \(table.series) WHERE ?1 IS NULL OR measure_name LIKE ?1 ORDER BY 1",
      pattern.map { .text($0) } ?? .null)
    for name in names {
      func occurs(_ column: String, _ source: String) throws(DatabaseError) -> Bool {
        try connection.row(
          "SELECT EXISTS (SELECT 1 FROM \(source) WHERE s.measure_name = ? AND \(column) IS NOT NULL)", name[0])?[0]
          == .integer(1)
      }
      var found: [SQLValue] = []
      for dimension in dimensions where try occurs("s.\(dimension.sql)", "\(table.series) s") {
        found.append(.list([.text(dimension.name), .text(dimension.type.name)]))
      }
      var types: Set<String> = []
      for measure in measures {
        let type = measure.kind == .multi ? "multi" : measure.type.name
        guard !types.contains(type) else { continue }
        if try occurs("r.\(measure.sql)", "\(table.series) s JOIN \(table.rows) r ON r.series = s.id") {
          types.insert(type)
        }
      }
      for type in types.sorted() {
        rows.append([.text(name[0].text ?? ""), .text(type), .list(found)])
      }
    }
    return rows
  }
}
