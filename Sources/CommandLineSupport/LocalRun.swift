package import CacheSupport
import Glibc
package import HTTPTransport
package import LambdaRuntime

/// Runs one handler once, in this process, as Lambda would: the environment in, the answer out.
package enum LocalRun {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
  }

  /// What a program prints of a handler's answer, and how it ends.
  package struct Report: Sendable, Hashable {
    /// For standard output; nothing is printed where it is empty.
    package var output: [UInt8]
    /// For standard error.
    package var notes: [UInt8]
    /// Whether the program's status is 1.
    package var isFailure: Bool

    package init(output: [UInt8] = [], notes: [UInt8] = [], isFailure: Bool = false) {
      self.output = output
      self.notes = notes
      self.isFailure = isFailure
    }

    /// The answer as it is; one that asks for a message once more is a failure.
    package static func whole(_ answer: [UInt8]) -> Report {
      let failures = (try? JSON(parsing: answer))?["batchItemFailures"]?.array ?? []
      return Report(output: answer, isFailure: !failures.isEmpty)
    }
  }

  /// Ends the process: status 0 where the handler answered well, 1 where it threw, its answer tells of a failure, or what it
  /// answered cannot be written.
  ///
  /// Log lines and metrics go to standard error.
  ///
  /// - Parameters:
  ///   - usage: what `--help` prints, which needs, as `--version` does, neither a region nor any other variable.
  ///   - report: what to print of the answer, given the command line's words.
  ///   - make: the handler and its event, from the environment and the command line's words.
  package static func run(
    usage: String, report: ([UInt8], [String]) throws -> Report = { answer, _ in .whole(answer) },
    _ make: (ProcessEnvironment, any HTTPClient, [String]) throws -> (any LambdaHandler, [UInt8])
  ) async {
    let environment = ProcessEnvironment.process()
    let outcome = await outcome(
      of: Array(CommandLine.arguments.dropFirst()), environment, logger(environment), usage: usage, report: report, make
    )
    if let text = lines(outcome.output) { Output.line(text) }
    if let text = lines(outcome.notes) { Output.errorLine(text) }
    Output.end(isGood: !outcome.isFailure)
  }

  /// What ``run(usage:report:_:)`` prints and ends with.
  static func outcome(
    of words: [String], _ environment: ProcessEnvironment, _ logger: LambdaLogger, usage: String,
    report: ([UInt8], [String]) throws -> Report = { answer, _ in .whole(answer) },
    _ make: (ProcessEnvironment, any HTTPClient, [String]) throws -> (any LambdaHandler, [UInt8])
  ) async -> Report {
    if let text = Arguments.told(words, help: usage) { return Report(output: Array(text.utf8)) }
    do {
      let (handler, event) = try make(environment, CurlClient(environment: environment), words)
      let deadline = WallClock.system.now + 900_000
      let context = LambdaContext(requestID: RandomID.uuid(), deadline: deadline, logger: logger)
      return try report(try await handler.handle(event, context), words)
    } catch {
      return Report(notes: Array("\(error)".utf8), isFailure: true)
    }
  }

  /// Writes log lines and metrics to standard error.
  package static func logger(_ environment: ProcessEnvironment) -> LambdaLogger {
    LambdaLogger(environment: environment) { Output.error(String(decoding: $0, as: UTF8.self)) }
  }

  /// Without the last line's end, which comes with printing; nil for nothing.
  static func lines(_ bytes: [UInt8]) -> String? {
    guard !bytes.isEmpty else { return nil }
    return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
  }
}
