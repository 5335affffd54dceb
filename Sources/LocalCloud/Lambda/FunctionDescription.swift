import CacheSupport

/// A function as the stack describes it.
public struct FunctionDescription: Sendable {
  public var name: String
  /// The file that Lambda would call `bootstrap`.
  public var executable: String
  public var environment: [String: String]
  /// Those variables of ``environment`` that the template sets.
  public var variables: [String: String] = [:]
  public var runtime: String = "provided.al2023"
  public var handler: String = "bootstrap"
  public var role: String = ""
  public var text: String = ""
  /// What the template reserves for it.
  public var reservedConcurrency: Int?
  /// Seconds until an invocation is killed.
  public var timeout: Int
  /// Megabytes that its process and those that it starts may have in memory.
  public var memory: Int
  /// Processes at once.
  public var maximumConcurrency: Int
  /// Where neither a reservation nor a queue says otherwise.
  static let usualConcurrency: Int = 10
  /// What becomes of events that nobody waits for.
  var events = EventInvokeConfig()

  var logGroup: String { "/aws/lambda/\(name)" }

  public init(
    name: String, executable: String, environment: [String: String], timeout: Int = 60, memory: Int = 256,
    maximumConcurrency: Int = 10
  ) {
    self.name = name
    self.executable = executable
    self.environment = environment
    self.timeout = timeout
    self.memory = memory
    self.maximumConcurrency = maximumConcurrency
  }
}
