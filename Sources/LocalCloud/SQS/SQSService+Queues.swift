import CacheSupport
import SQLiteStore

extension SQSService {
  func createQueue(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try Self.required("QueueName", &input)
    let attributes = try Self.texts("Attributes", &input)
    let tags = try Self.texts("tags", &input)
    try QueueTags.check(tags, of: name)
    let answer = Answer(["QueueUrl": .string(url(of: name))])
    return .writing { [messages] connection throws(ServiceError) in
      try messages.create(name, attributes, tags: tags, connection)
      return answer
    }
  }

  func getQueueURL(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try Self.required("QueueName", &input)
    let answer = Answer(["QueueUrl": .string(url(of: name))])
    return .reading { [messages] connection throws(ServiceError) in
      _ = try messages.queue(name, connection)
      return answer
    }
  }

  func listQueues(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let prefix = try input.string("QueueNamePrefix") ?? ""
    let page = try ListPage(&input)
    return .reading { [self] connection throws(ServiceError) in
      let names = try messages.names(prefix: prefix, after: page.after, most: page.most + 1, connection)
      return page.answer(names, as: "QueueUrls", url)
    }
  }

  func listDeadLetterSourceQueues(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try QueueName.inURL(try Self.required("QueueUrl", &input))
    let page = try ListPage(&input)
    return .reading { [self] connection throws(ServiceError) in
      let names = try messages.sources(of: name, after: page.after, most: page.most + 1, connection)
      return page.answer(names, as: "queueUrls", url)
    }
  }

  func deleteQueue(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let name = try Self.queueName(request)
    return .writing { [messages] connection throws(ServiceError) in
      try messages.delete(name, connection)
      return .empty
    }
  }

  func purgeQueue(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let name = try Self.queueName(request)
    return .writing { [messages] connection throws(ServiceError) in
      try messages.purge(name, connection)
      return .empty
    }
  }

  func setQueueAttributes(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try QueueName.inURL(try Self.required("QueueUrl", &input))
    let attributes = try Self.texts("Attributes", &input)
    return .writing { [messages] connection throws(ServiceError) in
      try messages.setAttributes(name, attributes, connection)
      return .empty
    }
  }

  func getQueueAttributes(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try QueueName.inURL(try Self.required("QueueUrl", &input))
    let wanted = Set((try input.texts("AttributeNames") ?? []).map { ByteText($0) })
    if let unknown = wanted.sorted().first(where: { $0 != "All" && !QueueAttributes.isKnown($0) }) {
      throw .unknownAttribute("Unknown Attribute \(unknown).")
    }
    return .reading { [messages] connection throws(ServiceError) in
      let counts = wanted.contains("All") || !wanted.isDisjoint(with: QueueAttributes.counts)
      let all = try messages.attributes(name, counting: counts, connection)
      let chosen = wanted.contains("All") ? all : all.filter { wanted.contains($0.key) }
      return chosen.isEmpty ? .empty : Answer(["Attributes": QueueAttributes.json(chosen)])
    }
  }

  // MARK: Members

  static func required(_ name: String, _ input: inout Input) throws(ServiceError) -> String {
    guard let text = try input.string(name), !text.isEmpty else { throw .missingParameter(name) }
    return text
  }

  static func queueName(_ request: OperationRequest) throws(ServiceError) -> String {
    var input = try request.input()
    return try QueueName.inURL(try required("QueueUrl", &input))
  }

  /// A map of texts.
  static func texts(_ name: String, _ input: inout Input) throws(ServiceError) -> [ByteText: String] {
    guard let object = try input.object(name) else { return [:] }
    var texts: [ByteText: String] = [:]
    for (name, value) in object.members {
      guard let text = value.string else {
        throw .coral("SerializationException", "NUMBER_VALUE cannot be converted to String", messageName: "Message")
      }
      texts[ByteText(name)] = text
    }
    return texts
  }
}
