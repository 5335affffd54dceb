import CacheSupport
import SQLiteStore

extension QueueStore {
  /// Messages that one transaction of a task without a rate moves.
  static let movedAtOnce: Int64 = 100
  /// Tasks of a queue that are remembered.
  static let mostMoves: Int64 = 10

  /// Keeps a task that is to run.
  ///
  /// - Parameter passesDirect: whether messages that were sent to the source directly stay there; else the first fails the task.
  /// - Throws: ResourceNotFoundException where one of the queues is not there, and InvalidParameterValue where the source is nobody's
  ///   dead-letter queue, or has a task already.
  func startMove(
    from source: String, to destination: String?, rate: Int64?, passesDirect: Bool = false, _ connection: Connection
  ) throws(ServiceError) -> MoveTask {
    let queue = try find(arn: source, "SourceArn", connection)
    let isDeadLetterQueue = try !sources(of: queue.name, after: "", most: 1, connection).isEmpty
    guard isDeadLetterQueue else {
      throw .invalidParameter("Source queue must be configured as a Dead Letter Queue.")
    }
    var target: Queue?
    if let destination { target = try find(arn: destination, "DestinationArn", connection) }
    guard try moves(of: queue.name, connection).allSatisfy({ $0.status != .running }) else {
      throw .invalidParameter(
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
    }
    let total = try passesDirect ? sourced(in: queue, connection) : counts(of: queue, connection).visible
    let id = RandomID.uuid()
    let row = try storing {
      try connection.run(
        """
        INSERT INTO sqs_moves (task, source, destination, rate, status, total, started, passes)
        VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, ?)
        """, .text(id), .text(queue.name), SQLValue(target?.name), rate.map { .integer($0) } ?? .null, .integer(total),
        .integer(clock.now), .integer(passesDirect ? 1 : 0))
      try connection.run(
        """
        DELETE FROM sqs_moves WHERE source = ?1 AND id NOT IN (
          SELECT id FROM sqs_moves WHERE source = ?1 ORDER BY id DESC LIMIT ?2)
        """, .text(queue.name), .integer(Self.mostMoves))
      return try connection.row("SELECT \(MoveTask.columns) FROM sqs_moves WHERE task = ?", .text(id))
    }
    guard let task = row.flatMap({ MoveTask($0) }) else { throw .unavailable("the task was not kept: start it again") }
    return task
  }

  /// The messages of a dead-letter queue that can be received now and have a queue to go back to.
  func sourced(in queue: Queue, _ connection: Connection) throws(ServiceError) -> Int64 {
    let now = clock.now
    return try storing {
      try connection.row(
        """
        SELECT count(*) FROM sqs_messages INDEXED BY sqs_sourced
        WHERE queue_id = ? AND source IS NOT NULL AND visible <= ? AND +sent > ?
        """, .integer(queue.id), .integer(now), .integer(now - queue.attributes.retention * 1000))
    }?[0].integer ?? 0
  }

  /// The queue of an ARN.
  ///
  /// - Throws: ResourceNotFoundException, which names the parameter.
  func find(arn text: String, _ parameter: String, _ connection: Connection) throws(ServiceError) -> Queue {
    let name = Self.name(ofARN: text)
    guard text.hasSameBytes(as: arn(name)), let queue = try find(name, connection) else {
      throw .resourceNotFound("The resource that you specified for the \(parameter) parameter doesn't exist.")
    }
    return queue
  }

  /// The tasks of a queue, the newest first.
  func moves(of source: String, _ connection: Connection) throws(ServiceError) -> [MoveTask] {
    let rows = try storing {
      try connection.rows(
        "SELECT \(MoveTask.columns) FROM sqs_moves WHERE source = ? ORDER BY id DESC", .text(source))
    }
    return rows.compactMap { MoveTask($0) }
  }

  /// The tasks that are to go on.
  func runningMoves() throws(ServiceError) -> [MoveTask] {
    let rows = try storage.read { connection throws(ServiceError) in
      try storing { try connection.rows("SELECT \(MoveTask.columns) FROM sqs_moves WHERE status = 'RUNNING'") }
    }
    return rows.compactMap { MoveTask($0) }
  }

  func end(
    _ task: MoveTask, as status: MoveTask.Status, failure: String? = nil, _ connection: Connection
  ) throws(ServiceError) {
    try storing {
      try connection.run(
        "UPDATE sqs_moves SET status = ?, failure = ? WHERE id = ?", .text(status.rawValue), SQLValue(failure),
        .integer(task.row))
    }
  }

  /// Moves some messages: as many as the task moves in a second, where it has a rate.
  ///
  /// - Returns: whether there is more to do.
  func movePiece(of row: Int64) async throws(ServiceError) -> Bool {
    let (goesOn, woken) = try await storage.write { [self] connection throws(ServiceError) in
      try movePiece(of: row, connection)
    }
    for name in woken { polls.wake(ByteText(name), count: 1) }
    return goesOn
  }

  private func movePiece(
    of row: Int64, _ connection: Connection
  ) throws(ServiceError) -> (goesOn: Bool, destinations: [String]) {
    let found = try storing {
      try connection.row("SELECT \(MoveTask.columns) FROM sqs_moves WHERE id = ?", .integer(row))
    }
    guard let task = found.flatMap({ MoveTask($0) }), task.status == .running else { return (false, []) }
    guard let source = try find(task.source, connection) else {
      try end(task, as: .failed, failure: Self.noQueue, connection)
      return (false, [])
    }
    let now = clock.now
    let most = min(task.rate ?? Self.movedAtOnce, task.total - task.moved)
    let messages = try storing {
      try connection.rows(
        """
        SELECT id, source FROM sqs_messages \(task.passesDirect ? "INDEXED BY sqs_sourced" : "")
        WHERE queue_id = ? AND visible <= ? AND +sent > ? \(task.passesDirect ? "AND source IS NOT NULL" : "")
        ORDER BY visible, id LIMIT ?
        """, .integer(source.id), .integer(now), .integer(now - source.attributes.retention * 1000), .integer(most))
    }
    var destinations: [String] = []
    var failure: String?
    for message in messages {
      guard let id = message[0].integer else { continue }
      guard let name = task.destination ?? message[1].text.map(Self.name(ofARN:)) else {
        failure = "CouldNotDetermineMessageSource"
        break
      }
      guard let destination = try find(name, connection) else {
        failure = Self.noQueue
        break
      }
      try moveAnew(id, to: destination, at: now, connection)
      destinations.append(name)
    }
    let moved = Int64(destinations.count)
    try storing {
      try connection.run("UPDATE sqs_moves SET moved = moved + ? WHERE id = ?", .integer(moved), .integer(row))
    }
    let goesOn = failure == nil && Int64(messages.count) == most && task.moved + moved < task.total
    if !goesOn { try end(task, as: failure == nil ? .completed : .failed, failure: failure, connection) }
    return (goesOn, destinations)
  }

  /// As on AWS, what is moved back is a new message: with an id, a time and a count of its own.
  private func moveAnew(
    _ row: Int64, to queue: Queue, at now: Int64, _ connection: Connection
  ) throws(ServiceError) {
    try storing {
      try connection.run(
        """
        INSERT INTO sqs_messages (queue_id, message_id, body, attributes, sent, visible, message_group, trace)
        SELECT ?1, ?2, body, attributes, ?3, ?3, message_group, trace FROM sqs_messages WHERE id = ?4
        """, .integer(queue.id), .text(RandomID.uuid()), .integer(now), .integer(row))
      try connection.run("DELETE FROM sqs_messages WHERE id = ?", .integer(row))
    }
  }

  private static let noQueue = "AWS.SimpleQueueService.NonExistentQueue"

  /// The last part of an ARN.
  private static func name(ofARN arn: String) -> String {
    arn.utf8.split(separator: UInt8(ascii: ":")).last.map { String(Substring($0)) } ?? ""
  }
}
