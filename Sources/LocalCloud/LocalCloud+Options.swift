public import CacheSupport
import Foundation

extension LocalCloud {
  public struct Options: Sendable {
    public var host: String = "127.0.0.1"
    /// 0 takes a free port.
    public var port: UInt16 = 4566
    /// The folder of the data and the functions' logs; nil keeps both for the run alone.
    public var folder: String?
    /// Whether what is answered survives the end of the machine, and not only of this process. Each commit then waits for the disk.
    public var isDurable: Bool = false
    /// The access key pair that is accepted, and that the functions use.
    public var accessKeyID: String = "test"
    public var secretAccessKey: String = "test"
    /// Whether the key pair is a person's own, and so never written to a file.
    public private(set) var hasOwnCredentials: Bool = false
    /// What is stood up.
    public var template: TemplateFile
    public var stackName: String = "timeseries-cache"
    /// Parameters that go back to what the template says: those of the template, whose value was given at an earlier start, and those
    /// of SSM, whose value a person has changed.
    public var resets: Set<String> = []
    /// The folder with the functions' executables; nil takes this program's own.
    public var executables: String?
    /// Whether what has left the template is deleted, unless its `DeletionPolicy` retains it.
    public var prunes: Bool = false
    public var clock: WallClock = .system
    /// False leaves the queues to whoever reads them: no event source, no schedule.
    public var pollsEventSources: Bool = true
    /// Whether a function's process that takes more memory than `MemorySize` is killed, as on AWS.
    public var limitsMemory: Bool = true
    /// Faults on purpose, from the start.
    public var faults: FaultFile?
    /// What the console does with sources; nil leaves them out.
    public var sourceTools: (any SourceTools)?
    /// Where set, everything but the functions' Runtime API is served over TLS.
    public var tls: TLS.Source?
    /// What the results of queries may take together, those that run and those whose further pages are kept, bytes.
    public var resultMemory: Int = 256 << 20
    /// How long a query may run. Timestream gives it a minute.
    package var queryTimeLimit: Duration = .seconds(60)
    /// How long a function's process may take before it asks for its first event. Lambda gives it ten seconds.
    package var initLimit: Duration = .seconds(10)

    public init(template: TemplateFile) { self.template = template }

    /// The key pair of an environment, where it has one.
    public mutating func takeCredentials(from environment: ProcessEnvironment) {
      guard let key = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
        return
      }
      hasOwnCredentials = (key, secret) != (accessKeyID, secretAccessKey)
      accessKeyID = key
      secretAccessKey = secret
    }
  }
}

extension LocalCloud.Options {
  var scheme: String { tls == nil ? "http" : "https" }

  /// Whether the cloud listens on loopback alone.
  public var isLoopback: Bool { host.utf8.starts(with: "127.".utf8) }

  /// Where the stack stands, and what every function is told of it.
  func site(_ address: String, _ account: Account, certificateFile: String?) -> Stack.Site {
    var environment = [
      "AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": secretAccessKey, "AWS_REGION": account.region,
      "AWS_DEFAULT_REGION": account.region, "AWS_ENDPOINT_URL": address,
    ]
    environment["AWS_CA_BUNDLE"] = certificateFile
    return Stack.Site(
      address: address, accountID: account.id, region: account.region, environment: environment,
      executables: executables ?? Self.ownFolder, stackName: stackName)
  }

  /// The folder of this program's executable.
  static var ownFolder: String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: own).deletingLastPathComponent().path
  }
}
