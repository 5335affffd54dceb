import AWSClients
import CacheSupport
import SQLiteStore
import SigV4

extension DynamoDBService {
  /// What a transaction may be about, in bytes of items before and after it.
  static let transactionBytes: Int = 4 << 20
  /// How long a token stands for the transaction that was made with it, in milliseconds.
  static let tokenLifetime: Int64 = 600_000

  var transactionOperations: [Operation] {
    [Operation("TransactGetItems", transactGetItems), Operation("TransactWriteItems", transactWriteItems)]
  }

  /// All of up to 100 writes, or none.
  ///
  /// One connection carries out everything that changes items, so no transaction ever meets another: there is no
  /// `TransactionConflict` and no `TransactionInProgressException`.
  private func transactWriteItems(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let elements = try input.array("TransactItems", required: true, count: 1...100) ?? []
    // What is wrong with each of too many is not told.
    if elements.count > 100 { try input.check() }
    let token = try input.string("ClientRequestToken", length: 1...36)
    let capacity = try CapacityRequest(&input)
    let wantsCollections = try ItemCollections.isWanted(&input)
    var parts: [(ItemWrite.Head, Input)] = []
    for element in try input.structures(elements, of: "TransactItems") {
      let kinds = ItemWrite.Kind.allCases.filter { element.has($0.rawValue) }
      guard let kind = kinds.first, kinds.count == 1, var part = try element.structure(kind.rawValue) else {
        throw .validation("TransactItems can only contain one of Check, Put, Update or Delete")
      }
      let head = try ItemWrite.Head(kind, &part, isPart: true)
      input.absorb(part)
      parts.append((head, part))
    }
    try input.check()
    let writes = try parts.map { part throws(ServiceError) in try ItemWrite(part.0, ItemRequest(part.1)) }
    let digest = token.map { _ in Self.digest(elements) }
    return .writing { connection throws(ServiceError) in
      try storing {
        var writer = AnswerWriter(capacity: 64)
        if let token, let digest, try isDone(token, digest, connection) {
          writer.member(
            "ConsumedCapacity", capacity.json(try sizes(writes, connection, Self.repeatedUnits), kind: .read))
          return writer.answer()
        }
        var collections = ItemCollections(isWanted: wantsCollections)
        let units = try carryOut(writes, &collections, connection)
        if let token, let digest {
          try connection.run(
            "INSERT INTO dynamodb_tokens VALUES (?, ?, ?)", .text(token), .blob(digest), .integer(clock.now))
        }
        writer.member("ConsumedCapacity", capacity.json(units, kind: .write))
        writer.member(
          "ItemCollectionMetrics",
          try collections.json { table throws(ServiceError) in try state(of: table, connection) })
        return writer.answer()
      }
    }
  }

  /// - Returns: the units by table.
  private func carryOut(
    _ writes: [ItemWrite], _ collections: inout ItemCollections, _ connection: Connection
  ) throws -> [ByteText: ConsumedUnits] {
    let tables = try writes.map { ItemTable(table: try table($0.table, connection), connection: connection) }
    let keys = try Self.keys(of: writes, tables)
    var reasons = [CancellationReason?](repeating: nil, count: writes.count)
    var changes: [(name: String, items: ItemTable, key: ItemKey, old: Int?, new: EncodedItem?)] = []
    var units: [ByteText: ConsumedUnits] = [:]
    var evaluation = Evaluation(limit: Evaluation.writingStepLimit)
    for (index, write) in writes.enumerated() {
      let (items, key) = (tables[index], keys[index])
      do {
        let old = try items.item(at: key)
        let new = try write.result(of: old, &evaluation)
        if write.kind == .update, let new { try items.table.description.checkIndexKeys(of: new, isUpdated: true) }
        let size = max(old?.size ?? 0, new?.size ?? 0)
        if write.kind == .check {
          units[ByteText(write.tableAsNamed), default: ConsumedUnits()].table += 2 * CapacityRequest.writeUnits(size)
        } else {
          changes.append((write.tableAsNamed, items, key, old?.size, new))
        }
      } catch let error as ServiceError {
        guard let reason = CancellationReason(error) else { throw error }
        reasons[index] = reason
      }
    }
    guard reasons.allSatisfy({ $0 == nil }) else { throw ServiceError.cancelled(reasons) }
    var counts = TableCounts()
    for (name, items, key, old, new) in changes {
      let change =
        try new.map { try items.put($0, at: key, replacing: old) } ?? items.delete(at: key, replacing: old)
      counts.add(change, toTable: items.table.id)
      collections.add(key, in: items.table, named: name)
      units[ByteText(name), default: ConsumedUnits()] += ConsumedUnits(
        writing: max(old ?? 0, new?.size ?? 0), change, factor: 2)
    }
    try counts.store(connection)
    return units
  }

  /// The keys of writes. All writes are checked before the first is carried out, up to one that is wrong; it alone has a reason then.
  private static func keys(of writes: [ItemWrite], _ tables: [ItemTable]) throws(ServiceError) -> [ItemKey] {
    guard writes.reduce(0, { $0 + $1.payload }) <= transactionBytes else {
      throw .validation("Transaction payload size cannot exceed \(transactionBytes) bytes")
    }
    var touched: Set<Place> = []
    var keys: [ItemKey] = []
    for (index, write) in writes.enumerated() {
      let description = tables[index].table.description
      do throws(ServiceError) {
        let key = try write.key(description)
        try touch(tables[index].table, key, &touched)
        try write.check(description)
        keys.append(key)
      } catch {
        let isOfRequest = description.keys.contains { error == .emptyKey($0) }
        guard !isOfRequest, let reason = CancellationReason(error) else { throw error }
        throw .cancelled(writes.indices.map { $0 == index ? reason : nil })
      }
    }
    return keys
  }

  /// Up to 100 items as they are at one moment.
  private func transactGetItems(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let elements = try input.array("TransactItems", required: true, count: 1...100) ?? []
    // What is wrong with each of too many is not told.
    if elements.count > 100 { try input.check() }
    let capacity = try CapacityRequest(&input)
    var parts: [(table: String, Input)] = []
    for element in try input.structures(elements, of: "TransactItems") {
      var element = element
      _ = try element.object("Get", required: true)
      if var part = try element.structure("Get") {
        let table = try TableDescription.name(&part)
        _ = try part.object("Key", required: true)
        _ = try WantedAttributes(&part)
        element.absorb(part)
        parts.append((table, part))
      }
      input.absorb(element)
    }
    try input.check()
    let reads = try parts.map { part throws(ServiceError) in try Read(part.table, ItemRequest(part.1)) }
    return .reading { connection throws(ServiceError) in
      try storing {
        let (items, units) = try self.items(of: reads, connection)
        var writer = AnswerWriter(capacity: 4096)
        writer.member("Responses")
        writer.json.raw("[")
        for (index, item) in items.enumerated() {
          if index > 0 { writer.json.raw(",") }
          guard let item else {
            writer.json.raw("{}")
            continue
          }
          writer.json.raw("{\"Item\":")
          if let projection = reads[index].projection {
            writer.json.write(projection.part(of: try item.tree))
          } else {
            writer.json.raw(item.bytes)
          }
          writer.json.raw("}")
        }
        writer.json.raw("]")
        writer.member("ConsumedCapacity", capacity.json(units, kind: .read))
        return writer.answer()
      }
    }
  }

  private struct Read {
    let table: String
    let tableAsNamed: String
    let key: EncodedItem
    let projection: Projection?

    init(_ table: String, _ request: ItemRequest) throws(ServiceError) {
      self.table = table
      tableAsNamed = request.input.object["TableName"]?.string ?? table
      var request = request
      let wanted = try WantedAttributes(&request.input)
      try ParameterKinds.get.check(request.input)
      key = try request.item(.key)
      var bindings = try ExpressionParser.Bindings(request)
      projection = try wanted.projection(&bindings)
      try bindings.checkUsed()
    }
  }

  private func items(of reads: [Read], _ connection: Connection) throws -> ([StoredItem?], [ByteText: ConsumedUnits]) {
    let tables = try reads.map { ItemTable(table: try table($0.table, connection), connection: connection) }
    var touched: Set<Place> = []
    var reasons = [CancellationReason?](repeating: nil, count: reads.count)
    var items: [StoredItem?] = []
    var units: [ByteText: ConsumedUnits] = [:]
    var bytes = 0
    for (index, read) in reads.enumerated() {
      let description = tables[index].table.description
      do {
        let key = try description.key(of: read.key, exact: true)
        try Self.touch(tables[index].table, key, &touched)
        try read.projection?.checkKeys(of: description)
        let item = try tables[index].item(at: key)
        bytes += item?.size ?? 0
        units[ByteText(read.tableAsNamed), default: ConsumedUnits()].table += Self.repeatedUnits(item?.size ?? 0)
        items.append(item)
      } catch let error as ServiceError {
        guard let reason = CancellationReason(error) else { throw error }
        reasons[index] = reason
      }
    }
    guard reasons.allSatisfy({ $0 == nil }) else { throw ServiceError.cancelled(reasons) }
    try Self.check(bytes)
    return (items, units)
  }

  // MARK: What both have in common

  private struct Place: Hashable {
    let table: Int64
    let key: ItemKey
  }

  private static func touch(_ table: Table, _ key: ItemKey, _ touched: inout Set<Place>) throws(ServiceError) {
    guard touched.insert(Place(table: table.id, key: key)).inserted else { throw .multipleOperations }
  }

  private static func check(_ bytes: Int) throws(ServiceError) {
    guard bytes <= transactionBytes else {
      throw .validation("The aggregate size of the items in the transaction exceeds 4 MB")
    }
  }

  /// A read in a transaction costs twice a consistent one.
  private static func repeatedUnits(_ size: Int) -> Double { 2 * CapacityRequest.readUnits(size, consistent: true) }

  /// What the items of writes that were carried out before cost to read.
  private func sizes(
    _ writes: [ItemWrite], _ connection: Connection, _ count: (Int) -> Double
  ) throws -> [ByteText: ConsumedUnits] {
    var units: [ByteText: ConsumedUnits] = [:]
    for write in writes {
      let items = ItemTable(table: try table(write.table, connection), connection: connection)
      let size = try items.size(at: write.key(items.table.description)) ?? 0
      units[ByteText(write.tableAsNamed), default: ConsumedUnits()].table += count(size)
    }
    return units
  }

  // MARK: Tokens

  /// - Throws: `IdempotentParameterMismatchException` where the token stands for another transaction.
  private func isDone(_ token: String, _ digest: [UInt8], _ connection: Connection) throws -> Bool {
    try connection.run("DELETE FROM dynamodb_tokens WHERE ended <= ?", .integer(clock.now - Self.tokenLifetime))
    guard let row = try connection.row("SELECT digest FROM dynamodb_tokens WHERE token = ?", .text(token)) else {
      return false
    }
    guard row[0].blob == digest else {
      throw ServiceError.dynamoDB(
        "IdempotentParameterMismatchException",
        "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used."
      )
    }
    return true
  }

  /// The same for the same actions, in whatever order their members are.
  private static func digest(_ actions: [JSON]) -> [UInt8] {
    var writer = JSONWriter()
    write(.array(actions), to: &writer)
    return MessageDigest.sha256(writer.bytes)
  }

  private static func write(_ json: JSON, to writer: inout JSONWriter) {
    switch json {
    case .array(let elements):
      writer.raw("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { writer.raw(",") }
        write(element, to: &writer)
      }
      writer.raw("]")
    case .object(let object):
      writer.raw("{")
      let members = object.members.sorted { ByteText($0.name) < ByteText($1.name) }
      for (index, member) in members.enumerated() {
        if index > 0 { writer.raw(",") }
        writer.string(member.name)
        writer.raw(":")
        write(member.value, to: &writer)
      }
      writer.raw("}")
    default: writer.write(json)
    }
  }
}

extension CancellationReason {
  /// The reason that an action's error is; nil for an error that is no action's fault alone.
  init?(_ error: ServiceError) {
    switch error {
    case .multipleOperations: return nil
    case _ where error.code == "ValidationException": self.init(.validation, message: error.message)
    case _ where error.code == "ConditionalCheckFailedException":
      self.init(.conditionalCheckFailed, message: error.message, item: Item(item: error.members["Item"]))
    default: return nil
    }
  }

  fileprivate var json: JSON {
    var object: JSONObject = ["Code": .string(code.rawValue)]
    object["Message"] = message.map { .string($0) }
    object["Item"] = item.map { JSON(item: $0) }
    return .object(object)
  }
}

extension ServiceError {
  fileprivate static let multipleOperations: ServiceError = .validation(
    "Transaction request cannot include multiple operations on one item")

  fileprivate static func cancelled(_ reasons: [CancellationReason?]) -> ServiceError {
    let reasons = reasons.map { $0 ?? CancellationReason(.none) }
    let codes = reasons.map(\.code.rawValue).joined(separator: ", ")
    var error = ServiceError.dynamoDB(
      "TransactionCanceledException",
      "Transaction cancelled, please refer cancellation reasons for specific reasons [\(codes)]",
      members: ["CancellationReasons": .array(reasons.map(\.json))])
    error.messageName = "Message"
    return error
  }
}
