public import Basics
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
    public var schedule: String = "cron(0 1 * * ? *)"
    /// The folder with the functions' executables; nil takes this program's own.
    public var executables: String?
    /// Seconds until an invocation is killed.
    public var functionTimeout: Int = 60
    /// Seconds until a message that was not deleted comes again; nil is six times the functions' timeout.
    public var visibilityTimeout: Int?
    public var clock: WallClock = .system
    /// False leaves the queues to whoever reads them: no event source, no schedule.
    public var pollsEventSources: Bool = true

    public init() {}

    /// The key pair of an environment, where it has one.
    public mutating func takeCredentials(from environment: Environment) {
      guard let key = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
        return
      }
      accessKeyID = key
      secretAccessKey = secret
    }
  }

  private let server: HTTPServer
  private let storage: Storage
  private let sandboxes: Sandboxes
  private let invokeAPI: InvokeAPI
  private let tasks = BackgroundTasks()
  private let parameters: SSMService
  private let stack: Stack

  public var address: String { server.address }

  /// What a person needs to know of the stack, by name; `API_KEY` is read as it is now.
  public var outputs: [(name: String, value: String)] {
    let key = (try? parameters.value(of: Stack.apiKeyParameter)) ?? nil
    return stack.outputs + (key.map { [("API_KEY", $0)] } ?? [])
  }

  /// Sets one of the stack's parameters.
  package func setParameter(_ name: String, _ value: String) throws {
    try parameters.put(name, type: "String", value: value)
  }

  /// The processes of a function that are running now.
  package func processIDs(of function: String) -> [Int32] { sandboxes.processIDs(of: function) }

  /// Opens the storage, takes the port, stands up the stack and starts what polls.
  public init(_ options: Options) throws {
    let clock = options.clock
    let account = Account()
    let schedule = try Schedule(options.schedule)
    storage = try Storage(folder: options.folder)
    let place = Place(host: options.host)
    let logFolder = options.folder.map { URL(filePath: $0).appending(path: "logs").path }
    if let logFolder { try FileManager.default.createDirectory(atPath: logFolder, withIntermediateDirectories: true) }

    let dynamoDB = DynamoDBService(storage: storage, account: account, clock: clock)
    let sqs = SQSService(storage: storage, account: account, clock: clock) { place.address }
    parameters = SSMService(storage: storage, account: account, clock: clock)
    let store = TimestreamStore(storage: storage, account: account, clock: clock)
    let timestream = TimestreamService(store: store, engine: try QueryEngine(store: store, clock: clock)) {
      place.address
    }
    sandboxes = Sandboxes(account: account, clock: clock, logFolder: logFolder) { place.authority }

    let credentials = Credentials(accessKeyID: options.accessKeyID, secretAccessKey: options.secretAccessKey)
    let verifier = Verifier(region: account.region) { $0 == credentials.accessKeyID ? credentials : nil }
    let frontDoor = FrontDoor(services: [dynamoDB, sqs, parameters, timestream], verifier: verifier, clock: clock)
    invokeAPI = InvokeAPI(sandboxes: sandboxes, frontDoor: frontDoor)
    let runtime = RuntimeAPI(sandboxes: sandboxes)
    let sample = SampleSource { [parameters] in (try? parameters.value(of: Stack.sourceKeyParameter)) ?? nil }
    let gateway = APIGateway(
      stage: Stack.timeSeriesAPI.stage, function: Stack.timeSeriesAPI.function, sandboxes: sandboxes, account: account,
      clock: clock)

    server = try HTTPServer(host: options.host, port: options.port) { [invokeAPI] request in
      switch request.path {
      case let path where path.hasPrefix(RuntimeAPI.prefix): return runtime.reply(to: request)
      case let path where path.hasPrefix(InvokeAPI.prefix): return invokeAPI.reply(to: request)
      case SampleSource.path: return sample.reply(to: request)
      case let path where gateway.takes(path): return gateway.reply(to: request)
      case "/" where ["GET", "HEAD"].contains(request.method):
        return .now(.text(200, "healthy: dynamodb.\(account.region).amazonaws.com "))
      default: return frontDoor.reply(to: request)
      }
    }
    place.set(port: server.port)
    stack = .timeSeriesCache(
      at: Stack.Site(
        address: place.address, accountID: account.id, region: account.region, accessKeyID: options.accessKeyID,
        secretAccessKey: options.secretAccessKey, executables: options.executables ?? Self.ownFolder),
      schedule: schedule, functionTimeout: options.functionTimeout, visibilityTimeout: options.visibilityTimeout)
    try Provisioner(dynamoDB: dynamoDB, sqs: sqs, parameters: parameters, store: store).provision(
      stack, at: place.address)
    for function in stack.functions { sandboxes.register(function) }
    if options.pollsEventSources {
      try startPolling(sqs, account)
      startSchedules(clock, account)
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

  private func startPolling(_ sqs: SQSService, _ account: Account) throws {
    for source in stack.eventSources {
      let poller = EventSource(
        queue: try sqs.messages.queue(named: source.queue), messages: sqs.messages, function: source.function,
        sandboxes: sandboxes, account: account, batchSize: source.batchSize,
        maximumConcurrency: source.maximumConcurrency)
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
          invokeAPI.invokeLater(rule.function, event.bytes)
        }
      }
    }
  }

  /// Ends every process, connection and task. The data stay, unless they were the run's own.
  public func stop() async {
    // First what others wait for: invocations that are still running end with their processes.
    await sandboxes.stop()
    await tasks.stop()
    await invokeAPI.stop()
    await server.stop()
  }

  /// The folder of this program's executable.
  private static var ownFolder: String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: own).deletingLastPathComponent().path
  }
}

/// Where the server is: known once it has its port.
private final class Place: Sendable {
  private let host: String
  private let port = Atomic<UInt16>(0)

  init(host: String) { self.host = host == "0.0.0.0" ? "127.0.0.1" : host }

  func set(port: UInt16) { self.port.store(port, ordering: .releasing) }

  var authority: String { "\(host):\(port.load(ordering: .acquiring))" }
  var address: String { "http://\(authority)" }
}
