import CacheSupport

extension SecondaryIndex {
  /// An index as a request asks for it, once its form is checked.
  struct Given {
    let name: String
    let kind: Kind
    fileprivate let schema: [KeySchema.Element]
    fileprivate let projection: String?
    fileprivate let included: [String]?
    let units: (read: Int64, write: Int64)?

    /// The keys' attributes.
    var names: [String] { schema.map(\.name) }
  }

  /// - Returns: nil where there is no such member.
  static func read(_ kind: Kind, _ input: inout Input) throws(ServiceError) -> [Given]? {
    guard let elements = try input.array(kind.rawValue) else { return nil }
    var indexes: [Given] = []
    for var element in try input.structures(elements, of: kind.rawValue) {
      indexes.append(try Given(kind, &element))
      input.absorb(element)
    }
    return indexes
  }

  /// - Parameters:
  ///   - definitions: the attributes that are defined.
  ///   - table: the table's keys.
  ///   - billing: `PROVISIONED` or `PAY_PER_REQUEST`.
  /// - Throws: what DynamoDB says of an index that cannot be.
  init(
    _ given: Given, _ definitions: [KeySchema.Key], of table: KeySchema, billing: String
  ) throws(ServiceError) {
    (name, kind) = (given.name, given.kind)
    schema = try KeySchema(given.schema, definitions)
    if kind == .local {
      guard schema.range != nil else {
        throw .parameter("Index KeySchema does not have a range key for index: \(name)")
      }
      guard schema.hash.encodedName == table.hash.encodedName else {
        throw .parameter(
          "Index KeySchema does not have the same leading hash key as table KeySchema for index: \(name). index hash key: \(schema.hash.name), table hash key: \(table.hash.name)"
        )
      }
    }
    guard let projection = given.projection else { throw .parameter("Unknown ProjectionType: null") }
    if given.included != nil, projection != "INCLUDE" {
      throw .parameter("ProjectionType is \(projection), but NonKeyAttributes is specified")
    }
    switch projection {
    case "ALL": attributes = .all
    case "KEYS_ONLY": attributes = .keysOnly
    default:
      guard let included = given.included else {
        throw .parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
      }
      var names: Set<ByteText> = []
      for name in included where !names.insert(ByteText(name)).inserted {
        throw .parameter("Duplicate attribute name in NonKeyAttributes: \(name)")
      }
      attributes = .include(included)
    }
    guard kind == .global else { return }
    if billing == "PAY_PER_REQUEST", given.units != nil {
      throw .parameter(
        "ProvisionedThroughput should not be specified for index: \(name) when BillingMode is PAY_PER_REQUEST")
    }
    if billing == "PROVISIONED", given.units == nil {
      throw .parameter("ProvisionedThroughput must be specified for index: \(name)")
    }
    (readUnits, writeUnits) = given.units ?? (0, 0)
  }

  /// - Throws: what DynamoDB says of two indexes with one name.
  static func checkDistinct(_ indexes: [SecondaryIndex]) throws(ServiceError) {
    var names: Set<ByteText> = []
    for index in indexes where !names.insert(ByteText(index.name)).inserted {
      throw .parameter("Duplicate index name: \(index.name)")
    }
  }
}

extension SecondaryIndex.Kind {
  /// - Throws: what DynamoDB says of more indexes than a table may have.
  func check(_ count: Int) throws(ServiceError) {
    switch self {
    case .local where count > SecondaryIndex.localLimit:
      throw .parameter("Number of LocalSecondaryIndexes exceeds per-table limit of \(SecondaryIndex.localLimit)")
    case .global where count > SecondaryIndex.globalLimit:
      throw .parameter("GlobalSecondaryIndex count exceeds the per-table limit of \(SecondaryIndex.globalLimit)")
    default: break
    }
  }
}

extension SecondaryIndex.Given {
  fileprivate static let pattern = Input.Pattern(text: "[a-zA-Z0-9_.-]+") { text in
    text.utf8.allSatisfy { ASCII.isNameByte($0) || $0 == UInt8(ascii: ".") }
  }

  static func name(_ input: inout Input) throws(ServiceError) -> String {
    try input.string("IndexName", required: true, length: 3...255, pattern: pattern) ?? ""
  }

  init(_ kind: SecondaryIndex.Kind, _ input: inout Input) throws(ServiceError) {
    self.kind = kind
    name = try Self.name(&input)
    schema = try KeySchema.elements(&input)
    _ = try input.object("Projection", required: true)
    var projection: String?
    var included: [String]?
    if var part = try input.structure("Projection") {
      projection = try part.string("ProjectionType", values: ["ALL", "INCLUDE", "KEYS_ONLY"])
      included = try part.texts("NonKeyAttributes", count: 1...20)
      if let included, !included.allSatisfy({ (1...255).contains($0.utf16.count) }) {
        part.violate(
          "NonKeyAttributes", "[\(included.joined(separator: ", "))]",
          "satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]"
        )
      }
      input.absorb(part)
    }
    (self.projection, self.included) = (projection, included)
    units = kind == .global ? try TableDescription.units(&input) : nil
  }
}
