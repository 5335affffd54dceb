import CacheSupport
import SQLiteStore

extension QueueStore {
  /// A message as it lies in its queue. Nobody has received it by this.
  struct Peeked: Sendable, Hashable {
    var row: Int64
    var id: String
    /// The beginning of it.
    var body: String
    /// Bytes of the whole body.
    var size: Int64
    var isWhole: Bool
    var attributes: [MessageAttribute]
    /// Epoch milliseconds.
    var sent: Int64
    /// When it can be received, epoch milliseconds.
    var visible: Int64
    /// How often it has been received.
    var received: Int64
    /// The queue's ARN from which it was moved as a dead letter.
    var source: String?
  }

  /// Characters of a body that are read.
  static let peekedBody: Int64 = 10_000

  /// Looks at a queue's messages without taking them, those that were sent last first.
  ///
  /// - Parameters:
  ///   - before: the last message of what was read before; nil begins.
  ///   - most: how many at most.
  /// - Throws: QueueDoesNotExist.
  func peek(
    _ name: String, before: (sent: Int64, row: Int64)?, most: Int64, _ connection: Connection
  ) throws(ServiceError) -> [Peeked] {
    let queue = try self.queue(name, connection)
    let rows = try storing {
      try connection.rows(
        """
        SELECT id, message_id, substr(body, 1, ?1), length(CAST(body AS BLOB)), length(body) <= ?1, attributes, sent, visible, received, source
        FROM sqs_messages WHERE queue_id = ?2 AND sent > ?3 AND (sent, id) < (?4, ?5) ORDER BY sent DESC, id DESC LIMIT ?6
        """, .integer(Self.peekedBody), .integer(queue.id), .integer(clock.now - queue.attributes.retention * 1000),
        .integer(before?.sent ?? .max), .integer(before?.row ?? .max), .integer(most))
    }
    return rows.compactMap { row in
      guard let number = row[0].integer, let id = row[1].text, let body = row[2].text, let size = row[3].integer,
        let isWhole = row[4].integer, let sent = row[6].integer, let visible = row[7].integer,
        let received = row[8].integer
      else { return nil }
      return Peeked(
        row: number, id: id, body: body, size: size, isWhole: isWhole == 1,
        attributes: row[5].text.map { MessageAttribute.list(stored: $0) } ?? [], sent: sent, visible: visible,
        received: received, source: row[9].text)
    }
  }
}
