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
      "CREATE TABLE schedules (arn TEXT PRIMARY KEY, expression TEXT NOT NULL, began INTEGER NOT NULL) WITHOUT ROWID"
    ])

  /// A schedule, and when it was made.
  private struct Standing: Sendable {
    var event: ScheduledEvent
    /// Epoch milliseconds.
    var began: Int64
  }

  private let storage: Storage
  private let lambda: LambdaService
  private let account: Account
  private let clock: WallClock
  private let polls: Bool
  private let standing = Mutex<[Standing]>([])
  private let tasks = BackgroundTasks()

  init(_ context: ModuleContext) throws {
    storage = context.storage
    lambda = try context.module()
    account = context.account
    clock = context.clock
    polls = context.options.pollsEventSources
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    let events =
      stack.all(FunctionResource.self).flatMap(\.schedules) + stack.all(RuleResource.self).flatMap(\.events)
      + stack.all(ScheduleResource.self).filter(\.isEnabled).map(\.event)
    let beginnings = try Self.beginnings(of: events, account, now: clock.now, in: storage)
    standing.withLock { $0 = zip(events, beginnings).map { Standing(event: $0, began: $1) } }
  }

  /// When each schedule was made: a rate keeps its phase over a restart, until its expression changes. What has left the
  /// template is forgotten.
  static func beginnings(
    of events: [ScheduledEvent], _ account: Account, now: Int64, in storage: Storage
  ) throws(ServiceError) -> [Int64] {
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing {
        var known: [ByteText: (expression: String, began: Int64)] = [:]
        for row in try connection.rows("SELECT arn, expression, began FROM schedules") {
          guard let arn = row[0].text, let expression = row[1].text, let began = row[2].integer else { continue }
          known[ByteText(arn)] = (expression, began)
        }
        try connection.run("DELETE FROM schedules")
        return try events.map { event in
          let arn = event.arn(account)
          let earlier = known[ByteText(arn)].flatMap { $0.expression == event.times.text ? $0.began : nil }
          let began = earlier ?? now
          try connection.run(
            "INSERT OR REPLACE INTO schedules VALUES (?, ?, ?)", .text(arn), .text(event.times.text), .integer(began))
          return began
        }
      }
    }
  }

  func start() {
    guard polls else { return }
    let now = clock.now
    for schedule in standing.withLock({ $0 }) { tasks.run { [self] in await run(schedule, after: now) } }
  }

  /// Sends a schedule's event whenever it is due, until the task is cancelled.
  private func run(_ schedule: Standing, after start: Int64) async {
    let event = schedule.event
    let trouble = FaultReport()
    await Self.follow(event.times, beginning: schedule.began, after: start, on: clock) { [self] due in
      do throws(ServiceError) {
        try await lambda.send(event.payload(at: due, account), to: event.target)
        trouble.succeeded("the schedule \(event.name) reaches \(event.target.words) again")
      } catch {
        trouble.failed(
          "the schedule \(event.name) cannot reach \(event.target.words): \(error.message ?? error.type)")
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

  func stop() async { await tasks.stop() }
}
