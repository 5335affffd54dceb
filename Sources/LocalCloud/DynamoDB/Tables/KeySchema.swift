import AWSClients
import CacheSupport

/// The attributes by which the items of a table or an index are found.
struct KeySchema: Sendable {
  struct Key: Sendable {
    let name: String
    let encodedName: EncodedName
    /// `S`, `N` or `B`.
    let type: AttributeType

    init(name: String, type: AttributeType) {
      (self.name, self.type, encodedName) = (name, type, EncodedName(name))
    }

    /// True where a value's bytes can be a key: a text or bytes, at least one and no more than the limit, or any number.
    func fits(_ bytes: [UInt8], limit: Int) -> Bool { type == .n || (1...limit).contains(bytes.count) }
  }

  let hash: Key
  let range: Key?

  var keys: [Key] { [hash] + (range.map { [$0] } ?? []) }

  func has(_ name: String) -> Bool { keys.contains { $0.name.hasSameBytes(as: name) } }

  var json: JSON {
    .array(zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] })
  }

  /// An element of `KeySchema`, as a request has it.
  typealias Element = (name: String, type: String)

  static func elements(_ input: inout Input) throws(ServiceError) -> [Element] {
    var schema: [Element] = []
    let elements = try input.array("KeySchema", required: true, count: 1...2) ?? []
    for var element in try input.structures(elements, of: "KeySchema") {
      let name = try element.string("AttributeName", required: true, length: 1...255)
      let type = try element.string("KeyType", required: true, values: ["HASH", "RANGE"])
      input.absorb(element)
      schema.append((name ?? "", type ?? ""))
    }
    return schema
  }

  /// - Throws: what DynamoDB says of a schema that is none, or whose attributes are not defined.
  init(_ schema: [Element], _ definitions: [Key]) throws(ServiceError) {
    let keys = schema.compactMap { element in definitions.first { $0.name.hasSameBytes(as: element.name) } }
    guard let hash = keys.first, keys.count == schema.count else {
      throw .parameter(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [\(schema.map(\.name).joined(separator: ", "))], AttributeDefinitions: [\(definitions.map(\.name).joined(separator: ", "))]"
      )
    }
    if keys.count == 2, hash.encodedName == keys[1].encodedName {
      throw .validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    }
    for (element, (place, wanted)) in zip(schema, [("first", "HASH"), ("second", "RANGE")])
    where element.type != wanted {
      throw .validation("Invalid KeySchema: The \(place) KeySchemaElement is not a \(wanted) key type")
    }
    self.init(hash: hash, range: keys.count == 2 ? keys[1] : nil)
  }

  init(hash: Key, range: Key?) { (self.hash, self.range) = (hash, range) }
}
