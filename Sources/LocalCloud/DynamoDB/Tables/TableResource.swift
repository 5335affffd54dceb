import CacheSupport

/// `AWS::DynamoDB::Table`: its keys and indexes, and the attribute by which items expire.
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
  var indexes: [Index] = []
  var tags: ResourceTags = [:]

  struct Index: Sendable, Hashable {
    var name: String
    var kind: SecondaryIndex.Kind
    var hash: Key
    var range: Key?
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    var projection: String
    var included: [String] = []
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    name == "Arn" ? names.arn("dynamodb", "table/\(try names.name())") : nil
  }

  func check(in stack: Stack) throws(TemplateError) {
    do throws(ServiceError) {
      var input = Input(["TableName": .string(name)])
      _ = try TableDescription.name(&input)
      try input.check()
    } catch {
      throw TemplateError("the table '\(name)' cannot have this TableName: \(error.message ?? error.type)")
    }
  }

  static func plan(of tables: [TableResource], in stack: Stack) -> [PlanLine] {
    tables.map { table in
      let keys = [table.hash, table.range].compactMap(\.self).map { "\($0.name) (\($0.type))" }
      return PlanLine(
        "DynamoDB table", table.name, "key \(keys.joined(separator: ", "))",
        [
          table.timeToLive.map { "expires by \($0)" },
          table.indexes.isEmpty ? nil : "indexes \(table.indexes.map(\.name).joined(separator: ", "))",
        ].compactMap(\.self).joined(separator: "; "))
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
    let keys = try Self.keys(&properties, types)
    self.init(name: name, hash: keys.hash, range: keys.range)
    for kind in [SecondaryIndex.Kind.local, .global] {
      for element in try properties.list(kind.rawValue) {
        var part = try ResourceProperties("\(properties.logicalID).\(kind.rawValue)", element)
        indexes.append(try Index(kind, &part, types))
        try properties.absorb(part)
      }
    }
    guard Set(allKeys.map { ByteText($0.name) }).count == types.count else {
      throw TemplateError("\(properties.logicalID): AttributeDefinitions has what is no key")
    }
    if var part = try properties.part("TimeToLiveSpecification") {
      let attribute = try part.required("AttributeName")
      if try part.boolean("Enabled") ?? false { timeToLive = attribute }
      try properties.absorb(part)
    }
    tags = try properties.tags()
    _ = try properties.choice("BillingMode", ["PAY_PER_REQUEST", "PROVISIONED"])
    properties.ignore(
      "PointInTimeRecoverySpecification", "SSESpecification", "DeletionProtectionEnabled", "TableClass",
      "ProvisionedThroughput", "ContributorInsightsSpecification")
  }
}

extension TableResource {
  fileprivate static func keys(
    _ properties: inout ResourceProperties, _ types: [ByteText: String]
  ) throws(TemplateError) -> (hash: Key, range: Key?) {
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
    guard let hash = keys["HASH"] else { throw properties.missing("key of the type HASH") }
    return (hash, keys["RANGE"])
  }
}

extension TableResource.Index {
  fileprivate init(
    _ kind: SecondaryIndex.Kind, _ properties: inout ResourceProperties, _ types: [ByteText: String]
  ) throws(TemplateError) {
    self.kind = kind
    name = try properties.required("IndexName")
    (hash, range) = try TableResource.keys(&properties, types)
    guard var part = try properties.part("Projection") else { throw properties.missing("Projection") }
    projection = try part.choice("ProjectionType", ["ALL", "KEYS_ONLY", "INCLUDE"]) ?? "ALL"
    included = try part.list("NonKeyAttributes").compactMap(\.text)
    try properties.absorb(part)
    properties.ignore(
      "ProvisionedThroughput", "ContributorInsightsSpecification", "OnDemandThroughput", "WarmThroughput")
  }
}

/// `AWS::Serverless::SimpleTable`: a table with one key and nothing else.
struct SimpleTableResource: TemplateResource {
  static let type = "AWS::Serverless::SimpleTable"
  static let nameProperty: String? = "TableName"
  static let noun = TableResource.noun

  let table: TableResource
  var name: String { table.name }
  var standing: any TemplateResource { table }

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    var key = TableResource.Key(name: "id", type: "S")
    if var part = try properties.part("PrimaryKey") {
      key.name = try part.text("Name") ?? key.name
      let types = ["String": "S", "Number": "N", "Binary": "B"]
      key.type = try part.choice("Type", types.keys.sorted()).flatMap { types[$0] } ?? key.type
      try properties.absorb(part)
    }
    var table = TableResource(name: name, hash: key)
    table.tags = try properties.tags()
    self.table = table
    properties.ignore("PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification")
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    try TableResource.attribute(name, names)
  }

  // The plan has it among all tables.
  static func plan(of tables: [SimpleTableResource], in stack: Stack) -> [PlanLine] { [] }
}
