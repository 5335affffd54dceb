import CacheSupport
import SQLiteStore

extension TimestreamStore {
  /// WriteRecords: each record by itself is stored or rejected; the stored ones stay, whatever becomes of the others.
  var writeRecords: Operation {
    Operation("WriteRecords") { request throws(ServiceError) in
      .writing(try self.writing(request.body))
    }
  }

  /// As ``writeRecords``, for what has the request as a tree, and a thread that may wait.
  func writeRecords(_ input: inout Input) throws(ServiceError) -> JSON {
    let body = try writing(JSON.object(input.object).bytes)
    let answer = try storage.writeAndWait(body)
    if let refusal = answer.refusal { throw refusal }
    return try storing { try JSON(parsing: answer.body) }
  }

  private func writing(
    _ body: [UInt8]
  ) throws(ServiceError) -> @Sendable (Connection) throws(ServiceError) -> Answer {
    let records = try IncomingRecords(try WriteRecordsRequest(body))
    return { [self] connection throws(ServiceError) in try write(records, connection) }
  }

  private func write(_ incoming: IncomingRecords, _ connection: Connection) throws(ServiceError) -> Answer {
    let name = TableMemories.Name(database: ByteText(incoming.database), table: ByteText(incoming.table))
    let remembered = memories.take(name, connection)
    let result: (rejected: [(index: Int, RecordWriter.Rejection)], inMemory: Int)
    do throws(DatabaseError) {
      var known = remembered
      if known == nil { known = try find(incoming.database, incoming.table, connection).map { TableMemory($0) } }
      guard let memory = known else {
        return Answer(
          refusing: try hasDatabase(incoming.database, connection)
            ? Self.noTable(incoming.table) : Self.noDatabase(incoming.database))
      }
      var writer = RecordWriter(incoming, into: memory, connection: connection, now: clock.now)
      result = try writer.writeAll()
      memories.put(writer.memory, name)
    } catch { throw .internal(error) }
    return Self.answer(result.rejected, incoming.records.count, inMemory: result.inMemory)
  }

  private static func answer(
    _ rejected: [(index: Int, RecordWriter.Rejection)], _ count: Int, inMemory: Int
  ) -> Answer {
    guard rejected.isEmpty else {
      let entries = rejected.map { index, rejection in
        var entry: JSONObject = ["RecordIndex": .integer(index), "Reason": .string(rejection.reason)]
        entry["ExistingVersion"] = rejection.existingVersion.map { .integer($0) }
        return JSON.object(entry)
      }
      return Answer(refusing: .rejectedRecords(entries))
    }
    var writer = JSONWriter(capacity: 96)
    writer.raw("{\"RecordsIngested\":{\"Total\":")
    writer.integer(count)
    writer.raw(",\"MemoryStore\":")
    writer.integer(inMemory)
    writer.raw(",\"MagneticStore\":")
    writer.integer(count - inMemory)
    writer.raw("}}")
    return Answer(bytes: writer.bytes)
  }
}

extension ServiceError {
  /// - Parameter entries: each with its place among the records, and its reason.
  static func rejectedRecords(_ entries: [JSON]) -> ServiceError {
    timestream(
      "RejectedRecordsException", "One or more records have been rejected. See RejectedRecords for details.",
      status: 419, members: ["RejectedRecords": .array(entries)])
  }
}
