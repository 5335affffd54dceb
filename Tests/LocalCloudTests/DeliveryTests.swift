import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// Events of schedules that could not be sent.
@Suite(.timeLimit(.minutes(2))) struct DeliveryTests {
  /// A storage with the queue `dead`, and a target that fails so many times.
  final class Place: Sendable {
    let time = ManualClock(1_800_000_000_000)
    let storage: Storage
    let messages: QueueStore
    let sent = Recorder<String>()
    let pauses = Recorder<Duration>()
    let told = Recorder<String>()
    let ended = Recorder<Bool>()

    init() throws {
      storage = try Storage(folder: nil, schemas: [SQSService.schema, SchedulesService.schema])
      messages = QueueStore(storage: storage, account: Account(), clock: time.clock)
      try storage.writeAndWait { [messages] connection throws(ServiceError) in
        try messages.create("dead", [:], connection)
      }
    }

    /// - Parameters:
    ///   - failures: tries that fail.
    ///   - endsAt: the pause in which the cloud ends.
    func deliveries(failures: Int, endsAt: Int = .max) -> Deliveries {
      Deliveries(
        storage: storage, messages: messages, account: Account(), clock: time.clock,
        pause: { [self] pause in
          pauses.append(pause)
          time.advance(Int64(pause / .milliseconds(1)))
          if pauses.elements.count >= endsAt {
            ended.append(true)
            throw CancellationError()
          }
        }, notice: { [told] in told.append($0) }
      ) { [self] payload, target, note async throws(ServiceError) in
        guard sent.elements.count >= failures else {
          sent.append("failed")
          throw ServiceError(type: "com.amazonaws.sqs#QueueDoesNotExist", message: "It is gone.")
        }
        try await storage.write(note)
        sent.append("\(String(decoding: payload, as: UTF8.self)) to \(target.words)")
      }
    }

    func kept() throws -> [[SQLValue]] {
      try storage.read { connection throws(ServiceError) in
        try storing { try connection.rows("SELECT arn, target, payload, due, attempts FROM schedule_deliveries") }
      }
    }

    /// What is in the dead-letter queue.
    func dead() async throws -> [ReceivedMessage] {
      try await messages.poll(10, from: "dead", within: .zero)
    }
  }

  static func event(_ policy: DeliveryPolicy = DeliveryPolicy()) throws -> ScheduledEvent {
    ScheduledEvent(name: "r", times: try ScheduleTimes("rate(1 hour)"), target: .queue("q"), policy: policy)
  }

  static let error = ServiceError(type: "a#First", message: "first")

  @Test("It is tried again until it is sent, each time after twice as long") func triesAgain() async throws {
    let place = try Place()
    let deliveries = place.deliveries(failures: 3)
    await deliveries.keep(try Self.event(), Array("x".utf8), due: place.time.now, Self.error)
    #expect(try await eventually { try place.sent.elements.count == 4 && place.kept().isEmpty })
    #expect(place.sent.elements == ["failed", "failed", "failed", "x to the queue 'q'"])
    #expect(place.pauses.elements == [1000, 2000, 4000, 8000].map { .milliseconds($0) })
    #expect(place.told.elements == [])
    await deliveries.stop()
  }

  @Test(
    "A wait is ten minutes at most",
    arguments: [(1, 1000), (10, 512_000), (11, 600_000), (185, 600_000), (.max, 600_000)])
  func waits(attempts: Int, milliseconds: Int64) { #expect(Deliveries.wait(after: attempts) == milliseconds) }

  @Test(
    "What is given up goes to the dead-letter queue, with what EventBridge tells of it",
    arguments: [
      (DeliveryPolicy(retries: 0, deadLetters: "dead"), "MaximumRetryAttempts", "0", "First", "first"),
      (
        DeliveryPolicy(retries: 2, deadLetters: "dead"), "MaximumRetryAttempts", "2", "QueueDoesNotExist", "It is gone."
      ),
      // After 1 + 2 + 4 + 8 + 16 + 32 seconds another minute would be too long.
      (
        DeliveryPolicy(maximumAge: 70, deadLetters: "dead"), "MaximumEventAgeInSeconds", "6", "QueueDoesNotExist",
        "It is gone."
      ),
    ])
  func givesUp(policy: DeliveryPolicy, condition: String, retries: String, code: String, words: String) async throws {
    let place = try Place()
    let deliveries = place.deliveries(failures: .max)
    await deliveries.keep(try Self.event(policy), Array("x".utf8), due: place.time.now, Self.error)
    let found = Recorder<ReceivedMessage>()
    #expect(
      try await eventually {
        for message in try await place.dead() { found.append(message) }
        return try !found.elements.isEmpty && place.kept().isEmpty
      })
    #expect(found.elements.map(\.body) == ["x"])
    let attributes = found.elements[0].attributes.reduce(into: [String: MessageAttribute.Value]()) {
      $0[$1.name.text] = $1.value
    }
    #expect(
      attributes == [
        "RULE_ARN": .text("arn:aws:events:us-east-1:000000000000:rule/r"),
        "TARGET_ARN": .text("arn:aws:sqs:us-east-1:000000000000:q"), "ERROR_CODE": .text(code),
        "ERROR_MESSAGE": .text(words), "EXHAUSTED_RETRY_CONDITION": .text(condition), "RETRY_ATTEMPTS": .text(retries),
      ])
    #expect(place.told.elements == [])
    await deliveries.stop()
  }

  @Test("Without a dead-letter queue it is told") func tells() async throws {
    let place = try Place()
    let deliveries = place.deliveries(failures: .max)
    await deliveries.keep(try Self.event(DeliveryPolicy(retries: 0)), [], due: 1_800_000_000_000, Self.error)
    #expect(try await eventually { try !place.told.elements.isEmpty && place.kept().isEmpty })
    #expect(
      place.told.elements == [
        "what the schedule r had to send the queue 'q' at 2027-01-15T08:00:00Z is given up (MaximumRetryAttempts)"
      ])
    await deliveries.stop()
  }

  @Test("It is tried again after a restart, unless its schedule sends it no more") func restart() async throws {
    let place = try Place()
    var deliveries = place.deliveries(failures: .max, endsAt: 3)
    let due = place.time.now
    await deliveries.keep(try Self.event(), Array("x".utf8), due: due, Self.error)
    #expect(try await eventually { !place.ended.elements.isEmpty })
    await deliveries.stop()
    let arn = "arn:aws:events:us-east-1:000000000000:rule/r"
    #expect(
      try place.kept() == [[.text(arn), .text("the queue 'q'"), .blob(Array("x".utf8)), .integer(due), .integer(3)]])

    deliveries = place.deliveries(failures: 2)
    try deliveries.resume([try Self.event()])
    // It is told once the transaction that sent it has ended.
    #expect(try await eventually { place.sent.elements.last == "x to the queue 'q'" })
    #expect(try place.kept().isEmpty)
    #expect(place.pauses.elements.last == .milliseconds(4000))
    await deliveries.stop()

    deliveries = place.deliveries(failures: .max, endsAt: 0)
    await deliveries.keep(try Self.event(), Array("x".utf8), due: due, Self.error)
    await deliveries.stop()
    #expect(try place.kept().count == 1)
    try place.deliveries(failures: 0).resume([])
    #expect(try place.kept() == [])
    #expect(
      place.told.elements == [
        "what \(arn) had to send the queue 'q' at 2027-01-15T08:00:00Z is dropped: the template has this no more"
      ])
  }

  @Test("After a restart each of a rule's targets has its own policy, also where both are one queue")
  func targets() async throws {
    let place = try Place()
    let events = try [DeliveryPolicy(retries: 0), DeliveryPolicy(retries: 9, deadLetters: "dead")].enumerated().map {
      var event = try Self.event($1)
      event.targetID = "t\($0)"
      return event
    }
    var deliveries = place.deliveries(failures: .max, endsAt: 0)
    await deliveries.keep(events[1], Array("x".utf8), due: place.time.now, Self.error)
    await deliveries.stop()
    #expect(try place.kept().count == 1)
    deliveries = place.deliveries(failures: .max)
    try deliveries.resume(events)
    #expect(try await eventually { try place.kept().isEmpty })
    #expect(try await place.dead().map(\.body) == ["x"])
    #expect(place.told.elements == [])
    await deliveries.stop()
  }

  @Test("What is noted with an event holds if and only if the event is kept") func notes() async throws {
    let place = try Place()
    try place.storage.writeAndWait { connection throws(ServiceError) in
      try storing { try connection.run("INSERT INTO schedules VALUES ('a', 'rate(1 hour)', 0, NULL)") }
    }
    let deliveries = place.deliveries(failures: .max, endsAt: 0)
    func sent() throws -> [SQLValue] {
      try place.storage.read { connection throws(ServiceError) in
        try storing { try connection.rows("SELECT sent FROM schedules").map { $0[0] } }
      }
    }
    let event = try Self.event()
    await deliveries.keep(event, [], due: 7, Self.error) { connection throws(ServiceError) in
      try storing { try connection.run("UPDATE schedules SET sent = 7") }
      throw Self.error
    }
    #expect(try (sent(), place.kept().count) == ([.null], 0))
    await deliveries.keep(event, [], due: 7, Self.error) { connection throws(ServiceError) in
      try storing { try connection.run("UPDATE schedules SET sent = 7") }
    }
    #expect(try (sent(), place.kept().count) == ([.integer(7)], 1))
    for target in [EventTarget.queue("dead"), .queue("none")] {
      _ = try? await place.messages.send("m", to: target.name) { connection throws(ServiceError) in
        try storing { try connection.run("UPDATE schedules SET sent = sent + 1") }
      }
    }
    #expect(try sent() == [.integer(8)])
    await deliveries.stop()
  }

  @Test("Events of an older file are tried again") func migration() async throws {
    let schema = StorageSchema(module: "schedules", steps: Array(SchedulesService.schema.steps[..<1]))
    let folder = FileManager.default.temporaryDirectory.appending(path: "schedules-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let event = try Self.event()
    let arn = event.arn(Account())
    do {
      let old = try Storage(folder: folder, schemas: [schema])
      try old.database.with { connection throws(DatabaseError) in
        try connection.run("INSERT INTO schedules VALUES (?, 'rate(1 hour)', 5)", .text(arn))
      }
    }
    do {
      let steps = Array(SchedulesService.schema.steps[..<2])
      let old = try Storage(folder: folder, schemas: [StorageSchema(module: "schedules", steps: steps)])
      try old.database.with { connection throws(DatabaseError) in
        #expect(
          try connection.rows("SELECT * FROM schedules") == [[.text(arn), .text("rate(1 hour)"), .integer(5), .null]])
        try connection.run("UPDATE schedules SET sent = 6")
        try connection.run(
          "INSERT INTO schedule_deliveries VALUES ('i', ?, ?, 'x', 7, 2)", .text(arn), .text(event.target.words))
      }
    }
    let storage = try Storage(folder: folder, schemas: [SchedulesService.schema])
    let standing = try SchedulesService.standing([event], Account(), now: 9, in: storage)
    #expect(standing.map(\.began) == [5] && standing.map(\.sent) == [6])
    try storage.database.with { connection throws(DatabaseError) in
      #expect(
        try connection.rows("SELECT id, arn, target, due, attempts, target_id FROM schedule_deliveries") == [
          [.text("i"), .text(arn), .text(event.target.words), .integer(7), .integer(2), .null]
        ])
    }
  }

  @Test(
    "What was sent before a restart is not sent again, unless the clock was wrong",
    arguments: [
      (nil, 100, 100), (50, 100, 100), (200, 100, 200), (86_400_099, 100, 86_400_099), (86_400_100, 100, 100),
    ] as [(Int64?, Int64, Int64)])
  func start(sent: Int64?, now: Int64, start: Int64) throws {
    let event = try Self.event()
    #expect(SchedulesService.Standing(event: event, began: 0, sent: sent).start(at: now) == start)
    // It is kept with the schedule.
    let storage = try Storage(folder: nil, schemas: [SchedulesService.schema])
    func standing() throws -> [Int64?] {
      try SchedulesService.standing([event], Account(), now: now, in: storage).map(\.sent)
    }
    #expect(try standing() == [nil])
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing { try connection.run("UPDATE schedules SET sent = ?", sent.map { .integer($0) } ?? .null) }
    }
    #expect(try standing() == [sent])
  }

  @Test("A template says how long it is tried again, and where it goes then") func template() throws {
    let text = SchedulesTests.template.replacing(
      "{ Id: a, Arn: !GetAtt Q.Arn }",
      with:
        "{ Id: a, Arn: !GetAtt Q.Arn, RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: !GetAtt Q.Arn } }"
    )
    let stack = try TemplateTests.stack(text)
    #expect(
      stack.all(RuleResource.self).flatMap(\.events).map(\.policy) == [
        DeliveryPolicy(retries: 3, maximumAge: 60, deadLetters: "ticks"), DeliveryPolicy(),
      ])
    for (old, new, words) in [
      ("MaximumRetryAttempts: 3", "MaximumRetryAttempts: 186", "MaximumRetryAttempts"),
      (
        "DeadLetterConfig: { Arn: !GetAtt Q.Arn }", "DeadLetterConfig: { Arn: 'arn:aws:sqs:r:1:no' }",
        "the rule rule sends dead letters to the queue 'no', which the stack does not have"
      ),
      (
        "DeadLetterConfig: { Arn: !GetAtt Q.Arn }", "DeadLetterConfig: { Arn: 'arn:aws:lambda:r:1:function:f' }",
        "dead letters go to a queue"
      ),
    ] {
      #expect { try TemplateTests.stack(text.replacing(old, with: new)) } throws: { "\($0)".contains(words) }
    }
  }
}
