import CacheSupport
import SQLiteStore

extension SQSService {
  /// Bytes that the messages of a batch may have together.
  private static let mostBytes: Int = 1_048_576

  func sendMessageBatch(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let batch = try BatchInput(request, of: "SendMessageBatchRequestEntry", MessageInput()) { message, reader in
      try message.take(&reader)
    }
    let entries = batch.entries.map { entry in
      (id: entry.id, draft: Result { () throws(ServiceError) in try MessageDraft(entry.members) })
    }
    let total = entries.reduce(0) { $0 + ((try? $1.draft.get())?.size ?? 0) }
    guard total <= Self.mostBytes else {
      throw .sqs(
        "BatchRequestTooLong",
        "Batch requests cannot be longer than \(Self.mostBytes) bytes. You have sent \(total) bytes.",
        query: "AWS.SimpleQueueService.BatchRequestTooLong")
    }
    return .writing { [messages] connection throws(ServiceError) in
      let queue = try messages.queue(batch.queue, connection)
      var answer = BatchAnswer()
      var sent: [MessageDraft] = []
      for entry in entries {
        do throws(ServiceError) {
          let draft = try entry.draft.get()
          try queue.check(draft, "cannot be validated")
          sent.append(draft)
          answer.add(entry.id) { writer in
            writer.raw(",")
            draft.writeAnswer(to: &writer)
          }
        } catch { answer.add(entry.id, error) }
      }
      try messages.insert(sent, to: queue, connection)
      let drafts = sent
      return answer.answer { messages.announce(drafts, to: queue) }
    }
  }

  func deleteMessageBatch(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let batch = try BatchInput(request, of: "DeleteMessageBatchRequestEntry", HandleInput()) { entry, reader in
      try entry.take(&reader)
    }
    return .writing { [messages] connection throws(ServiceError) in
      let queue = try messages.queue(batch.queue, connection)
      var answer = BatchAnswer()
      for entry in batch.entries {
        do throws(ServiceError) {
          try messages.delete(try entry.members.handle(), from: queue, connection)
          answer.add(entry.id)
        } catch { try answer.add(entry.id, refusal: error) }
      }
      return answer.answer()
    }
  }

  func changeMessageVisibilityBatch(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let kind = "ChangeMessageVisibilityBatchRequestEntry"
    let batch = try BatchInput(request, of: kind, HandleInput()) { entry, reader in try entry.take(&reader) }
    return .writing { [messages] connection throws(ServiceError) in
      let queue = try messages.queue(batch.queue, connection)
      var answer = BatchAnswer()
      var soonest: Int64?
      for entry in batch.entries {
        do throws(ServiceError) {
          let seconds = try entry.members.seconds()
          try messages.changeVisibility(try entry.members.handle(), of: queue, seconds: seconds, connection)
          soonest = min(soonest ?? seconds, seconds)
          answer.add(entry.id)
        } catch { try answer.add(entry.id, refusal: error) }
      }
      let seconds = soonest
      return answer.answer { if let seconds { messages.announce(visibleIn: seconds, in: queue.name) } }
    }
  }
}
