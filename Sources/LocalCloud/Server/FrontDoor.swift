import CacheSupport
import SQLiteStore
import SigV4

/// The one port of all services: checks the signature, finds the operation, runs it where it belongs, and renders answers and
/// errors in the protocol of the request. What no service here does is refused in that protocol, too, so that its client can
/// read it.
struct FrontDoor: Sendable {
  /// An operation under the name by which `X-Amz-Target` asks for it.
  private struct Entry {
    var endpoint: JSONEndpoint
    var operation: Operation
  }
  private let operations: [ByteText: Entry]
  /// By their target prefixes.
  private let endpoints: [ByteText: JSONEndpoint]
  private let forms: [QueryService]
  private let modules: [any ServiceModule]
  private let verifier: Verifier
  private let storage: Storage
  private let clock: WallClock
  private let account: Account
  private let faults: Faults

  init(
    _ modules: [any ServiceModule], verifier: Verifier, storage: Storage, clock: WallClock, account: Account,
    faults: Faults
  ) {
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
    forms = modules.compactMap { QueryService($0) }
    self.modules = modules
    self.verifier = verifier
    self.storage = storage
    self.clock = clock
    self.account = account
    self.faults = faults
  }

  /// An operation with its input, and how its answer is written.
  struct Call: Sendable {
    /// Its name in signatures.
    var service: String
    var operation: Operation
    var request: OperationRequest
    var success: @Sendable (Answer) throws(ServiceError) -> ServerResponse
  }

  /// Serves what no route takes.
  func reply(to request: ServerRequest) -> ServerReply {
    .soon { respond in storage.threads.run { serve(request, respond) } }
  }

  private func serve(_ request: ServerRequest, _ respond: ServerReply.Responder) {
    let requestID = RandomID.uuid()
    let dialect = RequestDialect(request)
    let form = forms.first { $0.endpoint.signingName == dialect.service }
    let errors = dialect.errors(form?.endpoint)
    var skew: Int64 = 0
    do throws(ServiceError) {
      switch dialect.kind {
      case .json:
        guard let call = try jsonCall(request, requestID, &skew) else { return respond.now(Self.notHere) }
        try begin(call, respond.skewed(by: skew, now: clock.now)) { errors.response(to: $0, requestID) }
      case .query:
        // What the body has counts more than what the address has.
        let fields = try FormFields(Array(request.query.utf8), request.method == "POST" ? request.body : [])
        let call = try queryCall(request, fields, form, dialect, requestID, &skew)
        try begin(call, respond.skewed(by: skew, now: clock.now)) { errors.response(to: $0, requestID) }
      case .none: serveStray(request, respond)
      case .s3, .restXML, .restJSON, .cbor: throw .notEmulated(request, dialect)
      }
    } catch {
      respond.skewed(by: skew, now: clock.now).now(errors.response(to: error, requestID))
    }
  }

  /// Runs an operation unless a fault on purpose strikes it.
  private func begin(
    _ call: Call, _ respond: ServerReply.Responder, failure: @escaping @Sendable (ServiceError) -> ServerResponse
  ) throws(ServiceError) {
    guard let strike = faults.strike(call.service, call.operation.name, call.request.http) else {
      return try run(call, respond, failure: failure)
    }
    strike.serve(respond, on: storage.threads, failure: failure) { respond in
      var call = call
      call.operation = strike.operation(call.operation)
      do throws(ServiceError) { try run(call, respond, failure: failure) } catch { respond.now(failure(error)) }
    }
  }

  /// Runs an operation, on this thread or where it says.
  private func run(
    _ call: Call, _ respond: ServerReply.Responder, failure: @escaping @Sendable (ServiceError) -> ServerResponse
  ) throws(ServiceError) {
    let render = { @Sendable (answer: Answer) in
      do throws(ServiceError) {
        if let refusal = answer.refusal { throw refusal }
        return try call.success(answer)
      } catch { return failure(error) }
    }
    let wait = { @Sendable (body: @escaping @Sendable () async throws(ServiceError) -> Answer) in
      respond.later {
        do throws(ServiceError) { return render(try await body()) } catch { return failure(error) }
      }
    }
    switch try call.operation.begin(call.request) {
    case .answer(let answer): respond.now(render(answer))
    case .reading(let body): respond.now(render(try storage.read(body)))
    case .writing(let body):
      storage.write(body) { result in
        switch result {
        case .success(let answer):
          answer.afterCommit?()
          respond.now(render(answer))
        case .failure(let error): respond.now(failure(error))
        }
      }
    case .waiting(let body): wait(body)
    case .trying(let body):
      storage.write(body) { result in
        switch result {
        case .success(.answer(let write)): storage.threads.run { respond.now(render(write())) }
        case .success(.waiting(let body)): wait(body)
        case .failure(let error): respond.now(failure(error))
        }
      }
    }
  }

  // MARK: The JSON protocol

  /// - Parameter skew: set to how far the service's clock is off, by a fault on purpose.
  /// - Returns: nil where the body is none of this protocol's.
  private func jsonCall(
    _ request: ServerRequest, _ requestID: String, _ skew: inout Int64
  ) throws(ServiceError) -> Call? {
    let target = request[header: "x-amz-target"] ?? ""
    let known = operations[ByteText(target)]
    let endpoint: JSONEndpoint
    if let known { endpoint = known.endpoint } else { endpoint = try self.endpoint(of: target) }
    if let known { skew = faults.skew(endpoint.signingName, known.operation.name, request) }
    try verifier.authenticate(request, services: [endpoint.signingName], now: clock.now + skew)
    guard request[header: "content-type"]?.utf8.starts(with: "application/x-amz-json-".utf8) ?? false else {
      return nil
    }
    guard let operation = known?.operation else {
      throw .unknownOperation(String(target.dropFirst(endpoint.targetPrefix.count + 1)))
    }
    let type = "application/x-amz-json-\(endpoint.jsonVersion)"
    return Call(service: endpoint.signingName, operation: operation, request: OperationRequest(http: request)) {
      answer in
      ErrorFormat.answer(200, type, answer.body, requestID)
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

  // MARK: The query protocol

  private func queryCall(
    _ request: ServerRequest, _ fields: FormFields, _ form: QueryService?, _ dialect: RequestDialect,
    _ requestID: String, _ skew: inout Int64
  ) throws(ServiceError) -> Call {
    let action = fields["Action"]?.text
    guard dialect.service != nil else {
      // Some operations are asked for without a signature, such as STS's AssumeRoleWithWebIdentity.
      if let action, !forms.contains(where: { $0.has(action) }) {
        throw .notEmulated(request, dialect, action: action)
      }
      throw .coral("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    }
    guard let form else { throw .notEmulated(request, dialect, action: action) }
    if let action, form.has(action) {
      skew = faults.skew(form.endpoint.signingName, action) {
        (try? form.call(request, fields, requestID))?.request.http.body ?? []
      }
    }
    try verifier.authenticate(request, services: [form.endpoint.signingName], now: clock.now + skew)
    return try form.call(request, fields, requestID)
  }

  // MARK: What is neither

  private static let notHere = ServerResponse(status: 404, body: Array("<UnknownOperationException/>\n".utf8))

  /// `GET /` without a signature, by which load balancers see that the cloud is up, and people see its page.
  private func isHealthCheck(_ request: ServerRequest) -> Bool {
    ["GET", "HEAD"].contains(request.method) && (request.path == "/" || request.path.isEmpty)
  }

  private func serveStray(_ request: ServerRequest, _ respond: ServerReply.Responder) {
    if !isHealthCheck(request) || request[header: "accept"]?.contains("text/html") ?? false {
      for module in modules {
        if let reply = module.reply(toStray: request) { return reply.pass(to: respond) }
      }
    }
    respond.now(isHealthCheck(request) ? health : Self.notHere)
  }

  private var health: ServerResponse { .text(200, "healthy: dynamodb.\(account.region).amazonaws.com ") }
}

extension ServiceError {
  /// The refusal of a service that is not here, or of a path that one of those which are does not have.
  fileprivate static func notEmulated(
    _ request: ServerRequest, _ dialect: RequestDialect, action: String? = nil
  ) -> ServiceError {
    let what = action ?? "\(request.method) \(request.path)"
    let words = "The local cloud does not emulate \(what) of the service \(dialect.service ?? "that was asked")"
    // S3 has a code of its own for that.
    if dialect.kind == .s3 { return ServiceError(status: 501, type: "NotImplemented", message: words) }
    var error = coral("UnknownOperationException", words)
    if dialect.kind == .restJSON { error.status = 404 }
    return error
  }
}
