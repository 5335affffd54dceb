import CacheSupport
import SQLiteStore

/// AWS Lambda: the functions' processes with their Runtime API, Invoke, and the queues that invoke them.
final class LambdaService: ServiceModule {
  static let resourceTypes: [any TemplateResource.Type] = [
    FunctionResource.self, LambdaFunctionResource.self, EventSourceMappingResource.self, EventInvokeConfigResource.self,
  ]

  let sandboxes: Sandboxes
  private let events: EventInvocations
  private let lambda: LambdaRoutes
  private let messages: QueueStore
  private let account: Account
  private let clock: WallClock
  private let polls: Bool
  let sources: EventSources
  private let prunes: Bool

  init(_ context: ModuleContext) throws {
    messages = try context.module(SQSService.self).messages
    account = context.account
    clock = context.clock
    polls = context.options.pollsEventSources
    prunes = context.options.prunes
    sandboxes = try Sandboxes(
      account: account, clock: clock, logFolder: context.logFolder, limitsMemory: context.options.limitsMemory,
      processLimit: Self.processLimit(descriptors: DescriptorLimit.raise()), initLimit: context.options.initLimit,
      faults: context.faults
    ) { [place = context.place] in place.plainAuthority }
    events = try EventInvocations(storage: context.storage, sandboxes: sandboxes, messages: messages, clock: clock)
    sources = EventSources(messages: messages, sandboxes: sandboxes, account: account, clock: clock)
    lambda = LambdaRoutes(sandboxes: sandboxes, verifier: context.verifier, clock: clock, faults: context.faults)
  }

  /// How many processes all functions may have together: each has one connection to the functions' port, where a few are left
  /// for those that a process has just closed.
  static func processLimit(descriptors: Int) -> Int {
    let connections = ServerLimits.functions(descriptors: descriptors).connections
    return connections - connections / 8
  }

  var routes: [Route] {
    RuntimeAPI(sandboxes: sandboxes).routes + InvokeAPI(lambda: lambda, events: events).routes
      + FunctionsAPI(lambda: lambda).routes
      + EventSourceMappingsAPI(lambda: lambda, sources: sources, messages: messages).routes + [lambda.others]
  }

  var routedOperations: (service: String, names: [String])? { ("lambda", routes.compactMap(\.operation)) }

  func standUp(_ stack: Stack, _ state: inout StackState) {
    var configs: [String: EventInvokeConfig] = [:]
    for config in stack.all(EventInvokeConfigResource.self) { configs[config.function] = config.config }
    for function in stack.all(FunctionResource.self).map(\.description) {
      var function = function
      if let config = configs[function.name] { function.events = config }
      sandboxes.register(function)
    }
    let mappings = stack.eventSources
    sources.set(mappings)
    for mapping in mappings where mapping.isEnabled {
      sandboxes.allow(mapping.function, processes: mapping.maximumConcurrency)
    }
    for words in Self.bounded(sandboxes.descriptions, by: sandboxes.processLimit) { Notice.tell(words) }
  }

  /// What is told of functions that may have more processes than this machine lets them.
  static func bounded(_ functions: [FunctionDescription], by limit: Int) -> [String] {
    functions.filter { $0.maximumConcurrency > limit }.map {
      "\($0.name) has at most \(limit) processes, not \($0.maximumConcurrency), for all functions together may have no more here: "
        + "raise the hard limit of open files (ulimit -Hn)"
    }
  }

  func start() throws(ServiceError) {
    if prunes { try events.prune() }
    events.resume()
    guard polls else { return }
    sources.start()
  }

  /// Sends an event to a queue or a function; it is kept when this returns.
  ///
  /// - Parameter note: what is written in the same transaction.
  /// - Throws: what SQS or Lambda says of it.
  func send(
    _ payload: [UInt8], to target: EventTarget, and note: @escaping @Sendable (Connection) throws(ServiceError) -> Void
  ) async throws(ServiceError) {
    try await events.send(payload, to: target, and: note)
  }

  func stop() async {
    // Nothing is received any more that could not be begun.
    sources.stopReceiving()
    // Then what others wait for: invocations that are still running end with their processes.
    await sandboxes.stop()
    await sources.stop()
    await events.stop()
  }
}
