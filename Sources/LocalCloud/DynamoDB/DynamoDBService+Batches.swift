import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var batchOperations: [Operation] { [Operation("BatchWriteItem", batchWriteItem)] }

  private func batchWriteItem(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let batch = try WriteBatch(request.body)
    return .writing { connection throws(ServiceError) in
      try storing {
        // Every table is looked for before any key, and every key before anything is written.
        let tables = try batch.tables.map { try ItemTable(table: table($0.name, connection), connection: connection) }
        var counts = TableCounts()
        var units: [ByteText: Double] = [:]
        for (requests, items) in zip(batch.tables, tables) {
          let keys = try requests.keys(in: items.table.description)
          var used = 0.0
          for (request, key) in zip(requests.writes, keys) {
            let old = try items.size(at: key)
            switch request {
            case .put(let item):
              counts.add(try items.put(item, at: key, replacing: old), toTable: items.table.id)
              used += CapacityRequest.writeUnits(max(old ?? 0, item.size))
            case .delete:
              counts.add(try items.delete(at: key, replacing: old), toTable: items.table.id)
              used += CapacityRequest.writeUnits(old ?? 0)
            }
          }
          units[ByteText(requests.nameAsGiven), default: 0] += used
        }
        try counts.store(connection)
        var writer = AnswerWriter(capacity: 64)
        writer.member("UnprocessedItems", [:])
        writer.member("ConsumedCapacity", batch.capacity.json(units))
        return writer.answer()
      }
    }
  }
}
