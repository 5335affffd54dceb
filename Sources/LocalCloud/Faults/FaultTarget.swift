import CacheSupport

/// A request as the rules see it.
struct FaultTarget {
  let service: String
  let operation: String
  /// The tables, queues, functions or parameters that it names.
  let resources: () -> Set<String>

  /// When a rule is asked.
  enum Phase {
    /// Before the signature is checked.
    case clock
    /// Once the request is known to be somebody's.
    case request
    /// When a function is to run, whoever asks for it: a client, a queue, a schedule, the gateway.
    case invocation
  }

  init(_ service: String, _ operation: String, resource: String) {
    self.service = service
    self.operation = operation
    resources = { [resource] }
  }

  /// - Parameter body: JSON.
  init(_ service: String, _ operation: String, body: @escaping () -> [UInt8]) {
    self.service = service
    self.operation = operation
    resources = { (try? JSON(parsing: body()).object).map { Self.resources(of: service, $0) } ?? [] }
  }

  /// Whether a rule is for requests like this one, whatever they name.
  func isOf(_ rule: FaultRule, _ phase: Phase) -> Bool {
    (rule.service ?? service) == service && (rule.operation ?? operation) == operation
      && phase == self.phase(of: rule.effect.kind)
  }

  private func phase(of kind: FaultRule.Effect.Kind) -> Phase {
    switch kind {
    case .clockSkew: .clock
    case .functionError: .invocation
    case .throttling where service == "lambda" && operation == "Invoke": .invocation
    default: .request
    }
  }

  private static func resources(of service: String, _ input: JSONObject) -> Set<String> {
    func text(_ name: String) -> [String] { input[name]?.string.map { [$0] } ?? [] }
    switch service {
    case "dynamodb":
      let writes = (input["TransactItems"]?.array ?? []).flatMap { $0.object?.members ?? [] }
      let tables =
        text("TableName") + (input["RequestItems"]?.object?.members.map(\.name) ?? [])
        + writes.compactMap { $0.value["TableName"]?.string }
      return Set(tables.map { TableDescription.name(in: $0) })
    case "sqs":
      return Set(text("QueueName") + text("QueueUrl").map { $0.split(separator: "/").last.map(String.init) ?? $0 })
    case "ssm": return Set(text("Name") + (input["Names"]?.array ?? []).compactMap(\.string))
    default: return Set(text("TableName"))
    }
  }
}

extension FaultTargets {
  func batchFault(_ kind: FaultRule.Effect.Kind, _ target: FaultTarget) -> BatchFault? {
    batchFault(kind, target.service, target.operation)
  }
}
