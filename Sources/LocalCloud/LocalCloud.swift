import CacheSupport
import Foundation
import SigV4

/// The cloud on this machine: one process, one port, one SQLite file.
///
/// It speaks the services' own protocols, verifies signatures, and runs the functions' executables through the Runtime
/// API. It listens on loopback unless told otherwise.
public final class LocalCloud: Sendable {
  /// The services: a new one is a folder, and a line here, after those that it uses. Stacks are stood up in this order.
  private static let moduleTypes: [any ServiceModule.Type] = [
    DynamoDBService.self,
    SQSService.self,
    TimestreamService.self,
    SSMService.self,
    STSService.self,
    LambdaService.self,
    SchedulesService.self,
    // Before the gateway, which takes what is nobody's.
    PageConsole.self,
    APIGateway.self,
    SampleSource.self,
    CloudFormationService.self,
    ConsoleService.self,
  ]

  /// The tables of all modules.
  static let schemas: [StorageSchema] = moduleTypes.map { $0.schema } + [Storage.ownSchema]

  /// What a template may have.
  static let resourceTypes = ResourceTypes(all: moduleTypes.flatMap { $0.resourceTypes })

  let modules: [any ServiceModule]
  private let place: ServerPlace
  private let server: HTTPServer
  /// The functions' Runtime API has a port of its own on loopback: it is plain HTTP, as on AWS, and no client takes its connections.
  private let plainServer: HTTPServer
  let storage: Storage
  private let sweeps = BackgroundTasks()
  private let stack: Stack
  private let generated: [String: String]

  public var address: String { place.address }

  /// Where the certificate is that clients must know; nil over plain HTTP.
  public let certificateFile: String?

  /// The template's outputs, then the values of hidden parameters that this cloud generated.
  public var outputs: [(name: String, value: String)] {
    stack.outputs.map { ($0.name, $0.value) } + generated.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// What the template has and this cloud does nothing with, a type a line.
  public var ignored: [String] { stack.ignored }

  /// The same in a few words; nil where there is nothing.
  public var ignoredWords: String? { stack.ignoredWords }

  /// What an earlier template stood up and this one does not: it stays in the data, and nothing runs it.
  public let leftovers: [String]

  /// What of it this start deleted.
  public let pruned: [String]

  /// The template's parameters whose values this start was not given, and an earlier one was.
  public let keptParameters: [String]

  private let runningFolder: String?

  /// What stands, for people.
  public var plan: String { stack.plan }

  /// What a cloud with these options would stand up, and what would be left in its data. Nothing is started.
  ///
  /// - Throws: ``TemplateError``, and where the data cannot be read.
  public static func plan(_ options: Options) throws -> StackPlan {
    let data = try StandingData(inFolder: options.folder)
    var state = try data?.state(of: options.stackName) ?? StackState()
    let stack = try stack(of: try options.template.read(), options, &state) { (name) throws(TemplateError) in
      do throws(DataFolder.Failure) { return try data?.parameter(name) } catch {
        throw TemplateError(error.description)
      }
    }
    return StackPlan(stack, left: state.left(by: stack))
  }

  /// The stack at the address that the options say, which a free port may change.
  ///
  /// - Parameter stored: looks up a parameter of SSM.
  private static func stack(
    of template: Template, _ options: Options, _ state: inout StackState,
    stored: (String) throws(TemplateError) -> String?
  ) throws(TemplateError) -> Stack {
    for name in options.resets {
      state.kept.forget(name)
      state.generated[name] = nil
    }
    let site = options.site("\(options.scheme)://\(options.host):\(options.port)", Account(), certificateFile: nil)
    let stack = try options.template.stack(
      of: template, at: site, stored: stored, kept: state.kept, generated: &state.generated)
    let known = Set(template.parameters.map(\.name) + stack.all(ParameterResource.self).map(\.name))
    for name in options.resets.subtracting(known).sorted() {
      throw TemplateError(
        "--reset: there is no parameter '\(name)'; there are \(known.sorted().joined(separator: ", "))")
    }
    state.resets = options.resets.union(stack.parameters(madeOf: options.resets))
    return stack
  }

  /// Opens the storage, takes the port, stands up the stack and starts what polls.
  public init(_ options: Options) throws {
    let account = Account()
    guard HTTPServer.isAddress(options.host) else {
      throw HTTPServer.Failure(description: "'\(options.host)' is no IPv4 address")
    }
    let template = try options.template.read()
    // What is wrong in the template is told before anything is made. What earlier starts were given counts, where there are any.
    if options.folder.map({ !DataFolder.hasData($0) }) ?? true { _ = try Self.plan(options) }
    storage = try Storage(folder: options.folder, schemas: Self.schemas, isDurable: options.isDurable)
    var state = try StackState(of: options.stackName, in: storage)
    let before = state
    let stored = { [storage] (name: String) throws(TemplateError) -> String? in
      do throws(ServiceError) { return try storage.read(SSMService.value(of: name)) } catch {
        throw TemplateError("the parameter \(name) of SSM cannot be read: \(error.message ?? error.type)")
      }
    }
    _ = try Self.stack(of: template, options, &state, stored: stored)
    keptParameters = template.parameters.map(\.name).filter { state.kept.counts($0, for: options.template) }
    place = ServerPlace(host: options.host, scheme: options.scheme)
    let logFolder = options.folder.map { URL(filePath: $0).appending(path: "logs").path }
    if let logFolder { try DataFolder.make(logFolder) }

    let credentials = Credentials(accessKeyID: options.accessKeyID, secretAccessKey: options.secretAccessKey)
    let verifier = Verifier(region: account.region) { $0 == credentials.accessKeyID ? credentials : nil }
    let faults = Faults(threads: storage.threads)
    var context = ModuleContext(
      storage: storage, account: account, place: place, verifier: verifier, faults: faults, options: options,
      logFolder: logFolder)
    for type in Self.moduleTypes { try context.add(type) }
    modules = context.modules
    faults.know(FaultTargets(modules))
    if let file = options.faults { Notice.tell(try faults.replace(with: file)) }

    let tls: TLS? =
      switch options.tls {
      case nil: nil
      case .given(let tls): tls
      // Made once the folder is this cloud's alone.
      case .selfSigned: try TLS(selfSignedFor: options.host, in: storage.folder)
      }
    certificateFile = tls?.certificateFile
    // The stack's addresses have the port, and the port may be any free one: requests are answered once the stack stands.
    let router = Gate<Router>()
    let plainRouter = Gate<Router>()
    let descriptors = DescriptorLimit.raise()
    let limits = ServerLimits(descriptors: descriptors)
    server = try HTTPServer(host: options.host, port: options.port, tls: tls, limits: limits) {
      Self.reply(to: $0, router)
    }
    plainServer = try HTTPServer(limits: .functions(descriptors: descriptors)) { Self.reply(to: $0, plainRouter) }
    place.open(server.port, plain: plainServer.port)

    stack = try options.template.stack(
      of: template, at: options.site(place.address, account, certificateFile: certificateFile), stored: stored,
      kept: state.kept, generated: &state.generated)
    generated = state.generated
    var beginning = before.beginning(stack)
    beginning.generated.merge(state.generated) { known, _ in known }
    try stack.standUp(modules, &state, now: options.clock.now) { [storage] () throws(ServiceError) in
      try beginning.save(of: options.stackName, in: storage)
    }
    state.kept.keep(options.template)
    try state.save(of: options.stackName, in: storage)
    pruned = options.prunes ? state.prune(modules) : []
    // Where the process ends before this, the next start finds nothing to delete, and goes on.
    if !pruned.isEmpty { try state.save(of: options.stackName, in: storage) }
    leftovers = state.left.compactMap(\.leftover).sorted()

    let routes =
      modules.flatMap { $0.routes }
      + FaultsAPI(faults: faults, access: ConsoleGuard(place: place, isLoopback: options.isLoopback)).routes
    let frontDoor = FrontDoor(
      modules, verifier: verifier, storage: storage, clock: options.clock, account: account, faults: faults)
    let handlerOfHost = { @Sendable [modules] (host: String) in
      modules.lazy.compactMap { $0.handler(ofHost: host) }.first
    }
    router.open(
      Router(
        routes.filter { !$0.isPlain }, on: storage.threads, handlerOfHost: handlerOfHost, otherwise: frontDoor.reply))
    plainRouter.open(
      Router(routes.filter(\.isPlain), on: storage.threads) { _ in .now(.text(404, "not found\n")) })
    for module in modules {
      try module.start()
      for sweep in module.sweeps { sweeps.run { await sweep.loop() } }
    }
    runningFolder = options.folder
    if let folder = runningFolder { try running(options, account).write(in: folder) }
  }

  /// What is told to other programs.
  private func running(_ options: Options, _ account: Account) -> RunningCloud {
    RunningCloud(
      id: module(ConsoleService.self)?.id ?? "", address: address, certificateFile: certificateFile,
      region: account.region, accessKeyID: options.accessKeyID,
      secretAccessKey: options.hasOwnCredentials ? nil : options.secretAccessKey,
      outputs: outputs.map { .init(name: $0.name, value: $0.value) },
      variables: stack.functionVariables.map { .init(name: $0.name, value: $0.value) })
  }

  private static func reply(to request: ServerRequest, _ router: Gate<Router>) -> ServerReply {
    // Nothing rests while a failure could still end the start.
    router.value?.reply(to: request) ?? .now(.text(503, "the local cloud is starting\n"))
  }

  /// Ends every process, connection and task. The data stay, unless they were the run's own.
  public func stop() async {
    if let runningFolder { RunningCloud.remove(from: runningFolder) }
    // Those that use others come first.
    for module in modules.reversed() { await module.stop() }
    await sweeps.stop()
    await plainServer.stop()
    await server.stop()
    storage.close()
  }
}

// MARK: For tests and people

extension LocalCloud {
  /// The functions whose executables are not there: they fail when they are invoked.
  public var missingExecutables: [String] {
    stack.all(FunctionResource.self).map(\.description).filter {
      !FileManager.default.isExecutableFile(atPath: $0.executable)
    }.map { "\($0.name) has no executable \($0.executable)" }
  }

  private func module<Module: ServiceModule>(_: Module.Type) -> Module? {
    modules.lazy.compactMap { $0 as? Module }.first
  }

  /// Sets one of the stack's parameters.
  package func setParameter(_ name: String, _ value: String) throws {
    try module(SSMService.self)?.put(name, type: "String", value: value)
  }

  /// How many queries run, and how many wait for a thread.
  package var queryLoad: (running: Int, waiting: Int) {
    module(TimestreamService.self)?.engine.threads.load ?? (0, 0)
  }

  /// The processes of a function that are running now.
  package func processIDs(of function: String) -> [Int32] {
    module(LambdaService.self)?.sandboxes.processIDs(of: function) ?? []
  }
}
