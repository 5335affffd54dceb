import AWSClients
import CacheSupport
import SigV4
import Synchronization

/// Amazon SQS's standard queues: visibility, delay, retention, redrive to a dead-letter queue. FIFO is refused by name.
final class SQSService: Service {
  let targetPrefix = "AmazonSQS"
  let signingName = "sqs"
  let jsonVersion = "1.0"
  let messages: QueueStore
  private let address: @Sendable () -> String
  private let account: Account

  init(storage: Storage, account: Account, clock: WallClock, address: @escaping @Sendable () -> String) {
    messages = QueueStore(storage: storage, account: account, clock: clock)
    self.address = address
    self.account = account
  }

  func url(of queue: String) -> String { "\(address())/\(account.id)/\(queue)" }

  func call(_ operation: String, _ object: JSONObject, _ request: ServerRequest) throws(ServiceError) -> ServiceReply {
    var input = Input(object)
    switch operation {
    case "CreateQueue":
      let name = try input.string("QueueName", required: true) ?? ""
      try input.check()
      try messages.create(name, try Self.texts(object["Attributes"]))
      return .now(["QueueUrl": .string(url(of: name))])
    case "GetQueueUrl":
      let name = try input.string("QueueName", required: true) ?? ""
      _ = try messages.queue(named: name)
      return .now(["QueueUrl": .string(url(of: name))])
    case "ListQueues":
      try input.refuse("MaxResults", "NextToken")
      let names = try messages.names(prefix: try input.string("QueueNamePrefix") ?? "")
      return .now(names.isEmpty ? [:] : ["QueueUrls": .array(names.map { .string(url(of: $0)) })])
    default: break
    }
    let queue = try queue(&input)
    switch operation {
    case "DeleteQueue":
      try messages.delete(queue)
      return .now([:])
    case "PurgeQueue":
      try messages.purge(queue)
      return .now([:])
    case "SetQueueAttributes":
      try messages.setAttributes(queue, try Self.texts(object["Attributes"]))
      return .now([:])
    case "GetQueueAttributes":
      let wanted = try input.array("AttributeNames")?.compactMap(\.string) ?? []
      let all = try messages.attributes(of: queue)
      let chosen = wanted.contains("All") ? all : all.filter { wanted.contains($0.key) }
      if let unknown = wanted.first(where: { $0 != "All" && !QueueAttributes.known.contains($0) }) {
        throw .sqs("InvalidAttributeName", "Unknown Attribute \(unknown).", query: "InvalidAttributeName")
      }
      return .now(chosen.isEmpty ? [:] : ["Attributes": Self.object(chosen)])
    case "SendMessage": return .now(try sendMessage(queue, &input))
    case "SendMessageBatch": return .now(try sendBatch(queue, &input))
    case "ReceiveMessage": return try receive(queue, &input)
    case "DeleteMessage":
      try messages.deleteMessage(queue, receipt: try Self.required("ReceiptHandle", &input))
      return .now([:])
    case "ChangeMessageVisibility":
      let receipt = try Self.required("ReceiptHandle", &input)
      try messages.changeVisibility(queue, receipt: receipt, seconds: try Self.visibility(&input))
      return .now([:])
    case "DeleteMessageBatch":
      return .now(
        try batch(&input) { entry throws(ServiceError) in
          try messages.deleteMessage(queue, receipt: try Self.required("ReceiptHandle", &entry))
          return [:]
        })
    case "ChangeMessageVisibilityBatch":
      return .now(
        try batch(&input) { entry throws(ServiceError) in
          let receipt = try Self.required("ReceiptHandle", &entry)
          try messages.changeVisibility(queue, receipt: receipt, seconds: try Self.visibility(&entry))
          return [:]
        })
    default: throw .unknownOperation(operation)
    }
  }

  private func queue(_ input: inout Input) throws(ServiceError) -> QueueStore.Queue {
    let url = try Self.required("QueueUrl", &input)
    guard let name = url.split(separator: "/").last else { throw .queueDoesNotExist }
    return try messages.queue(named: String(name))
  }

  private static func required(_ name: String, _ input: inout Input) throws(ServiceError) -> String {
    guard let text = try input.string(name), !text.isEmpty else {
      throw .sqs(
        "MissingRequiredParameterException", "The request must contain the parameter \(name).",
        query: "MissingParameter")
    }
    return text
  }

  private static func visibility(_ input: inout Input) throws(ServiceError) -> Int64 {
    guard let seconds = try input.integer("VisibilityTimeout") else {
      throw .sqs(
        "MissingRequiredParameterException", "The request must contain the parameter VisibilityTimeout.",
        query: "MissingParameter")
    }
    guard (0...43_200).contains(seconds) else {
      throw .invalidParameter(
        "Value \(seconds) for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."
      )
    }
    return seconds
  }

  // MARK: Sending

  private func sendMessage(_ queue: QueueStore.Queue, _ input: inout Input) throws(ServiceError) -> JSON {
    try input.refuse("MessageSystemAttributes")
    let draft = try MessageDraft(&input, queue)
    guard draft.size <= queue.attributes.maximumMessageSize else {
      throw .invalidParameter(
        "One or more parameters are invalid. Reason: Message must be shorter than \(queue.attributes.maximumMessageSize) bytes."
      )
    }
    return try messages.send([draft], to: queue)[0]
  }

  private func sendBatch(_ queue: QueueStore.Queue, _ input: inout Input) throws(ServiceError) -> JSON {
    let entries = try batchEntries(&input)
    var drafts: [(id: String, draft: MessageDraft)] = []
    var failed: [JSON] = []
    var total = 0
    for (id, entry) in entries {
      var entry = entry
      do throws(ServiceError) {
        let draft = try MessageDraft(&entry, queue)
        total += draft.size
        guard draft.size <= queue.attributes.maximumMessageSize else {
          throw .invalidParameter(
            "One or more parameters cannot be validated. Reason: Message must be shorter than \(queue.attributes.maximumMessageSize) bytes."
          )
        }
        drafts.append((id, draft))
      } catch { failed.append(Self.failure(id, error)) }
    }
    guard total <= 1_048_576 else {
      throw .sqs(
        "BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent \(total) bytes.",
        query: "AWS.SimpleQueueService.BatchRequestTooLong")
    }
    let sent = try messages.send(drafts.map(\.draft), to: queue)
    let successful = zip(drafts, sent).map { entry, answer -> JSON in
      var object = answer.object ?? [:]
      object["Id"] = .string(entry.id)
      return .object(object)
    }
    return Self.batchAnswer(successful, failed)
  }

  /// The entries of a batch by id, checked as SQS checks them.
  private func batchEntries(_ input: inout Input) throws(ServiceError) -> [(id: String, entry: Input)] {
    let elements = try input.array("Entries") ?? []
    guard !elements.isEmpty else {
      throw .sqs(
        "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.",
        query: "AWS.SimpleQueueService.EmptyBatchRequest")
    }
    guard elements.count <= 10 else {
      throw .sqs(
        "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent \(elements.count).",
        query: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
    }
    var seen: Set<String> = []
    return try input.structures(elements, of: "Entries").map { entry throws(ServiceError) in
      var entry = entry
      let id = try Self.required("Id", &entry)
      guard id.count <= 80, id.utf8.allSatisfy({ QueueAttributes.isNameByte($0) }) else {
        throw .sqs(
          "InvalidBatchEntryId",
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
          query: "AWS.SimpleQueueService.InvalidBatchEntryId")
      }
      guard seen.insert(id).inserted else {
        throw .sqs(
          "BatchEntryIdsNotDistinct", "Id \(id) repeated.", query: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
      }
      return (id, entry)
    }
  }

  private func batch(
    _ input: inout Input, _ body: (inout Input) throws(ServiceError) -> JSONObject
  ) throws(ServiceError) -> JSON {
    var successful: [JSON] = []
    var failed: [JSON] = []
    for (id, entry) in try batchEntries(&input) {
      var entry = entry
      do throws(ServiceError) {
        var answer = try body(&entry)
        answer["Id"] = .string(id)
        successful.append(.object(answer))
      } catch { failed.append(Self.failure(id, error)) }
    }
    return Self.batchAnswer(successful, failed)
  }

  private static func failure(_ id: String, _ error: ServiceError) -> JSON {
    let code = error.queryCode ?? error.type.split(separator: "#").last.map(String.init) ?? error.type
    return ["Id": .string(id), "Code": .string(code), "Message": .string(error.message ?? ""), "SenderFault": true]
  }

  private static func batchAnswer(_ successful: [JSON], _ failed: [JSON]) -> JSON {
    var answer: JSONObject = [:]
    if !successful.isEmpty { answer["Successful"] = .array(successful) }
    if !failed.isEmpty { answer["Failed"] = .array(failed) }
    return .object(answer)
  }

  // MARK: Receiving

  private func receive(_ queue: QueueStore.Queue, _ input: inout Input) throws(ServiceError) -> ServiceReply {
    let maximum = try input.integer("MaxNumberOfMessages") ?? 1
    guard (1...10).contains(maximum) else {
      throw .invalidParameter(
        "Value \(maximum) for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.")
    }
    let wait = try input.integer("WaitTimeSeconds") ?? queue.attributes.receiveWait
    guard (0...20).contains(wait) else {
      throw .invalidParameter(
        "Value \(wait) for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.")
    }
    let visibility = input.object["VisibilityTimeout"] == nil ? nil : try Self.visibility(&input)
    let system = (try input.array("MessageSystemAttributeNames") ?? []) + (try input.array("AttributeNames") ?? [])
    let sender = account.id
    let filter = ReceiveFilter(
      system: Set(system.compactMap(\.string)),
      custom: Set((try input.array("MessageAttributeNames") ?? []).compactMap(\.string)))
    @Sendable func answer(_ received: [QueueStore.Message]) -> JSON {
      received.isEmpty ? [:] : ["Messages": .array(received.map { $0.json(filter, sender: sender) })]
    }
    let first = try messages.receive(from: queue, maximum: Int(maximum), visibility: visibility)
    if !first.isEmpty || wait == 0 { return .now(answer(first)) }
    return .later { [messages] in
      let received = await messages.receive(
        from: queue, maximum: Int(maximum), visibility: visibility, within: .seconds(wait))
      return received.map { answer($0) }
    }
  }

  private static func texts(_ json: JSON?) throws(ServiceError) -> [String: String] {
    guard let object = json?.object else { return [:] }
    var texts: [String: String] = [:]
    for (name, value) in object.members {
      guard let text = value.string else {
        throw .coral("SerializationException", "NUMBER_VALUE cannot be converted to String", messageName: "Message")
      }
      texts[name] = text
    }
    return texts
  }

  private static func object(_ texts: [String: String]) -> JSON {
    .object(texts.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
  }
}

extension ServiceError {
  static func sqs(_ code: String, _ message: String, query: String) -> ServiceError {
    ServiceError(type: "com.amazonaws.sqs#\(code)", message: message, queryCode: query)
  }

  static func invalidParameter(_ message: String) -> ServiceError {
    sqs("InvalidParameterValueException", message, query: "InvalidParameterValue")
  }

  static let queueDoesNotExist: ServiceError = sqs(
    "QueueDoesNotExist", "The specified queue does not exist.", query: "AWS.SimpleQueueService.NonExistentQueue")
}
