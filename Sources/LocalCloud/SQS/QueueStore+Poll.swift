import CacheSupport
import SQLiteStore

extension QueueStore {
  /// Takes what is visible now.
  ///
  /// - Throws: QueueDoesNotExist.
  func receive(_ maximum: Int, from name: String, visibility: Int64? = nil) async throws(ServiceError)
    -> [ReceivedMessage]
  {
    let received = try await storage.write { [self] connection throws(ServiceError) in
      try take(maximum, from: queue(name, connection), visibility: visibility, connection)
    }
    announce(received, from: name)
    return received.messages
  }

  /// Waits for messages, and takes them; ends early, with none, when the task is cancelled.
  ///
  /// The queue is looked up by its name each time: its settings are read anew, and a queue that is made anew is followed.
  ///
  /// - Parameters:
  ///   - maximum: messages at most, 1 to 10.
  ///   - name: the queue's.
  ///   - visibility: seconds; nil takes the queue's.
  ///   - wait: how long at most.
  /// - Throws: QueueDoesNotExist, as soon as it is so.
  func poll(
    _ maximum: Int, from name: String, visibility: Int64? = nil, within wait: Duration
  ) async throws(ServiceError) -> [ReceivedMessage] {
    let line = ByteText(name)
    let deadline = ContinuousClock.now + wait
    // In the line before the look, so that what comes between the look and the wait is not missed.
    let ticket = polls.join(line)
    defer { polls.leave(line, ticket) }
    while !Task.isCancelled {
      let found = try await look(maximum, name, visibility)
      if Task.isCancelled, !found.messages.isEmpty {
        try await giveBack(found.messages, to: name)
        break
      }
      if let next = found.next { polls.alarm(line, in: .milliseconds(max(0, next - clock.now))) }
      let left = deadline - .now
      if !found.messages.isEmpty || left <= .zero { return found.messages }
      await polls.wait(line, ticket, atMost: left)
    }
    return []
  }

  /// What is visible now, and when the first of the rest will be.
  private func look(
    _ maximum: Int, _ name: String, _ visibility: Int64?
  ) async throws(ServiceError) -> (messages: [ReceivedMessage], next: Int64?) {
    let (received, next) = try await storage.write { [self] connection throws(ServiceError) in
      let queue = try self.queue(name, connection)
      let received = try take(maximum, from: queue, visibility: visibility, connection)
      let next = try storing {
        try connection.row("SELECT min(visible) FROM sqs_messages WHERE queue_id = ?", .integer(queue.id))
      }
      return (received, next?.first?.integer)
    }
    if let moved = received.moved { polls.wake(ByteText(moved.queue), count: moved.count) }
    return (received.messages, next)
  }

  /// Gives back what nobody is there to take any more, as if it had not been received, and wakes those who wait for it.
  func giveBack(_ messages: [ReceivedMessage], to name: String) async throws(ServiceError) {
    try await storage.write { [self] connection throws(ServiceError) in try putBack(messages, connection) }
    polls.wake(ByteText(name), count: messages.count)
  }

  /// Those of received messages that nobody else can have received since: their visibility timeout is not over.
  func held(_ messages: [ReceivedMessage]) async throws(ServiceError) -> [ReceivedMessage] {
    let now = clock.now
    return try await storage.read { connection throws(ServiceError) in
      try storing {
        try messages.filter { message in
          try connection.row(
            "SELECT 1 FROM sqs_messages WHERE id = ? AND received = ? AND visible > ?", .integer(message.row),
            .integer(message.receiveCount), .integer(now)) != nil
        }
      }
    }
  }
}
