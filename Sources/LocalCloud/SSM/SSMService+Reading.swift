import CacheSupport
import SQLiteStore

extension SSMService {
  func getParameter(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    let decrypts = try input.bool("WithDecryption") ?? false
    try input.check()
    try Self.refuseSecret(name, decrypts: decrypts)
    return .reading { [self] connection throws(ServiceError) in
      let selector = ParameterSelector(name)
      guard let parameter = try find(selector, connection) else {
        // What has a second colon is nobody's name.
        guard let version = selector.version, !version.utf8.contains(UInt8(ascii: ":")),
          let newest = try store.find(selector.name, connection)
        else {
          throw Self.notFound
        }
        throw Self.versionNotFound(version, of: newest)
      }
      return Answer(["Parameter": json(parameter, decrypts: decrypts, selector: selector.version)])
    }
  }

  /// Names below this path are those of Secrets Manager, which is not here.
  ///
  /// - Throws: what Parameter Store answers for one.
  private static func refuseSecret(_ name: String, decrypts: Bool) throws(ServiceError) {
    let path = "/aws/reference/secretsmanager/"
    guard name.utf8.starts(with: path.utf8) else { return }
    guard decrypts else {
      throw validation("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    }
    throw ServiceError(
      type: "ParameterNotFound",
      message:
        "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret \(name) not found.")
  }

  private func find(_ selector: ParameterSelector, _ connection: Connection) throws(ServiceError) -> Parameter? {
    guard let text = selector.version else { return try store.find(selector.name, connection) }
    if let version = Int64(text) { return try store.find(selector.name, version: version, connection) }
    guard let version = try store.version(of: selector.name, labelled: text, connection) else { return nil }
    return try store.find(selector.name, version: version, connection)
  }

  /// - Parameter version: its number, or a label.
  static func versionNotFound(_ version: String, of parameter: Parameter) -> ServiceError {
    let isNumber = Int64(version) != nil
    let name = parameter.shownName
    let what = isNumber ? "version \(version) of \(name)" : "label \(version) for parameter \(name)"
    return ServiceError(
      type: "ParameterVersionNotFound",
      message: "Systems Manager could not find \(what). Verify the \(isNumber ? "version" : "label") and try again.")
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
    try input.texts("Names", required: true, count: 1...10) ?? []
  }

  func getParametersByPath(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let path = try input.string("Path", required: true, length: 1...2048) ?? ""
    let isRecursive = try input.bool("Recursive") ?? false
    let decrypts = try input.bool("WithDecryption") ?? false
    let most = try input.integer("MaxResults", in: 1...10) ?? 10
    let token = try input.string("NextToken")
    let filters = try ParameterFilter.filters(&input, isByPath: true)
    try Self.check(path: path)
    let after = try ParameterPlace(token)
    let below = ParameterFilter(below: path, recursively: isRecursive)
    return .reading { [self] connection throws(ServiceError) in
      let found = try store.list([below] + filters, after: after, most: most + 1, connection)
      return try Self.page(found, most) { json($0, decrypts: decrypts) }
    }
  }

  /// - Throws: ValidationException for what is no path.
  static func check(path: String) throws(ServiceError) {
    let slash = UInt8(ascii: "/")
    let isPlain = path.utf8.allSatisfy { ASCII.isNameByte($0) || $0 == slash || $0 == UInt8(ascii: ".") }
    guard path.utf8.first == slash, isPlain, !path.utf8.contains("//".utf8) else {
      throw validation(
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_."
      )
    }
  }

  // MARK: Pages

  /// - Parameter found: one more than fit, where there are more.
  static func page(
    _ found: [Parameter], _ most: Int64, _ json: (Parameter) throws(ServiceError) -> JSON
  ) throws(ServiceError) -> Answer {
    let page = found.prefix(Int(clamping: most))
    var parameters: [JSON] = []
    for parameter in page { parameters.append(try json(parameter)) }
    var answer: JSONObject = ["Parameters": .array(parameters)]
    if found.count > page.count, let last = page.last {
      answer["NextToken"] = .string(ParameterPlace(last).token)
    }
    return Answer(.object(answer))
  }
}
