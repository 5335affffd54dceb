import CacheSupport
import SQLiteStore

extension QueueStore {
  /// Names in their order, as bytes.
  ///
  /// - Parameters:
  ///   - after: the name before the first.
  ///   - most: how many at most.
  func names(
    prefix: String, after: String = "", most: Int64, _ connection: Connection
  ) throws(ServiceError) -> [String] {
    // Names are letters, digits, hyphens and underscores: each comes before DEL.
    let rows = try storing {
      try connection.rows(
        "SELECT name FROM sqs_queues WHERE name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?", .text(prefix),
        .text(prefix + "\u{7F}"), .text(after), .integer(most))
    }
    return rows.compactMap { $0[0].text }
  }

  /// The names of the queues whose dead-letter queue is this one, in their order.
  ///
  /// - Throws: QueueDoesNotExist.
  func sources(
    of name: String, after: String, most: Int64, _ connection: Connection
  ) throws(ServiceError) -> [String] {
    _ = try queue(name, connection)
    let rows = try storing {
      try connection.rows(
        "SELECT name FROM sqs_queues WHERE letters = ? AND name > ? ORDER BY name LIMIT ?", .text(arn(name)),
        .text(after), .integer(most))
    }
    return rows.compactMap { $0[0].text }
  }

  /// The attributes of a queue: its settings, what it is and, where they are asked for, how many messages it holds.
  func attributes(
    _ name: String, counting: Bool, _ connection: Connection
  ) throws(ServiceError) -> [ByteText: String] {
    let queue = try self.queue(name, connection)
    var attributes = queue.attributes.texts
    attributes["CreatedTimestamp"] = String(queue.created / 1000)
    attributes["LastModifiedTimestamp"] = String(queue.modified / 1000)
    attributes["QueueArn"] = arn(name)
    if counting {
      let counts = try counts(of: queue, connection)
      attributes["ApproximateNumberOfMessages"] = String(counts.visible)
      attributes["ApproximateNumberOfMessagesNotVisible"] = String(counts.inFlight)
      attributes["ApproximateNumberOfMessagesDelayed"] = String(counts.delayed)
    }
    return attributes
  }

  /// Counts a queue's messages at the price of those that cannot be received now: the number of all of them is kept.
  func counts(
    of queue: Queue, _ connection: Connection
  ) throws(ServiceError) -> (visible: Int64, inFlight: Int64, delayed: Int64) {
    let now = clock.now
    // The sign keeps SQLite from the index on `sent`, which would count nearly all.
    let row = try storing {
      try connection.row(
        """
        SELECT
          (SELECT messages FROM sqs_queues WHERE id = ?1),
          (SELECT count(*) FROM sqs_messages WHERE queue_id = ?1 AND sent <= ?2),
          count(*) FILTER (WHERE received > 0), count(*) FILTER (WHERE received = 0)
        FROM sqs_messages WHERE queue_id = ?1 AND visible > ?3 AND +sent > ?2
        """, .integer(queue.id), .integer(now - queue.attributes.retention * 1000), .integer(now))
    }
    guard let counts = row?.compactMap(\.integer), counts.count == 4 else { return (0, 0, 0) }
    return (counts[0] - counts[1] - counts[2] - counts[3], counts[2], counts[3])
  }
}
