import CacheSupport

/// What ReceiveMessage is asked for, checked.
struct ReceiveInput: Sendable {
  let queue: String
  /// Messages at most.
  let maximum: Int
  /// Seconds; nil takes the queue's.
  let visibility: Int64?
  /// Seconds; nil takes the queue's.
  let wait: Int64?
  let filter: ReceiveFilter

  /// - Throws: SQS's words for what is out of its bounds.
  init(_ request: OperationRequest) throws(ServiceError) {
    var (most, visibility, wait): (Int64?, Int64?, Int64?) = (nil, nil, nil)
    var filter = ReceiveFilter()
    queue = try SQSService.queueName(request) { reader in
      if reader.isNamed("MaxNumberOfMessages") {
        most = try reader.optionalInteger()
      } else if reader.isNamed("VisibilityTimeout") {
        visibility = try reader.optionalInteger()
      } else if reader.isNamed("WaitTimeSeconds") {
        wait = try reader.optionalInteger()
      } else if reader.isNamed("MessageAttributeNames") {
        filter.addCustom(try reader.texts())
      } else if reader.isNamed("MessageSystemAttributeNames") || reader.isNamed("AttributeNames") {
        filter.addSystem(try reader.texts())
      } else {
        try reader.skip()
      }
    }
    let maximum = most ?? 1
    guard (1...Int64(QueueStore.mostReceived)).contains(maximum) else {
      throw .invalidParameter(
        "Value \(maximum) for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.")
    }
    if let wait, !(0...20).contains(wait) {
      throw .invalidParameter(
        "Value \(wait) for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.")
    }
    if let visibility { try HandleInput.check(visibility: visibility) }
    self.maximum = Int(clamping: maximum)
    self.visibility = visibility
    self.wait = wait
    self.filter = filter
  }

  func answer(_ messages: [ReceivedMessage], sender: String) -> Answer {
    guard !messages.isEmpty else { return .empty }
    var writer = JSONWriter(capacity: messages.reduce(32) { $0 + $1.body.utf8.count + 512 })
    writer.raw(#"{"Messages":["#)
    for (index, message) in messages.enumerated() {
      if index > 0 { writer.raw(",") }
      message.write(filter, sender: sender, to: &writer)
    }
    writer.raw("]}")
    return Answer(bytes: writer.bytes)
  }
}
