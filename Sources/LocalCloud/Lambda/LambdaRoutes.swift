import CacheSupport
import SigV4

/// What the operations of Lambda's API have in common: the signature, and how a function is named.
struct LambdaRoutes: Sendable {
  let sandboxes: Sandboxes
  let verifier: Verifier
  let clock: WallClock
  let faults: Faults

  /// A route whose requests are signed.
  ///
  /// - Parameter operation: nil for what is none.
  func route(
    _ operation: String?, _ method: String?, _ path: String,
    _ reply: @escaping @Sendable (RouteRequest) throws(ServiceError) -> ServerReply
  ) -> Route {
    Route(method, "/2015-03-31" + path, errors: .restJSON, operation: operation) { request throws(ServiceError) in
      guard let operation else {
        try authenticate(request.http, now: clock.now)
        return try reply(request)
      }
      let name = Self.name(in: request["FunctionName"])
      let now = clock.now
      let skew = faults.skew(Self.service, operation, resource: name)
      return try .skewed(by: skew, now: now, errors: .restJSON) { () throws(ServiceError) in
        try authenticate(request.http, now: now + skew)
        return try faults.reply(Self.service, operation, resource: name, errors: .restJSON) {
          () throws(ServiceError) in try reply(request)
        }
      }
    }
  }

  private static let service = "lambda"

  /// - Parameter now: epoch milliseconds.
  private func authenticate(_ request: ServerRequest, now: Int64) throws(ServiceError) {
    do throws(ServiceError) {
      try verifier.authenticate(request, services: [Self.service], now: now)
    } catch {
      var error = error
      error.status = 403
      throw error
    }
  }

  /// Takes what no other route does.
  var others: Route {
    route(nil, nil, "/{rest+}") { request throws(ServiceError) in
      throw ServiceError.lambda(
        404, "UnknownOperationException",
        "The local cloud does not emulate \(request.http.method) \(request.http.path) of Lambda")
    }
  }

  /// The function of a request's path and its parameter `Qualifier`.
  ///
  /// - Throws: ResourceNotFoundException, and what ``FunctionName`` throws.
  func function(
    _ request: RouteRequest, form: FunctionName.Form = .plain
  ) throws(ServiceError) -> FunctionDescription {
    try function(request["FunctionName"], qualifier: request.parameter("Qualifier"), form: form)
  }

  /// The function that a name, a partial ARN or a whole one means, with or without a qualifier.
  ///
  /// - Throws: ResourceNotFoundException, and what ``FunctionName`` throws.
  func function(
    _ text: String, qualifier: String? = nil, form: FunctionName.Form = .plain
  ) throws(ServiceError) -> FunctionDescription {
    let wanted = try FunctionName(text, qualifier: qualifier, form: form, in: sandboxes.account)
    guard let function = sandboxes.description(of: wanted.name), wanted.qualifier ?? "$LATEST" == "$LATEST" else {
      throw .noFunction(sandboxes.arn(wanted.name) + (wanted.qualifier.map { ":\($0)" } ?? ""))
    }
    return function
  }

  /// The function's name in a name, a partial ARN or a whole one, which is not looked at.
  private static func name(in text: String) -> String {
    let pieces = text.split(separator: ":").map(String.init)
    guard let marker = pieces.firstIndex(of: "function") else { return pieces.first ?? "" }
    return marker + 1 < pieces.count ? pieces[marker + 1] : ""
  }
}

extension RouteRequest {
  /// A parameter of the query; nil where it is absent.
  func parameter(_ name: String) -> String? {
    PercentEncoding.queryItems(http.query).first { $0.name == name }?.value
  }

  /// The elements of a list that its `Marker` and `MaxItems` ask for, and the next marker.
  ///
  /// - Parameters:
  ///   - most: elements of a page at most.
  ///   - key: by which the list is ordered, letters and digits.
  func page<Element>(
    of all: [Element], most: Int, by key: (Element) -> String
  ) throws(ServiceError) -> (elements: [Element], next: String?) {
    var count = most
    if let text = parameter("MaxItems") {
      guard let number = Int(text) else {
        throw ServiceError(type: "SerializationException", message: "STRING_VALUE can not be converted to an Integer")
      }
      var constraints = Constraints()
      if number < 1 { constraints.violate("maxItems", text, "have value greater than or equal to 1") }
      if number > 10_000 { constraints.violate("maxItems", text, "have value less than or equal to 10000") }
      try constraints.check()
      count = min(most, number)
    }
    var left = all.sorted { key($0) < key($1) }[...]
    if let marker = parameter("Marker") {
      guard let bytes = Base64.decode(Array(marker.utf8).span), let last = String(validating: bytes, as: UTF8.self)
      else {
        throw .lambda(400, "InvalidParameterValueException", "Invalid marker", ["Type": "User"])
      }
      left = left.drop { key($0) <= last }
    }
    let page = Array(left.prefix(count))
    let hasMore = left.count > page.count
    return (page, hasMore ? page.last.map { Base64.text(Array(key($0).utf8).span) } : nil)
  }
}

extension ServerReply {
  static func json(_ json: JSON, status: Int = 200) -> ServerReply {
    let headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", RandomID.uuid())]
    return .now(ServerResponse(status: status, headers: headers, body: json.bytes))
  }
}

extension ServiceError {
  static let throttled: ServiceError = lambda(
    429, "TooManyRequestsException", "Rate Exceeded.", ["Reason": "ConcurrentInvocationLimitExceeded", "Type": "User"])

  static let stopping: ServiceError = lambda(
    500, "ServiceException", "The local cloud is stopping", ["Type": "Service"])

  static func lambda(_ status: Int, _ type: String, _ message: String, _ members: JSONObject = [:]) -> ServiceError {
    // As the model names it.
    let isCapital = ["ResourceNotFoundException", "ServiceException"].contains(type)
    return ServiceError(
      status: status, type: type, message: message, members: members, messageName: isCapital ? "Message" : "message")
  }

  fileprivate static func noFunction(_ arn: String) -> ServiceError {
    lambda(404, "ResourceNotFoundException", "Function not found: \(arn)", ["Type": "User"])
  }
}
