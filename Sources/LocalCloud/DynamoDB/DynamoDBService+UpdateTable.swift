import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  /// Changes a table's settings at once; a new index of many items is filled by the sweep, in pieces.
  func updateTable(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let update = try TableUpdate(request.input())
    return .writing { connection throws(ServiceError) in
      try storing {
        let table = try namedTable(update.table, connection)
        var new = try update.applied(to: table.description)
        if update.createsIndex {
          let filling = try connection.row(
            "SELECT 1 FROM dynamodb_indexes WHERE table_id = ? AND fill_part IS NOT NULL LIMIT 1", .integer(table.id))
          guard filling == nil else { throw ServiceError.oneIndexAtOnce }
        }
        let kept = Set(new.indexes.map(\.number))
        for index in table.description.indexes where !kept.contains(index.number) {
          try connection.run("UPDATE dynamodb_indexes SET table_id = NULL WHERE id = ?", .integer(index.number))
        }
        for place in new.indexes.indices where new.indexes[place].number == 0 {
          // A part of -1 stands before all items.
          try connection.run(
            "INSERT INTO dynamodb_indexes (table_id, fill_part, fill_hash, fill_range) VALUES (?, -1, x'', x'')",
            .integer(table.id))
          new.indexes[place].number = connection.lastInsertedRow
        }
        try store(new, of: table.id, connection)
        let state = try state(of: Table(id: table.id, description: new, timeToLive: table.timeToLive), connection)
        return Answer(["TableDescription": new.json(status: "UPDATING", account: account, state)])
      }
    }
  }
}
