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
    APIGateway.self,
    SampleSource.self,
  ]

  /// The tables of all modules.
  static let schemas: [StorageSchema] = moduleTypes.map { $0.schema } + [Storage.ownSchema]

  /// What a template may have.
  static let resourceTypes = ResourceTypes(all: moduleTypes.flatMap { $0.resourceTypes })

  let modules: [any ServiceModule]
  private let server: HTTPServer
  /// The functions' Runtime API has a port of its own on loopback: it is plain HTTP, as on AWS, and no client takes its connections.
  private let plainServer: HTTPServer
  let storage: Storage
  private let sweeps = BackgroundTasks()
  private let stack: Stack
  private let generated: [String: String]

  public var address: String { server.address }

  /// Where the certificate is that clients must know; nil over plain HTTP.
  public let certificateFile: String?

  /// The template's outputs, then the values of hidden parameters that this cloud generated.
  public var outputs: [(name: String, value: String)] {
    stack.outputs.map { ($0.name, $0.value) } + generated.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// What the template has and this cloud does nothing with, a type a line.
  public var ignored: [String] { stack.ignored }

  /// What an earlier template stood up and this one does not: it stays in the data, and nothing runs it.
  public let leftovers: [String]

  /// What stands, for people.
  public var plan: String { stack.plan }

  /// What a cloud with these options would stand up, for people. Nothing is opened or started.
  ///
  /// - Throws: ``TemplateError``.
  public static func plan(_ options: Options) throws(TemplateError) -> String {
    let template = try options.template.read()
    var generated: [String: String] = [:]
    let site = options.site("\(options.scheme)://\(options.host):\(options.port)", Account(), certificateFile: nil)
    return try options.template.stack(of: template, at: site, generated: &generated).plan
  }

  /// Opens the storage, takes the port, stands up the stack and starts what polls.
  public init(_ options: Options) throws {
    let account = Account()
    guard HTTPServer.isAddress(options.host) else {
      throw HTTPServer.Failure(description: "'\(options.host)' is no IPv4 address")
    }
    let template = try options.template.read()
    // What is wrong in the template is told before anything is opened.
    _ = try Self.plan(options)
    storage = try Storage(folder: options.folder, schemas: Self.schemas, isDurable: options.isDurable)
    var state = try StackState(of: options.stackName, in: storage)
    let place = ServerPlace(host: options.host, scheme: options.scheme)
    let logFolder = options.folder.map { URL(filePath: $0).appending(path: "logs").path }
    if let logFolder { try DataFolder.make(logFolder) }

    let credentials = Credentials(accessKeyID: options.accessKeyID, secretAccessKey: options.secretAccessKey)
    let verifier = Verifier(region: account.region) { $0 == credentials.accessKeyID ? credentials : nil }
    var context = ModuleContext(
      storage: storage, account: account, place: place, verifier: verifier, options: options, logFolder: logFolder)
    for type in Self.moduleTypes { try context.add(type) }
    modules = context.modules

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
      of: template, at: options.site(place.address, account, certificateFile: certificateFile),
      generated: &state.generated)
    generated = state.generated
    leftovers = try stack.standUp(modules, &state)
    try state.save(of: options.stackName, in: storage)

    let routes = modules.flatMap { $0.routes }
    let frontDoor = FrontDoor(modules, verifier: verifier, storage: storage, clock: options.clock, account: account)
    router.open(Router(routes.filter { !$0.isPlain }, on: storage.threads, otherwise: frontDoor.reply))
    plainRouter.open(
      Router(routes.filter(\.isPlain), on: storage.threads) { _ in .now(.text(404, "not found\n")) })
    for module in modules {
      try module.start()
      for sweep in module.sweeps { sweeps.run { await sweep.loop() } }
    }
  }

  private static func reply(to request: ServerRequest, _ router: Gate<Router>) -> ServerReply {
    // Nothing rests while a failure could still end the start.
    router.value?.reply(to: request) ?? .now(.text(503, "the local cloud is starting\n"))
  }

  /// Ends every process, connection and task. The data stay, unless they were the run's own.
  public func stop() async {
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
