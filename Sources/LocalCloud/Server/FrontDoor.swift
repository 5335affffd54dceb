import CacheSupport
import SQLiteStore
import SigV4

/// The one port of all services: checks the signature, finds the operation, runs it where it belongs, and renders answers and errors.
struct FrontDoor: Sendable {
  /// An operation under the name by which `X-Amz-Target` asks for it.
  private struct Entry {
    var endpoint: JSONEndpoint
    var operation: Operation
  }
  private let operations: [ByteText: Entry]
  /// By their target prefixes.
  private let endpoints: [ByteText: JSONEndpoint]
  private let verifier: Verifier
  private let storage: Storage
  private let clock: WallClock

  init(_ modules: [any ServiceModule], verifier: Verifier, storage: Storage, clock: WallClock) {
    var operations: [ByteText: Entry] = [:]
    var endpoints: [ByteText: JSONEndpoint] = [:]
    for module in modules {
      guard let endpoint = module.endpoint else { continue }
      endpoints[ByteText(endpoint.targetPrefix)] = endpoint
      for operation in module.operations {
        operations[ByteText("\(endpoint.targetPrefix).\(operation.name)")] = Entry(
          endpoint: endpoint, operation: operation)
      }
    }
    self.operations = operations
    self.endpoints = endpoints
    self.verifier = verifier
    self.storage = storage
    self.clock = clock
  }

  /// Serves a request of the JSON protocol: `POST /` with `X-Amz-Target`.
  func reply(to request: ServerRequest) -> ServerReply {
    .soon { respond in storage.threads.run { serve(request, respond) } }
  }

  private func serve(_ request: ServerRequest, _ respond: ServerReply.Responder) {
    let requestID = RandomID.uuid()
    guard request.method == "POST", request.path == "/" || request.path.isEmpty else {
      return respond.now(Self.notHere)
    }
    do throws(ServiceError) {
      let target = request[header: "x-amz-target"] ?? ""
      let known = operations[ByteText(target)]
      let endpoint: JSONEndpoint
      if let known { endpoint = known.endpoint } else { endpoint = try self.endpoint(of: target) }
      try verifier.authenticate(request, services: [endpoint.signingName], now: clock.now)
      guard request[header: "content-type"]?.utf8.starts(with: "application/x-amz-json-".utf8) ?? false else {
        return respond.now(Self.notHere)
      }
      guard let operation = known?.operation else {
        throw .unknownOperation(String(target.dropFirst(endpoint.targetPrefix.count + 1)))
      }
      let render = { @Sendable (answer: Answer) in
        answer.refusal.map { Self.failure($0, requestID) } ?? Self.success(answer, endpoint, requestID)
      }
      let wait = { @Sendable (body: @escaping @Sendable () async throws(ServiceError) -> Answer) in
        respond.later {
          do throws(ServiceError) { return render(try await body()) } catch { return Self.failure(error, requestID) }
        }
      }
      switch try operation.begin(OperationRequest(http: request)) {
      case .answer(let answer): respond.now(render(answer))
      case .reading(let body): respond.now(render(try storage.read(body)))
      case .writing(let body):
        storage.write(body) { result in
          switch result {
          case .success(let answer):
            answer.afterCommit?()
            respond.now(render(answer))
          case .failure(let error): respond.now(Self.failure(error, requestID))
          }
        }
      case .waiting(let body): wait(body)
      case .trying(let body):
        storage.write(body) { result in
          switch result {
          case .success(.answer(let answer)):
            answer.afterCommit?()
            respond.now(render(answer))
          case .success(.waiting(let body)): wait(body)
          case .failure(let error): respond.now(Self.failure(error, requestID))
          }
        }
      }
    } catch {
      respond.now(Self.failure(error, requestID))
    }
  }

  /// The service of an operation that there is not.
  private func endpoint(of target: String) throws(ServiceError) -> JSONEndpoint {
    let prefix = target.utf8.prefix { $0 != UInt8(ascii: ".") }
    guard prefix.count < target.utf8.count, let endpoint = endpoints[ByteText(Substring(prefix))] else {
      throw .coral("UnknownOperationException", target.isEmpty ? nil : "There is no operation \(target) here")
    }
    return endpoint
  }

  private static let notHere = ServerResponse(status: 404, body: Array("<UnknownOperationException/>\n".utf8))

  private static func success(_ answer: Answer, _ endpoint: JSONEndpoint, _ requestID: String) -> ServerResponse {
    ServerResponse(
      status: 200,
      headers: [("Content-Type", "application/x-amz-json-\(endpoint.jsonVersion)"), ("x-amzn-RequestId", requestID)],
      body: answer.body)
  }

  static func failure(_ error: ServiceError, _ requestID: String = RandomID.uuid()) -> ServerResponse {
    var headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", requestID)]
    if let code = error.queryCode { headers.append(("x-amzn-query-error", "\(code);Sender")) }
    return ServerResponse(status: error.status, headers: headers, body: error.body.bytes)
  }
}

extension Verifier {
  /// - Parameters:
  ///   - services: the names that the signature may be for.
  ///   - now: epoch milliseconds.
  /// - Throws: the service's own refusal of a signature.
  func authenticate(_ request: ServerRequest, services: Set<String>, now: Int64) throws(ServiceError) {
    let signable = SignableRequest(
      method: request.method, path: request.path, query: request.query,
      headers: request.headers.map { SignableRequest.Header($0.name, $0.value) }, body: request.body)
    do throws(Refusal) {
      _ = try verify(signable, services: services, now: now / 1000)
    } catch {
      throw .coral(error.code, error.message)
    }
  }
}
