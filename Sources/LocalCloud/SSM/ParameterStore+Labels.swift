import CacheSupport
import SQLiteStore

extension ParameterStore {
  /// The labels of a version, in their order.
  func labels(
    of name: ParameterName, version: Int64, _ connection: Connection
  ) throws(ServiceError) -> [ByteText] {
    let rows = try storing {
      try connection.rows(
        "SELECT label FROM ssm_labels WHERE name = ? AND version = ? ORDER BY label", .text(name.text.text),
        .integer(version))
    }
    return rows.compactMap { $0[0].text.map { ByteText($0) } }
  }

  /// The version that has a label.
  func version(of name: ParameterName, labelled label: String, _ connection: Connection) throws(ServiceError) -> Int64?
  {
    try storing {
      try connection.row(
        "SELECT version FROM ssm_labels WHERE name = ? AND label = ?", .text(name.text.text), .text(label))
    }?[0].integer
  }

  /// Gives a version labels, which another may have had.
  func label(
    _ name: ParameterName, version: Int64, _ labels: [ByteText], _ connection: Connection
  ) throws(ServiceError) {
    try storing {
      for label in labels {
        try connection.run(
          "INSERT OR REPLACE INTO ssm_labels (name, label, version) VALUES (?, ?, ?)", .text(name.text.text),
          .text(label.text), .integer(version))
      }
    }
  }

  /// - Returns: whether the version had the label.
  func unlabel(
    _ name: ParameterName, version: Int64, _ label: String, _ connection: Connection
  ) throws(ServiceError) -> Bool {
    try storing {
      try connection.run(
        "DELETE FROM ssm_labels WHERE name = ? AND label = ? AND version = ?", .text(name.text.text), .text(label),
        .integer(version))
      return connection.changes > 0
    }
  }

  // MARK: Tags

  /// The tags of a parameter by key; nil where there is no such parameter.
  func tags(of name: ParameterName, _ connection: Connection) throws(ServiceError) -> [ByteText: String]? {
    let row = try storing { try connection.row("SELECT tags FROM ssm_names WHERE name = ?", .text(name.text.text)) }
    guard let row else { return nil }
    let object = row[0].text.flatMap { try? JSON(parsing: $0) }?.object
    return (object?.members ?? []).reduce(into: [:]) { $0[ByteText($1.name)] = $1.value.string }
  }

  func setTags(_ tags: [ByteText: String], of name: ParameterName, _ connection: Connection) throws(ServiceError) {
    let json = JSON.object(
      tags.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key.text] = .string($1.value) })
    try storing {
      try connection.run(
        "UPDATE ssm_names SET tags = ? WHERE name = ?", tags.isEmpty ? .null : .text(json.text), .text(name.text.text))
    }
  }
}
