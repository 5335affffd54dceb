import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var itemOperations: [Operation] {
    [
      Operation("GetItem", getItem),
      Operation("PutItem") { request throws(ServiceError) in try write(.put, request) },
      Operation("UpdateItem") { request throws(ServiceError) in try write(.update, request) },
      Operation("DeleteItem") { request throws(ServiceError) in try write(.delete, request) },
    ]
  }

  private func getItem(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var request = try ItemRequest(request.body)
    let name = try TableDescription.name(&request.input)
    _ = try request.input.object("Key", required: true)
    let consistent = try request.input.bool("ConsistentRead") ?? false
    let capacity = try CapacityRequest(&request.input)
    let wanted = try WantedAttributes(&request.input)
    try request.input.check()
    try ParameterKinds.get.check(request.input)
    let key = try request.item(.key)
    var bindings = try ExpressionParser.Bindings(request)
    let projection = try wanted.projection(&bindings)
    try bindings.checkUsed()
    let tableAsNamed = request.input.object["TableName"]?.string ?? name
    return .reading { connection throws(ServiceError) in
      try storing {
        let table = try table(name, connection)
        let key = try table.description.key(of: key, exact: true)
        try projection?.checkKeys(of: table.description)
        let found = try ItemTable(table: table, connection: connection).item(at: key)
        var writer = AnswerWriter(capacity: 256 + (found?.bytes.count ?? 0))
        if let found {
          writer.member("Item")
          if let projection {
            writer.json.write(projection.part(of: try found.tree))
          } else {
            writer.json.raw(found.bytes)
          }
        }
        writer.member(
          "ConsumedCapacity",
          capacity.json(tableAsNamed, CapacityRequest.readUnits(found?.size ?? 0, consistent: consistent)))
        return writer.answer()
      }
    }
  }

  /// PutItem, UpdateItem and DeleteItem: one conditional write in one transaction.
  private func write(_ kind: ItemWrite.Kind, _ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var request = try ItemRequest(request.body)
    let head = try ItemWrite.Head(kind, &request.input)
    let returns = try ReturnValues(&request.input)
    let capacity = try CapacityRequest(&request.input)
    let wantsCollection = try ItemCollections.isWanted(&request.input)
    try request.input.check()
    let write = try ItemWrite.alone(head, request)
    if kind != .update, returns != .none, returns != .allOld {
      throw ServiceError.validation("ReturnValues can only be ALL_OLD or NONE").detected
    }
    return .writing { connection throws(ServiceError) in
      try storing {
        let table = try table(write.table, connection)
        let items = ItemTable(table: table, connection: connection)
        try write.check(table.description)
        let key = try write.key(table.description)
        var old: StoredItem?
        var oldSize: Int?
        // The item itself is read only where somebody looks at it.
        if write.looksAtItem || returns.looksAtItem {
          old = try items.item(at: key)
          oldSize = old?.size
        } else {
          oldSize = try items.size(at: key)
        }
        var evaluation = Evaluation(limit: Evaluation.writingStepLimit)
        let new = try write.result(of: old, &evaluation)
        if kind == .update, let new { try table.description.checkIndexKeys(of: new, isUpdated: true) }
        var counts = TableCounts()
        let change =
          try new.map { try items.put($0, at: key, replacing: oldSize) } ?? items.delete(at: key, replacing: oldSize)
        counts.add(change, toTable: table.id)
        try counts.store(connection)
        var writer = AnswerWriter(capacity: 256)
        try returns.write(old, new, write.update?.paths ?? [], to: &writer)
        let units = ConsumedUnits(writing: max(oldSize ?? 0, new?.size ?? 0), change)
        writer.member("ConsumedCapacity", capacity.json(write.tableAsNamed, units))
        var collections = ItemCollections(isWanted: wantsCollection)
        collections.add(key, in: table, named: write.tableAsNamed)
        let metrics = try collections.metrics { table throws(ServiceError) in try state(of: table, connection) }
        writer.member("ItemCollectionMetrics", metrics.first?.metrics.first)
        return writer.answer()
      }
    }
  }
}

/// What a write answers of the item before or after it.
enum ReturnValues: String, CaseIterable {
  case allNew = "ALL_NEW"
  case updatedOld = "UPDATED_OLD"
  case allOld = "ALL_OLD"
  case none = "NONE"
  case updatedNew = "UPDATED_NEW"

  init(_ input: inout Input) throws(ServiceError) {
    let text = try input.string("ReturnValues", values: Self.allCases.map(\.rawValue))
    self = text.flatMap { ReturnValues(rawValue: $0) } ?? .none
  }

  var looksAtItem: Bool { self == .allOld || self == .updatedOld }

  /// The places that an update names are looked up by the same paths before and after it, as DynamoDB does: an element that was
  /// appended past the end is not at its index, and where one was removed the next one is.
  func write(
    _ old: StoredItem?, _ new: EncodedItem?, _ paths: [DocumentPath], to writer: inout AnswerWriter
  ) throws(ServiceError) {
    switch self {
    case .none: break
    case .allOld, .allNew:
      guard let bytes = self == .allOld ? old?.bytes : new?.bytes else { return }
      writer.member("Attributes")
      writer.json.raw(bytes)
    case .updatedOld, .updatedNew:
      let item: Item? =
        if self == .updatedOld { try old.map { old throws(ServiceError) in try old.tree } } else {
          try new.map { new throws(ServiceError) in try new.tree }
        }
      guard let item, !paths.isEmpty else { return }
      let found = Projection(paths: paths).part(of: item)
      guard !found.isEmpty else { return }
      writer.member("Attributes")
      writer.json.write(found)
    }
  }
}
