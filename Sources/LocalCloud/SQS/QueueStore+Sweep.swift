import CacheSupport
import SQLiteStore

extension QueueStore {
  /// Messages that one transaction of the sweep deletes.
  static let sweptAtOnce: Int64 = 500

  /// Deletes what has passed its queue's retention, also where nobody reads, and what is left of queues that are gone.
  ///
  /// - Throws: what the storage refuses; what could not be swept is swept the next time.
  func sweep() async throws(ServiceError) {
    while !Task.isCancelled, try await sweepPiece() { await Task.yield() }
  }

  /// - Returns: whether there may be more.
  func sweepPiece() async throws(ServiceError) -> Bool {
    let now = clock.now
    // Most of the time there is nothing, and a reader finds that out.
    let found = try await storage.read { [self] connection throws(ServiceError) in try overdue(at: now, connection) }
    guard let found else { return false }
    try await storage.write { connection throws(ServiceError) in
      try storing {
        try connection.run(
          """
          DELETE FROM sqs_messages WHERE id IN (
            SELECT id FROM sqs_messages WHERE queue_id = ? AND sent <= ? LIMIT ?)
          """, .integer(found.queue), .integer(found.sentBefore), .integer(Self.sweptAtOnce))
        if connection.changes == 0 {
          try connection.run("DELETE FROM sqs_queues WHERE id = ? AND name IS NULL", .integer(found.queue))
        }
      }
    }
    return true
  }

  /// A queue that has something to sweep: messages as old as that, or itself.
  private func overdue(
    at now: Int64, _ connection: Connection
  ) throws(ServiceError) -> (queue: Int64, sentBefore: Int64)? {
    let queues = try storing { try connection.rows("SELECT id, name, attributes FROM sqs_queues") }
    for queue in queues {
      guard let id = queue[0].integer, let attributes = queue[2].text else { continue }
      guard queue[1].text != nil else { return (id, .max) }
      let sentBefore = now - QueueAttributes(stored: attributes).retention * 1000
      let first = try storing {
        try connection.row("SELECT min(sent) FROM sqs_messages WHERE queue_id = ?", .integer(id))
      }
      if let sent = first?.first?.integer, sent <= sentBefore { return (id, sentBefore) }
    }
    return nil
  }
}
