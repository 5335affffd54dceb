import CacheSupport

/// Lambda's Invoke: `POST /2015-03-31/functions/{name}/invocations`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
struct InvokeAPI: Sendable {
  let lambda: LambdaRoutes
  let events: EventInvocations

  /// The largest event of a caller that waits for the answer, in bytes.
  static let payloadLimit: Int = 6 << 20
  /// The largest of one that does not.
  static let eventLimit: Int = 1 << 20
  /// The largest context, in bytes of its Base64.
  static let contextLimit: Int = 3583

  var routes: [Route] {
    [
      lambda.route("Invoke", "POST", "/functions/{FunctionName}/invocations") { request throws(ServiceError) in
        try invoke(request)
      }
    ]
  }

  private func invoke(_ request: RouteRequest) throws(ServiceError) -> ServerReply {
    let name = try lambda.function(request, form: .invoked).name
    let http = request.http
    let context = try clientContext(http)
    let type = http[header: "x-amz-invocation-type"] ?? "RequestResponse"
    let logType = http[header: "x-amz-log-type"] ?? "None"
    var constraints = Constraints()
    if !["Event", "RequestResponse", "DryRun"].contains(type) {
      constraints.violate("invocationType", type, "satisfy enum value set: [Event, RequestResponse, DryRun]")
    }
    if !["None", "Tail"].contains(logType) {
      constraints.violate("logType", logType, "satisfy enum value set: [None, Tail]")
    }
    try constraints.check()
    let limit = type == "Event" ? Self.eventLimit : Self.payloadLimit
    guard http.body.count <= limit else {
      throw .lambda(
        413, "RequestTooLargeException",
        "Request must be smaller than \(limit) bytes for the InvokeFunction operation", ["Type": "User"])
    }
    if !http.body.isEmpty, !Self.isJSON(http.body) {
      throw .lambda(
        400, "InvalidRequestContentException",
        "Could not parse request body into json: Could not parse payload into json", ["Type": "User"])
    }
    switch type {
    case "Event":
      return .later { [events, body = http.body] in
        let id = RandomID.uuid()
        do throws(ServiceError) {
          try await events.accept(name, body, id: id)
          return ServerResponse(status: 202, headers: [("x-amzn-RequestId", id)])
        } catch {
          return ErrorFormat.restJSON.response(to: error)
        }
      }
    case "DryRun": return .now(ServerResponse(status: 204, headers: [("x-amzn-RequestId", RandomID.uuid())]))
    default: return wait(name, http.body, Invocation.Options(clientContext: context, wantsLog: logType == "Tail"))
    }
  }

  /// Whether bytes are a JSON text, told without a tree of it.
  private static func isJSON(_ bytes: [UInt8]) -> Bool {
    var reader = JSONReader(bytes.span)
    do throws(JSONError) {
      try reader.skip()
      try reader.end()
      return true
    } catch { return false }
  }

  private func wait(_ function: String, _ payload: [UInt8], _ options: Invocation.Options) -> ServerReply {
    .later { [sandboxes = lambda.sandboxes] in
      let id = RandomID.uuid()
      let result: InvocationResult
      switch await sandboxes.invoke(function, payload, id: id, options: options) {
      case .finished(let finished): result = finished
      case .throttled: return ErrorFormat.restJSON.response(to: .throttled)
      case .stopped: return ErrorFormat.restJSON.response(to: .stopping)
      }
      var headers = [
        ("Content-Type", "application/json"), ("x-amzn-RequestId", id), ("X-Amz-Executed-Version", "$LATEST"),
      ]
      if let error = result.functionError { headers.append(("X-Amz-Function-Error", error)) }
      if options.wantsLog { headers.append(("X-Amz-Log-Result", Base64.text(result.log.span))) }
      return ServerResponse(status: 200, headers: headers, body: result.payload)
    }
  }

  /// What the caller tells of itself, as one line of JSON; nil where it tells nothing.
  private func clientContext(_ http: ServerRequest) throws(ServiceError) -> String? {
    guard let text = http[header: "x-amz-client-context"], !text.isEmpty else { return nil }
    guard text.utf8.count <= Self.contextLimit else {
      throw .lambda(
        400, "InvalidRequestContentException",
        "Client context must be no more than \(Self.contextLimit) bytes when base64-encoded", ["Type": "User"])
    }
    guard let bytes = Base64.decode(Array(text.utf8).span), let json = try? JSON(parsing: bytes), json.object != nil
    else {
      throw .lambda(
        400, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.",
        ["Type": "User"])
    }
    return json.text
  }
}
