import CacheSupport
import SigV4

/// The one port of all services: checks the signature, finds the service and the operation, renders answers and errors.
struct FrontDoor: Sendable {
  private let services: [String: any Service]
  private let verifier: Verifier
  private let clock: WallClock

  init(services: [any Service], verifier: Verifier, clock: WallClock) {
    self.services = services.reduce(into: [:]) { $0[$1.targetPrefix] = $1 }
    self.verifier = verifier
    self.clock = clock
  }

  /// Serves a request of the JSON protocol: `POST /` with `X-Amz-Target`.
  func reply(to request: ServerRequest) -> ServerReply {
    let requestID = RandomID.uuid()
    guard request.method == "POST", request.path == "/" || request.path.isEmpty else {
      return .now(ServerResponse(status: 404, body: Array("<UnknownOperationException/>\n".utf8)))
    }
    do throws(ServiceError) {
      let target = request[header: "x-amz-target"] ?? ""
      let parts = target.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2, let service = services[parts[0]] else {
        throw .coral("UnknownOperationException", target.isEmpty ? nil : "There is no operation \(target) here")
      }
      try authenticate(request, services: [service.signingName])
      guard request[header: "content-type"]?.hasPrefix("application/x-amz-json-") ?? false else {
        return .now(ServerResponse(status: 404, body: Array("<UnknownOperationException/>\n".utf8)))
      }
      guard let json = try? JSON(parsing: request.body), let input = json.object else {
        throw .coral("SerializationException")
      }
      switch try service.call(parts[1], input, request) {
      case .now(let answer): return .now(Self.success(answer, service, requestID))
      case .later(let work):
        return .later {
          switch await work() {
          case .success(let answer): Self.success(answer, service, requestID)
          case .failure(let error): Self.failure(error, requestID)
          }
        }
      }
    } catch {
      return .now(Self.failure(error, requestID))
    }
  }

  /// - Throws: the service's own refusal of a signature.
  func authenticate(_ request: ServerRequest, services: Set<String>) throws(ServiceError) {
    let signable = SignableRequest(
      method: request.method, path: request.path, query: request.query,
      headers: request.headers.map { SignableRequest.Header($0.name, $0.value) }, body: request.body)
    do throws(Verifier.Refusal) {
      _ = try verifier.verify(signable, services: services, now: clock.now / 1000)
    } catch {
      throw .coral(error.code, error.message)
    }
  }

  private static func success(_ answer: JSON, _ service: any Service, _ requestID: String) -> ServerResponse {
    ServerResponse(
      status: 200,
      headers: [("Content-Type", "application/x-amz-json-\(service.jsonVersion)"), ("x-amzn-RequestId", requestID)],
      body: answer.bytes)
  }

  static func failure(_ error: ServiceError, _ requestID: String = RandomID.uuid()) -> ServerResponse {
    var headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", requestID)]
    if let code = error.queryCode { headers.append(("x-amzn-query-error", "\(code);Sender")) }
    return ServerResponse(status: error.status, headers: headers, body: error.body.bytes)
  }
}
