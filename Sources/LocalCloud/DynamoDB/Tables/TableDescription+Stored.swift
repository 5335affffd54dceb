import AWSClients
import CacheSupport

extension TableDescription {
  /// The form in which the storage has it.
  var stored: String {
    var object: JSONObject = [
      "hash": .string(hash.name), "hashType": .string(hash.type.rawValue), "billing": .string(billing),
      "read": .integer(readUnits), "write": .integer(writeUnits), "created": .integer(created),
      "id": .string(id),
    ]
    object["range"] = range.map { .string($0.name) }
    object["rangeType"] = range.map { .string($0.type.rawValue) }
    if !indexes.isEmpty {
      object["definitions"] = .array(definitions.map { [.string($0.name), .string($0.type.rawValue)] })
      object["indexes"] = .array(indexes.map(\.stored))
    }
    if isProtected { object["protected"] = true }
    if !tags.isEmpty { object["tags"] = .array(tags.map(\.json)) }
    return JSON.object(object).text
  }

  init?(name: String, stored: String) {
    guard let json = try? JSON(parsing: stored), let hash = Self.key(json["hash"], json["hashType"]),
      let billing = json["billing"]?.string, let created = json["created"]?.int64, let id = json["id"]?.string
    else { return nil }
    self.name = name
    schema = KeySchema(hash: hash, range: Self.key(json["range"], json["rangeType"]))
    let definitions = json["definitions"]?.array?.compactMap { Self.key($0.array?.first, $0.array?.last) }
    self.definitions = definitions ?? schema.keys
    let indexes = json["indexes"]?.array ?? []
    self.indexes = indexes.compactMap { [definitions] in SecondaryIndex(stored: $0, definitions ?? []) }
    guard self.indexes.count == indexes.count else { return nil }
    self.billing = billing
    readUnits = json["read"]?.int64 ?? 0
    writeUnits = json["write"]?.int64 ?? 0
    self.created = created
    self.id = id
    isProtected = json["protected"]?.bool ?? false
    tags = (json["tags"]?.array ?? []).compactMap { Tag(json: $0) }
  }

  private static func key(_ name: JSON?, _ type: JSON?) -> Key? {
    guard let name = name?.string, let type = type?.string.flatMap({ AttributeType(rawValue: $0) }) else { return nil }
    return Key(name: name, type: type)
  }
}
