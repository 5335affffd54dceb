import CacheSupport
import SQLiteStore

/// What the local cloud remembers of a stack between two runs, in the table `local_state`.
struct StackState {
  /// The address of the run before.
  var address: String?
  /// The values of hidden parameters that nobody gave.
  var generated: [String: String] = [:]
  /// The values that the template gave SSM's parameters. Like CloudFormation, a run sets one only where the template's value is
  /// another than last time, so that what a person changed stays.
  var parameters: [String: String] = [:]
  /// Their types.
  var types: [String: String] = [:]
  /// What was stood up, in words.
  var resources: [String] = []

  private static func key(_ stack: String) -> String { "stack/\(stack)" }

  init(of stack: String, in storage: Storage) throws(ServiceError) {
    let row = try storage.read { connection throws(ServiceError) in
      try storing { try connection.row("SELECT value FROM local_state WHERE name = ?", .text(Self.key(stack))) }
    }
    guard let text = row?[0].text else { return }
    let json = try storing { try JSON(parsing: text) }
    address = json["address"]?.string
    generated = Self.texts(json["generated"])
    parameters = Self.texts(json["parameters"])
    types = Self.texts(json["types"])
    resources = (json["resources"]?.array ?? []).compactMap(\.string)
  }

  func save(of stack: String, in storage: Storage) throws(ServiceError) {
    let json: JSON = [
      "address": address.map { .string($0) } ?? .null, "generated": Self.json(generated),
      "parameters": Self.json(parameters), "types": Self.json(types),
      "resources": .array(resources.map { .string($0) }),
    ]
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        try connection.run("INSERT OR REPLACE INTO local_state VALUES (?, ?)", .text(Self.key(stack)), .text(json.text))
      }
    }
  }

  private static func texts(_ json: JSON?) -> [String: String] {
    (json?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string }
  }

  private static func json(_ texts: [String: String]) -> JSON {
    .object(texts.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
  }
}
