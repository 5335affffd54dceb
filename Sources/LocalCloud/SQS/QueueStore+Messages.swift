import CacheSupport
import SQLiteStore

extension QueueStore {
  /// Keeps messages; ``announce(_:to:)`` is for after the commit.
  func insert(_ drafts: [MessageDraft], to queue: Queue, _ connection: Connection) throws(ServiceError) {
    let now = clock.now
    try storing {
      for draft in drafts {
        try connection.run(
          """
          INSERT INTO sqs_messages (queue_id, message_id, body, attributes, sent, visible, message_group, trace)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """, .integer(queue.id), .text(draft.id), .text(draft.body), SQLValue(draft.storedAttributes), .integer(now),
          .integer(now + (draft.delay ?? queue.attributes.delay) * 1000), SQLValue(draft.group),
          SQLValue(draft.trace))
      }
    }
  }

  /// Wakes those who wait for what has been sent.
  func announce(_ drafts: [MessageDraft], to queue: Queue) {
    let delays = drafts.map { $0.delay ?? queue.attributes.delay }
    polls.wake(ByteText(queue.name), count: delays.count { $0 == 0 })
    if let delay = delays.filter({ $0 > 0 }).min() { polls.alarm(ByteText(queue.name), in: .seconds(delay)) }
  }

  /// Sends a message of this program itself.
  ///
  /// - Parameter note: what is written in the same transaction.
  /// - Throws: QueueDoesNotExist, or what SQS says of the message.
  func send(
    _ body: String, attributes: [MessageAttribute] = [], to name: String,
    and note: @escaping @Sendable (Connection) throws(ServiceError) -> Void = { _ in }
  ) async throws(ServiceError) {
    let draft = try MessageDraft(body: body, attributes: attributes)
    let queue = try await storage.write { [self] connection throws(ServiceError) in
      let queue = try self.queue(name, connection)
      try queue.check(draft, "are invalid")
      try insert([draft], to: queue, connection)
      try note(connection)
      return queue
    }
    announce([draft], to: queue)
  }

  /// Deletes a message by the handle of any of its receives. Where it is gone already, all is well, as on AWS.
  func delete(_ receipt: ReceiptHandle, from queue: Queue, _ connection: Connection) throws(ServiceError) {
    try storing {
      try connection.run(
        "DELETE FROM sqs_messages WHERE id = ? AND queue_id = ? AND message_id = ? AND received >= ?",
        .integer(receipt.row), .integer(queue.id), .text(receipt.messageID), .integer(receipt.receive))
    }
  }

  /// Deletes messages of a queue by their handles.
  func delete(_ receipts: [String], from name: String) async throws(ServiceError) {
    var read: [ReceiptHandle] = []
    for receipt in receipts { read.append(try ReceiptHandle(receipt)) }
    let handles = read
    try await storage.write { [self] connection throws(ServiceError) in
      let queue = try self.queue(name, connection)
      for handle in handles { try delete(handle, from: queue, connection) }
    }
  }

  /// Sets when a message that is in flight can be received again. One that can be received already stays as it is, as on AWS.
  ///
  /// - Throws: InvalidParameterValue where the message is gone.
  func changeVisibility(
    _ receipt: ReceiptHandle, of queue: Queue, seconds: Int64, _ connection: Connection
  ) throws(ServiceError) {
    let now = clock.now
    let changed = try storing {
      try connection.run(
        """
        UPDATE sqs_messages SET visible = iif(visible > ?1, ?2, visible)
        WHERE id = ?3 AND queue_id = ?4 AND message_id = ?5 AND received >= ?6
        """, .integer(now), .integer(now + seconds * 1000), .integer(receipt.row), .integer(queue.id),
        .text(receipt.messageID), .integer(receipt.receive))
      return connection.changes
    }
    guard changed > 0 else {
      throw .invalidParameter(
        "Value \(receipt.text) for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
      )
    }
  }

  /// Wakes those who wait for a message whose visibility has been changed.
  func announce(visibleIn seconds: Int64, in queue: String) { polls.alarm(ByteText(queue), in: .seconds(seconds)) }
}

extension QueueStore.Queue {
  /// - Parameter words: how SQS says it, which differs between a message and an entry of a batch.
  /// - Throws: InvalidParameterValue where the message is larger than the queue takes.
  func check(_ draft: MessageDraft, _ words: String) throws(ServiceError) {
    let most = attributes.maximumMessageSize
    guard draft.size <= most else {
      throw .invalidParameter("One or more parameters \(words). Reason: Message must be shorter than \(most) bytes.")
    }
  }
}

extension SQLValue {
  init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}
