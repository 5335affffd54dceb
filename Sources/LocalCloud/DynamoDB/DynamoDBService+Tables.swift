import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var tableOperations: [Operation] {
    [
      Operation("CreateTable", createTable), Operation("DescribeTable", describeTable),
      Operation("ListTables", listTables), Operation("DeleteTable", deleteTable),
    ]
  }

  private func createTable(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let description = try TableDescription(request.input().object, now: clock.now)
    return .writing { connection throws(ServiceError) in
      if try tables.find(description.name, connection) != nil {
        throw .dynamoDB("ResourceInUseException", "Table already exists: \(description.name)")
      }
      do throws(DatabaseError) {
        try connection.run(
          "INSERT INTO dynamodb_tables (name, description) VALUES (?, ?)", .text(description.name),
          .text(description.stored))
      } catch { throw .internal(error) }
      return Answer(
        ["TableDescription": description.json(status: "CREATING", account: account, items: 0, bytes: 0)])
    }
  }

  private func describeTable(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try TableDescription.name(&input)
    return .reading { connection throws(ServiceError) in
      let table = try namedTable(name, connection)
      let (items, bytes) = try counts(of: table, connection)
      return Answer(
        ["Table": table.description.json(status: "ACTIVE", account: account, items: items, bytes: bytes)])
    }
  }

  private func counts(
    of table: Table, _ connection: Connection
  ) throws(ServiceError) -> (items: Int64, bytes: Int64) {
    do throws(DatabaseError) {
      let row = try connection.row("SELECT items, bytes FROM dynamodb_tables WHERE id = ?", .integer(table.id))
      return (row?[0].integer ?? 0, row?[1].integer ?? 0)
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
      let (items, bytes) = try counts(of: table, connection)
      do throws(DatabaseError) {
        try connection.run("UPDATE dynamodb_tables SET name = NULL WHERE id = ?", .integer(table.id))
      } catch { throw .internal(error) }
      return Answer([
        "TableDescription": .object(
          table.description.summary(status: "DELETING", account: account, items: items, bytes: bytes))
      ])
    }
  }
}
