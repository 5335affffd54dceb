import CacheSupport

/// What faults may strike: the operations of the modules, and what of their batches may fail by itself.
struct FaultTargets: Sendable {
  /// The operations by the services' names in signatures.
  private var operations: [String: Set<String>] = [:]
  private var batches: [String: [BatchFault]] = [:]

  /// API Gateway's name, as permissions have it; its requests are all of one operation.
  static let gateway: String = "execute-api"

  init(_ modules: [any ServiceModule]) {
    for module in modules {
      let names = [module.endpoint?.signingName, module.queryEndpoint?.signingName].compactMap(\.self)
      for name in Set(names) {
        operations[name, default: []].formUnion(module.operations.map(\.name))
        batches[name, default: []] += module.batchFaults
      }
      if let routed = module.routedOperations { operations[routed.service, default: []].formUnion(routed.names) }
    }
  }

  /// What of an operation's batch may fail by itself.
  func batchFault(_ kind: FaultRule.Effect.Kind, _ service: String, _ operation: String) -> BatchFault? {
    batches[service]?.first { $0.kind == kind && $0.operation == operation }
  }

  /// Why a rule would never strike.
  struct Unknown: Error, CustomStringConvertible {
    let description: String
  }

  /// - Throws: ``Unknown`` for a service or an operation that there is not, or that has no such fault.
  func check(_ rule: FaultRule) throws(Unknown) {
    if let service = rule.service, operations[service] == nil {
      throw Unknown(description: "there is no service '\(service)'; there are \(Self.list(operations.keys))")
    }
    let services = rule.service.map { [$0] } ?? Array(operations.keys)
    if let operation = rule.operation, !services.contains(where: { operations[$0]?.contains(operation) ?? false }) {
      guard let service = rule.service else {
        throw Unknown(description: "no service has an operation '\(operation)'")
      }
      throw Unknown(
        description: "\(service) has no operation '\(operation)'; it has \(Self.list(operations[service] ?? []))")
    }
    let kind = rule.effect.kind
    guard let places = places(of: kind) else { return }
    let fits = places.contains { place in
      (rule.service ?? place.service) == place.service && (rule.operation ?? place.operation) == place.operation
    }
    guard !fits else { return }
    let words = places.map { "\($0.service) \($0.operation)" }
    throw Unknown(description: "\(kind.rawValue) is only a fault of \(words.sorted().joined(separator: ", "))")
  }

  /// The operations that a kind of fault is for; nil where it is for all.
  private func places(of kind: FaultRule.Effect.Kind) -> [(service: String, operation: String)]? {
    if kind == .functionError { return [("lambda", "Invoke")] }
    if kind == .clockSkew {
      // API Gateway looks at no signature.
      return operations.filter { $0.key != Self.gateway }.flatMap { service, names in names.map { (service, $0) } }
    }
    guard kind.isOfBatches else { return nil }
    return batches.flatMap { service, faults in faults.filter { $0.kind == kind }.map { (service, $0.operation) } }
  }

  private static func list(_ names: some Sequence<String>) -> String { names.sorted().joined(separator: ", ") }
}
