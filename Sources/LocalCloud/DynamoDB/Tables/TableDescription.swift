import AWSClients
import CacheSupport

/// A table's name and keys, as CreateTable gave them.
struct TableDescription: Sendable {
  struct Key: Sendable {
    let name: String
    let encodedName: EncodedName
    /// `S`, `N` or `B`.
    let type: AttributeType

    init(name: String, type: AttributeType) {
      (self.name, self.type, encodedName) = (name, type, EncodedName(name))
    }
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
    let definitions = try Self.definitions(&input)
    let schema = try Self.schema(&input)
    billing = try input.string("BillingMode", values: ["PROVISIONED", "PAY_PER_REQUEST"]) ?? "PROVISIONED"
    var throughput = try input.structure("ProvisionedThroughput")
    writeUnits = try throughput?.integer("WriteCapacityUnits", required: true, in: 1...Int64.max) ?? 0
    readUnits = try throughput?.integer("ReadCapacityUnits", required: true, in: 1...Int64.max) ?? 0
    if let throughput { input.absorb(throughput) }
    try input.check()
    try input.refuse(
      "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "StreamSpecification", "SSESpecification", "TableClass",
      "Tags", "ResourcePolicy", "OnDemandThroughput", "WarmThroughput")
    if object["DeletionProtectionEnabled"]?.bool == true { try input.refuse("DeletionProtectionEnabled") }
    try Self.check(billing, throughput == nil ? nil : (readUnits, writeUnits))
    (hash, range) = try Self.keys(schema, definitions)
    created = now
    id = RandomID.uuid()
  }

  private typealias Definition = (name: String, type: AttributeType)

  private static func definitions(_ input: inout Input) throws(ServiceError) -> [Definition] {
    var definitions: [Definition] = []
    let elements = try input.array("AttributeDefinitions", required: true) ?? []
    for var element in try input.structures(elements, of: "AttributeDefinitions") {
      let name = try element.string("AttributeName", required: true, length: 1...255)
      let type = try element.string("AttributeType", required: true, values: ["B", "N", "S"])
      input.absorb(element)
      definitions.append((name ?? "", type.flatMap { AttributeType(rawValue: $0) } ?? .s))
    }
    return definitions
  }

  private static func schema(_ input: inout Input) throws(ServiceError) -> [(name: String, type: String)] {
    var schema: [(name: String, type: String)] = []
    let elements = try input.array("KeySchema", required: true, count: 1...2) ?? []
    for var element in try input.structures(elements, of: "KeySchema") {
      let name = try element.string("AttributeName", required: true, length: 1...255)
      let type = try element.string("KeyType", required: true, values: ["HASH", "RANGE"])
      input.absorb(element)
      schema.append((name ?? "", type ?? ""))
    }
    return schema
  }

  /// What a table may provision, in units a second.
  private static let unitLimit: Int64 = 1_000_000_000_000

  private static func check(_ billing: String, _ units: (read: Int64, write: Int64)?) throws(ServiceError) {
    guard billing == "PROVISIONED" else {
      guard units != nil else { return }
      throw .parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
    }
    guard let units else {
      throw .parameter(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    }
    for (name, value) in [("ReadCapacityUnits", units.read), ("WriteCapacityUnits", units.write)]
    where value > unitLimit {
      throw .validation("Given value \(value) for \(name) is out of bounds")
    }
  }

  private static func keys(
    _ schema: [(name: String, type: String)], _ definitions: [Definition]
  ) throws(ServiceError) -> (hash: Key, range: Key?) {
    var types: [ByteText: AttributeType] = [:]
    for (name, type) in definitions where types.updateValue(type, forKey: ByteText(name)) != nil {
      throw .parameter("Duplicate AttributeName in AttributeDefinitions: \(name)")
    }
    guard schema.count <= definitions.count else {
      throw .validation("Invalid KeySchema: Some index key attribute have no definition")
    }
    let keys = schema.compactMap { element in types[ByteText(element.name)].map { Key(name: element.name, type: $0) } }
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
    guard types.count == keys.count else {
      throw .parameter(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
    }
    return (hash, keys.count == 2 ? keys[1] : nil)
  }

  /// A table's name, or the name in its ARN.
  static func name(_ input: inout Input) throws(ServiceError) -> String {
    let text = try input.string("TableName", required: true, length: 1...1024, pattern: pattern)
    guard let text else {
      try input.check()
      return ""
    }
    let name = Self.name(in: text)
    guard (3...255).contains(name.utf8.count) else {
      throw .validation("TableName must be at least 3 characters long and at most 255 characters long")
    }
    return name
  }

  /// A name, or an ARN with one.
  static let pattern = Input.Pattern(text: "[a-zA-Z0-9_.-]+") { text in
    name(in: text).utf8.allSatisfy { QueueName.isNameByte($0) || $0 == UInt8(ascii: ".") }
  }

  /// The name itself, or the one that ends an ARN: `arn:aws:dynamodb:us-east-1:000000000000:table/name`.
  static func name(in text: String) -> String {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "dynamodb", parts[5].hasPrefix("table/") else { return text }
    return String(parts[5].dropFirst("table/".count))
  }

  // MARK: Stored form

  var stored: String {
    var object: JSONObject = [
      "hash": .string(hash.name), "hashType": .string(hash.type.rawValue), "billing": .string(billing),
      "read": .integer(readUnits), "write": .integer(writeUnits), "created": .integer(created),
      "id": .string(id),
    ]
    object["range"] = range.map { .string($0.name) }
    object["rangeType"] = range.map { .string($0.type.rawValue) }
    return JSON.object(object).text
  }

  init?(name: String, stored: String) {
    guard let json = try? JSON(parsing: stored), let hash = json["hash"]?.string,
      let type = json["hashType"]?.string.flatMap({ AttributeType(rawValue: $0) }),
      let billing = json["billing"]?.string, let created = json["created"]?.int64, let id = json["id"]?.string
    else { return nil }
    self.name = name
    self.hash = Key(name: hash, type: type)
    if let range = json["range"]?.string, let type = json["rangeType"]?.string.flatMap({ AttributeType(rawValue: $0) })
    {
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
        keys.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type.rawValue)] })
    ]
    let rest = summary(status: status, account: account, items: items, bytes: bytes)
    object["TableName"] = rest["TableName"]
    object["KeySchema"] = .array(
      zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] })
    object["CreationDateTime"] = .double(Double(created) / 1000)
    for member in rest.members { object[member.name] = member.value }
    return .object(object)
  }

  /// What DeleteTable answers: all but the keys and the time.
  func summary(status: String, account: Account, items: Int64, bytes: Int64) -> JSONObject {
    var object: JSONObject = [
      "TableName": .string(name), "TableStatus": .string(status),
      "ProvisionedThroughput": [
        "NumberOfDecreasesToday": 0, "ReadCapacityUnits": .integer(readUnits),
        "WriteCapacityUnits": .integer(writeUnits),
      ],
      "TableSizeBytes": .integer(bytes), "ItemCount": .integer(items),
      "TableArn": .string("arn:aws:dynamodb:\(account.region):\(account.id):table/\(name)"), "TableId": .string(id),
      "DeletionProtectionEnabled": false,
    ]
    if billing == "PAY_PER_REQUEST" {
      var summary: JSONObject = ["BillingMode": "PAY_PER_REQUEST"]
      // A table that has just been asked for has no such time yet.
      if status != "CREATING" { summary["LastUpdateToPayPerRequestDateTime"] = .double(Double(created) / 1000) }
      object["BillingModeSummary"] = .object(summary)
    }
    return object
  }
}
