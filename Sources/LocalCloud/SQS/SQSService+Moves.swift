import CacheSupport
import SQLiteStore

extension SQSService {
  func startMessageMoveTask(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let source = try Self.required("SourceArn", &input)
    let destination = try input.string("DestinationArn")
    let rate = try input.integer("MaxNumberOfMessagesPerSecond")
    if let rate, !(1...500).contains(rate) {
      throw .invalidParameter(
        "Value \(rate) for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be an integer from 1 to 500, if provided."
      )
    }
    return .writing { [messages, moves] connection throws(ServiceError) in
      let task = try messages.startMove(from: source, to: destination, rate: rate, connection)
      return Answer(["TaskHandle": .string(MoveTask.handle(task.id, source: source))]) { moves.run(task) }
    }
  }

  func listMessageMoveTasks(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let source = try Self.required("SourceArn", &input)
    let most = try input.integer("MaxResults") ?? 1
    guard (1...QueueStore.mostMoves).contains(most) else {
      throw .invalidParameter(
        "Value \(most) for parameter MaxResults is invalid. Reason: Must be an integer from 1 to \(QueueStore.mostMoves), if provided."
      )
    }
    return .reading { [messages] connection throws(ServiceError) in
      let queue = try messages.find(arn: source, "SourceArn", connection)
      let tasks = try messages.moves(of: queue.name, connection).prefix(Int(clamping: most))
      return Answer(["Results": .array(tasks.map { $0.json(messages.arn) })])
    }
  }

  func cancelMessageMoveTask(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let (id, source) = try MoveTask.read(handle: try Self.required("TaskHandle", &input))
    return .writing { [messages] connection throws(ServiceError) in
      let queue = try messages.find(arn: source, "SourceArn", connection)
      let tasks = try messages.moves(of: queue.name, connection)
      guard let task = tasks.first(where: { $0.id.hasSameBytes(as: id) }) else {
        throw .resourceNotFound("Task does not exist.")
      }
      guard task.status == .running else {
        throw .sqs(
          "UnsupportedOperation", "Only a task that is running can be cancelled.",
          query: "AWS.SimpleQueueService.UnsupportedOperation")
      }
      try messages.end(task, as: .cancelled, connection)
      return Answer(["ApproximateNumberOfMessagesMoved": .integer(task.moved)])
    }
  }
}

extension MoveTask {
  /// As ListMessageMoveTasks shows it. Only one that runs has a handle, for only that can be cancelled.
  fileprivate func json(_ arn: (String) -> String) -> JSON {
    var object: JSONObject = [:]
    if status == .running { object["TaskHandle"] = .string(Self.handle(id, source: arn(source))) }
    object["Status"] = .string(status.rawValue)
    object["SourceArn"] = .string(arn(source))
    object["DestinationArn"] = destination.map { .string(arn($0)) }
    object["MaxNumberOfMessagesPerSecond"] = rate.map { .integer($0) }
    object["ApproximateNumberOfMessagesMoved"] = .integer(moved)
    object["ApproximateNumberOfMessagesToMove"] = .integer(total)
    object["FailureReason"] = failure.map { .string($0) }
    object["StartedTimestamp"] = .integer(started)
    return .object(object)
  }
}
