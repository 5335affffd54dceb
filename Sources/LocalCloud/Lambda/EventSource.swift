import CacheSupport

/// Lambda's poller for a queue: receives batches, invokes the function, deletes what it did not report as failed.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
struct EventSource: Sendable {
  let mapping: EventSourceMapping
  let messages: QueueStore
  let sandboxes: Sandboxes
  let account: Account

  /// How long a poll waits for a message.
  private static let wait: Duration = .seconds(20)

  /// Polls until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      var inFlight = 0
      while !Task.isCancelled {
        if inFlight >= mapping.maximumConcurrency {
          await group.next()
          inFlight -= 1
        }
        do throws(ServiceError) {
          let batch = try await messages.poll(mapping.batchSize, from: mapping.queue, within: Self.wait)
          guard !batch.isEmpty else { continue }
          inFlight += 1
          group.addTask { await deliver(batch) }
        } catch {
          // The queue is gone, or the storage fails: look again in a while.
          do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
      }
    }
  }

  private func deliver(_ batch: [ReceivedMessage]) async {
    let result = await sandboxes.invoke(mapping.function, event(batch).bytes)
    guard result.functionError == nil,
      let failed = mapping.reportsFailures ? Self.failures(in: result.payload, of: Set(batch.map(\.id))) : []
    else { return }
    // Messages whose deletion fails come again, which their reader must bear anyway.
    try? await messages.delete(batch.filter { !failed.contains($0.id) }.map(\.receipt), from: mapping.queue)
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

  private func event(_ batch: [ReceivedMessage]) -> JSON {
    [
      "Records": .array(
        batch.map { message in
          var record: JSONObject = [
            "messageId": .string(message.id), "receiptHandle": .string(message.receipt), "body": .string(message.body),
            "attributes": .object(
              message.systemAttributes(sender: account.id).reduce(into: JSONObject()) {
                $0[$1.name.text] = .string($1.value)
              }),
            "messageAttributes": .object(
              message.attributes.reduce(into: JSONObject()) { $0[$1.name.text] = Self.json($1) }),
            "md5OfBody": .string(MessageDraft.md5(ofBody: message.body)),
            "eventSource": "aws:sqs", "eventSourceARN": .string(messages.arn(mapping.queue)),
            "awsRegion": .string(account.region),
          ]
          record["md5OfMessageAttributes"] = MessageAttribute.md5(of: message.attributes).map { .string($0) }
          return .object(record)
        })
    ]
  }

  /// An attribute as an event has it.
  private static func json(_ attribute: MessageAttribute) -> JSON {
    var json: JSONObject = ["stringListValues": [], "binaryListValues": [], "dataType": .string(attribute.type)]
    switch attribute.value {
    case .text(let text): json["stringValue"] = .string(text)
    case .binary(let text): json["binaryValue"] = .string(text)
    }
    return .object(json)
  }
}
