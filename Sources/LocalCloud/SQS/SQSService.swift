import CacheSupport
import SQLiteStore

/// Amazon SQS's standard queues: visibility, delay, retention, redrive to a dead-letter queue. FIFO is refused by name.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>.
struct SQSService: ServiceModule {
  let endpoint: JSONEndpoint? = JSONEndpoint(targetPrefix: "AmazonSQS", signingName: "sqs", jsonVersion: "1.0")
  let queryEndpoint: QueryEndpoint? = SQSService.query
  let messages: QueueStore
  let moves: MessageMoves
  private let address: @Sendable () -> String

  /// - Parameter address: where clients find this cloud, for the queues' URLs.
  init(storage: Storage, account: Account, clock: WallClock, address: @escaping @Sendable () -> String) {
    messages = QueueStore(storage: storage, account: account, clock: clock)
    moves = MessageMoves(messages)
    self.address = address
  }

  func url(of queue: String) -> String { "\(address())/\(messages.account.id)/\(queue)" }

  var operations: [Operation] {
    [
      Operation("CreateQueue", createQueue), Operation("GetQueueUrl", getQueueURL), Operation("ListQueues", listQueues),
      Operation("DeleteQueue", deleteQueue), Operation("PurgeQueue", purgeQueue),
      Operation("SetQueueAttributes", setQueueAttributes), Operation("GetQueueAttributes", getQueueAttributes),
      Operation("SendMessage", sendMessage), Operation("SendMessageBatch", sendMessageBatch),
      Operation("ReceiveMessage", receiveMessage), Operation("DeleteMessage", deleteMessage),
      Operation("DeleteMessageBatch", deleteMessageBatch),
      Operation("ChangeMessageVisibility", changeMessageVisibility),
      Operation("ChangeMessageVisibilityBatch", changeMessageVisibilityBatch),
      Operation("TagQueue", tagQueue), Operation("UntagQueue", untagQueue),
      Operation("ListQueueTags", listQueueTags),
      Operation("ListDeadLetterSourceQueues", listDeadLetterSourceQueues),
      Operation("StartMessageMoveTask", startMessageMoveTask),
      Operation("ListMessageMoveTasks", listMessageMoveTasks),
      Operation("CancelMessageMoveTask", cancelMessageMoveTask),
    ]
  }

  func start() throws(ServiceError) { try moves.resume() }

  func stop() async { await moves.stop() }

  var sweeps: [Sweep] {
    [
      // What has expired is handed to nobody, swept or not.
      Sweep(name: "the removal of expired messages", every: .seconds(60)) { [messages] () async throws(ServiceError) in
        try await messages.sweep()
      }
    ]
  }
}

extension Answer {
  /// An answer without members.
  static let empty: Answer = Answer(bytes: [UInt8](#"{}"#.utf8))
}
