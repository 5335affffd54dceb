import AWSClients
import CacheSupport

/// A table's name, keys, indexes and settings, as CreateTable gave them and UpdateTable left them.
struct TableDescription: Sendable {
  typealias Key = KeySchema.Key

  var name: String
  let schema: KeySchema
  /// The attributes of all keys, in the order in which they were defined.
  var definitions: [Key]
  var indexes: [SecondaryIndex]
  var billing: String
  var readUnits: Int64
  var writeUnits: Int64
  var created: Int64
  var id: String
  /// True where the table is not to be deleted.
  var isProtected = false
  var tags: [Tag] = []

  var hash: Key { schema.hash }
  var range: Key? { schema.range }
  var keys: [Key] { schema.keys }

  /// Reads and checks CreateTable's input.
  init(_ object: JSONObject, now: Int64) throws(ServiceError) {
    var input = Input(object)
    (created, id) = (now, RandomID.uuid())
    name = try TableDescription.name(&input)
    definitions = try Self.definitions(&input)
    let elements = try KeySchema.elements(&input)
    billing = try input.string("BillingMode", values: ["PROVISIONED", "PAY_PER_REQUEST"]) ?? "PROVISIONED"
    let units = try Self.units(&input)
    (readUnits, writeUnits) = units ?? (0, 0)
    let local = try SecondaryIndex.read(.local, &input)
    let global = try SecondaryIndex.read(.global, &input)
    isProtected = try input.bool("DeletionProtectionEnabled") ?? false
    tags = try Tag.read(&input)
    try input.check()
    try Self.refuseSettings(input)
    try Self.check(billing, units)
    schema = try Self.schema(elements, definitions, hasIndexes: local != nil || global != nil)
    indexes = []
    for (kind, given) in [(SecondaryIndex.Kind.local, local), (.global, global)] {
      if given?.isEmpty == true { throw .parameter("List of \(kind.rawValue) is empty") }
      try kind.check(given?.count ?? 0)
      if kind == .local, given != nil, schema.range == nil {
        throw .parameter(
          "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
      }
      for given in given ?? [] {
        indexes.append(try SecondaryIndex(given, definitions, of: schema, billing: billing))
      }
    }
    try SecondaryIndex.checkDistinct(indexes)
    try checkDefinitions()
  }

  /// Settings that ask for nothing, or for what makes no difference on one machine, are taken; others are refused by name.
  static func refuseSettings(_ input: Input) throws(ServiceError) {
    if try input.structure("StreamSpecification")?.object["StreamEnabled"]?.bool == true {
      try input.refuse("StreamSpecification")
    }
    try input.refuse("ResourcePolicy", "ReplicaUpdates", "GlobalTableWitnessUpdates")
  }

  /// `ProvisionedThroughput`; nil where there is none.
  static func units(_ input: inout Input) throws(ServiceError) -> (read: Int64, write: Int64)? {
    guard var throughput = try input.structure("ProvisionedThroughput") else { return nil }
    let write = try throughput.integer("WriteCapacityUnits", required: true, in: 1...Int64.max)
    let read = try throughput.integer("ReadCapacityUnits", required: true, in: 1...Int64.max)
    input.absorb(throughput)
    return (read ?? 0, write ?? 0)
  }

  /// The most attributes that keys can have: two of the table, one more of each local index, and two of each global one.
  static let keyLimit: Int = 2 + SecondaryIndex.localLimit + 2 * SecondaryIndex.globalLimit

  static func definitions(_ input: inout Input, required: Bool = true) throws(ServiceError) -> [Key] {
    var definitions: [Key] = []
    let elements = try input.array("AttributeDefinitions", required: required) ?? []
    guard elements.count <= keyLimit else {
      throw .parameter(
        "Some AttributeDefinitions are not used. There are \(elements.count), and the keys of a table and its indexes have at most \(keyLimit) attributes"
      )
    }
    for var element in try input.structures(elements, of: "AttributeDefinitions") {
      let name = try element.string("AttributeName", required: true, length: 1...255)
      let type = try element.string("AttributeType", required: true, values: ["B", "N", "S"])
      input.absorb(element)
      definitions.append(Key(name: name ?? "", type: type.flatMap { AttributeType(rawValue: $0) } ?? .s))
    }
    return definitions
  }

  /// What a table may provision, in units a second.
  private static let unitLimit: Int64 = 1_000_000_000_000

  static func check(_ billing: String, _ units: (read: Int64, write: Int64)?) throws(ServiceError) {
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

  private static func schema(
    _ elements: [KeySchema.Element], _ definitions: [Key], hasIndexes: Bool
  ) throws(ServiceError) -> KeySchema {
    try checkDistinct(definitions)
    guard elements.count <= definitions.count else {
      throw .validation("Invalid KeySchema: Some index key attribute have no definition")
    }
    let schema = try KeySchema(elements, definitions)
    guard hasIndexes || elements.count == definitions.count else {
      throw .parameter(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
    }
    return schema
  }

  static func checkDistinct(_ definitions: [Key]) throws(ServiceError) {
    var names: Set<ByteText> = []
    for key in definitions where !names.insert(ByteText(key.name)).inserted {
      throw .parameter("Duplicate AttributeName in AttributeDefinitions: \(key.name)")
    }
  }

  /// - Throws: what DynamoDB says of attributes that are defined and are no keys.
  func checkDefinitions() throws(ServiceError) {
    let used = ([schema] + indexes.map(\.schema)).flatMap(\.keys)
    let names = Set(used.map { ByteText($0.name) })
    guard !definitions.allSatisfy({ names.contains(ByteText($0.name)) }) else { return }
    throw .parameter(
      "Some AttributeDefinitions are not used. AttributeDefinitions: [\(definitions.map(\.name).joined(separator: ", "))], keys used: [\(names.sorted().map(\.text).joined(separator: ", "))]"
    )
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
    name(in: text).utf8.allSatisfy { ASCII.isNameByte($0) || $0 == UInt8(ascii: ".") }
  }

  /// The name itself, or the one that ends an ARN: `arn:aws:dynamodb:us-east-1:000000000000:table/name`.
  static func name(in text: String) -> String {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "dynamodb", parts[5].hasPrefix("table/") else { return text }
    return String(parts[5].dropFirst("table/".count))
  }
}
