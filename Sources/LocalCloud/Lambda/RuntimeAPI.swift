import CacheSupport

/// Lambda's Runtime API, one a process: `/runtime/{sandbox}/2018-06-01/runtime/…`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
struct RuntimeAPI: Sendable {
  let sandboxes: Sandboxes

  private static let responseLimit = 6_291_556

  /// What a process finds in `AWS_LAMBDA_RUNTIME_API`, behind the server's `host:port`.
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
        try finish(request, InvocationResult(payload: request.http.body, functionError: "Unhandled"))
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
      return ServerResponse(
        status: 200,
        headers: [
          ("Content-Type", "application/json"), ("Lambda-Runtime-Aws-Request-Id", delivery.id),
          ("Lambda-Runtime-Deadline-Ms", String(delivery.deadline)),
          ("Lambda-Runtime-Invoked-Function-Arn", delivery.functionARN),
          ("Lambda-Runtime-Trace-Id", "Root=1-\(trace)-\(delivery.id.filter { $0 != "-" }.prefix(24));Sampled=0"),
        ], body: delivery.payload)
    }
  }

  private func respond(_ request: RouteRequest) throws(ServiceError) -> ServerReply {
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
    return try finish(request, InvocationResult(payload: request.http.body))
  }

  private func finish(_ request: RouteRequest, _ result: InvocationResult) throws(ServiceError) -> ServerReply {
    guard sandboxes.finish(request["sandbox"], request["id"], result) else {
      throw ServiceError(type: "InvalidRequestID", message: "Invalid request ID")
    }
    return .now(Self.accepted)
  }

  private static let accepted = ServerResponse(
    status: 202, headers: [("Content-Type", "application/json")], body: Array("{\"status\":\"OK\"}\n".utf8))
}
