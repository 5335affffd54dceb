import AWSClients
import CacheSupport

/// A second order of a table's items, by other attributes: those items that have them, with some or all of their attributes.
struct SecondaryIndex: Sendable {
  enum Kind: String, Sendable {
    /// Within the partitions of the table.
    case local = "LocalSecondaryIndexes"
    case global = "GlobalSecondaryIndexes"
  }

  /// Which attributes an entry has besides the keys.
  enum Attributes: Sendable {
    case all
    case keysOnly
    case include([String])
  }

  let name: String
  let kind: Kind
  let schema: KeySchema
  let attributes: Attributes
  /// The index's number in the storage; 0 before it has one.
  var number: Int64 = 0
  /// What a global index provisions, in units a second; 0 where it is paid by request.
  var readUnits: Int64 = 0
  var writeUnits: Int64 = 0

  /// What a table may have.
  static let localLimit: Int = 5
  static let globalLimit: Int = 20

  // MARK: Entries

  /// Where an item is in the index; nil for one without all of its keys, or with a value that can be no key: it may have been
  /// there before the index was.
  func key(of item: Item) -> ItemKey? {
    func bytes(_ key: KeySchema.Key, limit: Int) -> [UInt8]? {
      guard let value = item[key.name], value.type == key.type, let bytes = value.sortable,
        key.fits(bytes, limit: limit)
      else { return nil }
      return bytes
    }
    guard let hash = bytes(schema.hash, limit: KeySchema.hashLimit) else { return nil }
    guard let range = schema.range else { return ItemKey(hash: hash, range: []) }
    return bytes(range, limit: KeySchema.rangeLimit).map { ItemKey(hash: hash, range: $0) }
  }

  /// What of an item is in the index; nil for all of it.
  func part(of item: Item, in table: KeySchema) -> Item? {
    guard let names = projectedNames(table) else { return nil }
    return item.filter { names.contains($0.key) }
  }

  /// The names of the attributes that an entry may have; nil for all.
  func projectedNames(_ table: KeySchema) -> Set<ByteText>? {
    var names = Set((table.keys + schema.keys).map { ByteText($0.name) })
    switch attributes {
    case .all: return nil
    case .keysOnly: break
    case .include(let further): names.formUnion(further.map { ByteText($0) })
    }
    return names
  }

  // MARK: Stored form

  var stored: JSON {
    var object: JSONObject = [
      "number": .integer(number), "name": .string(name), "kind": .string(kind.rawValue),
      "keys": .array(schema.keys.map { .string($0.name) }), "read": .integer(readUnits), "write": .integer(writeUnits),
      "projection": .string(projectionType),
    ]
    if case .include(let names) = attributes { object["include"] = .array(names.map { .string($0) }) }
    return .object(object)
  }

  init?(stored: JSON, _ definitions: [KeySchema.Key]) {
    let names = stored["keys"]?.array?.compactMap(\.string) ?? []
    let keys = names.compactMap { name in definitions.first { $0.name.hasSameBytes(as: name) } }
    guard let number = stored["number"]?.int64, let name = stored["name"]?.string, let hash = keys.first,
      keys.count == names.count, let kind = stored["kind"]?.string.flatMap({ Kind(rawValue: $0) })
    else { return nil }
    (self.number, self.name, self.kind) = (number, name, kind)
    schema = KeySchema(hash: hash, range: keys.count > 1 ? keys[1] : nil)
    attributes =
      switch stored["projection"]?.string {
      case "KEYS_ONLY": .keysOnly
      case "INCLUDE": .include(stored["include"]?.array?.compactMap(\.string) ?? [])
      default: .all
      }
    readUnits = stored["read"]?.int64 ?? 0
    writeUnits = stored["write"]?.int64 ?? 0
  }

  private var projectionType: String {
    switch attributes {
    case .all: "ALL"
    case .keysOnly: "KEYS_ONLY"
    case .include: "INCLUDE"
    }
  }

  // MARK: Answers

  /// What an index holds, and whether it is whole.
  struct State: Sendable {
    var items: Int64 = 0
    var bytes: Int64 = 0
    var isFilling = false
  }

  /// - Parameters:
  ///   - tableARN: the table's ARN.
  ///   - status: of a global index.
  func json(_ tableARN: String, _ state: State, status: String) -> JSON {
    var projection: JSONObject = ["ProjectionType": .string(projectionType)]
    if case .include(let names) = attributes { projection["NonKeyAttributes"] = .array(names.map { .string($0) }) }
    var object: JSONObject = [
      "IndexName": .string(name), "KeySchema": schema.json, "Projection": .object(projection),
    ]
    if kind == .global {
      object["IndexStatus"] = .string(status)
      if state.isFilling { object["Backfilling"] = true }
      object["ProvisionedThroughput"] = [
        "NumberOfDecreasesToday": 0, "ReadCapacityUnits": .integer(readUnits),
        "WriteCapacityUnits": .integer(writeUnits),
      ]
    }
    object["IndexSizeBytes"] = .integer(state.bytes)
    object["ItemCount"] = .integer(state.items)
    object["IndexArn"] = .string("\(tableARN)/index/\(name)")
    return .object(object)
  }
}
