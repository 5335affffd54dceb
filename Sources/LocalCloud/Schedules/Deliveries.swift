import CacheSupport
import SQLiteStore
import Synchronization

/// How long what a schedule could not send is tried again, and where it goes then.
///
/// See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>.
struct DeliveryPolicy: Sendable, Hashable {
  /// Tries after the first.
  var retries: Int = 185
  /// Seconds after the time at which it was due.
  var maximumAge: Int = 86_400
  /// The queue that is sent what is given up.
  var deadLetters: String?
}

/// Events of schedules that could not be sent: each is kept, and tried again until it is sent, too old, or was tried too often.
final class Deliveries: Sendable {
  /// What is written in the transaction that sends or keeps an event.
  typealias Note = @Sendable (Connection) throws(ServiceError) -> Void

  private struct Delivery: Sendable {
    var id: String = RandomID.uuid()
    var event: ScheduledEvent
    var payload: [UInt8]
    /// Epoch milliseconds.
    var due: Int64
    /// Tries that failed.
    var attempts: Int
    var error: ServiceError
  }
  private let storage: Storage
  private let messages: QueueStore
  private let account: Account
  private let clock: WallClock
  private let send: @Sendable ([UInt8], EventTarget, @escaping Note) async throws(ServiceError) -> Void
  private let pause: @Sendable (Duration) async throws -> Void
  private let notice: @Sendable (String) -> Void
  private let tasks = BackgroundTasks()
  private let kept = Mutex(0)

  /// Events that are tried again at once.
  static let most: Int = 1000

  static let schema = """
    CREATE TABLE schedule_deliveries (
      id TEXT PRIMARY KEY, arn TEXT NOT NULL, target TEXT NOT NULL, payload BLOB NOT NULL, due INTEGER NOT NULL,
      attempts INTEGER NOT NULL) WITHOUT ROWID;
    """

  /// - Parameters:
  ///   - send: sends an event to a target, which has it when this returns, and writes a note in the same transaction.
  ///   - pause: waits between two tries.
  ///   - notice: is told what is dropped, and what is given up without a dead-letter queue.
  init(
    storage: Storage, messages: QueueStore, account: Account, clock: WallClock,
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    notice: @escaping @Sendable (String) -> Void = Notice.tell,
    send: @escaping @Sendable ([UInt8], EventTarget, @escaping Note) async throws(ServiceError) -> Void
  ) {
    self.storage = storage
    self.messages = messages
    self.account = account
    self.clock = clock
    self.pause = pause
    self.notice = notice
    self.send = send
  }

  /// Keeps an event that could not be sent, and tries again.
  ///
  /// - Parameter note: what is written in the same transaction.
  func keep(
    _ event: ScheduledEvent, _ payload: [UInt8], due: Int64, _ error: ServiceError,
    and note: @escaping Note = { _ in }
  ) async {
    let delivery = Delivery(event: event, payload: payload, due: due, attempts: 1, error: error)
    let hasRoom = kept.withLock { count in
      guard count < Self.most else { return false }
      count += 1
      return true
    }
    guard hasRoom else {
      tellGivenUp(delivery, "more than \(Self.most) wait already")
      return await update(note)
    }
    await update { [account] connection throws(ServiceError) in
      try storing {
        try connection.run(
          """
          INSERT INTO schedule_deliveries (id, arn, target, target_id, payload, due, attempts)
          VALUES (?, ?, ?, ?, ?, ?, 1)
          """, .text(delivery.id), .text(event.arn(account)), .text(event.target.words), SQLValue(event.targetID),
          .blob(payload), .integer(due))
      }
      try note(connection)
    }
    tasks.run { [self] in await run(delivery) }
  }

  /// Goes on with what an earlier run of the cloud kept. What its schedule sends no more is dropped, and told.
  func resume(_ events: [ScheduledEvent]) throws(ServiceError) {
    let (found, dropped) = try storage.writeAndWait { [self] connection throws(ServiceError) in
      try storing {
        var found: [Delivery] = []
        var dropped: [String] = []
        let rows = try connection.rows(
          "SELECT id, arn, target, payload, due, attempts, target_id FROM schedule_deliveries")
        for row in rows {
          guard let id = row[0].text, let arn = row[1].text, let target = row[2].text, let payload = row[3].blob,
            let due = row[4].integer, let attempts = row[5].integer
          else { continue }
          // An earlier version kept no target's Id.
          let event = events.first { event in
            event.arn(account).hasSameBytes(as: arn) && event.target.words.hasSameBytes(as: target)
              && row[6].text.map { $0.hasSameBytes(as: event.targetID ?? "") } ?? true
          }
          if let event {
            let unknown = ServiceError(type: "Unknown", message: "an earlier run of the local cloud could not send it")
            found.append(
              Delivery(
                id: id, event: event, payload: payload, due: min(max(due, 0), clock.now),
                attempts: min(max(Int(clamping: attempts), 1), 1 << 20), error: unknown))
          } else {
            try connection.run("DELETE FROM schedule_deliveries WHERE id = ?", .text(id))
            dropped.append(
              "what \(arn) had to send \(target) at \(UTCTime(epochMilliseconds: due).iso8601Text) is dropped: "
                + "the template has this no more")
          }
        }
        return (found, dropped)
      }
    }
    for words in dropped { notice(words) }
    kept.withLock { $0 += found.count }
    for delivery in found { tasks.run { [self] in await run(delivery) } }
  }

  func stop() async { await tasks.stop() }

  /// Milliseconds before the next try: twice as long each time, ten minutes at most.
  static func wait(after attempts: Int) -> Int64 { min(1000 << Int64(min(max(attempts - 1, 0), 10)), 600_000) }

  private func run(_ delivery: Delivery) async {
    var delivery = delivery
    let policy = delivery.event.policy
    while true {
      let wait = Self.wait(after: delivery.attempts)
      guard delivery.attempts <= policy.retries else { return await giveUp(delivery, "MaximumRetryAttempts") }
      guard clock.now + wait - delivery.due <= Int64(policy.maximumAge) * 1000 else {
        return await giveUp(delivery, "MaximumEventAgeInSeconds")
      }
      do { try await pause(.milliseconds(wait)) } catch { return }
      do throws(ServiceError) {
        try await send(delivery.payload, delivery.event.target, Self.forgetting(delivery.id))
        return kept.withLock { $0 -= 1 }
      } catch {
        delivery.attempts += 1
        delivery.error = error
        await update { [id = delivery.id, attempts = delivery.attempts] connection throws(ServiceError) in
          try storing {
            try connection.run(
              "UPDATE schedule_deliveries SET attempts = ? WHERE id = ?", .integer(Int64(attempts)), .text(id))
          }
        }
      }
    }
  }

  private func giveUp(_ delivery: Delivery, _ condition: String) async {
    if let queue = delivery.event.policy.deadLetters {
      do throws(ServiceError) {
        try await messages.send(
          String(decoding: delivery.payload, as: UTF8.self), attributes: attributes(delivery, condition), to: queue,
          and: Self.forgetting(delivery.id))
        return kept.withLock { $0 -= 1 }
      } catch {
        tellGivenUp(delivery, "\(condition); the queue '\(queue)': \(error.message ?? error.type)")
      }
    } else {
      tellGivenUp(delivery, condition)
    }
    await update(Self.forgetting(delivery.id))
    kept.withLock { $0 -= 1 }
  }

  private func tellGivenUp(_ delivery: Delivery, _ condition: String) {
    notice(
      "what the schedule \(delivery.event.name) had to send \(delivery.event.target.words) at "
        + "\(UTCTime(epochMilliseconds: delivery.due).iso8601Text) is given up (\(condition))")
  }

  /// What EventBridge says of an event in a dead-letter queue.
  private func attributes(_ delivery: Delivery, _ condition: String) -> [MessageAttribute] {
    let origin =
      switch delivery.event.origin {
      case .rule: "RULE_ARN"
      case .scheduler: "SCHEDULE_ARN"
      }
    let texts = [
      (origin, delivery.event.arn(account)), ("TARGET_ARN", delivery.event.target.arn(account)),
      ("ERROR_CODE", String(delivery.error.code)),
      ("ERROR_MESSAGE", delivery.error.message ?? String(delivery.error.code)),
      ("EXHAUSTED_RETRY_CONDITION", condition),
    ]
    return texts.map { MessageAttribute(name: ByteText($0), type: "String", value: .text($1)) } + [
      MessageAttribute(name: "RETRY_ATTEMPTS", type: "Number", value: .text(String(delivery.attempts - 1)))
    ]
  }

  private static func forgetting(_ id: String) -> Note {
    { connection throws(ServiceError) in
      try storing { try connection.run("DELETE FROM schedule_deliveries WHERE id = ?", .text(id)) }
    }
  }

  private func update(_ note: @escaping Note) async {
    do throws(ServiceError) { try await storage.write(note) } catch {
      notice("what became of a schedule's event cannot be kept: \(error.message ?? error.type)")
    }
  }
}

extension ResourceProperties {
  /// Reads a target's `RetryPolicy` and `DeadLetterConfig`.
  mutating func deliveryPolicy() throws(TemplateError) -> DeliveryPolicy {
    var policy = DeliveryPolicy()
    if var retry = try part("RetryPolicy") {
      policy.retries = try retry.integer("MaximumRetryAttempts", in: 0...185) ?? policy.retries
      policy.maximumAge = try retry.integer("MaximumEventAgeInSeconds", in: 60...86_400) ?? policy.maximumAge
      try absorb(retry)
    }
    if var letters = try part("DeadLetterConfig") {
      if let arn = try letters.text("Arn") {
        guard case .queue(let queue) = try EventTarget(arn: arn, letters.logicalID) else {
          throw TemplateError("\(letters.logicalID): dead letters go to a queue")
        }
        policy.deadLetters = queue
      }
      // SAM's way to have a queue made.
      letters.ignore("Type", "QueueLogicalId")
      try absorb(letters)
    }
    return policy
  }
}
