import CacheSupport

/// Lambda's Runtime API, one a process: `/runtime/{sandbox}/2018-06-01/runtime/…`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
struct RuntimeAPI: Sendable {
  let sandboxes: Sandboxes

  private static let responseLimit = 6_291_556

  /// What a process finds in `AWS_LAMBDA_RUNTIME_API`, after the server's `host:port`.
  static func path(of sandbox: String) -> String { "/runtime/\(sandbox)" }

  var routes: [Route] {
    let base = "/runtime/{sandbox}/2018-06-01/runtime"
    func route(
      _ method: String, _ path: String, _ reply: @escaping @Sendable (RouteRequest) throws(ServiceError) -> ServerReply
    ) -> Route { Route(method, base + path, errors: .runtimeAPI, isPlain: true, reply) }
    return [
      route("GET", "/invocation/next") { request in next(request["sandbox"]) },
      route("POST", "/invocation/{id}/response") { request throws(ServiceError) in try respond(request) },
      route("POST", "/invocation/{id}/error") { request throws(ServiceError) in
        try finish(
          request, InvocationResult(payload: request.http.body, functionError: "Unhandled"), "InvocationErrorResponse")
      },
      route("POST", "/init/error") { request in
        sandboxes.failInit(request["sandbox"], request.http.body)
        return .now(Self.accepted)
      },
    ]
  }

  private func next(_ sandbox: String) -> ServerReply {
    .later {
      guard let delivery = await sandboxes.next(sandbox) else { return .text(410, "the sandbox has ended\n") }
      let trace = Hex.encode(Array(delivery.id.utf8).prefix(4))
      var headers = [
        ("Content-Type", "application/json"), ("Lambda-Runtime-Aws-Request-Id", delivery.id),
        ("Lambda-Runtime-Deadline-Ms", String(delivery.deadline)),
        ("Lambda-Runtime-Invoked-Function-Arn", delivery.functionARN),
        ("Lambda-Runtime-Trace-Id", "Root=1-\(trace)-\(delivery.id.filter { $0 != "-" }.prefix(24));Sampled=0"),
      ]
      if let context = delivery.clientContext { headers.append(("Lambda-Runtime-Client-Context", context)) }
      return ServerResponse(status: 200, headers: headers, body: delivery.payload)
    }
  }

  private func respond(_ request: RouteRequest) throws(ServiceError) -> ServerReply {
    if let mode = request.http[header: "Lambda-Runtime-Function-Response-Mode"], !mode.isEmpty {
      let isStreaming = ASCII.isSameName(mode, "streaming")
      throw ServiceError(
        type: "InvalidFunctionResponseMode",
        message: isStreaming
          ? "The local cloud does not emulate the function response mode streaming"
          : "Invalid function response mode: \(mode)")
    }
    guard request.http.body.count <= Self.responseLimit else {
      _ = sandboxes.finish(
        request["sandbox"], request["id"],
        .failure(
          "Function.ResponseSizeTooLarge",
          "Response payload size exceeded maximum allowed payload size (\(Self.responseLimit) bytes)."))
      throw ServiceError(
        status: 413, type: "RequestEntityTooLarge",
        message: "Exceeded maximum allowed payload size (\(Self.responseLimit) bytes).")
    }
    return try finish(request, InvocationResult(payload: request.http.body), "InvocationResponse")
  }

  /// - Parameter transition: what the process does, in Lambda's words.
  private func finish(
    _ request: RouteRequest, _ result: InvocationResult, _ transition: String
  ) throws(ServiceError) -> ServerReply {
    let (sandbox, id) = (request["sandbox"], request["id"])
    if sandboxes.wantsLog(sandbox) {
      // What it printed is read before it learns that it may go on.
      return .later {
        var result = result
        result.log = await sandboxes.log(of: id, in: sandbox) ?? []
        return sandboxes.finish(sandbox, id, result)
          ? Self.accepted : ErrorFormat.runtimeAPI.response(to: refusal(sandbox, id, transition))
      }
    }
    guard sandboxes.finish(sandbox, id, result) else { throw refusal(sandbox, id, transition) }
    return .now(Self.accepted)
  }

  /// Of an answer to an invocation that is not running.
  private func refusal(_ sandbox: String, _ id: String, _ transition: String) -> ServiceError {
    guard sandboxes.hasAnswered(sandbox, id) else {
      return ServiceError(type: "InvalidRequestID", message: "Invalid request ID")
    }
    return ServiceError(
      status: 403, type: "InvalidStateTransition",
      message: "State transition from RuntimeResponseSentState to \(transition) failed for runtime. "
        + "Error: State transition is not allowed")
  }

  private static let accepted = ServerResponse(
    status: 202, headers: [("Content-Type", "application/json")], body: Array("{\"status\":\"OK\"}\n".utf8))
}
