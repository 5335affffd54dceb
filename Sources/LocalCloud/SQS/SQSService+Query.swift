import CacheSupport

extension SQSService {
  /// SQS's query protocol, which clients spoke until 2023.
  ///
  /// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>.
  static let query = QueryEndpoint(
    signingName: "sqs", version: "2012-11-05", namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    pathField: "QueueUrl",
    shapes: [
      "CreateQueue": .init([QueryMember("QueueName"), attributes, tags("tags")], [queue]),
      "GetQueueUrl": .init([QueryMember("QueueName")], [queue]),
      "ListQueues": .init(
        [QueryMember("QueueNamePrefix"), QueryMember("MaxResults", .integer), token],
        [QueryMember("QueueUrls", .list(.text), as: "QueueUrl"), token]),
      "DeleteQueue": .init([queue]), "PurgeQueue": .init([queue]),
      "SetQueueAttributes": .init([queue, attributes]),
      "GetQueueAttributes": .init([queue, names("AttributeName")], [attributes]),
      "SendMessage": .init([queue] + message, [QueryMember("MessageId")] + digests),
      "SendMessageBatch": .init(
        [queue, entries(of: "SendMessageBatch", [QueryMember("Id")] + message)],
        outcome(of: "SendMessageBatch", [QueryMember("MessageId")] + digests)),
      "ReceiveMessage": .init(
        [
          queue, names("AttributeName"), names("MessageSystemAttributeName"), names("MessageAttributeName"),
          QueryMember("MaxNumberOfMessages", .integer), visibility, QueryMember("WaitTimeSeconds", .integer),
        ], [QueryMember("Messages", .list(.structure(received)), as: "Message")]),
      "DeleteMessage": .init([queue, handle]),
      "DeleteMessageBatch": .init(
        [queue, entries(of: "DeleteMessageBatch", [QueryMember("Id"), handle])], outcome(of: "DeleteMessageBatch")),
      "ChangeMessageVisibility": .init([queue, handle, visibility]),
      "ChangeMessageVisibilityBatch": .init(
        [queue, entries(of: "ChangeMessageVisibilityBatch", [QueryMember("Id"), handle, visibility])],
        outcome(of: "ChangeMessageVisibilityBatch")),
      "TagQueue": .init([queue, tags("Tags")]),
      "UntagQueue": .init([queue, QueryMember("TagKeys", .list(.text), as: "TagKey")]),
      "ListQueueTags": .init([queue], [tags("Tags")]),
      "ListDeadLetterSourceQueues": .init(
        [queue, QueryMember("MaxResults", .integer), token],
        [QueryMember("queueUrls", .list(.text), as: "QueueUrl"), token]),
      "StartMessageMoveTask": .init(
        [
          QueryMember("SourceArn"), QueryMember("DestinationArn"),
          QueryMember("MaxNumberOfMessagesPerSecond", .integer),
        ], [QueryMember("TaskHandle")]),
      "ListMessageMoveTasks": .init(
        [QueryMember("SourceArn"), QueryMember("MaxResults", .integer)],
        [QueryMember("Results", .list(.structure(move)), as: "ListMessageMoveTasksResultEntry")]),
      "CancelMessageMoveTask": .init(
        [QueryMember("TaskHandle")], [QueryMember("ApproximateNumberOfMessagesMoved", .integer)]),
    ])

  private static let queue = QueryMember("QueueUrl")
  private static let token = QueryMember("NextToken")
  private static let handle = QueryMember("ReceiptHandle")
  private static let visibility = QueryMember("VisibilityTimeout", .integer)
  private static let attributes = QueryMember(
    "Attributes", .map(key: "Name", value: "Value", .text), as: "Attribute")

  private static func tags(_ name: String) -> QueryMember {
    QueryMember(name, .map(key: "Key", value: "Value", .text), as: "Tag")
  }

  /// A list of names, which a form has in the singular.
  private static func names(_ name: String) -> QueryMember { QueryMember("\(name)s", .list(.text), as: name) }

  private static func messageAttributes(_ name: String) -> QueryMember {
    let value: QueryShape = .structure([
      QueryMember("DataType"), QueryMember("StringValue"), QueryMember("BinaryValue"),
    ])
    return QueryMember("\(name)s", .map(key: "Name", value: "Value", value), as: name)
  }

  private static let message: [QueryMember] = [
    QueryMember("MessageBody"), QueryMember("DelaySeconds", .integer), messageAttributes("MessageAttribute"),
    messageAttributes("MessageSystemAttribute"), QueryMember("MessageDeduplicationId"), QueryMember("MessageGroupId"),
  ]

  private static let digests: [QueryMember] = [
    QueryMember("MD5OfMessageBody"), QueryMember("MD5OfMessageAttributes"),
    QueryMember("MD5OfMessageSystemAttributes"),
  ]

  private static let received: [QueryMember] = [
    QueryMember("MessageId"), handle, QueryMember("MD5OfBody"), QueryMember("Body"), attributes,
    QueryMember("MD5OfMessageAttributes"), messageAttributes("MessageAttribute"),
  ]

  private static let move: [QueryMember] =
    ["TaskHandle", "Status", "SourceArn", "DestinationArn", "FailureReason"].map { QueryMember($0) }
    + [
      "MaxNumberOfMessagesPerSecond", "ApproximateNumberOfMessagesMoved", "ApproximateNumberOfMessagesToMove",
      "StartedTimestamp",
    ].map { QueryMember($0, .integer) }

  private static func entries(of action: String, _ members: [QueryMember]) -> QueryMember {
    QueryMember("Entries", .list(.structure(members)), as: "\(action)RequestEntry")
  }

  /// What became of each entry of a batch.
  private static func outcome(of action: String, _ members: [QueryMember] = []) -> [QueryMember] {
    let failure = [
      QueryMember("Id"), QueryMember("Code"), QueryMember("Message"), QueryMember("SenderFault", .flag),
    ]
    return [
      QueryMember("Successful", .list(.structure([QueryMember("Id")] + members)), as: "\(action)ResultEntry"),
      QueryMember("Failed", .list(.structure(failure)), as: "BatchResultErrorEntry"),
    ]
  }
}
