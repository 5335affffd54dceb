public import CacheSupport
import Foundation
import SigV4
import Synchronization

/// The cloud on this machine: one process, one port, one SQLite file.
///
/// It speaks the services' own protocols, verifies signatures, and runs the functions' executables through the Runtime
/// API. It listens on loopback unless told otherwise.
public final class LocalCloud: Sendable {
  public struct Options: Sendable {
    public var host: String = "127.0.0.1"
    /// 0 takes a free port.
    public var port: UInt16 = 4566
    /// The folder of the data and the functions' logs; nil keeps both for the run alone.
    public var folder: String?
    /// The access key pair that is accepted, and that the functions use.
    public var accessKeyID: String = "test"
    public var secretAccessKey: String = "test"
    /// What is stood up.
    public var template: TemplateFile
    public var stackName: String = "timeseries-cache"
    /// The folder with the functions' executables; nil takes this program's own.
    public var executables: String?
    public var clock: WallClock = .system
    /// False leaves the queues to whoever reads them: no event source, no schedule.
    public var pollsEventSources: Bool = true
    /// Where set, everything but the functions' Runtime API is served over TLS.
    public var tls: TLS.Source?

    public init(template: TemplateFile) { self.template = template }

    /// The key pair of an environment, where it has one.
    public mutating func takeCredentials(from environment: ProcessEnvironment) {
      guard let key = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
        return
      }
      accessKeyID = key
      secretAccessKey = secret
    }
  }

  private let server: HTTPServer
  /// Over TLS the functions' Runtime API has a port of its own, for it is plain HTTP on AWS too.
  private let runtimeServer: HTTPServer?
  private let storage: Storage
  private let engine: QueryEngine
  private let sandboxes: Sandboxes
  private let invokeAPI: InvokeAPI
  private let tasks = BackgroundTasks()
  private let parameters: SSMService
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

  /// Sets one of the stack's parameters.
  package func setParameter(_ name: String, _ value: String) throws {
    try parameters.put(name, type: "String", value: value)
  }

  /// The processes of a function that are running now.
  package func processIDs(of function: String) -> [Int32] { sandboxes.processIDs(of: function) }

  /// What a cloud with these options would stand up, for people. Nothing is opened or started.
  ///
  /// - Throws: ``TemplateError``.
  public static func plan(_ options: Options) throws(TemplateError) -> String {
    let template = try options.template.read()
    var generated: [String: String] = [:]
    let address = "\(options.tls == nil ? "http" : "https")://\(options.host):\(options.port)"
    let site = options.site(address, Account(), certificateFile: nil)
    return try options.template.stack(of: template, at: site, generated: &generated).plan
  }

  /// Opens the storage, takes the port, stands up the stack and starts what polls.
  public init(_ options: Options) throws {
    let clock = options.clock
    let account = Account()
    guard HTTPServer.isAddress(options.host) else {
      throw HTTPServer.Failure(description: "'\(options.host)' is no IPv4 address")
    }
    let template = try options.template.read()
    // What is wrong in the template is told before anything is opened.
    _ = try Self.plan(options)
    storage = try Storage(folder: options.folder)
    var state = try StackState(of: options.stackName, in: storage)
    let place = Place(host: options.host, scheme: options.tls == nil ? "http" : "https")
    let logFolder = options.folder.map { URL(filePath: $0).appending(path: "logs").path }
    if let logFolder { try FileManager.default.createDirectory(atPath: logFolder, withIntermediateDirectories: true) }

    let dynamoDB = DynamoDBService(storage: storage, account: account, clock: clock)
    let sqs = SQSService(storage: storage, account: account, clock: clock) { place.address }
    parameters = SSMService(storage: storage, account: account, clock: clock)
    let store = TimestreamStore(storage: storage, account: account, clock: clock)
    engine = try QueryEngine(store: store, clock: clock)
    let scheduled = ScheduledQueryRunner(queries: ScheduledQueryStore(engine: engine), tasks: tasks)
    let timestream = TimestreamService(
      store: store, engine: engine, settings: AccountSettings(storage: storage), scheduled: scheduled
    ) { place.address }
    sandboxes = Sandboxes(account: account, clock: clock, logFolder: logFolder) { place.runtimeAuthority }
    let credentials = Credentials(accessKeyID: options.accessKeyID, secretAccessKey: options.secretAccessKey)
    let verifier = Verifier(region: account.region) { $0 == credentials.accessKeyID ? credentials : nil }
    let frontDoor = FrontDoor(services: [dynamoDB, sqs, parameters, timestream], verifier: verifier, clock: clock)
    invokeAPI = InvokeAPI(sandboxes: sandboxes, frontDoor: frontDoor, messages: sqs.messages, clock: clock)
    let runtime = RuntimeAPI(sandboxes: sandboxes)
    let sample = SampleSource()
    // The stack's addresses have the port, and the port may be any free one: the gateway opens once the stack stands.
    let gateway = Gate<APIGateway?>()

    let isPlain = options.tls == nil
    let tls: TLS? =
      switch options.tls {
      case nil: nil
      case .given(let tls): tls
      // Made once the folder is this cloud's alone.
      case .selfSigned: try TLS(selfSignedFor: options.host, in: storage.folder)
      }
    certificateFile = tls?.certificateFile
    server = try HTTPServer(host: options.host, port: options.port, tls: tls) { [invokeAPI] request in
      // Nothing rests while a failure could still end the start.
      guard let gateway = gateway.value else { return .now(.text(503, "the local cloud is starting\n")) }
      switch request.path {
      case let path where isPlain && path.hasPrefix(RuntimeAPI.prefix): return runtime.reply(to: request)
      case let path where path.hasPrefix(InvokeAPI.prefix): return invokeAPI.reply(to: request)
      case SampleSource.path: return sample.reply(to: request)
      case "/" where ["GET", "HEAD"].contains(request.method):
        return .now(.text(200, "healthy: dynamodb.\(account.region).amazonaws.com "))
      case let path:
        if let gateway, gateway.takes(path) { return gateway.reply(to: request) }
        return frontDoor.reply(to: request)
      }
    }
    runtimeServer = try isPlain ? nil : HTTPServer { runtime.reply(to: $0) }
    place.open(server.port, runtime: runtimeServer?.port ?? server.port)

    let stack = try options.template.stack(
      of: template, at: options.site(place.address, account, certificateFile: certificateFile),
      generated: &state.generated)
    self.stack = stack
    generated = state.generated
    do throws(ServiceError) {
      leftovers = try Provisioner(dynamoDB: dynamoDB, sqs: sqs, parameters: parameters, store: store).provision(
        stack, at: place.address, &state)
    } catch {
      throw TemplateError("the stack cannot be stood up: \(stack.withoutSecrets(error.message ?? error.type))")
    }
    try state.save(of: options.stackName, in: storage)
    for function in stack.functions { sandboxes.register(function) }
    gateway.open(stack.api.map { APIGateway($0, sandboxes: sandboxes, account: account, clock: clock) })
    if options.pollsEventSources {
      try startPolling(sqs, account)
      startSchedules(clock, account)
    }
    tasks.run { await scheduled.run() }
    tasks.run {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(3600)) } catch { return }
        try? store.sweepExpired()
      }
    }
    tasks.run {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(60)) } catch { return }
        // What has expired is served to nobody who minds; what cannot be swept now is swept in a minute.
        _ = try? dynamoDB.sweepExpired()
        try? sqs.messages.sweepExpired()
      }
    }
  }

  /// The functions whose executables are not there: they fail when they are invoked.
  public var missingExecutables: [String] {
    stack.functions.filter { !FileManager.default.isExecutableFile(atPath: $0.executable) }.map {
      "\($0.name) has no executable \($0.executable)"
    }
  }

  private func startPolling(_ sqs: SQSService, _ account: Account) throws {
    for source in stack.eventSources {
      let poller = EventSource(
        queue: try sqs.messages.queue(named: source.queue), messages: sqs.messages, function: source.function,
        sandboxes: sandboxes, account: account, batchSize: source.batchSize,
        maximumConcurrency: source.maximumConcurrency, reportsFailures: source.reportsFailures)
      tasks.run { await poller.run() }
    }
  }

  private func startSchedules(_ clock: WallClock, _ account: Account) {
    for rule in stack.rules {
      tasks.run { [invokeAPI] in
        while let due = rule.schedule.next(after: clock.now) {
          do { try await Task.sleep(for: .milliseconds(max(0, due - clock.now))) } catch { return }
          let event: JSON = [
            "version": "0", "id": .string(RandomID.uuid()), "detail-type": "Scheduled Event", "source": "aws.events",
            "account": .string(account.id), "time": .string(UTCTime(epochMilliseconds: due).iso8601Text),
            "region": .string(account.region),
            "resources": [.string("arn:aws:events:\(account.region):\(account.id):rule/\(rule.name)")], "detail": [:],
          ]
          invokeAPI.invokeLater(rule.function, rule.input.map { Array($0.utf8) } ?? event.bytes)
        }
      }
    }
  }

  /// Ends every process, connection and task. The data stay, unless they were the run's own.
  public func stop() async {
    engine.stop()
    // First what others wait for: invocations that are still running end with their processes.
    await sandboxes.stop()
    await tasks.stop()
    await invokeAPI.stop()
    await runtimeServer?.stop()
    await server.stop()
  }

  /// The folder of this program's executable.
  fileprivate static var ownFolder: String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: own).deletingLastPathComponent().path
  }
}

extension LocalCloud.Options {
  /// Where the stack stands, and what every function is told of it.
  fileprivate func site(_ address: String, _ account: Account, certificateFile: String?) -> Stack.Site {
    var environment = [
      "AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": secretAccessKey, "AWS_REGION": account.region,
      "AWS_DEFAULT_REGION": account.region, "AWS_ENDPOINT_URL": address,
    ]
    environment["AWS_CA_BUNDLE"] = certificateFile
    return Stack.Site(
      address: address, accountID: account.id, region: account.region, environment: environment,
      executables: executables ?? LocalCloud.ownFolder, stackName: stackName)
  }
}

/// Something that is there from some time on.
private final class Gate<Value: Sendable>: Sendable {
  private let opened = Mutex<Value?>(nil)

  func open(_ value: Value) { opened.withLock { $0 = value } }

  var value: Value? { opened.withLock { $0 } }
}

/// Where the server is: known once it has its ports.
private final class Place: Sendable {
  private let host: String
  private let scheme: String
  private let port = Atomic<UInt16>(0)
  private let runtimePort = Atomic<UInt16>(0)

  init(host: String, scheme: String) {
    self.host = host == "0.0.0.0" ? "127.0.0.1" : host
    self.scheme = scheme
  }

  func open(_ port: UInt16, runtime: UInt16) {
    self.port.store(port, ordering: .releasing)
    runtimePort.store(runtime, ordering: .releasing)
  }

  var address: String { "\(scheme)://\(host):\(port.load(ordering: .acquiring))" }

  /// `host:port` of the functions' Runtime API.
  var runtimeAuthority: String {
    let (port, runtime) = (port.load(ordering: .acquiring), runtimePort.load(ordering: .acquiring))
    return "\(runtime == port ? host : "127.0.0.1"):\(runtime)"
  }
}
