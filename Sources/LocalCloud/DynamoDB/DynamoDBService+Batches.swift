import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var batchOperations: [Operation] {
    [Operation("BatchGetItem", batchGetItem), Operation("BatchWriteItem", batchWriteItem)]
  }

  /// What BatchGetItem answers at most, in bytes of items; the keys beyond are given back.
  static let batchBytes: Int = 16 << 20

  private func batchGetItem(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let batch = try ReadBatch(request.input())
    return .reading { connection throws(ServiceError) in
      try storing {
        // Every table is looked for before any key, and every key before anything is read.
        let tables = try batch.tables.map { try ItemTable(table: table($0.name, connection), connection: connection) }
        let keys = try zip(batch.tables, tables).map { try $0.keys(in: $1.table.description) }
        var answer = ItemsByTable(limit: Self.batchBytes)
        for (index, reads) in batch.tables.enumerated() { try answer.add(reads, keys[index], tables[index]) }
        return answer.answer(batch.capacity)
      }
    }
  }

  private func batchWriteItem(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let batch = try WriteBatch(request.body)
    return .writing { connection throws(ServiceError) in
      try storing {
        // Every table is looked for before any key, and every key before anything is written.
        let tables = try batch.tables.map { try ItemTable(table: table($0.name, connection), connection: connection) }
        var counts = TableCounts()
        var units: [ByteText: ConsumedUnits] = [:]
        var collections = ItemCollections(isWanted: batch.wantsCollections)
        for (requests, items) in zip(batch.tables, tables) {
          let keys = try requests.keys(in: items.table.description)
          var used = ConsumedUnits()
          for (request, key) in zip(requests.writes, keys) {
            collections.add(key, in: items.table, named: requests.nameAsGiven)
            let old = try items.size(at: key)
            switch request {
            case .put(let item):
              let change = try items.put(item, at: key, replacing: old)
              counts.add(change, toTable: items.table.id)
              used += ConsumedUnits(writing: max(old ?? 0, item.size), change)
            case .delete:
              let change = try items.delete(at: key, replacing: old)
              counts.add(change, toTable: items.table.id)
              used += ConsumedUnits(writing: old ?? 0, change)
            }
          }
          units[ByteText(requests.nameAsGiven), default: ConsumedUnits()] += used
        }
        try counts.store(connection)
        var writer = AnswerWriter(capacity: 64)
        writer.member("UnprocessedItems", [:])
        writer.member(
          "ItemCollectionMetrics",
          try collections.json { table throws(ServiceError) in try state(of: table, connection) })
        writer.member("ConsumedCapacity", batch.capacity.json(units))
        return writer.answer()
      }
    }
  }
}

/// What BatchGetItem answers, written as the items are read.
private struct ItemsByTable {
  private var writer = AnswerWriter(capacity: 4096)
  private var unprocessed = JSONObject()
  private var units: [ByteText: ConsumedUnits] = [:]
  private var isFirstTable = true
  /// The bytes of items that still fit.
  private var left: Int

  init(limit: Int) {
    left = limit
    writer.member("Responses")
    writer.json.raw("{")
  }

  mutating func add(_ reads: ReadBatch.TableReads, _ keys: [ItemKey], _ items: ItemTable) throws {
    writer.json.raw(isFirstTable ? "" : ",")
    isFirstTable = false
    writer.json.string(reads.nameAsGiven)
    writer.json.raw(":[")
    var isFirst = true
    for (index, key) in keys.enumerated() {
      let item = try items.item(at: key)
      // Once an item does not fit, it and all that follow are left for the next request.
      guard unprocessed.isEmpty, item?.size ?? 0 <= left else {
        unprocessed[reads.nameAsGiven] = reads.rest(from: index)
        break
      }
      units[ByteText(reads.nameAsGiven), default: ConsumedUnits()].table += CapacityRequest.readUnits(
        item?.size ?? 0, consistent: reads.consistent)
      guard let item else { continue }
      left -= item.size
      writer.json.raw(isFirst ? "" : ",")
      isFirst = false
      if let projection = reads.projection {
        writer.json.write(projection.part(of: try item.tree))
      } else {
        writer.json.raw(item.bytes)
      }
    }
    writer.json.raw("]")
  }

  mutating func answer(_ capacity: CapacityRequest) -> Answer {
    writer.json.raw("}")
    writer.member("UnprocessedKeys", .object(unprocessed))
    writer.member("ConsumedCapacity", capacity.json(units))
    return writer.answer()
  }
}
