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

  /// All attributes of a queue: its settings, and what it is and holds.
  func attributes(_ name: String, _ connection: Connection) throws(ServiceError) -> [ByteText: String] {
    let queue = try self.queue(name, connection)
    let now = clock.now
    let counts = try storing {
      try connection.row(
        """
        SELECT count(*) FILTER (WHERE visible <= ?1), count(*) FILTER (WHERE visible > ?1 AND received > 0),
          count(*) FILTER (WHERE visible > ?1 AND received = 0)
        FROM sqs_messages WHERE queue_id = ?2 AND sent > ?3
        """, .integer(now), .integer(queue.id), .integer(now - queue.attributes.retention * 1000))
    }
    var attributes = queue.attributes.texts
    let names: [ByteText] = [
      "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    ]
    for (index, name) in names.enumerated() { attributes[name] = String(counts?[index].integer ?? 0) }
    attributes["CreatedTimestamp"] = String(queue.created / 1000)
    attributes["LastModifiedTimestamp"] = String(queue.modified / 1000)
    attributes["QueueArn"] = arn(name)
    return attributes
  }
}
