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
  /// The keys of the tags that the template gave resources, by type and name. Others are a person's.
  var tags: [String: [String]] = [:]
  /// What the template said of SSM's parameters beside value and type.
  var settings: [String: String] = [:]
  /// What starts that did not end meant to set SSM's parameters to, by name.
  var intents: [String: [Intent]] = [:]
  /// What was stood up.
  var resources: [StackResource] = []
  /// What earlier templates stood up, whose data are still there.
  var left: [StackResource] = []
  /// When the stack was made, and when its template or parameters changed for the last time; epoch milliseconds.
  var created: Int64?
  var updated: Int64?
  /// Another one where its template or parameters have changed.
  var digest: String?
  /// What starts were given.
  var kept = KeptParameters()
  /// The parameters, of the template or of SSM, that this start sets back to what the template says. They are not kept.
  var resets: Set<String> = []

  /// A value that a start may have given a parameter of SSM.
  struct Intent: Sendable, Hashable {
    var value: String
    var settings: String
    /// Of the cloud that started; empty where the value does not name it.
    var address: String
  }

  /// Remembers the tags that the template gives a resource.
  ///
  /// - Returns: the keys of those that the last template gave it, and this one does not.
  mutating func takeTags<Resource: TemplateResource>(of resource: Resource, _ now: ResourceTags) -> [String] {
    let place = "\(Resource.type) \(resource.name)"
    let before = tags[place] ?? []
    tags[place] = now.isEmpty ? nil : now.keys.sorted().map(\.text)
    return before.filter { now[ByteText($0)] == nil }
  }

  private static func key(_ stack: String) -> String { "stack/\(stack)" }

  /// Of a stack that never stood.
  init() {}

  init(of stack: String, in storage: Storage) throws(ServiceError) {
    self = try storage.read { connection throws(ServiceError) in try StackState(of: stack, connection) }
  }

  init(of stack: String, _ connection: Connection) throws(ServiceError) {
    let row = try storing {
      try connection.row("SELECT value FROM local_state WHERE name = ?", .text(Self.key(stack)))
    }
    guard let text = row?[0].text else { return }
    let json = try storing { try JSON(parsing: text) }
    address = json["address"]?.string
    generated = Self.texts(json["generated"])
    parameters = Self.texts(json["parameters"])
    types = Self.texts(json["types"])
    for member in json["tags"]?.object?.members ?? [] {
      tags[member.name] = member.value.array?.compactMap(\.string)
    }
    settings = Self.texts(json["settings"])
    for member in json["intents"]?.object?.members ?? [] {
      intents[member.name] = member.value.array?.map {
        Intent(
          value: $0["value"]?.string ?? "", settings: $0["settings"]?.string ?? "",
          address: $0["address"]?.string ?? "")
      }
    }
    resources = Self.resources(json["resources"])
    left = Self.resources(json["left"])
    created = json["created"]?.int64
    updated = json["updated"]?.int64
    digest = json["digest"]?.string
    kept = KeptParameters(given: Self.texts(json["given"]), standard: Self.texts(json["standard"]))
  }

  /// The names of the functions of all stacks.
  static func functions(_ connection: Connection) throws(ServiceError) -> Set<ByteText> {
    let rows = try storing { try connection.rows("SELECT value FROM local_state WHERE name GLOB 'stack/*'") }
    var names: Set<ByteText> = []
    for text in rows.compactMap({ $0[0].text }) {
      let json = try storing { try JSON(parsing: text) }
      for resource in resources(json["resources"]) where resource.type == FunctionResource.deployedType {
        names.insert(ByteText(resource.physicalID))
      }
    }
    return names
  }

  func save(of stack: String, in storage: Storage) throws(ServiceError) {
    let json: JSON = [
      "address": address.map { .string($0) } ?? .null, "generated": Self.json(generated),
      "parameters": Self.json(parameters), "types": Self.json(types),
      "settings": Self.json(settings),
      "intents": .object(
        intents.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { json, intents in
          json[intents.key] = .array(
            intents.value.map {
              ["value": .string($0.value), "settings": .string($0.settings), "address": .string($0.address)]
            })
        }),
      "tags": .object(
        tags.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { json, tags in
          json[tags.key] = .array(tags.value.map { .string($0) })
        }),
      "resources": .array(resources.map(\.json)), "left": .array(left.map(\.json)),
      "created": created.map { .integer($0) } ?? .null, "updated": updated.map { .integer($0) } ?? .null,
      "digest": digest.map { .string($0) } ?? .null, "given": Self.json(kept.given),
      "standard": Self.json(kept.standard),
    ]
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        try connection.run("INSERT OR REPLACE INTO local_state VALUES (?, ?)", .text(Self.key(stack)), .text(json.text))
      }
    }
  }

  private static func resources(_ json: JSON?) -> [StackResource] {
    (json?.array ?? []).compactMap { StackResource($0, LocalCloud.resourceTypes) }
  }

  private static func texts(_ json: JSON?) -> [String: String] {
    (json?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string }
  }

  private static func json(_ texts: [String: String]) -> JSON {
    .object(texts.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
  }
}
