import CacheSupport
import SQLiteStore

/// The parameters with their versions, kept in SQLite. Each function is a part of somebody's transaction.
struct ParameterStore: Sendable {
  let clock: WallClock

  /// Versions that are kept of a parameter.
  static let keptVersions: Int64 = 100

  /// - Parameter version: nil takes the newest.
  func find(_ name: ParameterName, version: Int64? = nil, _ connection: Connection) throws(ServiceError) -> Parameter? {
    let row = try storing {
      try connection.row(
        """
        SELECT \(Parameter.columns) FROM ssm_versions AS v
        WHERE v.name = ?1 AND v.version = coalesce(?2, (SELECT version FROM ssm_names WHERE name = ?1))
        """, .text(name.text.text), version.map { .integer($0) } ?? .null)
    }
    return row.flatMap { Parameter($0) }
  }

  /// Keeps a new version.
  ///
  /// - Returns: its number.
  /// - Throws: ParameterMaxVersionLimitExceeded where the oldest version would have to go and has a label.
  func put(_ parameter: Parameter, _ connection: Connection) throws(ServiceError) -> Int64 {
    let name = SQLValue.text(parameter.name.text.text)
    let known = try find(parameter.name, connection)
    let version = (known?.version ?? 0) + 1
    let oldest = version - Self.keptVersions
    if oldest > 0, try labels(of: parameter.name, version: oldest, connection) != [] {
      throw ServiceError(
        type: "ParameterMaxVersionLimitExceeded",
        message:
          "You attempted to create a new version of \(parameter.name.text) by calling the PutParameter API with the overwrite flag. Version \(oldest), the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again."
      )
    }
    try storing {
      try connection.run(
        """
        INSERT INTO ssm_versions (name, version, type, value, modified, description, key_id, tier, data_type, spelling,
          pattern)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, name, .integer(version), .text(parameter.type), .text(parameter.value), .integer(clock.now),
        SQLValue(parameter.description), SQLValue(parameter.keyID), .text(parameter.tier), .text(parameter.dataType),
        SQLValue(known == nil ? parameter.spelling : known?.spelling), SQLValue(parameter.allowedPattern))
      try connection.run("DELETE FROM ssm_versions WHERE name = ? AND version <= ?", name, .integer(oldest))
      try connection.run(
        """
        INSERT INTO ssm_names (name, folder, version) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version
        """, name, .text(parameter.name.folder), .integer(version))
    }
    return version
  }

  /// - Returns: whether there was one.
  func delete(_ name: ParameterName, _ connection: Connection) throws(ServiceError) -> Bool {
    try storing {
      try connection.run("DELETE FROM ssm_versions WHERE name = ?", .text(name.text.text))
      try connection.run("DELETE FROM ssm_labels WHERE name = ?", .text(name.text.text))
      try connection.run("DELETE FROM ssm_names WHERE name = ?", .text(name.text.text))
      return connection.changes > 0
    }
  }

  /// The parameters that filters let through, in the order of their names: the newest version of each, unless a filter asks for
  /// labels.
  ///
  /// - Parameters:
  ///   - after: the version before the first; nil for the first page.
  ///   - most: how many at most.
  func list(
    _ filters: [ParameterFilter], after: ParameterPlace?, most: Int64, _ connection: Connection
  ) throws(ServiceError) -> [Parameter] {
    // Of a parameter that several labels fit, several versions come, and the next page goes on among them.
    let hasVersions = filters.contains(where: \.isOfLabel)
    let version = hasVersions ? "true" : "v.version = n.version"
    let name = SQLValue.text(after?.name ?? "")
    let (rest, place): (String, [SQLValue]) =
      hasVersions
      ? ("n.name >= ? AND (n.name > ? OR v.version > ?)", [name, name, .integer(after?.version ?? 0)])
      : ("n.name > ?", [name])
    let conditions = filters.map { filter in " AND \(filter.condition.sql)" }.joined()
    let rows = try storing {
      try connection.rows(
        """
        SELECT \(Parameter.columns) FROM ssm_names AS n JOIN ssm_versions AS v ON v.name = n.name AND \(version)
        WHERE \(rest)\(conditions) ORDER BY n.name, v.version LIMIT ?
        """, place + filters.flatMap(\.condition.values) + [.integer(most)])
    }
    return rows.compactMap { Parameter($0) }
  }

  /// The versions of a parameter, the oldest first.
  ///
  /// - Parameters:
  ///   - after: the version before the first.
  ///   - most: how many at most.
  func history(
    of name: ParameterName, after: Int64, most: Int64, _ connection: Connection
  ) throws(ServiceError) -> [Parameter] {
    let rows = try storing {
      try connection.rows(
        """
        SELECT \(Parameter.columns) FROM ssm_versions AS v WHERE v.name = ? AND v.version > ? ORDER BY v.version LIMIT ?
        """, .text(name.text.text), .integer(after), .integer(most))
    }
    return rows.compactMap { Parameter($0) }
  }
}
