public import Basics

/// Why an event is not of the kind that a function serves.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// Messages that Lambda received from a queue.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
public struct SQSEvent: Sendable, Hashable {
  public struct Message: Sendable, Hashable {
    public var id: String
    public var body: String
    /// How often the message has been received, this time included.
    public var receiveCount: Int
    public init(id: String, body: String, receiveCount: Int = 1) {
      self.id = id
      self.body = body
      self.receiveCount = receiveCount
    }
  }

  public var messages: [Message]

  /// - Throws: ``EventError`` for what is no SQS event; the whole batch then fails.
  public init(parsing event: [UInt8]) throws(EventError) {
    guard let records = (try? JSON(parsing: event))?["Records"]?.array else {
      throw EventError("the event is not from SQS: it has no Records")
    }
    messages = try records.map { record throws(EventError) in
      guard record["eventSource"]?.string == "aws:sqs", let id = record["messageId"]?.string,
        let body = record["body"]?.string
      else { throw EventError("a record is not from SQS: it lacks eventSource aws:sqs, messageId or body") }
      let count = record["attributes"]?["ApproximateReceiveCount"]?.string.flatMap { Int($0) }
      return Message(id: id, body: body, receiveCount: count ?? 1)
    }
  }

  /// The answer that names the messages to be delivered again; the others are done.
  public static func partialBatchResponse(failed: [String]) -> JSON {
    ["batchItemFailures": .array(failed.map { ["itemIdentifier": .string($0)] })]
  }
}

/// A tick of EventBridge's rules or Scheduler, or a call by hand.
public struct ScheduledEvent: Sendable, Hashable {
  /// When the schedule was due, epoch milliseconds; nil for a call by hand.
  public var time: Int64?
  public var id: String?

  /// Reads a rule's event, Scheduler's (whose `detail` is text), any other object, `null`, or nothing at all.
  ///
  /// - Throws: ``EventError`` for what is no JSON.
  public init(parsing event: [UInt8]) throws(EventError) {
    guard event.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: event) } catch {
      throw EventError("the event is not JSON: \(error)")
    }
    time = json["time"]?.string.flatMap { ISO8601Time($0)?.epochMilliseconds() }
    id = json["id"]?.string
  }
}
