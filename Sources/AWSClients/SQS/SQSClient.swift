import CacheSupport

/// Amazon SQS: sending and receiving in batches of ten.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>. Every call throws ``AWSError``.
public struct SQSClient: Sendable {
  private let client: AWSClient

  /// Calls SQS with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// A message to send.
  public struct Entry: Sendable, Hashable {
    /// Up to 80 letters, digits, `-` and `_`; no id appears twice in a batch.
    public var id: String
    /// The text of the message, up to 1 MiB.
    public var body: String
    /// A message to send, and its id within the batch.
    public init(id: String, body: String) {
      self.id = id
      self.body = body
    }
  }

  /// An entry that was not queued.
  public struct Failure: Sendable, Hashable {
    /// The id of the entry.
    public var id: String
    /// Such as `InternalError`.
    public var code: String
    /// Why, in SQS's words; may be empty.
    public var message: String
    /// True where the same entry would fail again.
    public var isSenderFault: Bool
  }

  /// A message that was received.
  public struct Message: Sendable, Hashable {
    /// The id that SQS gave the message.
    public var id: String
    /// What this receipt of the message is deleted by.
    public var receiptHandle: String
    /// The text of the message.
    public var body: String
  }

  /// Sends 1 to 10 messages, 1,048,576 bytes in all.
  ///
  /// - Returns: the entries that failed, those among them that the answer does not name; the others are queued.
  /// - Throws: ``AWSError`` where no entry was queued.
  public func sendMessageBatch(_ entries: [Entry], to queueURL: String) async throws(AWSError) -> [Failure] {
    let answer = try await client.call(
      .sqs, "SendMessageBatch",
      [
        "QueueUrl": .string(queueURL),
        "Entries": .array(entries.map { ["Id": .string($0.id), "MessageBody": .string($0.body)] }),
      ])
    let operation = "AmazonSQS.SendMessageBatch"
    var failures = try (answer["Failed"]?.array ?? []).map { entry throws(AWSError) in
      Failure(
        id: try entry.required("Id", operation, \.string), code: entry["Code"]?.string ?? "unknown",
        message: entry["Message"]?.string ?? "", isSenderFault: entry["SenderFault"]?.bool ?? false)
    }
    var named = Set(failures.map { ByteText($0.id) })
    for entry in answer["Successful"]?.array ?? [] {
      named.insert(ByteText(try entry.required("Id", operation, \.string)))
    }
    // Nobody knows of these whether they are queued: they count as failed, for twice is better than not at all.
    for entry in entries where !named.contains(ByteText(entry.id)) {
      failures.append(
        Failure(
          id: entry.id, code: AWSError.Code.unexpectedAnswer.rawValue,
          message: "the answer names the entry neither in Successful nor in Failed", isSenderFault: false))
    }
    return failures
  }

  /// Receives up to ten messages, which are hidden from others for the queue's visibility timeout.
  ///
  /// - Parameters:
  ///   - queueURL: the whole URL, as ``queueURL(named:)`` gives it.
  ///   - maximum: 1 to 10.
  ///   - wait: how many seconds to wait for a message, 0 to 20.
  /// - Returns: an empty list where no message came in that time.
  /// - Throws: ``AWSError``.
  public func receiveMessages(from queueURL: String, maximum: Int = 10, wait: Int = 0) async throws(AWSError)
    -> [Message]
  {
    let answer = try await client.call(
      .sqs, "ReceiveMessage",
      ["QueueUrl": .string(queueURL), "MaxNumberOfMessages": .integer(maximum), "WaitTimeSeconds": .integer(wait)],
      timeout: .seconds(wait + 10), isLongPoll: true)
    return try (answer["Messages"]?.array ?? []).map { message throws(AWSError) in
      Message(
        id: try message.required("MessageId", "AmazonSQS.ReceiveMessage", \.string),
        receiptHandle: try message.required("ReceiptHandle", "AmazonSQS.ReceiveMessage", \.string),
        body: try message.required("Body", "AmazonSQS.ReceiveMessage", \.string))
    }
  }

  /// Deletes a message that was received.
  ///
  /// - Throws: ``AWSError``.
  public func deleteMessage(_ receiptHandle: String, from queueURL: String) async throws(AWSError) {
    let input: JSON = ["QueueUrl": .string(queueURL), "ReceiptHandle": .string(receiptHandle)]
    // The answer is empty.
    _ = try await client.callRaw(.sqs, "DeleteMessage", input.bytes)
  }

  /// The URL of a queue of this account and region.
  ///
  /// - Throws: ``AWSError`` where there is no queue of that name.
  public func queueURL(named name: String) async throws(AWSError) -> String {
    try await client.call(.sqs, "GetQueueUrl", ["QueueName": .string(name)])
      .required("QueueUrl", "AmazonSQS.GetQueueUrl", \.string)
  }

  /// The queue's attributes by name, all of them text.
  ///
  /// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>.
  ///
  /// - Throws: ``AWSError``.
  public func attributes(of queueURL: String) async throws(AWSError) -> [String: String] {
    let answer = try await client.call(
      .sqs, "GetQueueAttributes", ["QueueUrl": .string(queueURL), "AttributeNames": ["All"]])
    return (answer["Attributes"]?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string }
  }
}
