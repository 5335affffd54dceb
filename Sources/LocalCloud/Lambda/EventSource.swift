import CacheSupport

/// Lambda's poller for a queue: receives batches, invokes the function, deletes what it did not report as failed.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
struct EventSource: Sendable {
  let queue: QueueStore.Queue
  let messages: QueueStore
  let function: String
  let sandboxes: Sandboxes
  let account: Account
  /// Messages an event, 1 to 10.
  let batchSize: Int
  /// Invocations at once.
  let maximumConcurrency: Int
  /// Whether the answer's `batchItemFailures` count.
  let reportsFailures: Bool

  /// Polls until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      var inFlight = 0
      while !Task.isCancelled {
        if inFlight >= maximumConcurrency {
          await group.next()
          inFlight -= 1
        }
        switch await messages.receive(from: queue, maximum: batchSize, visibility: nil, within: .seconds(20)) {
        case .success(let batch) where !batch.isEmpty:
          inFlight += 1
          group.addTask { await deliver(batch) }
        case .success: continue
        case .failure:
          // The queue is gone, or the storage fails: look again in a while.
          do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
      }
    }
  }

  private func deliver(_ batch: [QueueStore.Message]) async {
    let result = await sandboxes.invoke(function, event(batch).bytes)
    guard result.functionError == nil,
      let failed = reportsFailures ? Self.failures(in: result.payload, of: Set(batch.map(\.id))) : []
    else { return }
    for message in batch where !failed.contains(message.id) {
      // A message whose deletion fails comes again, which its reader must bear anyway.
      try? messages.deleteMessage(queue, receipt: message.receipt)
    }
  }

  /// The failed messages of an answer; nil where the whole batch counts as failed.
  static func failures(in payload: [UInt8], of batch: Set<String>) -> Set<String>? {
    guard !payload.isEmpty else { return [] }
    guard let json = try? JSON(parsing: payload) else { return nil }
    guard let member = json["batchItemFailures"], !member.isNull else { return [] }
    guard let elements = member.array else { return nil }
    var failed: Set<String> = []
    for element in elements {
      guard let id = element["itemIdentifier"]?.string, batch.contains(id) else { return nil }
      failed.insert(id)
    }
    return failed
  }

  private func event(_ batch: [QueueStore.Message]) -> JSON {
    [
      "Records": .array(
        batch.map { message in
          var record: JSONObject = [
            "messageId": .string(message.id), "receiptHandle": .string(message.receipt), "body": .string(message.body),
            "attributes": .object(
              message.systemAttributes(sender: account.id).reduce(into: JSONObject()) { $0[$1.0] = .string($1.1) }),
            "messageAttributes": .object(
              message.attributes.members.reduce(into: JSONObject()) { attributes, member in
                var attribute: JSONObject = ["stringListValues": [], "binaryListValues": []]
                attribute["stringValue"] = member.value["StringValue"]
                attribute["binaryValue"] = member.value["BinaryValue"]
                attribute["dataType"] = member.value["DataType"]
                attributes[member.name] = .object(attribute)
              }),
            "md5OfBody": .string(MessageDraft.md5(ofBody: message.body)),
            "eventSource": "aws:sqs", "eventSourceARN": .string(messages.arn(queue.name)),
            "awsRegion": .string(account.region),
          ]
          record["md5OfMessageAttributes"] = MessageDraft.md5(ofAttributes: message.attributes).map { .string($0) }
          return .object(record)
        })
    ]
  }
}
