import CacheSupport
import SQLiteStore
import Synchronization

/// Invocations that nobody waits for: kept in the storage until they are done, so that those which were accepted survive a
/// restart. As on AWS, one that was under way then runs again.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html>.
final class EventInvocations: Sendable {
  private struct Event: Sendable {
    var id: String
    var function: String
    var payload: [UInt8]
    /// How often it has been tried.
    var attempts: Int
    /// Epoch milliseconds.
    var accepted: Int64
  }

  private let storage: Storage
  private let sandboxes: Sandboxes
  private let messages: QueueStore
  private let clock: WallClock
  private let notice: @Sendable (String) -> Void
  private let tasks = BackgroundTasks()
  private let waiting = Mutex(Waiting())
  /// What an earlier run of the cloud accepted, until it is gone on with.
  private let earlier: Mutex<[Event]>

  /// How much waits.
  private struct Waiting {
    var count = 0
    var bytes = 0

    mutating func add(_ event: Event) {
      count += 1
      bytes += event.payload.count
    }

    mutating func remove(_ event: Event) {
      count -= 1
      bytes -= event.payload.count
    }
  }

  /// Events that may wait at once, and the bytes of all of them.
  static let countLimit: Int = 10_000
  static let byteLimit: Int = 64 << 20

  /// Reads what an earlier run of the cloud accepted.
  ///
  /// - Parameter notice: is told what becomes of events that no client hears of.
  init(
    storage: Storage, sandboxes: Sandboxes, messages: QueueStore, clock: WallClock,
    notice: @escaping @Sendable (String) -> Void = Notice.tell
  ) throws(ServiceError) {
    self.storage = storage
    self.sandboxes = sandboxes
    self.messages = messages
    self.clock = clock
    self.notice = notice
    let events = try storage.read { connection throws(ServiceError) in
      try storing {
        try connection.rows("SELECT id, function, payload, attempts, accepted FROM lambda_events ORDER BY accepted, id")
          .compactMap(Self.event)
      }
    }
    earlier = Mutex(events)
    waiting.withLock { for event in events { $0.add(event) } }
  }

  /// Takes an event; it is kept when this returns.
  ///
  /// - Parameters:
  ///   - id: the request's id, the same each time that it is tried.
  ///   - note: what is written in the same transaction.
  /// - Throws: TooManyRequestsException where too many wait already.
  func accept(
    _ function: String, _ payload: [UInt8], id: String = RandomID.uuid(),
    and note: @escaping @Sendable (Connection) throws(ServiceError) -> Void = { _ in }
  ) async throws(ServiceError) {
    let event = Event(id: id, function: function, payload: payload, attempts: 0, accepted: clock.now)
    try waiting.withLock { waiting throws(ServiceError) in
      guard waiting.count < Self.countLimit, waiting.bytes + payload.count <= Self.byteLimit else { throw .throttled }
      waiting.add(event)
    }
    do throws(ServiceError) {
      try await storage.write { connection throws(ServiceError) in
        try storing {
          try connection.run(
            "INSERT INTO lambda_events VALUES (?, ?, ?, 0, ?)", .text(event.id), .text(function), .blob(payload),
            .integer(event.accepted))
        }
        try note(connection)
      }
    } catch {
      waiting.withLock { $0.remove(event) }
      throw error
    }
    tasks.run { [self] in await run(event) }
  }

  /// Goes on with what an earlier run of the cloud accepted. Events of functions that have left the template are kept for a
  /// start at which they are back, until they are too old.
  func resume() {
    let events = earlier.withLock { earlier in
      defer { earlier = [] }
      return earlier
    }
    for (function, events) in left(events) {
      notice(
        "the function \(function) has left the template: events that were accepted for it (\(events.count)) wait for it to "
          + "come back")
    }
    for event in events { tasks.run { [self] in await run(event) } }
  }

  /// Deletes the events of functions that have left the template. Those of functions of another stack over the same data stay.
  func prune() throws(ServiceError) {
    let others = try storage.read { connection throws(ServiceError) in try StackState.functions(connection) }
    for (function, events) in left(earlier.withLock { $0 }) where !others.contains(ByteText(function)) {
      try storage.writeAndWait { connection throws(ServiceError) in
        try storing { try connection.run("DELETE FROM lambda_events WHERE function = ?", .text(function)) }
      }
      earlier.withLock { $0.removeAll { $0.function.hasSameBytes(as: function) } }
      waiting.withLock { waiting in for event in events { waiting.remove(event) } }
      notice(
        "the function \(function) has left the template: events that were accepted for it (\(events.count)) are deleted"
      )
    }
  }

  /// The events of functions that have left the template, by function.
  private func left(_ events: [Event]) -> [(function: String, events: [Event])] {
    Dictionary(grouping: events.filter { sandboxes.description(of: $0.function) == nil }, by: \.function)
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func event(_ row: [SQLValue]) -> Event? {
    guard let id = row[0].text, let function = row[1].text, let payload = row[2].blob, let attempts = row[3].integer,
      let accepted = row[4].integer
    else { return nil }
    return Event(id: id, function: function, payload: payload, attempts: Int(clamping: attempts), accepted: accepted)
  }

  func stop() async { await tasks.stop() }

  /// Runs a function for an event; one that fails is tried again, twice unless the function says otherwise, and then told to the
  /// queue that the function names, if it names one.
  private func run(_ event: Event) async {
    guard let function = sandboxes.description(of: event.function) else {
      // It is there at the next start, too.
      if isTooOld(event, EventInvokeConfig()) { await giveUp(event, "EventAgeExceeded", nil) }
      return
    }
    var event = event
    while true {
      guard !isTooOld(event, function.events) else { return await giveUp(event, "EventAgeExceeded", nil) }
      let result: InvocationResult
      switch await sandboxes.invoke(event.function, event.payload, id: event.id) {
      case .finished(let finished): result = finished
      // An end of this cloud is no failure of the function: the event is there at the next start.
      case .stopped: return
      case .throttled:
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
        continue
      }
      event.attempts += 1
      guard result.functionError != nil else {
        if let target = function.events.onSuccess { await tell(event, "Success", result, target) }
        return await forget(event)
      }
      guard event.attempts <= function.events.retries else { return await giveUp(event, "RetriesExhausted", result) }
      await update(
        "UPDATE lambda_events SET attempts = ? WHERE id = ?", .integer(Int64(event.attempts)), .text(event.id))
      // Lambda waits a minute, then two; a person at a desk would not.
      do { try await Task.sleep(for: .seconds(event.attempts)) } catch { return }
    }
  }

  private func isTooOld(_ event: Event, _ config: EventInvokeConfig) -> Bool {
    clock.now - event.accepted > Int64(config.maximumAge) * 1000
  }

  private func giveUp(_ event: Event, _ condition: String, _ result: InvocationResult?) async {
    if let target = sandboxes.description(of: event.function)?.events.onFailure {
      await tell(event, condition, result, target)
    } else {
      notice(
        "the event \(event.id) for \(event.function), accepted at "
          + "\(UTCTime(epochMilliseconds: event.accepted).iso8601Text), is given up (\(condition))")
    }
    await forget(event)
  }

  /// Sends an event to a queue or a function; it is kept when this returns.
  ///
  /// - Parameter note: what is written in the same transaction.
  func send(
    _ payload: [UInt8], to target: EventTarget, and note: @escaping @Sendable (Connection) throws(ServiceError) -> Void
  ) async throws(ServiceError) {
    switch target {
    case .queue(let name): try await messages.send(String(decoding: payload, as: UTF8.self), to: name, and: note)
    case .function(let name): try await accept(name, payload, and: note)
    }
  }

  private func forget(_ event: Event) async {
    await update("DELETE FROM lambda_events WHERE id = ?", .text(event.id))
    waiting.withLock { $0.remove(event) }
  }

  private func update(_ sql: String, _ values: SQLValue...) async {
    do throws(ServiceError) {
      try await storage.write { connection throws(ServiceError) in try storing { try connection.run(sql, values) } }
    } catch {
      // It runs again after a restart, which its function must bear anyway.
      notice("what became of an event cannot be kept: \(error.message ?? error.type)")
    }
  }

  /// Sends what became of an event to one of the function's destinations.
  ///
  /// See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.
  private func tell(_ event: Event, _ condition: String, _ result: InvocationResult?, _ target: EventTarget) async {
    func json(_ bytes: [UInt8]) -> JSON {
      (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }
    var record: JSONObject = [
      "version": "1.0", "timestamp": .string(UTCTime(epochMilliseconds: clock.now).iso8601Text),
      "requestContext": [
        "requestId": .string(event.id), "functionArn": .string("\(sandboxes.arn(event.function)):$LATEST"),
        "condition": .string(condition), "approximateInvokeCount": .integer(event.attempts),
      ],
      "requestPayload": event.payload.isEmpty ? .null : json(event.payload),
    ]
    if let result {
      var context: JSONObject = ["statusCode": 200, "executedVersion": "$LATEST"]
      if let error = result.functionError { context["functionError"] = .string(error) }
      record["responseContext"] = .object(context)
      record["responsePayload"] = json(result.payload)
    }
    do throws(ServiceError) {
      try await send(JSON.object(record).bytes, to: target) { _ in }
    } catch {
      notice(
        "\(target.words) could not be told what became of an event for \(event.function) (\(condition)): "
          + (error.message ?? error.type))
    }
  }
}
