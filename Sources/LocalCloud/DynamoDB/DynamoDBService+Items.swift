import AWSClients
import CacheSupport

extension DynamoDBService {
  func getItem(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    _ = try input.object("Key", required: true)
    let consistent = try input.bool("ConsistentRead") ?? false
    let capacity = try CapacityRequest(&input)
    try input.check()
    try input.refuse("AttributesToGet")
    let key = try Item.checking(input.object["Key"], "Key")
    var bindings = try ExpressionParser.Bindings(input.object)
    let projection = try input.string("ProjectionExpression").map { text throws(ServiceError) in
      try ExpressionParser.projection(text, &bindings)
    }
    try bindings.checkUsed(hasExpressions: projection != nil)
    let item = try storing {
      try storage.database.with { connection -> Item? in
        guard let table = try find(name, connection) else { throw ServiceError.noResource }
        let (hash, range) = try table.description.key(of: key, exact: true)
        return try stored(table, hash, range, connection)
      }
    }
    var answer: JSONObject = [:]
    if let item { answer["Item"] = JSON(item: projection.map { Self.project(item, $0) } ?? item) }
    answer["ConsumedCapacity"] = capacity.json(
      input.object["TableName"]?.string ?? name, CapacityRequest.readUnits(item?.size ?? 0, consistent: consistent))
    return .object(answer)
  }

  func apply(
    _ item: Item?, _ table: Table, _ key: (hash: [UInt8], range: [UInt8]), _ connection: Connection
  ) throws(DatabaseError) {
    if let item {
      try connection.run(
        "INSERT OR REPLACE INTO dynamodb_items VALUES (?, ?, ?, ?, ?, ?)", .integer(table.id), .blob(key.hash),
        .blob(key.range), .text(JSON(item: item).text), .integer(Int64(item.size)), Self.expiry(item, table.timeToLive))
    } else {
      try connection.run(
        "DELETE FROM dynamodb_items WHERE table_id = ? AND hash = ? AND range = ?", .integer(table.id), .blob(key.hash),
        .blob(key.range))
    }
  }

  func stored(_ table: Table, _ hash: [UInt8], _ range: [UInt8], _ connection: Connection) throws -> Item? {
    let row = try connection.row(
      "SELECT item FROM dynamodb_items WHERE table_id = ? AND hash = ? AND range = ?", .integer(table.id), .blob(hash),
      .blob(range))
    return try row.map { try Self.item($0[0]) }
  }

  /// 0 where there is no such item.
  private func storedSize(
    _ table: Table, _ hash: [UInt8], _ range: [UInt8], _ connection: Connection
  ) throws(DatabaseError) -> Int {
    let row = try connection.row(
      "SELECT size FROM dynamodb_items WHERE table_id = ? AND hash = ? AND range = ?", .integer(table.id), .blob(hash),
      .blob(range))
    return Int(row?[0].integer ?? 0)
  }

  func batchWriteItem(_ input: inout Input) throws(ServiceError) -> JSON {
    let tables = try input.object("RequestItems", required: true) ?? [:]
    let capacity = try CapacityRequest(&input)
    try input.check()
    let count = tables.members.reduce(0) { $0 + ($1.value.array?.count ?? 0) }
    guard count > 0 else {
      throw .validation(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
      )
    }
    guard count <= 25 else { throw .validation("Too many items requested for the BatchWriteItem call") }
    var requests: [(table: String, tableAsNamed: String, item: Item?, key: Item)] = []
    for (name, list) in tables.members {
      let table = name.hasPrefix("arn:") ? String(name.split(separator: "/").last ?? "") : name
      for request in list.array ?? [] {
        guard request.object?.count == 1 else {
          throw .validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
          )
        }
        if let put = request["PutRequest"]?["Item"] {
          requests.append((table, name, try Item.checking(put, "Item"), [:]))
        } else if let key = request["DeleteRequest"]?["Key"] {
          requests.append((table, name, nil, try Item.checking(key, "Key")))
        } else {
          throw .validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
          )
        }
      }
    }
    var units: [ByteText: Double] = [:]
    try storing {
      try storage.database.with { connection in
        try connection.transaction {
          // Everything is checked before anything is written.
          var seen: Set<[UInt8]> = []
          var plans: [(Table, Item?, (hash: [UInt8], range: [UInt8]))] = []
          for (name, tableAsNamed, item, key) in requests {
            guard let table = try find(name, connection) else { throw ServiceError.noResource }
            if let item, item.size > Self.itemLimit {
              throw ServiceError.validation("Item size has exceeded the maximum allowed size")
            }
            let bytes =
              try item.map { try table.description.key(of: $0, exact: false) }
              ?? table.description.key(of: key, exact: true)
            guard seen.insert(Array(name.utf8) + [0] + bytes.hash + [0, 255, 0] + bytes.range).inserted else {
              throw ServiceError.validation("Provided list of item keys contains duplicates")
            }
            plans.append((table, item, bytes))
            let old = try storedSize(table, bytes.hash, bytes.range, connection)
            units[ByteText(tableAsNamed), default: 0] += CapacityRequest.writeUnits(max(old, item?.size ?? 0))
          }
          for (table, item, key) in plans { try apply(item, table, key, connection) }
        }
      }
    }
    var answer: JSONObject = ["UnprocessedItems": [:]]
    answer["ConsumedCapacity"] = capacity.json(units)
    return .object(answer)
  }

  /// The places of a projection, put together as they stood.
  static func project(_ item: Item, _ paths: [DocumentPath]) -> Item {
    var tree = ProjectionTree()
    for path in paths { tree.add(path.steps[...]) }
    guard case .m(let projected)? = tree.pick(.m(item)) else { return [:] }
    return projected
  }
}

/// Which parts of a document are wanted.
private struct ProjectionTree {
  private var children: [DocumentPath.Step: ProjectionTree] = [:]

  mutating func add(_ steps: ArraySlice<DocumentPath.Step>) {
    guard let first = steps.first else { return }
    children[first, default: ProjectionTree()].add(steps.dropFirst())
  }

  func pick(_ value: AttributeValue) -> AttributeValue? {
    if children.isEmpty { return value }
    switch value {
    case .m(let map):
      var picked: Item = [:]
      for case (.name(let name), let child) in children { picked[name] = map[name].flatMap { child.pick($0) } }
      return picked.isEmpty ? nil : .m(picked)
    case .l(let elements):
      let picked = elements.enumerated().compactMap { index, element in
        children[.index(index)].flatMap { $0.pick(element) }
      }
      return picked.isEmpty ? nil : .l(picked)
    default: return nil
    }
  }
}
