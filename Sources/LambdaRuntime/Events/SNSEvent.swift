import CacheSupport

/// Messages that Lambda received from a topic.
///
/// The invocation is asynchronous: Lambda tries it twice more where the handler throws, whole. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>.
public struct SNSEvent: Sendable, Hashable {
  /// One message that was published.
  public struct Message: Sendable, Hashable {
    /// The id that SNS gave the message.
    public var id: String
    /// The topic's ARN.
    public var topic: String
    /// The text that was published.
    public var body: String
    /// When it was published, epoch milliseconds, the same at each attempt; nil where the event does not say.
    public var sent: Int64?
    /// A message made by hand.
    public init(id: String, topic: String, body: String, sent: Int64? = nil) {
      self.id = id
      self.topic = topic
      self.body = body
      self.sent = sent
    }
  }

  /// In the order of the event; SNS sends one at a time.
  public var messages: [Message]

  /// Reads an event from SNS.
  ///
  /// - Throws: ``EventError`` where it is not an SNS event.
  public init(parsing event: [UInt8]) throws(EventError) {
    guard let records = (try? JSON(parsing: event))?["Records"]?.array else {
      throw EventError("the event is not from SNS: it has no Records")
    }
    messages = try records.map { record throws(EventError) in
      guard record["EventSource"]?.string == "aws:sns", let notification = record["Sns"],
        let id = notification["MessageId"]?.string, let topic = notification["TopicArn"]?.string,
        let body = notification["Message"]?.string
      else {
        throw EventError("a record is not from SNS: it lacks EventSource aws:sns, MessageId, TopicArn or Message")
      }
      let sent = notification["Timestamp"]?.string.flatMap { ISO8601Time($0)?.epochMilliseconds() }
      return Message(id: id, topic: topic, body: body, sent: sent)
    }
  }
}
