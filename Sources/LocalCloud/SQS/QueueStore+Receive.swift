import CacheSupport
import SQLiteStore

extension QueueStore {
  /// What a receive found.
  struct Received: Sendable {
    var messages: [ReceivedMessage] = []
    /// Seconds after which the messages can be received again.
    var visibility: Int64 = 0
    /// The dead-letter queue, and how many messages went there.
    var moved: (queue: String, count: Int)?
  }

  /// Messages that one receive deletes or moves on its way, before it answers with what it has.
  private static let mostPassed: Int = 100

  /// Takes what is visible: for its own transaction alone, so that nobody else has it.
  ///
  /// Messages that were received too often go to the dead-letter queue instead, each once: what comes there can be received
  /// at least once more, also where a queue is its own dead-letter queue, or two are each other's.
  ///
  /// - Parameter visibility: seconds; nil takes the queue's.
  func take(
    _ maximum: Int, from queue: Queue, visibility: Int64?, _ connection: Connection
  ) throws(ServiceError) -> Received {
    let maximum = min(maximum, Self.mostReceived)
    let now = clock.now
    var received = Received(visibility: visibility ?? queue.attributes.visibility)
    let redrive = queue.attributes.redrive
    let expired = now - queue.attributes.retention * 1000
    var target: Queue?
    var passed = 0
    while received.messages.count < maximum, passed < Self.mostPassed {
      let candidates = try visible(maximum - received.messages.count, in: queue, at: now, connection)
      var taken: [ReceivedMessage] = []
      for candidate in candidates {
        if candidate.message.sent <= expired {
          try storing { try connection.run("DELETE FROM sqs_messages WHERE id = ?", .integer(candidate.message.row)) }
          continue
        }
        if let redrive, candidate.receivedHere >= redrive.maxReceiveCount {
          if target == nil { target = try find(redrive.queue, connection) }
          // Without its dead-letter queue a message stays where it is.
          if let target {
            try move(candidate.message.row, from: queue, to: target, at: now, connection)
            received.moved = (target.name, (received.moved?.count ?? 0) + 1)
            continue
          }
        }
        taken.append(candidate.message)
      }
      try hide(taken, until: now + received.visibility * 1000, at: now, connection)
      received.messages += taken
      // Where none had to be passed, there are no more. With a visibility of zero the same would come again.
      if taken.count == candidates.count || (received.visibility == 0 && !taken.isEmpty) { break }
      passed += candidates.count - taken.count
    }
    return received
  }

  /// Wakes those who wait for what a receive moved, or will give back.
  func announce(_ received: Received, from queue: String) {
    if let moved = received.moved { polls.wake(ByteText(moved.queue), count: moved.count) }
    if !received.messages.isEmpty { polls.alarm(ByteText(queue), in: .seconds(received.visibility)) }
  }

  /// The messages that can be received, the first to be visible first.
  private func visible(
    _ most: Int, in queue: Queue, at now: Int64, _ connection: Connection
  ) throws(ServiceError) -> [(message: ReceivedMessage, receivedHere: Int64)] {
    let rows = try storing {
      try connection.rows(
        """
        SELECT id, message_id, body, attributes, sent, received, earlier, first_received, source, message_group, trace
        FROM sqs_messages WHERE queue_id = ? AND visible <= ? ORDER BY visible, id LIMIT ?
        """, .integer(queue.id), .integer(now), .integer(Int64(most)))
    }
    return rows.compactMap { row in
      guard let id = row[0].integer, let messageID = row[1].text, let body = row[2].text, let sent = row[4].integer,
        let count = row[5].integer, let earlier = row[6].integer
      else { return nil }
      let message = ReceivedMessage(
        id: messageID, row: id, body: body, storedAttributes: row[3].text, sent: sent, receiveCount: count + 1,
        firstReceived: row[7].integer ?? now, deadLetterSource: row[8].text, group: row[9].text, trace: row[10].text)
      return (message, count - earlier)
    }
  }

  private func hide(
    _ messages: [ReceivedMessage], until: Int64, at now: Int64, _ connection: Connection
  ) throws(ServiceError) {
    guard !messages.isEmpty else { return }
    let values: [SQLValue] = [.integer(until), .integer(now)] + messages.map { .integer($0.row) }
    let places = Self.places[messages.count]
    try storing {
      try connection.run(
        """
        UPDATE sqs_messages SET visible = ?, received = received + 1, first_received = coalesce(first_received, ?)
        WHERE id IN (\(places))
        """, values)
    }
  }

  /// Gives back what nobody is there to take any more, as if it had not been received; what has been received again since is
  /// left to whoever has it.
  func putBack(_ messages: [ReceivedMessage], _ connection: Connection) throws(ServiceError) {
    let now = clock.now
    try storing {
      for message in messages {
        try connection.run(
          """
          UPDATE sqs_messages SET visible = ?, received = received - 1,
            first_received = iif(received = 1, NULL, first_received)
          WHERE id = ? AND received = ?
          """, .integer(now), .integer(message.row), .integer(message.receiveCount))
      }
    }
  }

  /// Messages that one receive gives at most.
  static let mostReceived: Int = 10

  /// By how many there are: `?, ?, ?`.
  private static let places: [String] = (0...mostReceived).map { count in
    repeatElement("?", count: count).joined(separator: ", ")
  }

  private func move(
    _ row: Int64, from queue: Queue, to letters: Queue, at now: Int64, _ connection: Connection
  ) throws(ServiceError) {
    try storing {
      try connection.run(
        "UPDATE sqs_messages SET queue_id = ?, visible = ?, earlier = received, source = ? WHERE id = ?",
        .integer(letters.id), .integer(now), .text(arn(queue.name)), .integer(row))
    }
  }
}
