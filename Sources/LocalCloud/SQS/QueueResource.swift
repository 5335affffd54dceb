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
  var tags: ResourceTags = [:]

  func check(in stack: Stack) throws(TemplateError) {
    do throws(ServiceError) { _ = try QueueAttributes(checking: settings) } catch {
      throw TemplateError("the queue \(name): \(error.message ?? error.type)")
    }
    guard let target = deadLetters?.queue else { return }
    guard let letters = stack.queue(target) else {
      throw TemplateError("the queue \(name) sends dead letters to '\(target)', which the stack does not have")
    }
    let arn = "arn:aws:sqs:\(stack.site.region):\(stack.site.accountID):\(name)"
    let allowed = try? QueueAttributes(checking: letters.settings).allowsRedrive(from: arn)
    guard allowed ?? true else {
      throw TemplateError(
        "the queue \(name) sends dead letters to '\(target)', whose RedriveAllowPolicy does not allow it")
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
    if var part = try properties.part("RedriveAllowPolicy") {
      attributes["RedriveAllowPolicy"] = try Self.allowPolicy(&part)
      try properties.absorb(part)
    }
    tags = try properties.tags()
  }
}

extension QueueResource {
  /// What the template does not say is SQS's default, whatever an earlier template said. Without the dead-letter queue.
  fileprivate var settings: [ByteText: String] {
    QueueAttributes.defaults.merging(["RedrivePolicy": "", "RedriveAllowPolicy": ""]) { $1 }
      .merging(QueueAttributes.named(attributes)) { $1 }
  }

  /// Seconds.
  var visibility: Int { settings["VisibilityTimeout"].flatMap { Int($0) } ?? 0 }

  /// The attribute's text, of the template's map.
  private static func allowPolicy(_ part: inout ResourceProperties) throws(TemplateError) -> String {
    var policy: JSONObject = ["redrivePermission": .string(try part.required("redrivePermission"))]
    let sources = try part.list("sourceQueueArns")
    if !sources.isEmpty { policy["sourceQueueArns"] = .array(sources.map { $0.text.map { .string($0) } ?? .null }) }
    return JSON.object(policy).text
  }
}

extension Stack {
  /// The queue of a name.
  func queue(_ name: String) -> QueueResource? { all(QueueResource.self).first { $0.name.hasSameBytes(as: name) } }

  /// Whether one of its queues has the name.
  func hasQueue(_ name: String) -> Bool { queue(name) != nil }
}

extension SQSService {
  static let resourceTypes: [any TemplateResource.Type] = [QueueResource.self]

  init(_ context: ModuleContext) {
    self.init(storage: context.storage, account: context.account, clock: context.clock) { [place = context.place] in
      place.address
    }
  }

  func delete(_ resource: StackResource) throws(ServiceError) {
    guard let name = resource.data?.name else { return }
    try messages.storage.writeAndWait { [messages] connection throws(ServiceError) in
      if try messages.find(name, connection) != nil { try messages.delete(name, connection) }
    }
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    let queues = stack.all(QueueResource.self)
    try messages.storage.writeAndWait { [messages] connection throws(ServiceError) in
      for queue in queues where try messages.find(queue.name, connection) == nil {
        try messages.create(queue.name, QueueAttributes.named(queue.attributes), connection)
      }
      for queue in queues { try messages.setAttributes(queue.name, queue.settings, connection) }
      // Once all of them are there, and say whose dead letters they take.
      for queue in queues {
        guard let letters = queue.deadLetters else { continue }
        let policy: JSON = [
          "deadLetterTargetArn": .string(messages.arn(letters.queue)),
          "maxReceiveCount": .integer(Int64(letters.maxReceiveCount)),
        ]
        try messages.setAttributes(queue.name, ["RedrivePolicy": policy.text], connection)
      }
    }
    for queue in queues {
      let left = state.takeTags(of: queue, queue.tags)
      guard !left.isEmpty || !queue.tags.isEmpty else { continue }
      try messages.storage.writeAndWait { [messages] connection throws(ServiceError) in
        try messages.changeTags(of: queue.name, connection) { tags in
          for key in left { tags[ByteText(key)] = nil }
          tags.merge(queue.tags) { $1 }
        }
      }
    }
  }
}
