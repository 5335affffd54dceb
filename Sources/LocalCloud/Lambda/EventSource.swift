import CacheSupport

/// Lambda's poller for a queue: receives batches, invokes the function, deletes what it did not report as failed.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
struct EventSource: Sendable {
  let mapping: EventSourceMapping
  let messages: QueueStore
  let sandboxes: Sandboxes
  let account: Account
  private let trouble: FaultReport
  private let deletions: FaultReport
  private let pause: @Sendable (Duration) async throws -> Void

  /// - Parameters:
  ///   - tell: is told what goes wrong, once until it changes.
  ///   - pause: waits before a poll that failed is tried again.
  init(
    mapping: EventSourceMapping, messages: QueueStore, sandboxes: Sandboxes, account: Account,
    tell: @escaping @Sendable (String) -> Void = Notice.tell,
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.mapping = mapping
    self.messages = messages
    self.sandboxes = sandboxes
    self.account = account
    self.pause = pause
    trouble = FaultReport(tell: tell)
    deletions = FaultReport(tell: tell)
  }

  /// How long a poll waits for a message.
  private static let wait: Duration = .seconds(20)
  /// How long it rests after a poll that failed: twice as long each time, up to the longest.
  static let shortestPause: Duration = .seconds(1)
  static let longestPause: Duration = .seconds(30)

  /// Polls until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      var inFlight = 0
      var rest = Self.shortestPause
      while !Task.isCancelled {
        if inFlight >= mapping.maximumConcurrency {
          await group.next()
          inFlight -= 1
        }
        do throws(ServiceError) {
          let batch = try await receive()
          trouble.succeeded("\(mapping.function) reads the queue \(mapping.queue) again")
          rest = Self.shortestPause
          guard !batch.isEmpty else { continue }
          inFlight += 1
          group.addTask { for part in Self.parts(of: batch) { await deliver(part) } }
        } catch {
          // The queue is gone, or the storage fails.
          trouble.failed(
            "\(mapping.function) cannot read the queue \(mapping.queue), and tries again: \(error.message ?? error.type)"
          )
          do { try await pause(rest) } catch { return }
          rest = min(rest * 2, Self.longestPause)
        }
      }
    }
  }

  /// Waits for messages: what is there, or until the window is over or the batch is full.
  private func receive() async throws(ServiceError) -> [ReceivedMessage] {
    func most(_ count: Int) -> Int { min(mapping.batchSize - count, QueueStore.mostReceived) }
    var batch = Batch()
    batch.add(try await messages.poll(most(0), from: mapping.queue, within: Self.wait))
    guard !batch.messages.isEmpty else { return [] }
    let end = ContinuousClock.now + .seconds(mapping.window)
    while batch.messages.count < mapping.batchSize, batch.size < InvokeAPI.payloadLimit {
      let left = end - .now
      guard left > .zero, !Task.isCancelled else { break }
      do throws(ServiceError) {
        batch.add(try await messages.poll(most(batch.messages.count), from: mapping.queue, within: left))
      } catch {
        // The next poll fails, too, and tells it; what has been received is delivered.
        break
      }
    }
    return batch.messages
  }

  /// What is received for one event: each message once. Where the window is longer than the visibility timeout, one may be
  /// received again meanwhile; then its newer receipt counts.
  struct Batch {
    private(set) var messages: [ReceivedMessage] = []
    /// Bytes of an event.
    private(set) var size = 0
    /// By the messages' ids.
    private var places: [String: Int] = [:]

    mutating func add(_ received: [ReceivedMessage]) {
      for message in received {
        if let place = places[message.id] {
          messages[place] = message
        } else {
          places[message.id] = messages.count
          messages.append(message)
          size += EventSource.size(of: message)
        }
      }
    }
  }

  /// The events that a batch makes: each is as large as an event may be at most.
  static func parts(of batch: [ReceivedMessage]) -> [[ReceivedMessage]] {
    var parts: [[ReceivedMessage]] = [[]]
    var size = 0
    for message in batch {
      let next = Self.size(of: message)
      if size + next > InvokeAPI.payloadLimit, size > 0 {
        parts.append([])
        size = 0
      }
      parts[parts.count - 1].append(message)
      size += next
    }
    return parts
  }

  /// What a message takes of an event, with room for what is told of it.
  private static func size(of message: ReceivedMessage) -> Int {
    message.body.utf8.count + (message.storedAttributes?.utf8.count ?? 0) + 1024
  }

  private func deliver(_ batch: [ReceivedMessage]) async {
    // What fails comes again once its visibility timeout is over.
    guard let (batch, result) = await invoke(batch), result.functionError == nil,
      let failed = mapping.reportsFailures ? Self.failures(in: result.payload, of: Set(batch.map(\.id))) : []
    else { return }
    do throws(ServiceError) {
      try await messages.delete(batch.filter { !failed.contains($0.id) }.map(\.receipt), from: mapping.queue)
      deletions.succeeded("what \(mapping.function) has done is deleted from the queue \(mapping.queue) again")
    } catch {
      // They come again, which their reader must bear anyway.
      deletions.failed(
        "what \(mapping.function) has done cannot be deleted from the queue \(mapping.queue), and comes again: "
          + (error.message ?? error.type))
    }
  }

  /// Runs the function for a batch. Where too many events wait for the function, so does the batch, that its messages do not
  /// count as received for nothing; those whose visibility timeout is over meanwhile leave it.
  ///
  /// - Returns: what the function ran for, and how it ended; nil where it was not run, or was cut short.
  private func invoke(
    _ batch: [ReceivedMessage]
  ) async -> (batch: [ReceivedMessage], result: InvocationResult)? {
    var batch = batch
    do throws(ServiceError) {
      while !batch.isEmpty {
        switch await sandboxes.invoke(mapping.function, event(batch).bytes) {
        case .finished(let result): return (batch, result)
        case .stopped:
          try await messages.giveBack(batch, to: mapping.queue)
          return nil
        case .throttled:
          do { try await pause(Self.shortestPause) } catch {
            try await messages.giveBack(batch, to: mapping.queue)
            return nil
          }
          batch = try await messages.held(batch)
        }
      }
    } catch {
      trouble.failed(
        "what \(mapping.function) has not begun cannot be given back to the queue \(mapping.queue), and comes again: "
          + (error.message ?? error.type))
    }
    return nil
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
