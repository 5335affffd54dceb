import CacheSupport
import SQLiteStore

/// A version of a parameter.
struct Parameter: Sendable, Hashable {
  var name: ParameterName
  var type: String
  var value: String
  var version: Int64
  /// Epoch milliseconds.
  var modified: Int64
}

/// The parameters with their versions, kept in SQLite. Each function is a part of somebody's transaction.
struct ParameterStore: Sendable {
  let clock: WallClock

  /// Versions that are kept of a parameter.
  static let keptVersions: Int64 = 100

  /// - Parameter version: nil takes the newest.
  func find(_ name: ParameterName, version: Int64? = nil, _ connection: Connection) throws(ServiceError) -> Parameter? {
    let row = try storing {
      if let version {
        return try connection.row(
          "SELECT name, type, value, version, modified FROM ssm_versions WHERE name = ? AND version = ?",
          .text(name.text.text), .integer(version))
      }
      return try connection.row(
        "SELECT name, type, value, version, modified FROM ssm_versions WHERE name = ? ORDER BY version DESC LIMIT 1",
        .text(name.text.text))
    }
    return row.flatMap { Parameter($0) }
  }

  /// Keeps a new version.
  ///
  /// - Returns: its number.
  func put(_ name: ParameterName, type: String, value: String, _ connection: Connection) throws(ServiceError) -> Int64 {
    let version = (try find(name, connection)?.version ?? 0) + 1
    try storing {
      try connection.run(
        "INSERT INTO ssm_versions (name, version, type, value, modified) VALUES (?, ?, ?, ?, ?)",
        .text(name.text.text), .integer(version), .text(type), .text(value), .integer(clock.now))
      try connection.run(
        "DELETE FROM ssm_versions WHERE name = ? AND version <= ?", .text(name.text.text),
        .integer(version - Self.keptVersions))
    }
    return version
  }

  /// - Returns: whether there was one.
  func delete(_ name: ParameterName, _ connection: Connection) throws(ServiceError) -> Bool {
    try storing {
      try connection.run("DELETE FROM ssm_versions WHERE name = ?", .text(name.text.text))
      return connection.changes > 0
    }
  }

  /// The newest versions below a path, in the order of their names.
  ///
  /// - Parameters:
  ///   - path: begins and ends with a slash; `/` is everything.
  ///   - after: the name before the first.
  ///   - most: how many at most.
  func list(
    below path: String, recursively: Bool, after: String?, most: Int64, _ connection: Connection
  ) throws(ServiceError) -> [Parameter] {
    // A name of one level is below `/`, without a slash of its own.
    let places = "iif(name LIKE '/%', name, '/' || name)"
    let rows = try storing {
      try connection.rows(
        """
        SELECT name, type, value, max(version), modified FROM ssm_versions
        WHERE substr(\(places), 1, length(?1)) = ?1 AND (?2 OR instr(substr(\(places), length(?1) + 1), '/') = 0)
          AND name > ?3
        GROUP BY name ORDER BY name LIMIT ?4
        """, .text(path), .integer(recursively ? 1 : 0), .text(after ?? ""), .integer(most))
    }
    return rows.compactMap { Parameter($0) }
  }
}

extension Parameter {
  /// From name, type, value, version and time.
  fileprivate init?(_ row: [SQLValue]) {
    guard row.count == 5, let name = row[0].text, let type = row[1].text, let value = row[2].text,
      let version = row[3].integer, let modified = row[4].integer
    else { return nil }
    self.init(name: ParameterName(name), type: type, value: value, version: version, modified: modified)
  }
}
