import CacheSupport

/// `AWS::DynamoDB::Table`: its keys, and the attribute by which items expire.
struct TableResource: TemplateResource, Hashable {
  static let type = "AWS::DynamoDB::Table"
  static let nameProperty: String? = "TableName"
  static let noun = "table"

  struct Key: Sendable, Hashable {
    var name: String
    /// `S`, `N` or `B`.
    var type: String
  }
  var name: String
  var hash: Key
  var range: Key?
  /// The attribute by which items expire.
  var timeToLive: String?

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    name == "Arn" ? names.arn("dynamodb", "table/\(try names.name())") : nil
  }

  static func plan(of tables: [TableResource], in stack: Stack) -> [PlanLine] {
    tables.map { table in
      let keys = [table.hash, table.range].compactMap(\.self).map { "\($0.name) (\($0.type))" }
      return PlanLine(
        "DynamoDB table", table.name, "key \(keys.joined(separator: ", "))",
        table.timeToLive.map { "expires by \($0)" } ?? "")
    }
  }
}

extension TableResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    var types: [ByteText: String] = [:]
    for element in try properties.list("AttributeDefinitions") {
      guard let type = element["AttributeType"]?.text, ["S", "N", "B"].contains(type) else {
        throw TemplateError("\(properties.logicalID): AttributeType is S, N or B", line: element.line)
      }
      types[ByteText(element["AttributeName"]?.text ?? "")] = type
    }
    var keys: [String: Key] = [:]
    for element in try properties.list("KeySchema") {
      let attribute = element["AttributeName"]?.text ?? ""
      guard let type = types[ByteText(attribute)] else {
        throw TemplateError(
          "\(properties.logicalID): the key '\(attribute)' has no AttributeDefinition", line: element.line)
      }
      guard let kind = element["KeyType"]?.text, ["HASH", "RANGE"].contains(kind), keys[kind] == nil else {
        throw TemplateError("\(properties.logicalID): KeyType is HASH once, and RANGE once at most", line: element.line)
      }
      keys[kind] = Key(name: attribute, type: type)
    }
    guard types.count == keys.count else {
      throw TemplateError("\(properties.logicalID): AttributeDefinitions has what is no key")
    }
    guard let hash = keys["HASH"] else { throw properties.missing("key of the type HASH") }
    self.init(name: name, hash: hash, range: keys["RANGE"])
    if var part = try properties.part("TimeToLiveSpecification") {
      let attribute = try part.required("AttributeName")
      if try part.boolean("Enabled") ?? false { timeToLive = attribute }
      try properties.absorb(part)
    }
    _ = try properties.choice("BillingMode", ["PAY_PER_REQUEST", "PROVISIONED"])
    properties.ignore(
      "PointInTimeRecoverySpecification", "SSESpecification", "Tags", "DeletionProtectionEnabled", "TableClass",
      "ProvisionedThroughput", "ContributorInsightsSpecification")
  }
}

extension DynamoDBService {
  static let resourceTypes: [any TemplateResource.Type] = [TableResource.self]

  init(_ context: ModuleContext) { self.init(storage: context.storage, account: context.account, clock: context.clock) }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    for table in stack.all(TableResource.self) { try standUp(table) }
  }

  private func standUp(_ table: TableResource) throws(ServiceError) {
    let keys = [table.hash] + (table.range.map { [$0] } ?? [])
    let schema: JSON = .array(
      zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] })
    let input: JSONObject = [
      "TableName": .string(table.name), "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema,
      "AttributeDefinitions": .array(
        keys.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type)] }),
    ]
    let name: JSONObject = ["TableName": .string(table.name)]
    if try !create("CreateTable", input, in: storage, unless: "ResourceInUseException") {
      let known = try call("DescribeTable", name, in: storage)["Table"]
      guard known?["KeySchema"] == schema, Self.types(known) == Self.types(.object(input)) else {
        throw ServiceError(
          type: "Conflict",
          message: "the table \(table.name) is there with another key: remove it, or give another --data folder")
      }
    }
    let known = try call("DescribeTimeToLive", name, in: storage)["TimeToLiveDescription"]?["AttributeName"]?.string
    guard known.map({ ByteText($0) }) != table.timeToLive.map({ ByteText($0) }) else { return }
    if let known { try setTimeToLive(of: table.name, by: known, false) }
    if let attribute = table.timeToLive { try setTimeToLive(of: table.name, by: attribute, true) }
  }

  private static func types(_ table: JSON?) -> Set<ByteText> {
    Set(
      (table?["AttributeDefinitions"]?.array ?? []).map {
        ByteText("\($0["AttributeName"]?.string ?? "") \($0["AttributeType"]?.string ?? "")")
      })
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
