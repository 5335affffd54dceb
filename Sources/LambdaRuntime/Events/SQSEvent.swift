public import CacheSupport

/// Messages that Lambda received from a queue.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
public struct SQSEvent: Sendable, Hashable {
  /// One message of the batch.
  public struct Message: Sendable, Hashable {
    /// The id that SQS gave the message.
    public var id: String
    /// The text of the message.
    public var body: String
    /// How often the message has been received, this time included; 1 where the event does not say.
    public var receiveCount: Int
    /// When it was sent, epoch milliseconds, the same at each receipt; nil where the event does not say.
    public var sent: Int64?
    /// A message made by hand.
    public init(id: String, body: String, receiveCount: Int = 1, sent: Int64? = nil) {
      self.id = id
      self.body = body
      self.receiveCount = receiveCount
      self.sent = sent
    }
  }

  /// The batch, in the order of the event.
  public var messages: [Message]

  /// Reads an event from SQS.
  ///
  /// - Throws: ``EventError`` where it is not an SQS event; the whole batch then fails.
  public init(parsing event: [UInt8]) throws(EventError) {
    guard let records = (try? JSON(parsing: event))?["Records"]?.array else {
      throw EventError("the event is not from SQS: it has no Records")
    }
    messages = try records.map { record throws(EventError) in
      guard record["eventSource"]?.string == "aws:sqs", let id = record["messageId"]?.string,
        let body = record["body"]?.string
      else { throw EventError("a record is not from SQS: it lacks eventSource aws:sqs, messageId or body") }
      let attributes = record["attributes"]
      let count = attributes?["ApproximateReceiveCount"]?.string.flatMap { Int($0) }
      let sent = attributes?["SentTimestamp"]?.string.flatMap { Int64($0) }
      return Message(id: id, body: body, receiveCount: count ?? 1, sent: sent)
    }
  }

  /// The answer that names the messages to be delivered again; the others are done.
  ///
  /// It counts where the event source mapping has `ReportBatchItemFailures`.
  ///
  /// - Parameter failed: ids of messages.
  public static func partialBatchResponse(failed: [String]) -> JSON {
    ["batchItemFailures": .array(failed.map { ["itemIdentifier": .string($0)] })]
  }
}
