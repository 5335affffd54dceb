import CacheSupport
import SQLiteStore

extension SQSService {
  func createQueue(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try Self.required("QueueName", &input)
    let attributes = try Self.texts("Attributes", &input)
    let answer = Answer(["QueueUrl": .string(url(of: name))])
    return .writing { [messages] connection throws(ServiceError) in
      try messages.create(name, attributes, connection)
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

  /// Queues that one answer lists at most.
  private static let mostListed: Int64 = 1000

  func listQueues(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let prefix = try input.string("QueueNamePrefix") ?? ""
    let given = try input.integer("MaxResults")
    let most = given ?? Self.mostListed
    guard (1...Self.mostListed).contains(most) else {
      throw .invalidParameter(
        "Value \(most) for parameter MaxResults is invalid. Reason: Must be an integer from 1 to 1000, if provided.")
    }
    let token = try input.string("NextToken")
    guard let last = token.map({ Base64.decode($0.utf8Span.span) }) ?? [] else {
      throw .invalidParameter("Invalid or expired next token.")
    }
    let after = String(decoding: last, as: UTF8.self)
    return .reading { [self] connection throws(ServiceError) in
      let names = try messages.names(prefix: prefix, after: after, most: most + 1, connection)
      let page = names.prefix(Int(clamping: most))
      var answer: JSONObject = [:]
      if !page.isEmpty { answer["QueueUrls"] = .array(page.map { .string(url(of: $0)) }) }
      // As on AWS, only who asked for pages is told that there is another.
      if given != nil, names.count > page.count, let last = page.last {
        answer["NextToken"] = .string(Base64.text(last.utf8Span.span))
      }
      return Answer(.object(answer))
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
    let wanted = Set((try input.array("AttributeNames") ?? []).compactMap(\.string).map { ByteText($0) })
    if let unknown = wanted.sorted().first(where: { $0 != "All" && !QueueAttributes.isKnown($0) }) {
      throw .unknownAttribute("Unknown Attribute \(unknown).")
    }
    return .reading { [messages] connection throws(ServiceError) in
      let all = try messages.attributes(name, connection)
      let chosen = wanted.contains("All") ? all : all.filter { wanted.contains($0.key) }
      return chosen.isEmpty ? .empty : Answer(["Attributes": QueueAttributes.json(chosen)])
    }
  }

  // MARK: Members

  static func required(_ name: String, _ input: inout Input) throws(ServiceError) -> String {
    guard let text = try input.string(name), !text.isEmpty else { throw .missingParameter(name) }
    return text
  }

  private static func queueName(_ request: OperationRequest) throws(ServiceError) -> String {
    var input = try request.input()
    return try QueueName.inURL(try required("QueueUrl", &input))
  }

  /// A map of texts.
  private static func texts(_ name: String, _ input: inout Input) throws(ServiceError) -> [ByteText: String] {
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
