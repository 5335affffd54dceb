import CacheSupport
import SQLiteStore
import Synchronization

/// EventBridge's schedules: rules of a template, those of its functions, and EventBridge Scheduler's. They send events to
/// functions and queues.
final class SchedulesService: ServiceModule {
  static let resourceTypes: [any TemplateResource.Type] = [RuleResource.self, ScheduleResource.self]

  static let schema = StorageSchema(
    module: "schedules",
    steps: [
      "CREATE TABLE schedules (arn TEXT PRIMARY KEY, expression TEXT NOT NULL, began INTEGER NOT NULL) WITHOUT ROWID",
      // The last time at which a schedule's event was sent or kept.
      "ALTER TABLE schedules ADD COLUMN sent INTEGER; \(Deliveries.schema)",
      "ALTER TABLE schedule_deliveries ADD COLUMN target_id TEXT",
    ])

  /// A schedule, when it was made, and its last event's time.
  struct Standing: Sendable {
    var event: ScheduledEvent
    /// Epoch milliseconds.
    var began: Int64
    /// Epoch milliseconds; nil where there has been none.
    var sent: Int64?

    /// From when on it is looked for the next time: what has been sent is not sent again where the clock was set back. A clock
    /// that is back by more than a day was wrong before.
    func start(at now: Int64) -> Int64 {
      guard let sent, sent < now + 86_400_000 else { return now }
      return max(now, sent)
    }
  }

  private let storage: Storage
  private let lambda: LambdaService
  private let account: Account
  private let clock: WallClock
  private let polls: Bool
  private let standing = Mutex<[Standing]>([])
  private let tasks = BackgroundTasks()
  private let deliveries: Deliveries

  init(_ context: ModuleContext) throws {
    storage = context.storage
    lambda = try context.module()
    account = context.account
    clock = context.clock
    polls = context.options.pollsEventSources
    deliveries = Deliveries(
      storage: storage, messages: try context.module(SQSService.self).messages, account: account, clock: clock
    ) { [lambda] payload, target, note async throws(ServiceError) in
      try await lambda.send(payload, to: target, and: note)
    }
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    let events =
      stack.all(FunctionResource.self).flatMap(\.schedules) + stack.all(RuleResource.self).flatMap(\.events)
      + stack.all(ScheduleResource.self).filter(\.isEnabled).map(\.event)
    let schedules = try Self.standing(events, account, now: clock.now, in: storage)
    standing.withLock { $0 = schedules }
  }

  /// When each schedule was made: a rate keeps its phase over a restart, until its expression changes. What has left the
  /// template is forgotten.
  static func standing(
    _ events: [ScheduledEvent], _ account: Account, now: Int64, in storage: Storage
  ) throws(ServiceError) -> [Standing] {
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        var known: [ByteText: (expression: String, began: Int64, sent: Int64?)] = [:]
        for row in try connection.rows("SELECT arn, expression, began, sent FROM schedules") {
          guard let arn = row[0].text, let expression = row[1].text, let began = row[2].integer else { continue }
          known[ByteText(arn)] = (expression, began, row[3].integer)
        }
        try connection.run("DELETE FROM schedules")
        return try events.map { event in
          let arn = event.arn(account)
          let earlier = known[ByteText(arn)].flatMap { $0.expression == event.times.text ? $0 : nil }
          let schedule = Standing(event: event, began: earlier?.began ?? now, sent: earlier?.sent)
          try connection.run(
            "INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?)", .text(arn), .text(event.times.text),
            .integer(schedule.began), schedule.sent.map { .integer($0) } ?? .null)
          return schedule
        }
      }
    }
  }

  /// Each schedule and when it is due next, epoch milliseconds; nil for one that is over.
  var upcoming: [(event: ScheduledEvent, next: Int64?)] {
    let now = clock.now
    return standing.withLock { $0 }.map { ($0.event, $0.event.times.next(after: now, beginning: $0.began)) }
  }

  /// Sends the events of a schedule at once, as if it were due; its times stay as they are.
  ///
  /// - Parameter target: the name of who is sent an event; nil takes all of the schedule's.
  /// - Returns: how many were sent.
  func runNow(_ name: String, target: String?) async throws(ServiceError) -> Int {
    let events = standing.withLock { $0 }.map(\.event).filter { event in
      event.name.hasSameBytes(as: name) && (target.map { event.target.name.hasSameBytes(as: $0) } ?? true)
    }
    for event in events { try await lambda.send(event.payload(at: clock.now, account), to: event.target) { _ in } }
    return events.count
  }

  func start() throws(ServiceError) {
    guard polls else { return }
    let (now, schedules) = (clock.now, standing.withLock { $0 })
    try deliveries.resume(schedules.map(\.event))
    for schedule in schedules { tasks.run { [self] in await run(schedule, after: schedule.start(at: now)) } }
  }

  /// Sends a schedule's event whenever it is due, until the task is cancelled.
  private func run(_ schedule: Standing, after start: Int64) async {
    let event = schedule.event
    let trouble = FaultReport()
    await Self.follow(event.times, beginning: schedule.began, after: start, on: clock) { [self] due in
      let payload = event.payload(at: due, account)
      let note = noting(event, due)
      do throws(ServiceError) {
        try await lambda.send(payload, to: event.target, and: note)
        trouble.succeeded("the schedule \(event.name) reaches \(event.target.words) again")
      } catch {
        trouble.failed(
          "the schedule \(event.name) cannot reach \(event.target.words)\(event.policy.retries > 0 ? ", and tries again" : ""): "
            + (error.message ?? error.type))
        await deliveries.keep(event, payload, due: due, error, and: note)
      }
    }
  }

  /// Notes when a schedule's last event was due, in the transaction that sends or keeps the event: a cloud that is killed neither
  /// loses it nor sends it twice.
  private func noting(_ event: ScheduledEvent, _ due: Int64) -> Deliveries.Note {
    { [account] connection throws(ServiceError) in
      try storing {
        try connection.run("UPDATE schedules SET sent = ? WHERE arn = ?", .integer(due), .text(event.arn(account)))
      }
    }
  }

  /// Sends at each time, and once, until the pause throws.
  static func follow(
    _ times: ScheduleTimes, beginning: Int64, after start: Int64, on clock: WallClock,
    pause: (Duration) async throws -> Void = { try await Task.sleep(for: $0) }, send: (_ due: Int64) async -> Void
  ) async {
    var next = times.next(after: start, beginning: beginning)
    while let due = next {
      do { try await wait(until: due, on: clock, pause: pause) } catch { return }
      await send(due)
      // Not before the last time, where the clock is set back.
      next = times.next(after: max(clock.now, due), beginning: beginning)
    }
  }

  /// Waits until the clock shows a time. It looks again each minute, for a machine that slept or whose clock was set comes to
  /// the time earlier or later than a sleep that began before.
  ///
  /// - Parameters:
  ///   - due: epoch milliseconds.
  ///   - pause: waits between two looks.
  static func wait(
    until due: Int64, on clock: WallClock,
    pause: (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) async throws {
    while clock.now < due { try await pause(.milliseconds(min(max(0, due - clock.now), 60_000))) }
  }

  func stop() async {
    await tasks.stop()
    await deliveries.stop()
  }
}
