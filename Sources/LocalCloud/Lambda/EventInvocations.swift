import CacheSupport
import Foundation
import SQLiteStore

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
  private let tasks = BackgroundTasks()

  /// Events that may wait at once, and the bytes of all of them.
  static let countLimit: Int64 = 10_000
  static let byteLimit: Int64 = 64 << 20

  init(storage: Storage, sandboxes: Sandboxes, messages: QueueStore, clock: WallClock) {
    self.storage = storage
    self.sandboxes = sandboxes
    self.messages = messages
    self.clock = clock
  }

  /// Takes an event; it is kept when this returns.
  ///
  /// - Throws: TooManyRequestsException where too many wait already.
  func accept(_ function: String, _ payload: [UInt8]) async throws(ServiceError) {
    let event = Event(id: RandomID.uuid(), function: function, payload: payload, attempts: 0, accepted: clock.now)
    try await storage.write { connection throws(ServiceError) in
      try storing {
        let row = try connection.row("SELECT count(*), coalesce(sum(length(payload)), 0) FROM lambda_events")
        guard let count = row?[0].integer, let bytes = row?[1].integer, count < Self.countLimit,
          bytes + Int64(payload.count) <= Self.byteLimit
        else {
          throw ServiceError.throttled
        }
        try connection.run(
          "INSERT INTO lambda_events VALUES (?, ?, ?, 0, ?)", .text(event.id), .text(function), .blob(payload),
          .integer(event.accepted))
      }
    }
    tasks.run { [self] in await run(event) }
  }

  /// Goes on with what an earlier run of the cloud accepted.
  func resume() throws(ServiceError) {
    let events = try storage.read { connection throws(ServiceError) in
      try storing {
        try connection.rows("SELECT id, function, payload, attempts, accepted FROM lambda_events ORDER BY accepted, id")
          .compactMap(Self.event)
      }
    }
    for event in events { tasks.run { [self] in await run(event) } }
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
      complain("the function \(event.function) has left the template: an event that was accepted for it is dropped")
      return await forget(event)
    }
    var event = event
    while true {
      guard clock.now - event.accepted <= Int64(function.maximumEventAge) * 1000 else {
        return await giveUp(event, "EventAgeExceeded", nil)
      }
      let result = await sandboxes.invoke(event.function, event.payload, id: event.id)
      // An end of this cloud is no failure of the function: the event is there at the next start.
      guard result != .stopped else { return }
      if result == .throttled {
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
        continue
      }
      event.attempts += 1
      guard result.functionError != nil else { return await forget(event) }
      guard event.attempts <= function.retries else { return await giveUp(event, "RetriesExhausted", result) }
      await update(
        "UPDATE lambda_events SET attempts = ? WHERE id = ?", .integer(Int64(event.attempts)), .text(event.id))
      // Lambda waits a minute, then two; a person at a desk would not.
      do { try await Task.sleep(for: .seconds(event.attempts)) } catch { return }
    }
  }

  private func giveUp(_ event: Event, _ condition: String, _ result: InvocationResult?) async {
    if let queue = sandboxes.description(of: event.function)?.failureQueue {
      await tell(event, condition, result, queue)
    }
    await forget(event)
  }

  private func forget(_ event: Event) async { await update("DELETE FROM lambda_events WHERE id = ?", .text(event.id)) }

  private func update(_ sql: String, _ values: SQLValue...) async {
    do throws(ServiceError) {
      try await storage.write { connection throws(ServiceError) in try storing { try connection.run(sql, values) } }
    } catch {
      // It runs again after a restart, which its function must bear anyway.
      complain("what became of an event cannot be kept: \(error.message ?? error.type)")
    }
  }

  /// Sends what became of an event to the function's destination on failure.
  ///
  /// See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.
  private func tell(_ event: Event, _ condition: String, _ result: InvocationResult?, _ destination: String) async {
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
      record["responseContext"] = [
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": .string(result.functionError ?? "Unhandled"),
      ]
      record["responsePayload"] = json(result.payload)
    }
    do throws(ServiceError) {
      try await messages.send(JSON.object(record).text, to: destination)
    } catch {
      complain("\(event.function) failed, and \(destination) could not be told: \(error.message ?? error.type)")
    }
  }

  /// There is nobody to tell but whoever watches; on AWS a metric says so.
  private func complain(_ words: String) { FileHandle.standardError.write(Data((words + "\n").utf8)) }
}
