import CacheSupport

extension TableResource.Index {
  /// As CreateTable takes it, and DescribeTable gives it back.
  fileprivate var json: JSON {
    var projection: JSONObject = ["ProjectionType": .string(self.projection)]
    if !included.isEmpty { projection["NonKeyAttributes"] = .array(included.map { .string($0) }) }
    return [
      "IndexName": .string(name), "KeySchema": TableResource.schema(hash, range), "Projection": .object(projection),
    ]
  }
}

extension TableResource {
  fileprivate static func schema(_ hash: Key, _ range: Key?) -> JSON {
    .array(
      zip([hash] + (range.map { [$0] } ?? []), ["HASH", "RANGE"]).map {
        ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)]
      })
  }

  /// Those of the table and of its indexes.
  var allKeys: [Key] {
    ([(hash, range)] + indexes.map { ($0.hash, $0.range) }).flatMap { [$0.0] + ($0.1.map { [$0] } ?? []) }
  }

  /// What CreateTable takes.
  fileprivate var input: JSONObject {
    var types: [ByteText: String] = [:]
    for key in allKeys { types[ByteText(key.name)] = key.type }
    var input: JSONObject = [
      "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST", "KeySchema": Self.schema(hash, range),
      "AttributeDefinitions": .array(
        types.sorted { $0.key < $1.key }.map {
          ["AttributeName": .string($0.key.text), "AttributeType": .string($0.value)]
        }),
    ]
    for kind in [SecondaryIndex.Kind.local, .global] {
      let indexes = indexes.filter { $0.kind == kind }
      if !indexes.isEmpty { input[kind.rawValue] = .array(indexes.map(\.json)) }
    }
    return input
  }

  /// The types of the keys that never change: those of the table and of its local indexes.
  fileprivate static func fixedTypes(_ table: JSONObject) -> Set<ByteText> {
    let schemas =
      [table["KeySchema"]] + (table[SecondaryIndex.Kind.local.rawValue]?.array ?? []).map { $0["KeySchema"] }
    let names = schemas.flatMap { $0?.array ?? [] }.compactMap { $0["AttributeName"]?.string }
    return Set(
      (table["AttributeDefinitions"]?.array ?? []).compactMap { definition in
        guard let name = definition["AttributeName"]?.string, names.contains(where: { $0.hasSameBytes(as: name) })
        else { return nil }
        return ByteText("\(name) \(definition["AttributeType"]?.string ?? "")")
      })
  }
}

extension DynamoDBService {
  static let resourceTypes: [any TemplateResource.Type] = [TableResource.self, SimpleTableResource.self]

  init(_ context: ModuleContext) { self.init(storage: context.storage, account: context.account, clock: context.clock) }

  func delete(_ resource: StackResource) throws(ServiceError) {
    guard let name = resource.data?.name else { return }
    try delete("DeleteTable", ["TableName": .string(name)], in: storage, unless: "ResourceNotFoundException")
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    for table in stack.all(TableResource.self) {
      try standUp(table)
      try setTags(of: table, leaving: state.takeTags(of: table, table.tags))
    }
  }

  func standUp(_ table: TableResource) throws(ServiceError) {
    let input = table.input
    let name: JSONObject = ["TableName": .string(table.name)]
    if try !create("CreateTable", input, in: storage, unless: "ResourceInUseException") {
      let known = try call("DescribeTable", name, in: storage)["Table"]?.object ?? [:]
      func conflict(_ what: String) -> ServiceError {
        ServiceError(
          type: "Conflict",
          message: "the table \(table.name) is there with \(what): remove it, or give another --data folder")
      }
      guard known["KeySchema"] == input["KeySchema"] else { throw conflict("another key") }
      guard Self.indexes(.local, known) == Self.indexes(.local, input) else {
        throw conflict("other local indexes")
      }
      guard TableResource.fixedTypes(known) == TableResource.fixedTypes(input) else {
        throw conflict("keys of other types")
      }
      try standUpIndexes(known, input)
    }
    let known = try call("DescribeTimeToLive", name, in: storage)["TimeToLiveDescription"]?["AttributeName"]?.string
    guard known.map({ ByteText($0) }) != table.timeToLive.map({ ByteText($0) }) else { return }
    if let known { try setTimeToLive(of: table.name, by: known, false) }
    if let attribute = table.timeToLive { try setTimeToLive(of: table.name, by: attribute, true) }
  }

  /// What a table's description says of its indexes of a kind, by name.
  private static func indexes(_ kind: SecondaryIndex.Kind, _ table: JSONObject) -> [ByteText: JSON] {
    var indexes: [ByteText: JSON] = [:]
    for index in table[kind.rawValue]?.array ?? [] {
      indexes[ByteText(index["IndexName"]?.string ?? "")] = [
        "IndexName": index["IndexName"] ?? .null, "KeySchema": index["KeySchema"] ?? .null,
        "Projection": index["Projection"] ?? .null,
      ]
    }
    return indexes
  }

  /// Deletes global indexes that are gone or have changed, creates those that are new, and fills them, as a stack's update does on AWS.
  private func standUpIndexes(_ known: JSONObject, _ wanted: JSONObject) throws(ServiceError) {
    let (before, after) = (Self.indexes(.global, known), Self.indexes(.global, wanted))
    guard before != after else { return }
    var input: JSONObject = ["TableName": wanted["TableName"] ?? .null]
    for (name, index) in before.sorted(by: { $0.key < $1.key }) where after[name] != index {
      input["GlobalSecondaryIndexUpdates"] = [["Delete": ["IndexName": .string(name.text)]]]
      try call("UpdateTable", input, in: storage)
    }
    for (name, index) in after.sorted(by: { $0.key < $1.key }) where before[name] != index {
      let keys = Set((index["KeySchema"]?.array ?? []).compactMap { $0["AttributeName"]?.string.map { ByteText($0) } })
      input["AttributeDefinitions"] = .array(
        (wanted["AttributeDefinitions"]?.array ?? []).filter {
          $0["AttributeName"]?.string.map { keys.contains(ByteText($0)) } ?? false
        })
      input["GlobalSecondaryIndexUpdates"] = [["Create": index]]
      // A table takes one new index at a time: one that an earlier run left unfinished is filled first.
      while try storage.writeAndWait(fill) {}
      try call("UpdateTable", input, in: storage)
    }
    while try storage.writeAndWait(fill) {}
  }

  private func setTags(of table: TableResource, leaving keys: [String]) throws(ServiceError) {
    let arn = JSON.string("arn:aws:dynamodb:\(account.region):\(account.id):table/\(table.name)")
    if !keys.isEmpty {
      try call("UntagResource", ["ResourceArn": arn, "TagKeys": .array(keys.map { .string($0) })], in: storage)
    }
    if !table.tags.isEmpty {
      try call("TagResource", ["ResourceArn": arn, "Tags": table.tags.list], in: storage)
    }
  }

  private func setTimeToLive(of table: String, by attribute: String, _ isEnabled: Bool) throws(ServiceError) {
    try call(
      "UpdateTimeToLive",
      [
        "TableName": .string(table),
        "TimeToLiveSpecification": ["AttributeName": .string(attribute), "Enabled": .bool(isEnabled)],
      ], in: storage)
  }
}
