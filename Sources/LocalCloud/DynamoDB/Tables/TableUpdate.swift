import CacheSupport

/// What UpdateTable is to change.
struct TableUpdate {
  enum IndexChange {
    case create(SecondaryIndex.Given)
    case update(name: String, units: (read: Int64, write: Int64))
    case delete(name: String)

    var name: String {
      switch self {
      case .create(let given): given.name
      case .update(let name, _), .delete(let name): name
      }
    }
  }

  let table: String
  private let definitions: [KeySchema.Key]
  private let billing: String?
  private let units: (read: Int64, write: Int64)?
  private let isProtected: Bool?
  private let changes: [IndexChange]

  init(_ whole: Input) throws(ServiceError) {
    var input = whole
    table = try TableDescription.name(&input)
    definitions = try TableDescription.definitions(&input, required: false)
    billing = try input.string("BillingMode", values: ["PROVISIONED", "PAY_PER_REQUEST"])
    units = try TableDescription.units(&input)
    isProtected = try input.bool("DeletionProtectionEnabled")
    changes = try Self.changes(&input)
    try input.check()
    try TableDescription.refuseSettings(input)
    let isAsked = [
      "ProvisionedThroughput", "BillingMode", "StreamSpecification", "SSESpecification", "TableClass",
      "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput", "MultiRegionConsistency",
    ].contains { input.has($0) }
    guard isAsked || !changes.isEmpty else {
      throw .validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
      )
    }
    if billing == "PROVISIONED", units == nil {
      throw .parameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    }
    var names: Set<ByteText> = []
    for change in changes where !names.insert(ByteText(change.name)).inserted {
      throw .parameter(
        "Only one global secondary index update per index is allowed simultaneously. Index: \(change.name)")
    }
    let other = changes.count { if case .update = $0 { false } else { true } }
    guard other <= 1 else { throw .oneIndexAtOnce }
  }

  /// True where an index is to be made, which no other may be at the time.
  var createsIndex: Bool { changes.contains { if case .create = $0 { true } else { false } } }

  private static func changes(_ input: inout Input) throws(ServiceError) -> [IndexChange] {
    var changes: [IndexChange] = []
    let elements = try input.array("GlobalSecondaryIndexUpdates") ?? []
    // Each names another index, and one of them at most is new.
    try SecondaryIndex.Kind.global.check(elements.count)
    for var element in try input.structures(elements, of: "GlobalSecondaryIndexUpdates") {
      guard ["Create", "Update", "Delete"].count(where: { element.has($0) }) <= 1 else {
        throw .parameter(
          "Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete can be specified"
        )
      }
      if var part = try element.structure("Create") {
        changes.append(.create(try SecondaryIndex.Given(.global, &part)))
        element.absorb(part)
      } else if var part = try element.structure("Update") {
        let name = try SecondaryIndex.Given.name(&part)
        _ = try part.object("ProvisionedThroughput", required: true)
        let units = try TableDescription.units(&part)
        changes.append(.update(name: name, units: units ?? (0, 0)))
        element.absorb(part)
      } else if var part = try element.structure("Delete") {
        changes.append(.delete(name: try SecondaryIndex.Given.name(&part)))
        element.absorb(part)
      } else {
        throw .parameter(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"
        )
      }
      input.absorb(element)
    }
    return changes
  }

  /// The table with the changes; an index that is new has no number yet.
  ///
  /// - Throws: what DynamoDB says of changes that the table does not allow.
  func applied(to table: TableDescription) throws(ServiceError) -> TableDescription {
    var new = table
    new.billing = billing ?? table.billing
    new.isProtected = isProtected ?? table.isProtected
    if new.billing == "PAY_PER_REQUEST" {
      try TableDescription.check(new.billing, units)
      (new.readUnits, new.writeUnits) = (0, 0)
    } else if let units {
      try TableDescription.check(new.billing, units)
      let isSame = table.billing == new.billing && (table.readUnits, table.writeUnits) == units
      if isSame, changes.isEmpty {
        throw .validation(
          "The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: \(units.read). Requested ReadCapacityUnits: \(units.read). Current WriteCapacityUnits provisioned for the table: \(units.write). Requested WriteCapacityUnits: \(units.write). Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
      }
      (new.readUnits, new.writeUnits) = units
    }
    try define(in: &new)
    for change in changes { try apply(change, to: &new) }
    try checkUnits(of: &new)
    // What no key names any longer is no longer defined.
    let used = Set(([new.schema] + new.indexes.map(\.schema)).flatMap(\.keys).map { ByteText($0.name) })
    if createsIndex { try new.checkDefinitions() }
    new.definitions.removeAll { !used.contains(ByteText($0.name)) }
    return new
  }

  private func define(in table: inout TableDescription) throws(ServiceError) {
    try TableDescription.checkDistinct(definitions)
    for key in definitions {
      guard let known = table.definitions.first(where: { $0.name.hasSameBytes(as: key.name) }) else {
        table.definitions.append(key)
        continue
      }
      guard known.type == key.type else { throw redefined(known, key, in: table) }
    }
  }

  /// - Parameter known: the attribute as it is defined.
  private func redefined(_ known: KeySchema.Key, _ key: KeySchema.Key, in table: TableDescription) -> ServiceError {
    func text(_ keys: [(name: String, type: AttributeType)]) -> String {
      let elements = zip(keys, ["HASH", "RANGE"]).map { "SchemaElement: key{\($0.name):\($0.type.rawValue):\($1)}" }
      return "Schema:[\(elements.joined(separator: ", "))]"
    }
    let old = ([table.schema] + table.indexes.map(\.schema)).first { $0.has(known.name) }?.keys ?? [known]
    var new = old.map { $0.name.hasSameBytes(as: key.name) ? (key.name, key.type) : ($0.name, $0.type) }
    for case .create(let given) in changes where given.names.contains(where: { $0.hasSameBytes(as: key.name) }) {
      new = given.names.compactMap { name in
        (definitions + table.definitions).first { $0.name.hasSameBytes(as: name) }.map { ($0.name, $0.type) }
      }
    }
    return .parameter(
      "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Existing schema: \(text(old.map { ($0.name, $0.type) })) New schema: \(text(new))"
    )
  }

  private func apply(_ change: IndexChange, to table: inout TableDescription) throws(ServiceError) {
    let place = table.indexes.firstIndex { $0.name.hasSameBytes(as: change.name) }
    switch change {
    case .create(let given):
      guard place == nil else {
        throw .validation("Attempting to create an index which already exists: \(given.name)")
      }
      table.indexes.append(
        try SecondaryIndex(given, definitions, of: table.schema, billing: table.billing))
      try SecondaryIndex.Kind.global.check(table.indexes.count { $0.kind == .global })
    case .update(let name, let units):
      guard let place, table.indexes[place].kind == .global else { throw .noIndex(name, of: table.name) }
      try TableDescription.check(table.billing, units)
      (table.indexes[place].readUnits, table.indexes[place].writeUnits) = units
    case .delete(let name):
      guard let place, table.indexes[place].kind == .global else { throw .noIndex(name, of: table.name) }
      table.indexes.remove(at: place)
    }
  }

  /// Indexes follow the table's billing.
  private func checkUnits(of new: inout TableDescription) throws(ServiceError) {
    for place in new.indexes.indices where new.indexes[place].kind == .global {
      if new.billing == "PAY_PER_REQUEST" {
        (new.indexes[place].readUnits, new.indexes[place].writeUnits) = (0, 0)
      } else if new.indexes[place].readUnits == 0 {
        throw .parameter("ProvisionedThroughput must be specified for index: \(new.indexes[place].name)")
      }
    }
  }
}

extension ServiceError {
  /// What DynamoDB says of a second index that is to be created or deleted at the same time.
  static let oneIndexAtOnce: ServiceError = .dynamoDB(
    "LimitExceededException",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")

  fileprivate static func noIndex(_ name: String, of table: String) -> ServiceError {
    .dynamoDB("ResourceNotFoundException", "Requested resource not found: Index: \(name) for table: \(table)")
  }
}
