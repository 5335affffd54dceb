import CacheSupport
import LambdaRuntime
import Synchronization

extension WriteHandler {
  /// Writes a queue's messages, some at once, until the deadline is near.
  ///
  /// - Returns: the ids of those that are to be delivered again.
  func write(_ messages: [SQSEvent.Message], _ context: LambdaContext) async -> [String] {
    let progress = Progress()
    let left = context.deadline == .max ? Int64.max : context.deadline - clock.now
    @Sendable func work() async {
      _ = await mapConcurrently(messages, limit: Self.messagesInFlight) { message in
        guard !Task.isCancelled else { return }
        let (isDone, tally) = await write(message, context)
        progress.state.withLock { state in
          if isDone { state.ids.insert(message.id) }
          state.tally.add(tally)
        }
      }
    }
    if left == .max {
      await work()
    } else {
      let margin = min(Self.stopMargin, left / 8)
      _ = await within(.milliseconds(max(0, left - margin)), sleep: sleep, work)
    }
    let (ids, tally) = progress.state.withLock { $0 }
    let failed = messages.map(\.id).filter { !ids.contains($0) }
    tally.log(context.logger, ["messages": .integer(messages.count), "failed": .integer(failed.count)])
    return failed
  }

  /// What the tasks of one batch add to; it outlives the wait for them.
  private final class Progress: Sendable {
    let state = Mutex((ids: Set<String>(), tally: WriteTally()))
  }

  /// Writes one message.
  ///
  /// - Returns: true where nothing of it is left to be done.
  private func write(_ message: SQSEvent.Message, _ context: LambdaContext) async -> (isDone: Bool, WriteTally) {
    do throws(UnreadableMessage) {
      let json = try Self.contents(of: message)
      if let lines = try QueuedLines(json) { return await write(lines, message, context) }
      // Messages of one millisecond have no order: of one instant of a device, the value that is stored first stays.
      let arrival = message.sent.map { Arrival(sentAt: $0) } ?? arrivals.next()
      let readings = try DeviceReadings(json, rule: devices, arrival: arrival.time)
      return await write(readings, arrival, message, context)
    } catch {
      let letter: JSONObject = ["reasons": [.string(error.reason)], "body": .string(message.body)]
      return (await bury(letter, of: message, context), WriteTally(rejected: 1))
    }
  }

  /// A message's JSON; of one that a topic has put on the queue, what was published.
  private static func contents(of message: SQSEvent.Message) throws(UnreadableMessage) -> JSON {
    func parse(_ text: String) throws(UnreadableMessage) -> JSON {
      do throws(JSONError) { return try JSON(parsing: text) } catch {
        throw UnreadableMessage(reason: "the message is not JSON: \(error)")
      }
    }
    let json = try parse(message.body)
    guard json["Type"]?.string == "Notification", json["TopicArn"] != nil, let published = json["Message"]?.string
    else {
      return json
    }
    return try parse(published)
  }

  private func write(
    _ lines: QueuedLines, _ message: SQSEvent.Message, _ context: LambdaContext
  ) async -> (isDone: Bool, WriteTally) {
    var letter: JSONObject = [
      "bucket": .string(lines.bucket), "precision": .string(lines.precision.rawValue),
      "time": .integer(lines.arrival.time), "version": .integer(lines.arrival.version),
    ]
    let bytes = Array(lines.lines.utf8)
    let points: ParsedPoints
    do throws(LineProtocolError) {
      points = try LineProtocol.parse(
        bytes, precision: lines.precision, now: WriteAPI.timeOfTimeless(lines.arrival))
    } catch {
      letter["reasons"] = [.string("unable to parse: \(error)")]
      letter["lines"] = .string(lines.lines)
      return (await bury(letter, of: message, context), WriteTally(rejected: 1))
    }
    let series = points.samples()
    let outcome = await writer.write(series, into: lines.bucket, arrival: lines.arrival, context.logger)
    var tally = WriteTally()
    guard !hasFailed(outcome, message, context) else {
      tally.add(outcome, rejected: 0)
      return (false, tally)
    }
    let rejected = RejectedLines(outcome.refused, of: points, series)
    tally.add(outcome, rejected: rejected.lines.count)
    guard !rejected.isEmpty else { return (true, tally) }
    letter["reasons"] = .array(rejected.reasons.map { .string($0) })
    letter["rejected"] = .integer(rejected.lines.count)
    letter["lines"] = .string(QueuedLines.text(of: rejected, points, bytes))
    return (await bury(letter, of: message, context), tally)
  }

  private func write(
    _ readings: DeviceReadings, _ arrival: Arrival, _ message: SQSEvent.Message, _ context: LambdaContext
  ) async -> (isDone: Bool, WriteTally) {
    let outcome = await writer.write(
      readings.points, into: DeviceRule.bucket, arrival: arrival, context.logger)
    var tally = WriteTally()
    guard !hasFailed(outcome, message, context) else {
      tally.add(outcome, rejected: 0)
      return (false, tally)
    }
    let faults = readings.faults(with: outcome.refused)
    tally.add(outcome, rejected: faults.count)
    guard !faults.isEmpty else { return (true, tally) }
    let letter: JSONObject = [
      "reasons": .array(RejectedLines.distinct(faults.map(\.reason)).map { .string($0) }),
      "rejected": .integer(faults.count), "readings": .array(faults.map { readings.elements[$0.index] }),
    ]
    return (await bury(letter, of: message, context), tally)
  }

  /// True where some of a message could not be written for causes that may pass: all of it is written again then, and what can never
  /// be written is told once the rest is.
  private func hasFailed(_ outcome: PointWriter.Outcome, _ message: SQSEvent.Message, _ context: LambdaContext) -> Bool
  {
    guard let failure = outcome.failure else { return false }
    context.logger.error(
      "a message could not be written and comes again",
      ["messageId": .string(message.id), "error": .string(failure.description)])
    return true
  }

  /// Puts what can never be written into the dead-letter queue, where it says from which message it is and why.
  ///
  /// - Returns: true where it is there; else the message is delivered again, and its own queue moves it there in the end.
  private func bury(_ letter: JSONObject, of message: SQSEvent.Message, _ context: LambdaContext) async -> Bool {
    var letter = letter
    letter["messageId"] = .string(message.id)
    context.logger.error(
      "a message has what can never be written",
      ["messageId": .string(message.id), "reasons": letter["reasons"] ?? .null])
    guard let deadLetters else { return false }
    do throws(StoreError) {
      try await deadLetters.send([SQSText.allowed(JSON.object(letter).bytes)])
      return true
    } catch {
      context.logger.error(
        "the dead-letter queue did not take it",
        ["messageId": .string(message.id), "error": .string(error.description)])
      return false
    }
  }
}
