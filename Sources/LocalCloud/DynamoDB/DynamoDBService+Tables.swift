import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var tableOperations: [Operation] {
    [
      Operation("CreateTable", createTable), Operation("DescribeTable", describeTable),
      Operation("ListTables", listTables), Operation("DeleteTable", deleteTable), Operation("UpdateTable", updateTable),
    ]
  }

  private func createTable(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let given = try TableDescription(request.input().object, now: clock.now)
    return .writing { connection throws(ServiceError) in
      if try tables.find(given.name, connection) != nil {
        throw .dynamoDB("ResourceInUseException", "Table already exists: \(given.name)")
      }
      var description = given
      do throws(DatabaseError) {
        try connection.run("INSERT INTO dynamodb_tables (name, description) VALUES (?, '')", .text(description.name))
        let id = connection.lastInsertedRow
        for place in description.indexes.indices {
          try connection.run("INSERT INTO dynamodb_indexes (table_id) VALUES (?)", .integer(id))
          description.indexes[place].number = connection.lastInsertedRow
        }
        try store(description, of: id, connection)
      } catch { throw .internal(error) }
      return Answer([
        "TableDescription": description.json(status: "CREATING", account: account, TableDescription.State())
      ])
    }
  }

  func store(_ description: TableDescription, of id: Int64, _ connection: Connection) throws(DatabaseError) {
    try connection.run(
      "UPDATE dynamodb_tables SET description = ? WHERE id = ?", .text(description.stored), .integer(id))
  }

  private func describeTable(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try TableDescription.name(&input)
    return .reading { connection throws(ServiceError) in
      let table = try namedTable(name, connection)
      return Answer([
        "Table": table.description.json(status: "ACTIVE", account: account, try state(of: table, connection))
      ])
    }
  }

  func state(of table: Table, _ connection: Connection) throws(ServiceError) -> TableDescription.State {
    do throws(DatabaseError) {
      let row = try connection.row("SELECT items, bytes FROM dynamodb_tables WHERE id = ?", .integer(table.id))
      var state = TableDescription.State(items: row?[0].integer ?? 0, bytes: row?[1].integer ?? 0)
      let rows = try connection.rows(
        "SELECT id, items, bytes, fill_part IS NOT NULL FROM dynamodb_indexes WHERE table_id = ?", .integer(table.id))
      for row in rows {
        state.indexes[row[0].integer ?? 0] = SecondaryIndex.State(
          items: row[1].integer ?? 0, bytes: row[2].integer ?? 0, isFilling: row[3].integer == 1)
      }
      return state
    } catch { throw .internal(error) }
  }

  private func listTables(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let limit = try input.integer("Limit", in: 1...100) ?? 100
    let start =
      try input.string("ExclusiveStartTableName", length: 3...255, pattern: TableDescription.pattern) ?? ""
    try input.check()
    return .reading { connection throws(ServiceError) in
      let rows: [[SQLValue]]
      do throws(DatabaseError) {
        rows = try connection.rows(
          "SELECT name FROM dynamodb_tables WHERE name > ? ORDER BY name LIMIT ?", .text(start), .integer(limit + 1))
      } catch { throw .internal(error) }
      let names = rows.compactMap { $0[0].text }
      var answer: JSONObject = ["TableNames": .array(names.prefix(Int(limit)).map { .string($0) })]
      if names.count > Int(limit) { answer["LastEvaluatedTableName"] = .string(names[Int(limit) - 1]) }
      return Answer(.object(answer))
    }
  }

  /// Takes the table's name away, so that another can have it at once; the sweep takes its items, in pieces.
  private func deleteTable(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try TableDescription.name(&input)
    return .writing { connection throws(ServiceError) in
      let table = try namedTable(name, connection)
      if table.description.isProtected {
        throw .validation(
          "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
        )
      }
      let state = try state(of: table, connection)
      do throws(DatabaseError) {
        try connection.run("UPDATE dynamodb_tables SET name = NULL WHERE id = ?", .integer(table.id))
        try connection.run("UPDATE dynamodb_indexes SET table_id = NULL WHERE table_id = ?", .integer(table.id))
      } catch { throw .internal(error) }
      return Answer([
        "TableDescription": .object(table.description.summary(status: "DELETING", account: account, state))
      ])
    }
  }
}
