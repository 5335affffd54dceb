public import Basics
import Glibc
public import HTTPTransport
public import LambdaRuntime

/// Runs one handler once, in this process, as Lambda would: the environment in, the answer out.
public enum LocalRun {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
  }

  /// Ends the process: status 0 where the handler answered, 1 where it threw.
  ///
  /// The answer goes to standard output; log lines and metrics go to standard error.
  ///
  /// - Parameter make: the handler and its event, from the environment and the command line's words.
  public static func run(
    usage: String,
    _ make: (Environment, any HTTPClient, [String]) throws -> (any LambdaHandler, [UInt8])
  ) async {
    let words = Array(CommandLine.arguments.dropFirst())
    if Arguments.isHelp(words) {
      Output.line(usage)
      exit(0)
    }
    let environment = Environment.process()
    let logger = Logger(environment: environment) { Output.error(String(decoding: $0, as: UTF8.self)) }
    do {
      let (handler, event) = try make(environment, CurlClient(environment: environment), words)
      let deadline = WallClock.system.now + 900_000
      let context = LambdaContext(requestID: RandomID.uuid(), deadline: deadline, logger: logger)
      Output.line(String(decoding: try await handler.handle(event, context), as: UTF8.self))
      exit(0)
    } catch {
      Output.errorLine("\(error)")
      exit(1)
    }
  }
}
