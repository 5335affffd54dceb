import AWSClients
import CacheSupport

/// A table's name and keys, as CreateTable gave them.
struct TableDescription: Sendable {
  struct Key: Sendable, Hashable {
    var name: String
    /// `S`, `N` or `B`.
    var type: String
  }

  var name: String
  var hash: Key
  var range: Key?
  var billing: String
  var readUnits: Int64
  var writeUnits: Int64
  var created: Int64
  var id: String

  var keys: [Key] { [hash] + (range.map { [$0] } ?? []) }

  /// Reads and checks CreateTable's input.
  init(_ object: JSONObject, now: Int64) throws(ServiceError) {
    var input = Input(object)
    name = try TableDescription.name(&input)
    let definitions = try input.array("AttributeDefinitions", required: true) ?? []
    let schema = try input.array("KeySchema", required: true, count: 1...2) ?? []
    billing = try input.string("BillingMode", values: ["PROVISIONED", "PAY_PER_REQUEST"]) ?? "PROVISIONED"
    try input.check()
    try input.refuse(
      "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "StreamSpecification", "SSESpecification", "TableClass",
      "Tags",
      "ResourcePolicy", "OnDemandThroughput", "WarmThroughput")
    if object["DeletionProtectionEnabled"]?.bool == true { try input.refuse("DeletionProtectionEnabled") }
    let throughput = object["ProvisionedThroughput"]
    readUnits = throughput?["ReadCapacityUnits"]?.int64 ?? 0
    writeUnits = throughput?["WriteCapacityUnits"]?.int64 ?? 0
    if throughput != nil, readUnits < 1 || writeUnits < 1 {
      throw .validation(
        "1 validation error detected: Value '\(min(readUnits, writeUnits))' at 'provisionedThroughput' failed to satisfy constraint: Member must have value greater than or equal to 1"
      )
    }
    if billing == "PAY_PER_REQUEST", throughput != nil {
      throw .validation(
        "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
      )
    }
    if billing == "PROVISIONED", throughput == nil {
      throw .validation(
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
      )
    }
    var types: [ByteText: String] = [:]
    for definition in definitions {
      guard let name = definition["AttributeName"]?.string, let type = definition["AttributeType"]?.string,
        ["S", "N", "B"].contains(type)
      else {
        throw .validation(
          "1 validation error detected: Value at 'attributeDefinitions' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]"
        )
      }
      types[ByteText(name)] = type
    }
    let names = schema.compactMap { $0["AttributeName"]?.string }
    let missing = names.filter { types[ByteText($0)] == nil }
    guard missing.isEmpty, names.count == schema.count else {
      throw .validation(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [\(missing.joined(separator: ", "))], AttributeDefinitions: [\(types.keys.sorted().map(\.text).joined(separator: ", "))]"
      )
    }
    guard types.count == names.count else {
      throw .validation(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
      )
    }
    guard schema[0]["KeyType"]?.string == "HASH" else {
      throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    }
    if schema.count == 2, schema[1]["KeyType"]?.string != "RANGE" {
      throw .validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    }
    hash = Key(name: names[0], type: types[ByteText(names[0])] ?? "S")
    range = names.count > 1 ? Key(name: names[1], type: types[ByteText(names[1])] ?? "S") : nil
    created = now
    id = RandomID.uuid()
  }

  /// A table's name, or the name in its ARN.
  static func name(_ input: inout Input) throws(ServiceError) -> String {
    let text = try input.string(
      "TableName", required: true, length: 1...1024,
      pattern: Input.Pattern(text: "[a-zA-Z0-9_.-]+") { text in
        text.utf8.allSatisfy { QueueAttributes.isNameByte($0) || ".:/".utf8.contains($0) }
      })
    guard let text else {
      try input.check()
      return ""
    }
    let name = text.hasPrefix("arn:") ? String(text.split(separator: "/").last ?? "") : text
    guard name.count >= 3, name.count <= 255 else {
      throw .validation("TableName must be at least 3 characters long and at most 255 characters long")
    }
    return name
  }

  // MARK: Stored form

  var stored: String {
    var object: JSONObject = [
      "hash": .string(hash.name), "hashType": .string(hash.type), "billing": .string(billing),
      "read": .integer(readUnits), "write": .integer(writeUnits), "created": .integer(created),
      "id": .string(id),
    ]
    object["range"] = range.map { .string($0.name) }
    object["rangeType"] = range.map { .string($0.type) }
    return JSON.object(object).text
  }

  init?(name: String, stored: String) {
    guard let json = try? JSON(parsing: stored), let hash = json["hash"]?.string, let type = json["hashType"]?.string,
      let billing = json["billing"]?.string, let created = json["created"]?.int64, let id = json["id"]?.string
    else { return nil }
    self.name = name
    self.hash = Key(name: hash, type: type)
    if let range = json["range"]?.string, let type = json["rangeType"]?.string {
      self.range = Key(name: range, type: type)
    }
    self.billing = billing
    readUnits = json["read"]?.int64 ?? 0
    writeUnits = json["write"]?.int64 ?? 0
    self.created = created
    self.id = id
  }

  /// What CreateTable and DescribeTable answer.
  func json(status: String, account: Account, items: Int64, bytes: Int64) -> JSON {
    var object: JSONObject = [
      "AttributeDefinitions": .array(
        keys.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type)] }),
      "TableName": .string(name),
      "KeySchema": .array(
        zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] }),
      "TableStatus": .string(status), "CreationDateTime": .double(Double(created) / 1000),
      "ProvisionedThroughput": [
        "NumberOfDecreasesToday": 0, "ReadCapacityUnits": .integer(readUnits),
        "WriteCapacityUnits": .integer(writeUnits),
      ],
      "TableSizeBytes": .integer(bytes), "ItemCount": .integer(items),
      "TableArn": .string("arn:aws:dynamodb:\(account.region):\(account.id):table/\(name)"), "TableId": .string(id),
      "DeletionProtectionEnabled": false,
    ]
    if billing == "PAY_PER_REQUEST" { object["BillingModeSummary"] = ["BillingMode": "PAY_PER_REQUEST"] }
    return .object(object)
  }

  // MARK: Keys

  /// The key's bytes in their order, from an item or a key.
  ///
  /// - Parameter exact: true for a key, which must hold nothing else.
  func key(of item: Item, exact: Bool) throws(ServiceError) -> (hash: [UInt8], range: [UInt8]) {
    if exact, item.count != keys.count || keys.contains(where: { item[$0.name] == nil }) {
      throw .validation("The provided key element does not match the schema")
    }
    let hash = try bytes(self.hash, item, limit: 2048, exact: exact)
    let range = try self.range.map { key throws(ServiceError) in try bytes(key, item, limit: 1024, exact: exact) }
    return (hash, range ?? [])
  }

  private func bytes(_ key: Key, _ item: Item, limit: Int, exact: Bool) throws(ServiceError) -> [UInt8] {
    guard let value = item[key.name] else {
      throw .validation("One or more parameter values were invalid: Missing the key \(key.name) in the item")
    }
    guard value.typeName == key.type, let bytes = value.sortable else {
      if exact { throw .validation("The provided key element does not match the schema") }
      throw .validation(
        "One or more parameter values were invalid: Type mismatch for key \(key.name) expected: \(key.type) actual: \(value.typeName)"
      )
    }
    guard key.type == "N" || !bytes.isEmpty else {
      throw .validation(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \(key.type == "S" ? "string" : "binary") value. Key: \(key.name)"
      )
    }
    guard key.type == "N" || bytes.count <= limit else {
      throw .validation(
        limit == 2048
          ? "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
          : "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
      )
    }
    return bytes
  }

  /// The key attributes alone.
  func keyItem(_ item: Item) -> Item { keys.reduce(into: [:]) { $0[$1.name] = item[$1.name] } }
}
