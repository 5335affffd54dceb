import CacheSupport
import SQLiteStore

extension SQSService {
  func sendMessage(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var message = MessageInput()
    let name = try Self.queueName(request) { reader in
      if try !message.take(&reader) { try reader.skip() }
    }
    let draft = try MessageDraft(message)
    var writer = JSONWriter(capacity: 160)
    writer.raw("{")
    draft.writeAnswer(to: &writer)
    writer.raw("}")
    let answer = writer.bytes
    return .writing { [messages] connection throws(ServiceError) in
      let queue = try messages.queue(name, connection)
      try queue.check(draft, "are invalid")
      try messages.insert([draft], to: queue, connection)
      return Answer(bytes: answer) { messages.announce([draft], to: queue) }
    }
  }

  func receiveMessage(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let receive = try ReceiveInput(request)
    let (maximum, sender) = (receive.maximum, messages.account.id)
    return .trying { [messages] connection throws(ServiceError) in
      let queue = try messages.queue(receive.queue, connection)
      let received = try messages.take(maximum, from: queue, visibility: receive.visibility, connection)
      let wait = receive.wait ?? queue.attributes.receiveWait
      if !received.messages.isEmpty || wait == 0 {
        return .answer {
          messages.announce(received, from: receive.queue)
          return receive.answer(received.messages, sender: sender)
        }
      }
      return .waiting { () async throws(ServiceError) in
        messages.announce(received, from: receive.queue)
        let found = try await messages.poll(
          maximum, from: receive.queue, visibility: receive.visibility, within: .seconds(wait))
        return receive.answer(found, sender: sender)
      }
    }
  }

  func deleteMessage(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var entry = HandleInput()
    let name = try Self.queueName(request) { reader in
      if try !entry.take(&reader) { try reader.skip() }
    }
    let receipt = try entry.handle()
    return .writing { [messages] connection throws(ServiceError) in
      try messages.delete(receipt, from: messages.queue(name, connection), connection)
      return .empty
    }
  }

  func changeMessageVisibility(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var entry = HandleInput()
    let name = try Self.queueName(request) { reader in
      if try !entry.take(&reader) { try reader.skip() }
    }
    let receipt = try entry.handle()
    let seconds = try entry.seconds()
    return .writing { [messages] connection throws(ServiceError) in
      try messages.changeVisibility(receipt, of: messages.queue(name, connection), seconds: seconds, connection)
      return Answer(bytes: Answer.empty.body) { messages.announce(visibleIn: seconds, in: name) }
    }
  }

  /// Reads a request's members; those but the queue's URL are the body's to read or skip.
  ///
  /// - Returns: the queue's name.
  static func queueName(
    _ request: OperationRequest, _ body: (inout JSONReader) throws -> Void
  ) throws(ServiceError) -> String {
    var url: String?
    try request.readMembers { reader in
      if reader.isNamed("QueueUrl") { url = try reader.optionalText() } else { try body(&reader) }
    }
    guard let url, !url.isEmpty else { throw .missingParameter("QueueUrl") }
    return try QueueName.inURL(url)
  }
}
