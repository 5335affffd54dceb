import CGlibcCompat
public import CacheSupport
public import HTTPTransport

/// A function's code: an event in, an answer out, both JSON.
public protocol LambdaHandler: Sendable {
  /// Serves one invocation.
  ///
  /// - Parameters:
  ///   - event: the payload as it came; may be empty.
  ///   - context: the invocation's id, deadline and logger.
  /// - Returns: the answer, JSON of at most ``LambdaRuntime/responseLimit`` bytes; empty where nobody reads it.
  /// - Throws: anything; it is reported as the invocation's error, and the next event follows.
  func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8]
}

/// The loop of a function's `bootstrap`: asks Lambda's Runtime API for events and sends back the answers.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
public struct LambdaRuntime: Sendable {
  private let base: String
  private let http: any HTTPClient
  private let logger: LambdaLogger

  /// The largest answer that Lambda takes: 6,291,556 bytes.
  public static let responseLimit: Int = 6_291_556
  /// The largest event that is read, in bytes; Lambda gives 6 MB at most.
  public static let eventLimit: Int = 16 << 20

  /// - Parameter api: the Runtime API's `host:port`, from `AWS_LAMBDA_RUNTIME_API`.
  package init(api: String, http: any HTTPClient, logger: LambdaLogger) {
    base = "http://\(api)/2018-06-01/runtime"
    self.http = http
    self.logger = logger
  }

  /// Builds the handler and serves events until the Runtime API goes away.
  ///
  /// - Parameters:
  ///   - environment: the variables that Lambda sets, such as `AWS_LAMBDA_RUNTIME_API`, and the function's own.
  ///   - kept: bytes of freed memory that stay with the process for the next event: 4 MiB, more where a function's answers are large.
  ///   - makeHandler: gets the environment, an HTTP client and a logger to build the handler from. What it throws is reported
  ///     to Lambda as the init error.
  ///   - arguments: the program's name and the words after it, of which Lambda gives none. `--version` and `--help` are answered on
  ///     standard output.
  /// - Returns: the process's exit status, which is 0 only for those two words: Lambda ends a function by ending its process.
  public static func run(
    environment: ProcessEnvironment = .process(), arguments: [String] = CommandLine.arguments,
    keepingFreed kept: Int = 4 << 20,
    makeHandler: (ProcessEnvironment, any HTTPClient, LambdaLogger) async throws -> any LambdaHandler
  ) async -> Int32 {
    if let text = words(for: arguments) {
      print(text)
      return 0
    }
    boundFreedMemory(kept)
    let logger = LambdaLogger(environment: environment)
    guard let api = environment["AWS_LAMBDA_RUNTIME_API"] else {
      logger.error("AWS_LAMBDA_RUNTIME_API is not set: this program runs on Lambda or under the local cloud", [:])
      return 1
    }
    let http = CurlClient(environment: environment)
    let runtime = LambdaRuntime(api: api, http: http, logger: logger)
    let handler: any LambdaHandler
    do {
      handler = try await makeHandler(environment, http, logger)
    } catch {
      logger.error("init failed", ["error": .string("\(error)")])
      await runtime.reportInitError(error)
      return 1
    }
    return await http.onTransferThread { await runtime.serve(handler) }
  }

  /// What a person who starts a function is told; nil where its words ask for nothing.
  static func words(for arguments: [String]) -> String? {
    let name = arguments.first?.split(separator: "/").last ?? "bootstrap"
    return switch arguments.dropFirst().first {
    case "--version": "\(name) \(Version.text)"
    case "--help", "-h":
      """
      Usage: \(name)
      It runs on Lambda or under the local cloud, which name AWS_LAMBDA_RUNTIME_API, and takes no options.
      """
    default: nil
    }
  }

  /// Lets large blocks go back to the system once they are freed, and keeps some bytes of what is smaller.
  ///
  /// After the first large one is freed, glibc would keep blocks of that size for later, and the buffers that a body outgrows
  /// would add up: eight bodies of 8 MiB then hold 127 MB instead of 65. What is smaller it would give back and ask for again with every
  /// page of rows, each 4 KiB of which the system has to clear: a third of the time that an answer of 5 MB takes.
  ///
  /// - Parameter kept: bytes that stay; blocks of a quarter of them and more do not.
  static func boundFreedMemory(_ kept: Int) {
    _ = cglibc_map_blocks_from(kept / 4)
    _ = cglibc_keep_freed_bytes(kept)
  }

  /// Serves events, one at a time, until `next` gives none.
  package func serve(_ handler: any LambdaHandler) async -> Int32 {
    while true {
      do {
        guard let (event, context) = try await next() else { return 1 }
        await answer(event, context, handler)
      } catch {
        if error.code == .tooLarge, let context = LambdaContext(headers: error.headers, logger: logger) {
          // This event fails; the next one may be smaller.
          context.logger.error("the event is too large", ["error": .string("\(error)")])
          await report(error, to: "/invocation/\(context.requestID)/error")
          continue
        }
        // Lambda is gone, or asks a runtime that it cannot serve to end: either way this process is over.
        logger.error("the Runtime API gave no event", ["error": .string("\(error)")])
        return 1
      }
    }
  }

  private func next() async throws(HTTPError) -> (event: [UInt8], context: LambdaContext)? {
    let response = try await http.send(
      HTTPRequest(url: base + "/invocation/next", timeout: nil, responseLimit: Self.eventLimit, bypassesProxy: true))
    guard response.status == 200, let context = LambdaContext(headers: response.headers, logger: logger) else {
      logger.error("the Runtime API refused", ["status": .integer(response.status)])
      return nil
    }
    return (response.body, context)
  }

  private func answer(_ event: [UInt8], _ context: LambdaContext, _ handler: any LambdaHandler) async {
    let path = "/invocation/" + context.requestID
    do {
      let answer = try await LambdaLogger.$invocation.withValue(context.requestID) {
        try await handler.handle(event, context)
      }
      let response = try await post(path + "/response", answer)
      if response.status == 413 {
        context.logger.error("the answer is larger than Lambda takes", ["bytes": .integer(answer.count)])
      } else if response.status != 202 {
        context.logger.error("the Runtime API refused the answer", ["status": .integer(response.status)])
      }
    } catch {
      context.logger.error("the invocation failed", ["error": .string("\(error)")])
      await report(error, to: path + "/error")
    }
  }

  private func reportInitError(_ error: any Error) async { await report(error, to: "/init/error") }

  private func report(_ error: any Error, to path: String) async {
    let type = "Function.\(Swift.type(of: error))"
    let body: JSON = ["errorMessage": .string("\(error)"), "errorType": .string(type), "stackTrace": []]
    do {
      _ = try await post(path, body.bytes, ["Lambda-Runtime-Function-Error-Type": type])
    } catch {
      logger.error("the error could not be reported", ["error": .string("\(error)")])
    }
  }

  private func post(_ path: String, _ body: [UInt8], _ headers: HTTPHeaders = [:]) async throws(HTTPError)
    -> HTTPResponse
  {
    var headers = headers
    headers["Content-Type"] = "application/json"
    return try await http.send(
      HTTPRequest(
        method: "POST", url: base + path, headers: headers, body: body, timeout: .seconds(30), bypassesProxy: true))
  }
}
