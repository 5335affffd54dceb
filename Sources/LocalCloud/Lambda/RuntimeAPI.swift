import CacheSupport

/// Lambda's Runtime API, one a process: `/runtime/{sandbox}/2018-06-01/runtime/…`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
struct RuntimeAPI: Sendable {
  let sandboxes: Sandboxes

  static let prefix: String = "/runtime/"
  private static let responseLimit = 6_291_556

  func reply(to request: ServerRequest) -> ServerReply {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count >= 5, parts[2] == "2018-06-01", parts[3] == "runtime" else {
      return .now(.text(404, "not found\n"))
    }
    let sandbox = parts[1]
    switch (request.method, Array(parts[4...])) {
    case ("GET", ["invocation", "next"]):
      return .later {
        guard let delivery = await sandboxes.next(sandbox) else { return .text(410, "the sandbox has ended\n") }
        return ServerResponse(
          status: 200,
          headers: [
            ("Content-Type", "application/json"), ("Lambda-Runtime-Aws-Request-Id", delivery.id),
            ("Lambda-Runtime-Deadline-Ms", String(delivery.deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", delivery.functionARN),
            (
              "Lambda-Runtime-Trace-Id",
              "Root=1-\(Hex.encode(Array(delivery.id.utf8).prefix(4)))-\(delivery.id.filter { $0 != "-" }.prefix(24));Sampled=0"
            ),
          ], body: delivery.payload)
      }
    case ("POST", let rest) where rest.count == 3 && rest[0] == "invocation" && rest[2] == "response":
      guard request.body.count <= Self.responseLimit else {
        _ = sandboxes.finish(
          sandbox, rest[1],
          .failure(
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (\(Self.responseLimit) bytes)."))
        return .now(
          Self.error(
            413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (\(Self.responseLimit) bytes)."))
      }
      return finish(sandbox, rest[1], InvocationResult(payload: request.body))
    case ("POST", let rest) where rest.count == 3 && rest[0] == "invocation" && rest[2] == "error":
      return finish(sandbox, rest[1], InvocationResult(payload: request.body, functionError: "Unhandled"))
    case ("POST", ["init", "error"]):
      sandboxes.failInit(sandbox, request.body)
      return .now(Self.accepted)
    default: return .now(.text(404, "not found\n"))
    }
  }

  private func finish(_ sandbox: String, _ invocation: String, _ result: InvocationResult) -> ServerReply {
    .now(
      sandboxes.finish(sandbox, invocation, result)
        ? Self.accepted : Self.error(400, "InvalidRequestID", "Invalid request ID"))
  }

  private static let accepted = ServerResponse(
    status: 202, headers: [("Content-Type", "application/json")], body: Array("{\"status\":\"OK\"}\n".utf8))

  private static func error(_ status: Int, _ type: String, _ message: String) -> ServerResponse {
    let body: JSON = ["errorMessage": .string(message), "errorType": .string(type)]
    return ServerResponse(status: status, headers: [("Content-Type", "application/json")], body: body.bytes)
  }
}
