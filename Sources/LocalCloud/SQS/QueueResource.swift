import CacheSupport
import SQLiteStore

/// `AWS::SQS::Queue`: its settings, and where messages go that were received too often.
struct QueueResource: TemplateResource, Hashable {
  static let type = "AWS::SQS::Queue"
  static let nameProperty: String? = "QueueName"
  static let noun = "queue"

  struct Redrive: Sendable, Hashable {
    var queue: String
    var maxReceiveCount: Int
  }
  var name: String
  var attributes: [String: String]
  var deadLetters: Redrive?

  func check(in stack: Stack) throws(TemplateError) {
    do throws(ServiceError) { _ = try QueueAttributes(checking: QueueAttributes.named(attributes)) } catch {
      throw TemplateError("the queue \(name): \(error.message ?? error.type)")
    }
    if let target = deadLetters?.queue, !stack.hasQueue(target) {
      throw TemplateError("the queue \(name) sends dead letters to '\(target)', which the stack has not")
    }
  }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String {
    "\(names.site.address)/\(names.site.accountID)/\(try names.name())"
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "Arn": names.arn("sqs", try names.name())
    case "QueueName": try names.name()
    case "QueueUrl": try reference(names)
    default: nil
    }
  }

  static func plan(of queues: [QueueResource], in stack: Stack) -> [PlanLine] {
    queues.map { queue in
      PlanLine(
        "SQS queue", queue.name, queue.attributes["VisibilityTimeout"].map { "visibility \($0) s" } ?? "",
        queue.attributes["MessageRetentionPeriod"].map { "kept \($0) s" } ?? "",
        queue.deadLetters.map { "after \($0.maxReceiveCount) tries to \($0.queue)" } ?? "")
    }
  }
}

extension QueueResource {
  private static let settings = [
    "VisibilityTimeout", "MessageRetentionPeriod", "MaximumMessageSize", "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds", "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
  ]

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.init(name: name, attributes: [:])
    for setting in Self.settings { attributes[setting] = try properties.text(setting) }
    if var part = try properties.part("RedrivePolicy") {
      let target = try part.required("deadLetterTargetArn").split(separator: ":").last.map(String.init) ?? ""
      guard let count = try part.integer("maxReceiveCount", in: 1...1000) else { throw part.missing("maxReceiveCount") }
      deadLetters = Redrive(queue: target, maxReceiveCount: count)
      try properties.absorb(part)
    }
    properties.ignore("Tags", "RedriveAllowPolicy")
  }
}

extension Stack {
  /// Whether one of its queues has the name.
  func hasQueue(_ name: String) -> Bool { all(QueueResource.self).contains { ByteText($0.name) == ByteText(name) } }
}

extension SQSService {
  static let resourceTypes: [any TemplateResource.Type] = [QueueResource.self]

  init(_ context: ModuleContext) {
    self.init(storage: context.storage, account: context.account, clock: context.clock) { [place = context.place] in
      place.address
    }
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    let queues = stack.all(QueueResource.self)
    try messages.storage.write { [messages] connection throws(ServiceError) in
      for queue in queues where try messages.find(queue.name, connection) == nil {
        try messages.create(queue.name, QueueAttributes.named(queue.attributes), connection)
      }
      // Once all of them are there: a queue may name another.
      for queue in queues { try messages.setAttributes(queue.name, settings(of: queue), connection) }
    }
  }

  /// What the template does not say is SQS's default, whatever an earlier template said.
  private func settings(of queue: QueueResource) -> [ByteText: String] {
    var attributes = QueueAttributes.defaults.merging(QueueAttributes.named(queue.attributes)) { $1 }
    attributes["RedrivePolicy"] =
      queue.deadLetters.map { letters in
        let policy: JSON = [
          "deadLetterTargetArn": .string(messages.arn(letters.queue)),
          "maxReceiveCount": .integer(Int64(letters.maxReceiveCount)),
        ]
        return policy.text
      } ?? ""
    return attributes
  }
}
