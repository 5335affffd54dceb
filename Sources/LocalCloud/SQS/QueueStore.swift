import CacheSupport
import SQLiteStore

/// The queues and their messages, kept in SQLite, and those who wait for a message.
///
/// What takes a connection is a part of somebody's transaction; what takes none has its own. A queue is always asked for by
/// name, so that whoever reads it follows its settings, and the queue that is made anew under its name.
final class QueueStore: Sendable {
  let storage: Storage
  let account: Account
  let clock: WallClock
  let polls = LongPolls()

  init(storage: Storage, account: Account, clock: WallClock) {
    self.storage = storage
    self.account = account
    self.clock = clock
  }

  struct Queue: Sendable, Hashable {
    var id: Int64
    var name: String
    var attributes: QueueAttributes
    /// Epoch milliseconds.
    var created: Int64
    /// Epoch milliseconds.
    var modified: Int64
  }

  func arn(_ name: String) -> String { "arn:aws:sqs:\(account.region):\(account.id):\(name)" }

  // MARK: Queues

  /// - Throws: QueueDoesNotExist.
  func queue(_ name: String, _ connection: Connection) throws(ServiceError) -> Queue {
    guard let queue = try find(name, connection) else { throw .queueDoesNotExist }
    return queue
  }

  func find(_ name: String, _ connection: Connection) throws(ServiceError) -> Queue? {
    let row = try storing {
      try connection.row("SELECT id, attributes, created, modified FROM sqs_queues WHERE name = ?", .text(name))
    }
    guard let row, let id = row[0].integer, let attributes = row[1].text, let created = row[2].integer,
      let modified = row[3].integer
    else { return nil }
    return Queue(
      id: id, name: name, attributes: QueueAttributes(stored: attributes), created: created, modified: modified)
  }

  /// Makes a queue; one that has these settings already may be there.
  ///
  /// - Parameter tags: of a new queue; those of one that is there stay.
  func create(
    _ name: String, _ given: [ByteText: String], tags: [ByteText: String] = [:], _ connection: Connection
  ) throws(ServiceError) {
    try QueueName.check(name)
    let attributes = try QueueAttributes(checking: given)
    if given["RedrivePolicy"] != nil { try checkTarget(of: attributes, of: name, connection) }
    guard let queue = try find(name, connection) else {
      let now = clock.now
      return try storing {
        try connection.run(
          "INSERT INTO sqs_queues (name, attributes, created, modified, letters, tags) VALUES (?, ?, ?, ?, ?, ?)",
          .text(name), .text(attributes.stored), .integer(now), .integer(now), SQLValue(attributes.redrive?.target),
          SQLValue(QueueTags.stored(tags)))
      }
    }
    for attribute in given.keys.sorted()
    where !queue.attributes.hasSame(attribute, as: attributes) {
      throw .sqs(
        "QueueNameExists",
        "A queue already exists with the same name and a different value for attribute \(attribute)",
        query: "QueueAlreadyExists")
    }
  }

  func setAttributes(_ name: String, _ given: [ByteText: String], _ connection: Connection) throws(ServiceError) {
    let queue = try self.queue(name, connection)
    let attributes = try QueueAttributes(checking: given, over: queue.attributes.texts)
    if given["RedrivePolicy"] != nil { try checkTarget(of: attributes, of: name, connection) }
    try storing {
      try connection.run(
        "UPDATE sqs_queues SET attributes = ?, modified = ?, letters = ? WHERE id = ?", .text(attributes.stored),
        .integer(clock.now), SQLValue(attributes.redrive?.target), .integer(queue.id))
    }
  }

  /// - Throws: SQS's words for a dead-letter queue that is not there, or that does not take this queue's messages.
  private func checkTarget(
    of attributes: QueueAttributes, of name: String, _ connection: Connection
  ) throws(ServiceError) {
    guard let redrive = attributes.redrive, let text = attributes.texts["RedrivePolicy"] else { return }
    let isOwn = redrive.queue.hasSameBytes(as: name)
    let target = isOwn ? attributes : try find(redrive.queue, connection)?.attributes
    guard let target, redrive.target.hasSameBytes(as: arn(redrive.queue)) else {
      throw RedrivePolicy.refusal(text, "Dead letter target does not exist.")
    }
    guard target.allowsRedrive(from: arn(name)) else {
      throw RedrivePolicy.refusal(
        text, "The redrive allow policy of the dead letter target does not allow this queue as a source.")
    }
  }

  /// Deletes a queue: from now on it is not there, and a sweep takes its messages.
  func delete(_ name: String, _ connection: Connection) throws(ServiceError) {
    try retire(queue(name, connection), connection)
    try storing { try connection.run("DELETE FROM sqs_moves WHERE source = ?", .text(name)) }
  }

  /// Takes the name off a queue.
  private func retire(_ queue: Queue, _ connection: Connection) throws(ServiceError) {
    try storing { try connection.run("UPDATE sqs_queues SET name = NULL WHERE id = ?", .integer(queue.id)) }
  }

  /// Puts an empty queue in the place of one; a sweep takes the messages of the other.
  func purge(_ name: String, _ connection: Connection) throws(ServiceError) {
    let queue = try self.queue(name, connection)
    let now = clock.now
    let last = try storing {
      try connection.row("SELECT purged FROM sqs_queues WHERE id = ?", .integer(queue.id))?.first?.integer
    }
    if let last, now - last < Self.purgePause {
      var error = ServiceError.sqs(
        "PurgeQueueInProgress", "Only one PurgeQueue operation on \(queue.name) is allowed every 60 seconds.",
        query: "AWS.SimpleQueueService.PurgeQueueInProgress")
      error.status = 403
      throw error
    }
    try retire(queue, connection)
    try storing {
      try connection.run(
        """
        INSERT INTO sqs_queues (name, attributes, created, modified, letters, tags, purged)
        SELECT ?, attributes, created, modified, letters, tags, ? FROM sqs_queues WHERE id = ?
        """, .text(name), .integer(now), .integer(queue.id))
    }
  }

  /// Milliseconds between two purges of a queue.
  private static let purgePause: Int64 = 60_000
}
