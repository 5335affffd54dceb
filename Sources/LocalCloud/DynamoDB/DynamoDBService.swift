import AWSClients
import CacheSupport

/// Amazon DynamoDB: tables, items, Query and Scan with their expressions and pages, transactions, time to live. No secondary indexes.
struct DynamoDBService: Service {
  let targetPrefix = "DynamoDB_20120810"
  let signingName = "dynamodb"
  let jsonVersion = "1.0"
  let storage: Storage
  let account: Account
  let clock: WallClock

  static let itemLimit: Int = 400 << 10

  /// A table as it is stored.
  struct Table {
    var id: Int64
    var description: TableDescription
    var timeToLive: String?
  }

  func call(_ operation: String, _ object: JSONObject, _ request: ServerRequest) throws(ServiceError) -> ServiceReply {
    var input = Input(object)
    let answer: JSON =
      switch operation {
      case "CreateTable": try createTable(object)
      case "DescribeTable": try describe(&input, member: "Table")
      case "ListTables": try listTables(&input)
      case "DeleteTable": try deleteTable(&input)
      case "UpdateTimeToLive": try updateTimeToLive(&input)
      case "DescribeTimeToLive": try describeTimeToLive(&input)
      case "GetItem": try getItem(&input)
      case "PutItem": try write(.put, &input)
      case "UpdateItem": try write(.update, &input)
      case "DeleteItem": try write(.delete, &input)
      case "BatchWriteItem": try batchWriteItem(&input)
      case "Query": try query(&input)
      case "Scan": try scan(&input)
      case "TransactGetItems": try transactGetItems(&input)
      case "TransactWriteItems": try transactWriteItems(&input)
      default: throw .unknownOperation(operation)
      }
    return .now(answer)
  }

  // MARK: Tables

  func createTable(_ object: JSONObject) throws(ServiceError) -> JSON {
    let description = try TableDescription(object, now: clock.now)
    try storing {
      try storage.database.with { connection throws(ServiceError) in
        if try find(description.name, connection) != nil {
          throw .dynamoDB("ResourceInUseException", "Table already exists: \(description.name)")
        }
        do throws(DatabaseError) {
          try connection.run(
            "INSERT INTO dynamodb_tables (name, description) VALUES (?, ?)", .text(description.name),
            .text(description.stored))
        } catch { throw .internal(error) }
      }
    }
    return ["TableDescription": description.json(status: "CREATING", account: account, items: 0, bytes: 0)]
  }

  private func describe(_ input: inout Input, member: String) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    return try storing {
      try storage.database.with { connection throws(ServiceError) in
        guard let table = try find(name, connection) else { throw .noTable(name) }
        return [member: try json(table, "ACTIVE", connection)]
      }
    }
  }

  private func json(_ table: Table, _ status: String, _ connection: Connection) throws(ServiceError) -> JSON {
    let counts: [SQLValue]?
    do throws(DatabaseError) {
      counts = try connection.row(
        "SELECT count(*), coalesce(sum(size), 0) FROM dynamodb_items WHERE table_id = ?", .integer(table.id))
    } catch { throw .internal(error) }
    return table.description.json(
      status: status, account: account, items: counts?[0].integer ?? 0, bytes: counts?[1].integer ?? 0)
  }

  private func listTables(_ input: inout Input) throws(ServiceError) -> JSON {
    let limit = try input.integer("Limit", in: 1...100) ?? 100
    let start = try input.string("ExclusiveStartTableName") ?? ""
    try input.check()
    let rows = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.rows(
          "SELECT name FROM dynamodb_tables WHERE name > ? ORDER BY name LIMIT ?", .text(start), .integer(limit + 1))
      }
    }
    let names = rows.compactMap { $0[0].text }
    var answer: JSONObject = ["TableNames": .array(names.prefix(Int(limit)).map { .string($0) })]
    if names.count > Int(limit) { answer["LastEvaluatedTableName"] = .string(names[Int(limit) - 1]) }
    return .object(answer)
  }

  private func deleteTable(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    return try storing {
      try storage.database.with { connection throws(ServiceError) in
        guard let table = try find(name, connection) else { throw .noTable(name) }
        let answer = try json(table, "DELETING", connection)
        do throws(DatabaseError) {
          try connection.run("DELETE FROM dynamodb_tables WHERE id = ?", .integer(table.id))
        } catch {
          throw .internal(error)
        }
        return ["TableDescription": answer]
      }
    }
  }

  func find(_ name: String, _ connection: Connection) throws(ServiceError) -> Table? {
    let row: [SQLValue]?
    do throws(DatabaseError) {
      row = try connection.row("SELECT id, description, ttl_attribute FROM dynamodb_tables WHERE name = ?", .text(name))
    } catch { throw .internal(error) }
    guard let row, let id = row[0].integer, let stored = row[1].text,
      let description = TableDescription(name: name, stored: stored)
    else { return nil }
    return Table(id: id, description: description, timeToLive: row[2].text)
  }

  // MARK: Time to live

  private func updateTimeToLive(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    let specification = try input.object("TimeToLiveSpecification", required: true) ?? [:]
    try input.check()
    guard let attribute = specification["AttributeName"]?.string, let enabled = specification["Enabled"]?.bool else {
      throw .validation(
        "2 validation errors detected: Value null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must not be null; Value null at 'timeToLiveSpecification.enabled' failed to satisfy constraint: Member must not be null"
      )
    }
    try storing {
      try storage.database.with { connection in
        guard let table = try find(name, connection) else { throw ServiceError.noTable(name) }
        if (table.timeToLive != nil) == enabled {
          throw ServiceError.validation("TimeToLive is already \(enabled ? "enabled" : "disabled")")
        }
        try connection.run(
          "UPDATE dynamodb_tables SET ttl_attribute = ? WHERE id = ?", enabled ? .text(attribute) : .null,
          .integer(table.id))
        try connection.run("UPDATE dynamodb_items SET expires = NULL WHERE table_id = ?", .integer(table.id))
        guard enabled else { return }
        let items = try connection.rows(
          "SELECT hash, range, item FROM dynamodb_items WHERE table_id = ?", .integer(table.id))
        for row in items {
          let item = try Self.item(row[2])
          try connection.run(
            "UPDATE dynamodb_items SET expires = ? WHERE table_id = ? AND hash = ? AND range = ?",
            Self.expiry(item, attribute), .integer(table.id), row[0], row[1])
        }
      }
    }
    return ["TimeToLiveSpecification": .object(specification)]
  }

  private func describeTimeToLive(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    let table = try storing {
      try storage.database.with { connection throws(ServiceError) in try find(name, connection) }
    }
    guard let table else { throw .noTable(name) }
    guard let attribute = table.timeToLive else { return ["TimeToLiveDescription": ["TimeToLiveStatus": "DISABLED"]] }
    return ["TimeToLiveDescription": ["TimeToLiveStatus": "ENABLED", "AttributeName": .string(attribute)]]
  }

  static func expiry(_ item: Item, _ attribute: String?) -> SQLValue {
    guard let text = attribute.flatMap({ item[$0]?.number }),
      let seconds = Double(text).flatMap({ Int64(exactly: $0.rounded(.down)) })
    else { return .null }
    return .integer(seconds)
  }

  /// Deletes what has expired; items more than five years past are left, as DynamoDB leaves them.
  ///
  /// - Returns: how many.
  func sweepExpired() throws(ServiceError) -> Int {
    let now = clock.now / 1000
    return try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.run(
          "DELETE FROM dynamodb_items WHERE expires < ? AND expires > ?", .integer(now),
          .integer(now - 5 * 365 * 86_400))
        return connection.changes
      }
    }
  }

  // MARK: Items

  static func item(_ value: SQLValue) throws(ServiceError) -> Item {
    guard let text = value.text, let json = try? JSON(parsing: text), let item = Item(item: json) else {
      throw ServiceError(
        status: 500, type: "com.amazonaws.dynamodb.v20120810#InternalServerError",
        message: "a stored item cannot be read")
    }
    return item
  }
}

extension ServiceError {
  static func dynamoDB(_ code: String, _ message: String, members: JSONObject = [:]) -> ServiceError {
    ServiceError(type: "com.amazonaws.dynamodb.v20120810#\(code)", message: message, members: members)
  }

  /// The control plane's words.
  static func noTable(_ name: String) -> ServiceError {
    dynamoDB("ResourceNotFoundException", "Requested resource not found: Table: \(name) not found")
  }

  /// The data plane's words.
  static let noResource: ServiceError = dynamoDB("ResourceNotFoundException", "Requested resource not found")
}
