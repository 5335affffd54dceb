public import CacheSupport
import Glibc
public import HTTPTransport
public import LambdaRuntime

/// Runs one handler once, in this process, as Lambda would: the environment in, the answer out.
public enum LocalRun {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
  }

  /// Ends the process: status 0 where the handler answered well, 1 where it threw or its answer tells of a failure.
  ///
  /// The answer goes to standard output; log lines and metrics go to standard error.
  ///
  /// - Parameter make: the handler and its event, from the environment and the command line's words.
  public static func run(
    usage: String,
    _ make: (ProcessEnvironment, any HTTPClient, [String]) throws -> (any LambdaHandler, [UInt8])
  ) async {
    let words = Array(CommandLine.arguments.dropFirst())
    if Arguments.isHelp(words) {
      Output.line(usage)
      exit(0)
    }
    let environment = ProcessEnvironment.process()
    let logger = logger(environment)
    do {
      let (handler, event) = try make(environment, CurlClient(environment: environment), words)
      let deadline = WallClock.system.now + 900_000
      let context = LambdaContext(requestID: RandomID.uuid(), deadline: deadline, logger: logger)
      let answer = try await handler.handle(event, context)
      Output.line(String(decoding: answer, as: UTF8.self))
      exit(isFailure(answer) ? 1 : 0)
    } catch {
      Output.errorLine("\(error)")
      exit(1)
    }
  }

  /// Writes log lines and metrics to standard error.
  public static func logger(_ environment: ProcessEnvironment) -> LambdaLogger {
    LambdaLogger(environment: environment) { Output.error(String(decoding: $0, as: UTF8.self)) }
  }

  /// A message that must come again, or a status of 400 and above.
  private static func isFailure(_ answer: [UInt8]) -> Bool {
    guard let json = try? JSON(parsing: answer) else { return false }
    return !(json["batchItemFailures"]?.array ?? []).isEmpty || (json["statusCode"]?.int ?? 200) >= 400
  }
}
