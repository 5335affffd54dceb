import CacheSupport
import SQLiteStore

extension SQSService {
  func tagQueue(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try QueueName.inURL(try Self.required("QueueUrl", &input))
    let tags = try Self.texts("Tags", &input)
    guard !tags.isEmpty else { throw .missingParameter("Tags") }
    try QueueTags.check(tags, of: name)
    return .writing { [messages] connection throws(ServiceError) in
      try messages.changeTags(of: name, connection) { $0.merge(tags) { $1 } }
      return .empty
    }
  }

  func untagQueue(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try QueueName.inURL(try Self.required("QueueUrl", &input))
    let keys = (try input.texts("TagKeys") ?? []).map { ByteText($0) }
    guard !keys.isEmpty else { throw .invalidParameter("Tag keys must be between 1 and 128 characters in length.") }
    return .writing { [messages] connection throws(ServiceError) in
      try messages.changeTags(of: name, connection) { tags in for key in keys { tags[key] = nil } }
      return .empty
    }
  }

  func listQueueTags(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let name = try Self.queueName(request)
    return .reading { [messages] connection throws(ServiceError) in
      let tags = try messages.tags(of: messages.queue(name, connection), connection)
      return tags.isEmpty ? .empty : Answer(["Tags": QueueAttributes.json(tags)])
    }
  }
}

/// The tags of a queue, by key.
enum QueueTags {
  /// Tags that a queue has at most.
  private static let most: Int = 50

  /// - Throws: InvalidParameterValue for a key or a value that is too long, and for too many.
  static func check(_ tags: [ByteText: String], of queue: String) throws(ServiceError) {
    for (key, value) in tags {
      guard (1...128).contains(key.text.unicodeScalars.count) else {
        throw .invalidParameter("Tag keys must be between 1 and 128 characters in length.")
      }
      guard value.unicodeScalars.count <= 256 else {
        throw .invalidParameter("Tag values must be between 0 and 256 characters in length.")
      }
    }
    guard tags.count <= most else { throw .invalidParameter("Too many tags added for queue \(queue).") }
  }

  /// As they are kept; nil where there are none.
  static func stored(_ tags: [ByteText: String]) -> String? { tags.isEmpty ? nil : QueueAttributes.json(tags).text }
}

extension QueueStore {
  func tags(of queue: Queue, _ connection: Connection) throws(ServiceError) -> [ByteText: String] {
    let row = try storing { try connection.row("SELECT tags FROM sqs_queues WHERE id = ?", .integer(queue.id)) }
    return row?[0].text.map { QueueAttributes(stored: $0).texts } ?? [:]
  }

  /// - Throws: QueueDoesNotExist, and InvalidParameterValue for too many.
  func changeTags(
    of name: String, _ connection: Connection, _ change: (inout [ByteText: String]) -> Void
  ) throws(ServiceError) {
    let queue = try self.queue(name, connection)
    var tags = try self.tags(of: queue, connection)
    change(&tags)
    try QueueTags.check(tags, of: name)
    let stored = QueueTags.stored(tags)
    try storing {
      try connection.run("UPDATE sqs_queues SET tags = ? WHERE id = ?", SQLValue(stored), .integer(queue.id))
    }
  }
}
