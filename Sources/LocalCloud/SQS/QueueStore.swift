import CacheSupport
import Synchronization

/// The queues and their messages, kept in SQLite; those who wait for a message are woken as one becomes visible.
final class QueueStore: Sendable {
  private let storage: Storage
  private let account: Account
  private let clock: WallClock
  private let arrivals = Arrivals()

  init(storage: Storage, account: Account, clock: WallClock) {
    self.storage = storage
    self.account = account
    self.clock = clock
  }

  struct Queue: Sendable {
    var id: Int64
    var name: String
    var attributes: QueueAttributes
    var created: Int64
    var modified: Int64
  }

  struct Message: Sendable {
    var id: String
    var receipt: String
    var body: String
    var attributes: JSONObject
    var sent: Int64
    var receiveCount: Int64
    var firstReceived: Int64
    var deadLetterSource: String?

    /// What a receive answers, with the attributes it asked for.
    func json(_ filter: ReceiveFilter, sender: String) -> JSON {
      var message: JSONObject = [
        "MessageId": .string(id), "ReceiptHandle": .string(receipt),
        "MD5OfBody": .string(MessageDraft.md5(ofBody: body)),
        "Body": .string(body),
      ]
      let system = systemAttributes(sender: sender).filter { filter.takesSystem($0.0) }
      if !system.isEmpty {
        message["Attributes"] = .object(system.reduce(into: JSONObject()) { $0[$1.0] = .string($1.1) })
      }
      let custom = attributes.members.filter { filter.takesCustom($0.name) }.reduce(into: JSONObject()) {
        $0[$1.name] = $1.value
      }
      if let digest = MessageDraft.md5(ofAttributes: custom) {
        message["MessageAttributes"] = .object(custom)
        message["MD5OfMessageAttributes"] = .string(digest)
      }
      return .object(message)
    }

    func systemAttributes(sender: String) -> [(String, String)] {
      var attributes = [
        ("SenderId", sender), ("SentTimestamp", String(sent)), ("ApproximateReceiveCount", String(receiveCount)),
        ("ApproximateFirstReceiveTimestamp", String(firstReceived)),
      ]
      if let deadLetterSource { attributes.append(("DeadLetterQueueSourceArn", deadLetterSource)) }
      return attributes
    }
  }

  func arn(_ name: String) -> String { "arn:aws:sqs:\(account.region):\(account.id):\(name)" }

  // MARK: Queues

  func create(_ name: String, _ given: [String: String]) throws(ServiceError) {
    if name.hasSuffix(".fifo") || given["FifoQueue"] != nil {
      throw .invalidParameter("The local cloud does not emulate FIFO queues")
    }
    guard (1...80).contains(name.utf8.count), name.utf8.allSatisfy(QueueAttributes.isNameByte) else {
      throw .invalidParameter(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
    }
    let attributes = try QueueAttributes(checking: given)
    if let redrive = attributes.redrive, try find(redrive.queue) == nil {
      throw .invalidParameter(
        "Value \(given["RedrivePolicy"] ?? "") for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist."
      )
    }
    if let queue = try find(name) {
      for (attribute, value) in given where queue.attributes.texts[attribute] != value {
        throw .sqs(
          "QueueNameExists",
          "A queue already exists with the same name and a different value for attribute \(attribute)",
          query: "QueueAlreadyExists")
      }
      return
    }
    try write(
      "INSERT INTO sqs_queues (name, attributes, created, modified) VALUES (?, ?, ?, ?)",
      .text(name), .text(Self.text(attributes.texts)), .integer(clock.now), .integer(clock.now))
  }

  func names(prefix: String) throws(ServiceError) -> [String] {
    try read("SELECT name FROM sqs_queues ORDER BY name").compactMap { $0[0].text }.filter { $0.hasPrefix(prefix) }
  }

  func queue(named name: String) throws(ServiceError) -> Queue {
    guard let queue = try find(name) else { throw .queueDoesNotExist }
    return queue
  }

  private func find(_ name: String) throws(ServiceError) -> Queue? {
    let row = try read("SELECT id, attributes, created, modified FROM sqs_queues WHERE name = ?", .text(name)).first
    guard let row, let id = row[0].integer, let attributes = row[1].text, let created = row[2].integer,
      let modified = row[3].integer
    else { return nil }
    return Queue(
      id: id, name: name, attributes: QueueAttributes(stored: Self.texts(attributes)), created: created,
      modified: modified)
  }

  func setAttributes(_ queue: Queue, _ given: [String: String]) throws(ServiceError) {
    let attributes = try QueueAttributes(checking: given, over: queue.attributes.texts)
    try write(
      "UPDATE sqs_queues SET attributes = ?, modified = ? WHERE id = ?", .text(Self.text(attributes.texts)),
      .integer(clock.now), .integer(queue.id))
  }

  func delete(_ queue: Queue) throws(ServiceError) {
    try write("DELETE FROM sqs_queues WHERE id = ?", .integer(queue.id))
  }

  func purge(_ queue: Queue) throws(ServiceError) {
    let last = try read("SELECT purged FROM sqs_queues WHERE id = ?", .integer(queue.id)).first?[0].integer
    if let last, clock.now - last < 60_000 {
      var error = ServiceError.sqs(
        "PurgeQueueInProgress", "Only one PurgeQueue operation on \(queue.name) is allowed every 60 seconds.",
        query: "AWS.SimpleQueueService.PurgeQueueInProgress")
      error.status = 403
      throw error
    }
    try write("UPDATE sqs_queues SET purged = ? WHERE id = ?", .integer(clock.now), .integer(queue.id))
    try write("DELETE FROM sqs_messages WHERE queue_id = ?", .integer(queue.id))
  }

  func attributes(of queue: Queue) throws(ServiceError) -> [String: String] {
    let now = clock.now
    let counts =
      try read(
        """
        SELECT count(*) FILTER (WHERE visible <= ?1), count(*) FILTER (WHERE visible > ?1 AND receipt IS NOT NULL),
          count(*) FILTER (WHERE visible > ?1 AND receipt IS NULL)
        FROM sqs_messages WHERE queue_id = ?2 AND sent > ?3
        """, .integer(now), .integer(queue.id), .integer(now - queue.attributes.retention * 1000)
      ).first ?? [.integer(0), .integer(0), .integer(0)]
    var attributes = queue.attributes.texts
    attributes["ApproximateNumberOfMessages"] = String(counts[0].integer ?? 0)
    attributes["ApproximateNumberOfMessagesNotVisible"] = String(counts[1].integer ?? 0)
    attributes["ApproximateNumberOfMessagesDelayed"] = String(counts[2].integer ?? 0)
    attributes["CreatedTimestamp"] = String(queue.created / 1000)
    attributes["LastModifiedTimestamp"] = String(queue.modified / 1000)
    attributes["QueueArn"] = arn(queue.name)
    return attributes
  }

  // MARK: Messages

  /// - Returns: for each message what SendMessage answers.
  func send(_ drafts: [MessageDraft], to queue: Queue) throws(ServiceError) -> [JSON] {
    let now = clock.now
    let answers = try storing {
      try storage.database.with { connection in
        try connection.transaction { () throws(DatabaseError) in
          try drafts.map { draft throws(DatabaseError) in
            let id = RandomID.uuid()
            try connection.run(
              "INSERT INTO sqs_messages (queue_id, message_id, body, attributes, sent, visible) VALUES (?, ?, ?, ?, ?, ?)",
              .integer(queue.id), .text(id), .text(draft.body), .text(JSON.object(draft.attributes).text),
              .integer(now),
              .integer(now + (draft.delay ?? queue.attributes.delay) * 1000))
            var answer: JSONObject = [
              "MessageId": .string(id), "MD5OfMessageBody": .string(MessageDraft.md5(ofBody: draft.body)),
            ]
            answer["MD5OfMessageAttributes"] = MessageDraft.md5(ofAttributes: draft.attributes).map { .string($0) }
            return JSON.object(answer)
          }
        }
      }
    }
    if !drafts.isEmpty { arrivals.announce(queue.name) }
    return answers
  }

  /// Takes what is visible now; messages received too often go to the dead-letter queue instead.
  func receive(from queue: Queue, maximum: Int, visibility: Int64?) throws(ServiceError) -> [Message] {
    let now = clock.now
    let until = now + (visibility ?? queue.attributes.visibility) * 1000
    let redrive = queue.attributes.redrive
    let deadLetterID = try redrive.flatMap { redrive throws(ServiceError) in try find(redrive.queue)?.id }
    let received = try storing {
      try storage.database.with { connection in
        try connection.transaction {
          try take(connection, queue, maximum, now: now, until: until, redrive, deadLetterID)
        }
      }
    }
    if received.isDead, let redrive { arrivals.announce(redrive.queue) }
    return received.messages
  }

  private func take(
    _ connection: Connection, _ queue: Queue, _ maximum: Int, now: Int64, until: Int64,
    _ redrive: QueueAttributes.Redrive?, _ deadLetterID: Int64?
  ) throws(DatabaseError) -> (messages: [Message], isDead: Bool) {
    try connection.run(
      "DELETE FROM sqs_messages WHERE queue_id = ? AND sent <= ?", .integer(queue.id),
      .integer(now - queue.attributes.retention * 1000))
    var messages: [Message] = []
    var isDead = false
    while messages.count < maximum {
      let row = try connection.row(
        """
        SELECT id, message_id, body, attributes, sent, received, first_received, source FROM sqs_messages
        WHERE queue_id = ? AND visible <= ? ORDER BY visible, id LIMIT 1
        """, .integer(queue.id), .integer(now))
      guard let row, let id = row[0].integer, let messageID = row[1].text, let body = row[2].text,
        let attributes = row[3].text, let sent = row[4].integer, let count = row[5].integer
      else { break }
      if let redrive, let deadLetterID, count >= redrive.maxReceiveCount {
        try connection.run(
          "UPDATE sqs_messages SET queue_id = ?, visible = ?, receipt = NULL, source = ? WHERE id = ?",
          .integer(deadLetterID), .integer(now), .text(arn(queue.name)), .integer(id))
        isDead = true
        continue
      }
      let receipt = RandomID.uuid()
      let first = row[6].integer ?? now
      try connection.run(
        "UPDATE sqs_messages SET visible = ?, received = received + 1, first_received = ?, receipt = ? WHERE id = ?",
        .integer(max(until, now)), .integer(first), .text(receipt), .integer(id))
      messages.append(
        Message(
          id: messageID, receipt: receipt, body: body, attributes: (try? JSON(parsing: attributes))?.object ?? [:],
          sent: sent, receiveCount: count + 1, firstReceived: first, deadLetterSource: row[7].text))
      // A visibility of zero would give the same message again within this call.
      if until <= now { break }
    }
    return (messages, isDead)
  }

  /// Waits for a message up to a time; ends early, with none, when the task is cancelled.
  func receive(
    from queue: Queue, maximum: Int, visibility: Int64?, within wait: Duration
  ) async -> Result<[Message], ServiceError> {
    let deadline = ContinuousClock.now + wait
    while !Task.isCancelled {
      do throws(ServiceError) {
        // Arrivals are counted before the look, so that one between the look and the wait is not missed.
        let seen = arrivals.count(queue.name)
        let messages = try receive(from: queue, maximum: maximum, visibility: visibility)
        let left = deadline - .now
        if !messages.isEmpty || left <= .zero { return .success(messages) }
        let next = try nextVisible(queue)
        let pause = next.map { min(left, .milliseconds(max(1, $0 - clock.now))) } ?? left
        await arrivals.wait(queue.name, after: seen, atMost: pause)
      } catch { return .failure(error) }
    }
    return .success([])
  }

  /// Deletes what has passed its queue's retention, also where nobody reads.
  func sweepExpired() throws(ServiceError) {
    for name in try names(prefix: "") {
      guard let queue = try find(name) else { continue }
      try write(
        "DELETE FROM sqs_messages WHERE queue_id = ? AND sent <= ?", .integer(queue.id),
        .integer(clock.now - queue.attributes.retention * 1000))
    }
  }

  private func nextVisible(_ queue: Queue) throws(ServiceError) -> Int64? {
    try read("SELECT min(visible) FROM sqs_messages WHERE queue_id = ?", .integer(queue.id)).first?[0].integer
  }

  func deleteMessage(_ queue: Queue, receipt: String) throws(ServiceError) {
    try checkReceipt(receipt)
    try write("DELETE FROM sqs_messages WHERE queue_id = ? AND receipt = ?", .integer(queue.id), .text(receipt))
  }

  func changeVisibility(_ queue: Queue, receipt: String, seconds: Int64) throws(ServiceError) {
    try checkReceipt(receipt)
    let now = clock.now
    let changed = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.run(
          "UPDATE sqs_messages SET visible = ? WHERE queue_id = ? AND receipt = ? AND visible > ?",
          .integer(now + seconds * 1000), .integer(queue.id), .text(receipt), .integer(now))
        return connection.changes
      }
    }
    guard changed > 0 else {
      throw .sqs(
        "MessageNotInflight",
        "Value \(receipt) for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.",
        query: "AWS.SimpleQueueService.MessageNotInflight")
    }
    if seconds == 0 { arrivals.announce(queue.name) }
  }

  private func checkReceipt(_ receipt: String) throws(ServiceError) {
    guard receipt.utf8.count == 36, receipt.utf8.allSatisfy(QueueAttributes.isNameByte) else {
      throw .sqs("ReceiptHandleIsInvalid", "The input receipt handle is invalid.", query: "ReceiptHandleIsInvalid")
    }
  }

  // MARK: SQLite

  private func read(_ sql: String, _ values: SQLValue...) throws(ServiceError) -> [[SQLValue]] {
    try storing { try storage.database.with { connection throws(DatabaseError) in try connection.rows(sql, values) } }
  }

  private func write(_ sql: String, _ values: SQLValue...) throws(ServiceError) {
    try storing { try storage.database.with { connection throws(DatabaseError) in try connection.run(sql, values) } }
  }

  private static func text(_ texts: [String: String]) -> String {
    JSON.object(texts.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }).text
  }

  private static func texts(_ text: String) -> [String: String] {
    ((try? JSON(parsing: text))?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string }
  }
}
