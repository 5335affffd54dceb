import CacheSupport

/// The services' own operations for the console's page, which has no key pair: `POST /_local-cloud/call/{service}/{operation}` with the
/// operation's input, answered as the service answers it. Faults on purpose do not strike these requests.
struct ConsoleCalls: Sendable {
  /// What the page may ask, by the services' names in signatures. The rest is for clients with a signature.
  static let operations: [String: [String]] = [
    "timestream": ["Query", "CancelQuery", "ListDatabases", "ListTables"],
    "dynamodb": ["ListTables", "DescribeTable", "Scan", "Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem"],
  ]

  private let door: ConsoleGuard
  private let storage: Storage
  /// By `service/operation`.
  private let entries: [ByteText: Operation]

  init(_ modules: [any ServiceModule], door: ConsoleGuard, storage: Storage) {
    self.door = door
    self.storage = storage
    var entries: [ByteText: Operation] = [:]
    for module in modules {
      guard let service = module.endpoint?.signingName, let names = Self.operations[service] else { continue }
      for operation in module.operations where names.contains(operation.name) {
        entries[ByteText("\(service)/\(operation.name)")] = operation
      }
    }
    self.entries = entries
  }

  var routes: [Route] {
    [
      Route("POST", "/_local-cloud/call/{service}/{operation}", errors: .awsJSON) { request throws(ServiceError) in
        try door.check(request.http)
        let name = "\(request["service"])/\(request["operation"])"
        guard let operation = entries[ByteText(name)] else {
          throw ServiceError(status: 404, type: "NotFound", message: "the console does not ask \(name)")
        }
        let step = try operation.begin(OperationRequest(http: request.http))
        return .later { [storage] in
          do throws(ServiceError) { return ConsoleGuard.answer(try await step.answer(in: storage)) } catch {
            return ErrorFormat.awsJSON.response(to: error)
          }
        }
      }
    ]
  }
}

extension Operation.Step {
  /// Does what is left, each part where it belongs, while the task waits.
  ///
  /// - Returns: the answer's JSON.
  fileprivate func answer(in storage: Storage) async throws(ServiceError) -> [UInt8] {
    let answer: Answer
    switch self {
    case .answer(let done): answer = done
    case .reading(let body): answer = try await storage.read(body)
    case .writing(let body): answer = try await storage.write(body)
    case .waiting(let body): answer = try await body()
    case .trying(let body):
      switch try await storage.write(body) {
      case .answer(let write): answer = try await storage.read { _ throws(ServiceError) in write() }
      case .waiting(let body): answer = try await body()
      }
    }
    answer.afterCommit?()
    if let refusal = answer.refusal { throw refusal }
    return answer.body
  }
}
