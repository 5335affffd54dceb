import CacheSupport

/// A function as the stack describes it.
public struct FunctionDescription: Sendable {
  public var name: String
  /// The file that Lambda would call `bootstrap`.
  public var executable: String
  public var environment: [String: String]
  /// Seconds until an invocation is killed.
  public var timeout: Int
  /// Megabytes that its process and those that it starts may have in memory.
  public var memory: Int
  /// Processes at once.
  public var maximumConcurrency: Int
  /// Where neither a reservation nor a queue says otherwise.
  static let usualConcurrency: Int = 10
  /// How often an event that nobody waits for is tried again, 0 to 2.
  public var retries: Int = 2
  /// The name of the queue that is told of events that failed each time.
  public var failureQueue: String?
  /// Seconds after which an event that nobody waits for is given up.
  public var maximumEventAge: Int = 21_600

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

/// What an invocation came to.
struct InvocationResult: Sendable, Hashable {
  var payload: [UInt8]
  /// `Unhandled` where the function failed; the payload then says how.
  var functionError: String?

  /// Cut short by the end of this cloud.
  static let stopped: InvocationResult = failure("Sandbox.Failure", "The local cloud is stopping")
  /// Not begun: too many wait already.
  static let throttled: InvocationResult = failure("TooManyRequestsException", "Rate Exceeded.")

  /// Of a process that ended before it answered.
  static func exit(_ status: ExitStatus, _ request: String) -> InvocationResult {
    failure("Runtime.ExitError", "RequestId: \(request) Error: \(status.words)")
  }

  static func failure(_ type: String, _ message: String) -> InvocationResult {
    InvocationResult(
      payload: (["errorType": .string(type), "errorMessage": .string(message)] as JSON).bytes,
      functionError: "Unhandled")
  }
}
