import CacheSupport
import SigV4

/// Lambda's Invoke: `POST /2015-03-31/functions/{name}/invocations`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
struct InvokeAPI: Sendable {
  let sandboxes: Sandboxes
  let events: EventInvocations
  let verifier: Verifier
  let clock: WallClock

  /// The largest event of a caller that waits for the answer, in bytes.
  static let payloadLimit: Int = 6 << 20
  /// The largest of one that does not.
  static let eventLimit: Int = 1 << 20

  var routes: [Route] {
    [
      Route("POST", "/2015-03-31/functions/{FunctionName}/invocations", errors: .restJSON) {
        request throws(ServiceError) in
        try authenticate(request.http)
        return try invoke(request)
      },
      Route(nil, "/2015-03-31/{rest+}", errors: .restJSON) { request throws(ServiceError) in
        try authenticate(request.http)
        throw ServiceError.lambda(404, "UnknownOperationException", "The local cloud emulates Invoke alone")
      },
    ]
  }

  private func authenticate(_ request: ServerRequest) throws(ServiceError) {
    do throws(ServiceError) {
      try verifier.authenticate(request, services: ["lambda"], now: clock.now)
    } catch {
      var error = error
      error.status = 403
      throw error
    }
  }

  private func invoke(_ request: RouteRequest) throws(ServiceError) -> ServerReply {
    let name = try function(request)
    let http = request.http
    if http[header: "x-amz-client-context"] != nil {
      throw .lambda(
        400, "InvalidParameterValueException", "The local cloud does not emulate x-amz-client-context")
    }
    if http[header: "x-amz-log-type"] == "Tail" {
      throw .lambda(
        400, "InvalidParameterValueException",
        "The local cloud does not emulate LogType Tail: the function's log is in the data's folder")
    }
    let type = http[header: "x-amz-invocation-type"] ?? "RequestResponse"
    let limit = type == "Event" ? Self.eventLimit : Self.payloadLimit
    guard http.body.count <= limit else {
      throw .lambda(
        413, "RequestTooLargeException",
        "Request must be smaller than \(limit) bytes for the InvokeFunction operation")
    }
    if !http.body.isEmpty, (try? JSON(parsing: http.body)) == nil {
      throw .lambda(400, "InvalidRequestContentException", "Could not parse request body into json")
    }
    switch type {
    case "RequestResponse": return wait(name, http.body)
    case "Event":
      return .later { [events, body = http.body] in
        do throws(ServiceError) {
          try await events.accept(name, body)
          return ServerResponse(status: 202)
        } catch {
          return ErrorFormat.restJSON.response(to: error)
        }
      }
    case "DryRun": return .now(ServerResponse(status: 204))
    default: throw .lambda(400, "InvalidParameterValueException", "'\(type)' is no invocation type")
    }
  }

  private func wait(_ function: String, _ payload: [UInt8]) -> ServerReply {
    .later { [sandboxes] in
      let result = await sandboxes.invoke(function, payload)
      if result == .throttled { return ErrorFormat.restJSON.response(to: .throttled) }
      var headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", "$LATEST")]
      if let error = result.functionError { headers.append(("X-Amz-Function-Error", error)) }
      return ServerResponse(status: 200, headers: headers, body: result.payload)
    }
  }

  /// The function that a name, a partial ARN or a whole one means, with or without a qualifier.
  private func function(_ request: RouteRequest) throws(ServiceError) -> String {
    let pieces = request["FunctionName"].split(separator: ":").map(String.init)
    let marker = pieces.firstIndex(of: "function")
    let name = marker.map { $0 + 1 < pieces.count ? pieces[$0 + 1] : "" } ?? pieces.first ?? ""
    guard sandboxes.description(of: name) != nil else { throw .noFunction(sandboxes.arn(name)) }
    let qualifier = PercentEncoding.queryItems(request.http.query).first { $0.name == "Qualifier" }?.value
    let version =
      qualifier ?? marker.flatMap { $0 + 2 < pieces.count ? pieces[$0 + 2] : nil }
      ?? (marker == nil && pieces.count > 1 ? pieces[1] : "$LATEST")
    guard version == "$LATEST" else { throw .noFunction("\(sandboxes.arn(name)):\(version)") }
    return name
  }
}

extension ServiceError {
  static let throttled: ServiceError = lambda(
    429, "TooManyRequestsException", "Rate Exceeded.", ["Reason": "ConcurrentInvocationLimitExceeded", "Type": "User"])

  static func lambda(_ status: Int, _ type: String, _ message: String, _ members: JSONObject = [:]) -> ServiceError {
    ServiceError(status: status, type: type, message: message, members: members, messageName: "Message")
  }

  fileprivate static func noFunction(_ arn: String) -> ServiceError {
    lambda(404, "ResourceNotFoundException", "Function not found: \(arn)", ["Type": "User"])
  }
}
