import CacheSupport
import SQLiteStore

extension SSMService {
  func getParameter(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    let decrypts = try input.bool("WithDecryption") ?? false
    try input.check()
    return .reading { [self] connection throws(ServiceError) in
      let selector = ParameterSelector(name)
      guard let parameter = try find(selector, connection) else {
        guard let version = selector.version, try store.find(selector.name, connection) != nil else {
          throw Self.notFound
        }
        throw ServiceError(
          type: "ParameterVersionNotFound",
          message:
            "Systems Manager could not find version \(version) of \(selector.name.text). Verify the version and try again."
        )
      }
      return Answer(["Parameter": json(parameter, decrypts: decrypts, selector: selector.version)])
    }
  }

  private func find(_ selector: ParameterSelector, _ connection: Connection) throws(ServiceError) -> Parameter? {
    guard let text = selector.version else { return try store.find(selector.name, connection) }
    guard let version = Int64(text) else { return nil }
    return try store.find(selector.name, version: version, connection)
  }

  /// A parameter that is named twice comes once.
  func getParameters(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let names = try Self.names(&input)
    let decrypts = try input.bool("WithDecryption") ?? false
    try input.check()
    return .reading { [self] connection throws(ServiceError) in
      var found: [JSON] = []
      var invalid: [JSON] = []
      var seen: Set<ParameterSelector> = []
      for name in names {
        let selector = ParameterSelector(name)
        guard seen.insert(selector).inserted else { continue }
        if let parameter = try find(selector, connection) {
          found.append(json(parameter, decrypts: decrypts, selector: selector.version))
        } else {
          invalid.append(.string(name))
        }
      }
      return Answer(["Parameters": .array(found), "InvalidParameters": .array(invalid)])
    }
  }

  static func names(_ input: inout Input) throws(ServiceError) -> [String] {
    var names: [String] = []
    for name in try input.array("Names", required: true, count: 1...10) ?? [] {
      guard let text = name.string else {
        throw .coral("SerializationException", "Unexpected field type", messageName: "Message")
      }
      names.append(text)
    }
    return names
  }

  func getParametersByPath(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let path = try input.string("Path", required: true, length: 1...2048) ?? ""
    let isRecursive = try input.bool("Recursive") ?? false
    let decrypts = try input.bool("WithDecryption") ?? false
    let most = try input.integer("MaxResults", in: 1...10) ?? 10
    let token = try input.string("NextToken")
    try input.check()
    try input.refuse("ParameterFilters")
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw ServiceError(
        type: "ValidationException",
        message:
          "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It can't be prefixed with \\\"aws\\\" or \\\"ssm\\\" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_."
      )
    }
    guard let last = token.map({ Base64.decode($0.utf8Span.span) }) ?? [] else {
      throw ServiceError(type: "InvalidNextToken", message: "The specified token isn't valid.")
    }
    let after = token == nil ? nil : String(decoding: last, as: UTF8.self)
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    return .reading { [self] connection throws(ServiceError) in
      let found = try store.list(below: folder, recursively: isRecursive, after: after, most: most + 1, connection)
      let page = found.prefix(Int(clamping: most))
      var answer: JSONObject = ["Parameters": .array(page.map { json($0, decrypts: decrypts) })]
      if found.count > page.count, let last = page.last {
        answer["NextToken"] = .string(Base64.text(last.name.text.text.utf8Span.span))
      }
      return Answer(.object(answer))
    }
  }
}
